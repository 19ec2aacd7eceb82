//! Who shares a budget.

use std::fmt::Write as _;

use super::part::{Part, Wanted};
use crate::config::Shown;
use crate::config::model::Per;
use crate::limit::Ask;
use crate::limit::names::Name;

/// What has a budget of its own; nothing: everybody shares one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::limit) struct Scope(Box<[Part]>);

impl Scope {
    /// In which order things are listed makes no difference.
    pub(in crate::limit) fn new(per: &[Per], wanted: &mut Wanted) -> Self {
        let part = |per: &Per| match per {
            Per::Key => Part::Key,
            Per::Tenant => Part::Tenant,
            Per::Model => Part::Model,
            Per::Provider => Part::Provider,
            Per::Route => Part::Route,
            Per::Header(name) => wanted.header(name),
            Per::Claim(name) => wanted.claim(name),
        };
        let mut parts: Vec<Part> = per.iter().map(part).collect();
        parts.sort_by_key(|part| (rank(part), part.to_string()));
        parts.dedup();
        Self(parts.into())
    }

    pub(in crate::limit) fn parts(&self) -> &[Part] {
        &self.0
    }

    pub(in crate::limit) fn has(&self, part: &Part) -> bool {
        self.0.contains(part)
    }

    /// Adds what is told apart to the name of a bucket.
    pub(in crate::limit) fn name(&self, name: &mut Name, ask: &Ask<'_>) {
        for part in &self.0 {
            name.optional(part.of(ask));
        }
    }

    /// ` for key "red-ci" and model "gpt-4o"`; nothing where everybody shares one budget.
    pub(in crate::limit) fn words(&self, ask: &Ask<'_>) -> String {
        let mut words = String::new();
        for (index, part) in self.0.iter().enumerate() {
            let join = match index {
                0 => " for",
                last if last + 1 == self.0.len() => " and",
                _ => ",",
            };
            let _ = match part.of(ask) {
                Some(value) => write!(words, "{join} {part} `{}`", Shown(value)),
                None => write!(words, "{join} those without a {part}"),
            };
        }
        words
    }
}

/// The order in which parts are named: not by the place of a header among those wanted, which depends on other rules.
fn rank(part: &Part) -> u8 {
    match part {
        Part::Key => 0,
        Part::Tenant => 1,
        Part::Model => 2,
        Part::Provider => 3,
        Part::Route => 4,
        Part::Header(..) => 5,
        Part::Claim(..) => 6,
    }
}
