//! What one request wants of one bucket, as a rule says it and as a store answers it. Plain data: what joins rules and stores.
//!
//! A store answers a list of claims all or nothing: it fills in the level of every bucket before and the verdict, and takes all that
//! fit if every claim that is not in the shadow fits.

use super::budget::{Budget, Kind, Settlement, Verdict};
use super::clock::Moment;
use crate::config::model::WhenAway;

/// One request's claim on one rule's bucket.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// The rule that makes it, by its place among the rules of the config. No store looks at it.
    pub(super) rule: usize,
    /// The name of the bucket, the same in every gateway that shares the store.
    pub(super) bucket: u128,
    /// The name of the rule's bucket for all who find no room for one of their own, where room is bounded by us. For a day or a month
    /// it must be of that day or month, too.
    pub(super) common: u128,
    /// The arithmetic of the bucket.
    pub(super) budget: Budget,
    /// What the request is to be charged: tokens, one request, one place in flight, money.
    pub(super) cost: u64,
    /// Counted where it fits, and never the reason for a refusal.
    pub(super) shadow: bool,
    /// What becomes of it when the store does not answer; `None`: as the store's config says.
    pub(super) when_away: Option<WhenAway>,
    /// The store's answer.
    pub(super) answer: Answer,
    /// What the request has used, once it has ended: what it is settled for.
    pub(super) used: u64,
}

/// What a store says to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    /// The bucket's level before, in the units of the budget.
    pub(super) before: i128,
    pub(super) verdict: Verdict,
    /// Whether it is the bucket of all who found no room for one of their own.
    pub(super) common: bool,
    /// Whether it was charged: that is what is settled.
    pub(super) taken: bool,
    /// Against what it counts.
    pub(super) counts: Against,
}

/// Against what a claim counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Against {
    /// The rule's budget.
    Whole,
    /// This gateway's part of it, while the store is away. What is more than the part holds goes through when nothing of it is in
    /// use: a request that the whole could hold is never turned away for good.
    Part,
    /// Nothing: the store is away, and that is no reason to stop anybody.
    Nothing,
}

impl Claim {
    /// A claim of a rule that is enforced.
    pub(super) fn new(bucket: u128, common: u128, budget: Budget, cost: u64) -> Self {
        let answer = Answer { before: 0, verdict: Verdict::Never, common: false, taken: false, counts: Against::Whole };
        Self { rule: 0, bucket, common, budget, cost, shadow: false, when_away: None, answer, used: 0 }
    }

    /// The claim as if nothing had been asked for and that had been granted: whatever is settled goes into debt.
    pub(super) fn into_debt(mut self) -> Self {
        self.cost = 0;
        self.answer.verdict = Verdict::Fits(0);
        self.answer.taken = true;
        self
    }

    /// Whether the bucket has enough, as the store has found.
    pub(super) fn fits(&self) -> bool {
        matches!(self.answer.verdict, Verdict::Fits(_))
    }

    /// Whether it stands in the way of the request.
    pub(super) fn refuses(&self) -> bool {
        !self.fits() && !self.shadow
    }

    /// The level of the bucket with this request, if it was charged, else as it was.
    pub(super) fn level(&self) -> i128 {
        match self.answer.verdict {
            Verdict::Fits(after) if self.answer.taken => after,
            _ => self.answer.before,
        }
    }

    /// Notes the level that a store has found, and what follows from it.
    pub(super) fn judge(&mut self, before: i128, now: Moment) {
        let (budget, in_part) = (&self.budget, self.answer.counts == Against::Part);
        self.answer.before = before;
        self.answer.verdict = match budget.admit(before, self.cost, now) {
            Verdict::Never if in_part && before == 0 => Verdict::Fits(budget.stretch(self.cost)),
            Verdict::Never if in_part => Verdict::Wait(budget.reset(before, now)),
            verdict => verdict,
        };
    }

    /// Notes whether all claims of the request were met.
    pub(super) fn conclude(&mut self, admitted: bool) {
        self.answer.taken = admitted && self.fits() && self.answer.counts != Against::Nothing;
    }

    /// From now on the claim is on this gateway's part of the budget. What the whole could never hold stays refused.
    pub(super) fn count_against_part(&mut self, gateways: u32) {
        if self.budget.holds(self.cost) {
            self.answer.counts = Against::Part;
        }
        self.budget = self.budget.share(gateways);
    }

    /// From now on the claim is met, and charged nowhere.
    pub(super) fn count_against_nothing(&mut self) {
        self.answer.counts = Against::Nothing;
        self.answer.verdict = Verdict::Fits(0);
    }

    /// What a store needs to know to settle the claim for what was used; `None`: nothing has to be done.
    pub(super) fn settlement(&self, taken: Moment) -> Option<Settlement> {
        let Verdict::Fits(after) = self.answer.verdict else { return None };
        let due = self.answer.taken && (self.used != self.cost || self.budget.kind == Kind::Flight);
        due.then_some(Settlement { taken, after, cost: self.cost, used: self.used })
    }
}
