//! The arithmetic of a bucket: the same in memory and, line by line, in the scripts that Redis runs (`store/redis/*.lua`).
//!
//! A bucket is one number. Of a budget that drains ([`Kind::Flow`]) it is a mark on the line on which time moves on: the end of all
//! stretches taken so far, GCRA's theoretical arrival time, in units of which `amount` go into a microsecond and `window` into one of
//! what is counted. Both are whole numbers, so nothing is ever rounded but the time to wait, upwards. 10^12 tokens a second would
//! use up 64 bits within months, hence 128; as whole microseconds and a rest below the amount, such a number fits two of Lua's doubles exactly.
//! Of a budget of a day or a month the number is what was used, of one on what is in flight how many are.
//!
//! The level is how much of a bucket is in use: 0 is a full budget, `capacity` an empty one, beyond it is debt.

use std::time::Duration;

use super::clock::Moment;

/// Larger amounts, and larger charges, count as this many. Two rests below it add up to less than 2^53.
const MOST: u64 = 1_000_000_000_000_000;
/// Longer windows count as this long: ten years, in microseconds.
const LONGEST: u128 = 10 * 366 * 86_400 * 1_000_000;
/// No stretch is longer than a hundred years, in microseconds: with the time since 1970 and another stretch it stays below 2^53.
const CENTURY: u64 = 100 * 366 * 86_400 * 1_000_000;
/// The most that is used of a day or a month, as far as it is counted.
pub(super) const MOST_USED: i64 = 4_000_000_000_000_000;
/// A bucket that drains is remembered for a window after it is full, so that a debt that comes late finds what others have used
/// since; for an hour at most.
const LONGEST_MEMORY: u64 = 3_600;
/// When to come back who finds too many in flight, in microseconds: nobody knows.
const SOON: u64 = 1_000_000;

/// An amount, and how it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// The amount, as configured.
    pub(super) amount: u64,
    /// Units that one token, request or whatever is counted takes.
    pub(super) one: u64,
    /// The units that fit into a bucket.
    pub(super) capacity: i128,
    /// How it comes back.
    pub(super) kind: Kind,
}

/// How a budget comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Evenly: so many units in a microsecond.
    Flow {
        /// The amount, never 0.
        per_us: u64,
        /// For how long a full bucket is remembered, in seconds.
        memory: u32,
    },
    /// All of it, when the day or month is over: the wall clock's time in microseconds since 1970.
    Calendar {
        /// When.
        ends: i64,
    },
    /// With each request that ends.
    Flight,
}

/// Whether a claim can be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Now; the level that the bucket then has.
    Fits(i128),
    /// In so many microseconds, if nobody else comes.
    Wait(u64),
    /// It is more than a full bucket holds.
    Never,
}

impl Budget {
    /// So many per window, which drain evenly; at once at most `burst` of them, by default all.
    pub(super) fn flow(amount: u64, window: Duration, burst: Option<u64>) -> Self {
        let per_us = amount.min(MOST);
        let one = u64::try_from(window.as_micros().clamp(1, LONGEST)).unwrap_or(u64::MAX);
        let capacity = i128::from(burst.unwrap_or(per_us).min(MOST)) * i128::from(one);
        let capacity = if per_us == 0 { 0 } else { capacity.min(longest(per_us)) };
        let memory = u32::try_from((one / 1_000_000).clamp(1, LONGEST_MEMORY)).unwrap_or(1);
        Self { amount, one, capacity, kind: Kind::Flow { per_us: per_us.max(1), memory } }
    }

    /// So many until a day or a month ends.
    pub(super) fn calendar(amount: u64, ends: i64) -> Self {
        Self { amount, one: 1, capacity: i128::from(amount.min(MOST)), kind: Kind::Calendar { ends } }
    }

    /// So many at the same time.
    pub(super) fn flight(most: u64) -> Self {
        Self { amount: most, one: 1, capacity: i128::from(most.min(MOST)), kind: Kind::Flight }
    }

    /// The share of one of so many gateways, at least one of what is counted.
    pub(super) fn share(self, gateways: u32) -> Self {
        let part = |whole: u64| whole / u64::from(gateways.max(1));
        let capacity = (self.capacity / i128::from(gateways.max(1))).max(i128::from(self.one).min(self.capacity));
        let kind = match self.kind {
            Kind::Flow { per_us, memory } => Kind::Flow { per_us: part(per_us).max(1), memory },
            kind @ (Kind::Calendar { .. } | Kind::Flight) => kind,
        };
        Self { amount: part(self.amount).max(self.amount.min(1)), capacity, kind, ..self }
    }

    /// The place of a moment on the line of a budget that drains; 0 for others, whose numbers do not move with time.
    pub(super) fn at(&self, moment: Moment) -> i128 {
        match self.kind {
            Kind::Flow { per_us, .. } => i128::from(moment.steady).saturating_mul(i128::from(per_us)),
            Kind::Calendar { .. } | Kind::Flight => 0,
        }
    }

