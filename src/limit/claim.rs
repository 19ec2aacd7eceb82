//! What one request has to do with one bucket: check, take, settle. Always under the table's lock.

use std::hash::BuildHasher;

use super::Ask;
use super::rules::Rule;
use super::standing::Standing;
use super::table::{Bucket, Table};
use crate::usage::Tokens;

/// One request's claim on one rule's bucket. Levels and stretches are in the units of the rule's pace.
#[derive(Debug)]
pub(super) struct Claim {
    bucket: u64,
    /// Whether it is the bucket of all who found no room for one of their own.
    pub(super) shares: bool,
    /// Tokens, or one request.
    pub(super) cost: u64,
    /// The bucket's level before.
    before: i128,
    pub(super) verdict: Verdict,
}

/// Whether a claim can be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Now; the level that the bucket then has.
    Fits(i128),
    /// In so many nanoseconds, if nobody else comes.
    Wait(u64),
    /// It is more than a full bucket holds.
    Never,
}

impl Claim {
    pub(super) fn new(rule: &Rule, ask: &Ask<'_>, hasher: &impl BuildHasher) -> Self {
        Self { bucket: rule.bucket(ask, hasher), shares: false, cost: rule.cost(ask), before: 0, verdict: Verdict::Never }
    }

    /// Finds out whether the bucket has enough. Changes no bucket.
    pub(super) fn check(&mut self, rule: &Rule, table: &Table, elapsed: u64) {
        let mut mark = table.get(self.bucket);
        if mark.is_none() && !table.has_room() {
            self.bucket = rule.shared_bucket();
            self.shares = true;
            mark = table.get(self.bucket);
        }
        self.before = mark.map_or(0, |mark| (mark - rule.pace.at(elapsed)).max(0));
        self.verdict = match rule.pace.admit(self.before, self.cost) {
            Ok(after) => Verdict::Fits(after),
            Err(_) if !rule.pace.holds(self.cost) => Verdict::Never,
            Err(wait) => Verdict::Wait(wait),
        };
    }

    /// Whether the bucket has enough, as last checked.
    pub(super) fn fits(&self) -> bool {
        matches!(self.verdict, Verdict::Fits(_))
    }

    /// Takes what was checked.
    pub(super) fn take(&self, rule: &Rule, table: &mut Table, elapsed: u64) {
        if let Verdict::Fits(after) = self.verdict
            && after > 0
        {
            self.put(rule, table, rule.pace.at(elapsed) + after);
        }
    }

    /// Replaces what was reserved at `taken` by what was used.
    ///
    /// The reservation took a stretch of the line on which time moves on. What of it has passed meanwhile has been given back
    /// by time already, so only the rest can be given back now: slow requests that end together do not add up to a burst. (Where
    /// others have given back in between, the stretch has moved forward, which one number cannot tell: then up to so much may
    /// come back early. What is charged in all is never less than what was used.)
    /// What was used beyond the reservation is charged as if it had been reserved too, and may go into debt.
    pub(super) fn settle(&self, rule: &Rule, table: &mut Table, taken: u64, elapsed: u64, used: &Tokens) {
        let Verdict::Fits(after) = self.verdict else { return };
        let used = rule.counts.spent(used);
        if !rule.counts.are_settled() || used == self.cost {
            return;
        }
        let now = rule.pace.at(elapsed);
        let end = rule.pace.at(taken) + after;
        // Negative where more was used than reserved.
        let unused = rule.pace.stretch(self.cost) - rule.pace.stretch(used);
        match table.get_mut(self.bucket) {
            Some(mark) if unused > 0 => *mark = (*mark - unused.min((end - now).max(0))).max(now.min(*mark)),
            // A reservation of nothing has not moved the mark, which may lie in the past.
            Some(mark) => *mark = (*mark).max(rule.pace.at(taken)).saturating_sub(unused),
            // Full, and forgotten: nothing is left to give back, and a debt begins where the reservation ended.
            None => {
                let mark = end.min(now).saturating_sub(unused);
                if mark > now {
                    self.put(rule, table, mark);
                }
            }
        }
    }

    /// Where the caller stands without this request.
    pub(super) fn standing_before(&self, rule: &Rule) -> Standing {
        Standing::new(rule, self.before)
    }

    /// Where the caller stands with this request, if it fits.
    pub(super) fn standing_after(&self, rule: &Rule) -> Standing {
        match self.verdict {
            Verdict::Fits(after) => Standing::new(rule, after),
            Verdict::Wait(_) | Verdict::Never => self.standing_before(rule),
        }
    }

    fn put(&self, rule: &Rule, table: &mut Table, mark: i128) {
        table.put(self.bucket, Bucket { mark, per_ns: rule.pace.per_ns });
    }
}
