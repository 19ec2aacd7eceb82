//! Which requests a rule is for.

use super::part::{Part, Wanted};
use super::scope::Scope;
use crate::config::model::{Match, Patterns};
use crate::limit::Ask;
use crate::route::glob::Glob;

/// Which requests a rule is for: those that meet all conditions.
#[derive(Debug, Clone, Default)]
pub(in crate::limit) struct Filter(Box<[Condition]>);

#[derive(Debug, Clone)]
struct Condition {
    of: Part,
    /// One of them must fit.
    any: Box<[Glob]>,
}

impl Condition {
    fn holds(&self, ask: &Ask<'_>) -> bool {
        self.of.of(ask).is_some_and(|value| self.any.iter().any(|glob| glob.matches(value)))
    }
}

impl Filter {
    pub(in crate::limit) fn new(written: &Match, wanted: &mut Wanted) -> Self {
        let mut all: Vec<(Part, &Patterns)> = vec![
            (Part::Key, &written.key),
            (Part::Tenant, &written.tenant),
            (Part::Model, &written.model),
            (Part::Provider, &written.provider),
            (Part::Route, &written.route),
        ];
        all.extend(written.headers.iter().map(|(name, patterns)| (wanted.header(name), patterns)));
        all.extend(written.claims.iter().map(|(name, patterns)| (wanted.claim(name), patterns)));
        let conditions = all.into_iter().filter(|(_, patterns)| !patterns.0.is_empty());
        let globs = |patterns: &Patterns| patterns.0.iter().filter_map(|pattern| Glob::of_text(pattern).ok()).collect();
        Self(conditions.map(|(of, patterns)| Condition { of, any: globs(patterns) }).collect())
    }

    /// Whether the rule is for a request.
    pub(in crate::limit) fn matches(&self, ask: &Ask<'_>) -> bool {
        self.0.iter().all(|condition| condition.holds(ask))
    }

    /// Whether the rule can be for a request of which only that is known which has a budget of its own.
    pub(in crate::limit) fn may_match(&self, ask: &Ask<'_>, scope: &Scope) -> bool {
        self.0.iter().filter(|condition| scope.has(&condition.of)).all(|condition| condition.holds(ask))
    }

    /// Whether something of a request is looked at.
    pub(in crate::limit) fn has(&self, part: &Part) -> bool {
        self.0.iter().any(|condition| condition.of == *part)
    }
}
