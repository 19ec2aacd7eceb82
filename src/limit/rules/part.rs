//! What requests are told apart by: the names and values that rules share budgets by, or apply to.

use std::fmt;

use crate::config::Shown;
use crate::limit::Ask;

/// Something that a request has or has not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::limit) enum Part {
    Key,
    Tenant,
    Model,
    Provider,
    Route,
    /// A header: its place in [`Wanted::headers`], and its name.
    Header(usize, Box<str>),
    /// A claim of the caller's token: its place in [`Wanted::claims`], and its name.
    Claim(usize, Box<str>),
}

impl Part {
    /// What it is of this request.
    pub(in crate::limit) fn of<'a>(&self, ask: &Ask<'a>) -> Option<&'a str> {
        match self {
            Self::Key => Some(ask.key),
            Self::Tenant => ask.tenant,
            Self::Model => Some(ask.model),
            Self::Provider => Some(ask.provider),
            Self::Route => Some(ask.route),
            Self::Header(place, _) => ask.headers.get(*place).copied().flatten(),
            Self::Claim(place, _) => ask.claims.get(*place).copied().flatten(),
        }
    }
}

/// As it stands in messages: `key`, `header x-team`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("key"),
            Self::Tenant => f.write_str("tenant"),
            Self::Model => f.write_str("model"),
            Self::Provider => f.write_str("provider"),
            Self::Route => f.write_str("route"),
            Self::Header(_, name) => write!(f, "header {}", Shown(name)),
            Self::Claim(_, name) => write!(f, "claim {}", Shown(name)),
        }
    }
}

/// The headers and claims that a config's rules want to know of a request. Nothing else of them is looked at.
#[derive(Debug, Clone, Default)]
pub(in crate::limit) struct Wanted {
    /// Names of headers, in lower case.
    pub(in crate::limit) headers: Vec<Box<str>>,
    /// Names of claims.
    pub(in crate::limit) claims: Vec<Box<str>>,
}

impl Wanted {
    pub(in crate::limit) fn header(&mut self, name: &str) -> Part {
        let name = name.to_ascii_lowercase();
        Part::Header(place(&mut self.headers, &name), name.into())
    }

    pub(in crate::limit) fn claim(&mut self, name: &str) -> Part {
        Part::Claim(place(&mut self.claims, name), name.into())
    }
}

fn place(names: &mut Vec<Box<str>>, name: &str) -> usize {
    names.iter().position(|known| **known == *name).unwrap_or_else(|| {
        names.push(name.into());
        names.len() - 1
    })
}