    /// The units that so many take.
    pub(super) fn stretch(&self, count: u64) -> i128 {
        let units = i128::from(count.min(MOST)) * i128::from(self.one);
        match self.kind {
            Kind::Flow { per_us, .. } => units.min(longest(per_us)),
            Kind::Calendar { .. } | Kind::Flight => units,
        }
    }

    /// Whether so many can fit at all, into a bucket that is full.
    pub(super) fn holds(&self, count: u64) -> bool {
        self.stretch(count) <= self.capacity
    }

    /// What becomes of a charge of `count` at this level.
    pub(super) fn admit(&self, level: i128, count: u64, now: Moment) -> Verdict {
        let stretch = self.stretch(count);
        let next = level.saturating_add(stretch);
        if next <= self.capacity {
            Verdict::Fits(next)
        } else if stretch > self.capacity {
            Verdict::Never
        } else {
            Verdict::Wait(self.until_less(next - self.capacity, now))
        }
    }

    /// How many are left at this level.
    pub(super) fn left(&self, level: i128) -> u64 {
        u64::try_from((self.capacity - level.min(self.capacity)) / i128::from(self.one)).unwrap_or(0)
    }

    /// How many are in use at this level, debt included; begun ones count whole.
    pub(super) fn used(&self, level: i128) -> u64 {
        let one = i128::from(self.one);
        u64::try_from(level.max(0).saturating_add(one - 1) / one).unwrap_or(u64::MAX)
    }

    /// The microseconds until the bucket is full again. Of what is in flight nobody knows.
    pub(super) fn reset(&self, level: i128, now: Moment) -> u64 {
        if level <= 0 { 0 } else { self.until_less(level, now) }
    }

    /// The microseconds until so many units have come back, rounded up.
    fn until_less(&self, units: i128, now: Moment) -> u64 {
        match self.kind {
            Kind::Flow { per_us, .. } => {
                let per_us = i128::from(per_us);
                u64::try_from(units.max(0).saturating_add(per_us - 1) / per_us).unwrap_or(u64::MAX)
            }
            Kind::Calendar { ends } => u64::try_from(ends.saturating_sub(now.wall)).unwrap_or(0).max(1),
            Kind::Flight => SOON,
        }
    }

    /// What the number of a bucket becomes when a request has ended that took `cost` at `taken`, came to the level `after`, and used
    /// `used`. `number` is `None` if the bucket is not remembered; so is the outcome where there is nothing to remember.
    ///
    /// Of a budget that drains the reservation took a stretch of the line on which time moves on. What of it has passed meanwhile
    /// has been given back by time already, so only the rest can be given back now: slow requests that end together do not add up to
    /// a burst. (Where others have given back in between, the stretch has moved forward, which one number cannot tell: then up to so
    /// much may come back early. What is charged in all is never less than what was used.)
    /// What was used beyond the reservation is charged as if it had been reserved too, and may go into debt.
    pub(super) fn settled(&self, number: Option<i128>, settlement: &Settlement, now: Moment) -> Option<i128> {
        let Settlement { taken, after, cost, used } = *settlement;
        // Negative where more was used than reserved.
        let unused = self.stretch(cost) - self.stretch(used);
        match self.kind {
            Kind::Flow { per_us, .. } => {
                let (taken, now) = (self.at(taken), self.at(now));
                let end = taken + after;
                let mark = match number {
                    Some(mark) if unused > 0 => (mark - unused.min((end - now).max(0))).max(now.min(mark)),
                    // A reservation of nothing has not moved the mark, which may lie in the past.
                    Some(mark) => mark.max(taken) - unused,
                    // Full, and forgotten: nothing is left to give back, and a debt begins where the reservation ended.
                    None => end.min(now) - unused,
                };
                let mark = mark.min(now.saturating_add(longest(per_us)));
                (number.is_some() || mark > now).then_some(mark)
            }
            Kind::Calendar { ends } => {
                let level = (number.unwrap_or(0) - unused).clamp(0, i128::from(MOST_USED));
                (now.wall < ends && (number.is_some() || level > 0)).then_some(level)
            }
            Kind::Flight => number.map(|number| (number - self.stretch(cost)).max(0)),
        }
    }
}

/// What is known of a reservation when its request has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settlement {
    /// When it was made.
    pub(super) taken: Moment,
    /// The bucket's level then, with it.
    pub(super) after: i128,
    /// What was reserved.
    pub(super) cost: u64,
    /// What was used.
    pub(super) used: u64,
}

fn longest(per_us: u64) -> i128 {
    i128::from(CENTURY) * i128::from(per_us)
}

#[cfg(test)]
mod tests;
