//! The memory of the limiter: a number for every bucket that is not full.
//!
//! A bucket that is not here is full. So a bucket that has become full again may be forgotten; a few are looked at with every so
//! many requests, never all at once. One that drains is kept a while longer, as long as there is plenty of room ([`Kind::Flow`]).
//! Memory is bounded: at [`MOST_BUCKETS`] a new bucket is not made, and the callers that would have had one share one bucket per
//! rule instead. That is stricter, never looser.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use crate::limit::budget::Kind;
use crate::limit::clock::Moment;

/// The most buckets that are remembered: at 48 bytes and a share of free places each, below 100 MiB.
pub(in crate::limit) const MOST_BUCKETS: usize = 1 << 20;
/// Buckets are spread over this many maps, so that looking through one map is short work.
const SLICES: usize = 256;
/// One map is looked through in this many requests.
const REQUESTS_PER_SWEEP: u32 = 64;

/// A bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::limit) struct Bucket {
    /// The end of all that was charged, what was used, or how many are in flight.
    pub(in crate::limit) number: i128,
    pub(in crate::limit) kind: Kind,
}

impl Bucket {
    /// Whether nothing is lost if it is forgotten. `at_once`: as soon as it is full.
    fn is_over(&self, now: Moment, at_once: bool) -> bool {
        match self.kind {
            Kind::Flow { per_us, memory } => {
                let memory = if at_once { 0 } else { u64::from(memory) * 1_000_000 };
                self.number <= i128::from(now.steady.saturating_sub(memory)).saturating_mul(i128::from(per_us))
            }
            Kind::Calendar { ends } => ends <= now.wall || self.number <= 0,
            Kind::Flight => self.number <= 0,
        }
    }
}

/// The names of buckets are hashes already, but with a known key: mixed with a number that nobody knows, so that names cannot be
/// chosen to fall into one place of a map.
#[derive(Debug, Clone, Copy)]
struct Mix(u64);

impl BuildHasher for Mix {
    type Hasher = Mixed;

    fn build_hasher(&self) -> Mixed {
        Mixed(self.0)
    }
}

