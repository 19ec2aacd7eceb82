//! Budgets in this process's memory.
//!
//! All checks and all takes of a request happen under one lock: it is held for about 50 ns for each rule at most, and it makes
//! "all or nothing" plain instead of a roll-back that others could see in between. A rejection writes nothing.

use parking_lot::Mutex;

use super::table::{Bucket, Table};
use crate::limit::claim::{Against, Claim};
use crate::limit::clock::Moment;

/// All buckets of this process.
#[derive(Debug)]
pub(in crate::limit) struct Memory {
    table: Mutex<Table>,
}

impl Memory {
    pub(in crate::limit) fn new(most: usize) -> Self {
        Self { table: Mutex::new(Table::new(most)) }
    }

    /// How many buckets are remembered.
    pub(in crate::limit) fn len(&self) -> usize {
        self.table.lock().len()
    }

    /// Checks all claims, then takes all of them or none.
    pub(in crate::limit) fn take(&self, claims: &mut [Claim], now: Moment) {
        if claims.is_empty() {
            return;
        }
        let mut table = self.table.lock();
        table.tend(now);
        for claim in claims.iter_mut().filter(|claim| claim.answer.counts != Against::Nothing) {
            look(claim, &table, now);
        }
        let admitted = !claims.iter().any(Claim::refuses);
        for claim in claims {
            claim.conclude(admitted);
            if claim.answer.taken && claim.level() > 0 {
                let bucket = Bucket { number: claim.budget.at(now) + claim.level(), kind: claim.budget.kind };
                table.put(claim.bucket, bucket);
            }
        }
    }

    /// Finds out where the buckets of claims stand, and takes nothing.
    pub(in crate::limit) fn look(&self, claims: &mut [Claim], now: Moment) {
        let table = self.table.lock();
        claims.iter_mut().for_each(|claim| look(claim, &table, now));
    }

    /// Replaces what claims have taken by what was used of each.
    pub(in crate::limit) fn settle(&self, claims: &[Claim], taken: Moment, now: impl FnOnce() -> Moment) {
        let mut due = claims.iter().filter_map(|claim| Some((claim, claim.settlement(taken)?))).peekable();
        if due.peek().is_none() {
            return;
        }
        let now = now();
        let mut table = self.table.lock();
        for (claim, settlement) in due {
            let found = table.get_mut(claim.bucket);
            let number = claim.budget.settled(found.as_deref().map(|bucket| bucket.number), &settlement, now);
            match (found, number) {
                (Some(bucket), Some(number)) => bucket.number = number,
                (None, Some(number)) => table.put(claim.bucket, Bucket { number, kind: claim.budget.kind }),
                (_, None) => {}
            }
        }
    }

    #[cfg(test)]
    pub(in crate::limit) fn all(&self) -> Vec<(u128, Bucket)> {
        self.table.lock().all()
    }
}

/// Finds out whether the bucket has enough. Changes no bucket.
fn look(claim: &mut Claim, table: &Table, now: Moment) {
    let mut bucket = table.get(claim.bucket);
    if bucket.is_none() && !table.has_room() {
        claim.bucket = claim.common;
        claim.answer.common = true;
        bucket = table.get(claim.bucket);
    }
    let before = bucket.map_or(0, |bucket| (bucket.number - claim.budget.at(now)).max(0));
    claim.judge(before, now);
}