#[derive(Debug)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u128(u128::from(*byte));
        }
    }

    fn write_u128(&mut self, name: u128) {
        let [low, high] = [name as u64, (name >> 64) as u64];
        let product = u128::from(low ^ self.0) * u128::from(high ^ self.0.rotate_left(32) | 1);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

type Slice = HashMap<u128, Bucket, Mix>;

/// All buckets that are not full.
#[derive(Debug)]
pub(in crate::limit) struct Table {
    slices: Vec<Slice>,
    len: usize,
    most: usize,
    requests: u32,
    next: usize,
    mix: Mix,
}

impl Table {
    pub(in crate::limit) fn new(most: usize) -> Self {
        let mix = Mix(rand::random());
        Self { slices: vec![Slice::with_hasher(mix); SLICES], len: 0, most, requests: 0, next: 0, mix }
    }

    pub(in crate::limit) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::limit) fn get(&self, name: u128) -> Option<&Bucket> {
        self.slices.get(self.slice(name))?.get(&name)
    }

    pub(in crate::limit) fn get_mut(&mut self, name: u128) -> Option<&mut Bucket> {
        let slice = self.slice(name);
        self.slices.get_mut(slice)?.get_mut(&name)
    }

    /// All buckets, in the order of their names.
    #[cfg(test)]
    pub(in crate::limit) fn all(&self) -> Vec<(u128, Bucket)> {
        let mut all: Vec<_> = self.slices.iter().flatten().map(|(name, bucket)| (*name, *bucket)).collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    /// By bits that the map itself does not look at first.
    fn slice(&self, name: u128) -> usize {
        usize::try_from((self.mix.hash_one(name) >> 40) % SLICES as u64).unwrap_or(0)
    }

    /// Whether there is a place for one more.
    pub(in crate::limit) fn has_room(&self) -> bool {
        self.len < self.most
    }

    pub(in crate::limit) fn put(&mut self, name: u128, bucket: Bucket) {
        let slice = self.slice(name);
        if let Some(slice) = self.slices.get_mut(slice)
            && slice.insert(name, bucket).is_none()
        {
            self.len += 1;
        }
    }

    /// Called with every request; now and then forgets what is full in one of the maps.
    pub(in crate::limit) fn tend(&mut self, now: Moment) {
        self.requests += 1;
        if self.requests < REQUESTS_PER_SWEEP {
            return;
        }
        self.requests = 0;
        self.next = (self.next + 1) % SLICES;
        let crowded = self.len > self.most / 4 * 3;
        let Some(slice) = self.slices.get_mut(self.next) else { return };
        let before = slice.len();
        slice.retain(|_, bucket| !bucket.is_over(now, crowded));
        self.len -= before - slice.len();
        if slice.capacity() > 64 && slice.len() < slice.capacity() / 4 {
            slice.shrink_to(slice.len() * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLE: u32 = SLICES as u32 * REQUESTS_PER_SWEEP;

    fn name(i: u64) -> u128 {
        u128::from(i).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    }

    fn at(us: u64) -> Moment {
        Moment { steady: us, wall: i64::try_from(us).unwrap() }
    }

    fn flow(number: i128) -> Bucket {
        Bucket { number, kind: Kind::Flow { per_us: 10, memory: 1 } }
    }

    fn cycle(table: &mut Table, now: Moment) {
        (0..CYCLE).for_each(|_| table.tend(now));
    }

    #[test]
    fn what_is_full_is_forgotten_and_what_is_not_is_kept() {
        let mut table = Table::new(usize::MAX);
        for i in 0..10_000 {
            table.put(name(i), flow(if i % 10 == 0 { 1_001 } else { 1_000 }));
        }
        assert_eq!(table.len(), 10_000);
        cycle(&mut table, at(1_000_099));
        assert_eq!(table.len(), 10_000, "none has been full for a second yet");
        cycle(&mut table, at(1_000_100));
        assert_eq!(table.len(), 1_000);
        assert_eq!(table.get(name(10)), Some(&flow(1_001)));
        assert_eq!(table.get(name(11)), None);
    }

    #[test]
    fn where_room_is_scarce_what_is_full_is_forgotten_at_once() {
        let mut table = Table::new(10_000);
        (0..9_000).for_each(|i| table.put(name(i), flow(1_000)));
        cycle(&mut table, at(99));
        assert_eq!(table.len(), 9_000, "none is full yet");
        cycle(&mut table, at(100));
        assert!(table.len() <= 7_500 + 100, "{} are left", table.len());
    }

    #[test]
    fn a_day_is_not_forgotten_before_it_ends_and_what_is_in_flight_not_before_it_lands() {
        let mut table = Table::new(1_000);
        let day = |number| Bucket { number, kind: Kind::Calendar { ends: 500 } };
        let flight = |number| Bucket { number, kind: Kind::Flight };
        for (i, bucket) in [day(1), day(0), flight(1), flight(0)].into_iter().enumerate() {
            table.put(name(i as u64), bucket);
        }
        (4..900).for_each(|i| table.put(name(i), day(1)));
        cycle(&mut table, at(499));
        assert_eq!(table.len(), 898);
        assert!(table.get(name(0)).is_some() && table.get(name(2)).is_some());
        cycle(&mut table, at(500));
        assert_eq!(table.len(), 1);
        assert!(table.get(name(2)).is_some());
    }

    #[test]
    fn maps_that_have_become_empty_give_their_memory_back() {
        let mut table = Table::new(usize::MAX);
        (0..100_000).for_each(|i| table.put(name(i), flow(1)));
        cycle(&mut table, at(2_000_000));
        assert_eq!(table.len(), 0);
        assert!(table.slices.iter().all(|slice| slice.capacity() < 64));
    }

    #[test]
    fn names_spread_over_all_maps() {
        let mut table = Table::new(usize::MAX);
        (0..100_000).for_each(|i| table.put(name(i), flow(1)));
        assert!(table.slices.iter().all(|slice| slice.len() < 2_000), "one map has too much of it");
    }

    #[test]
    fn a_bucket_takes_no_more_memory_than_is_said() {
        assert_eq!(size_of::<(u128, Bucket)>(), 48);
    }
}
