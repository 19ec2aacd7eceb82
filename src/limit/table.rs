//! The memory of the limiter: a mark for every bucket that is not full.
//!
//! A bucket that is not here is full. So a bucket that has become full again is forgotten, which changes nothing; a few are looked
//! at with every so many requests, never all at once. Memory is bounded: at [`MOST_BUCKETS`] a new bucket is not made, and
//! the callers that would have had one share one bucket per rule instead. That is stricter, never looser.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The most buckets that are remembered: at 48 bytes and a share of free places each, below 100 MiB.
pub(super) const MOST_BUCKETS: usize = 1 << 20;
/// Buckets are spread over this many maps, so that looking through one map is short work.
const SLICES: usize = 256;
/// One map is looked through in this many requests.
const REQUESTS_PER_SWEEP: u32 = 64;

/// A bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bucket {
    /// The end of all that was charged.
    pub(super) mark: i128,
    /// The mark's units in a nanosecond.
    pub(super) per_ns: u64,
}

impl Bucket {
    fn is_full(&self, elapsed: u64) -> bool {
        self.mark <= i128::from(elapsed).saturating_mul(i128::from(self.per_ns))
    }
}

/// The names of buckets are hashes already.
#[derive(Debug, Default, Clone, Copy)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, name: u64) {
        self.0 = name;
    }
}

type Slice = HashMap<u64, Bucket, BuildHasherDefault<AsIs>>;

/// All buckets that are not full.
#[derive(Debug)]
pub(super) struct Table {
    slices: Vec<Slice>,
    len: usize,
    most: usize,
    requests: u32,
    next: usize,
}

impl Table {
    pub(super) fn new(most: usize) -> Self {
        Self { slices: vec![Slice::default(); SLICES], len: 0, most, requests: 0, next: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, name: u64) -> Option<i128> {
        self.slices.get(slice(name))?.get(&name).map(|bucket| bucket.mark)
    }

    pub(super) fn get_mut(&mut self, name: u64) -> Option<&mut i128> {
        self.slices.get_mut(slice(name))?.get_mut(&name).map(|bucket| &mut bucket.mark)
    }

    /// All buckets, in the order of their names.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<(u64, Bucket)> {
        let mut all: Vec<_> = self.slices.iter().flatten().map(|(name, bucket)| (*name, *bucket)).collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    /// Whether there is a place for one more.
    pub(super) fn has_room(&self) -> bool {
        self.len < self.most
    }

    pub(super) fn put(&mut self, name: u64, bucket: Bucket) {
        if let Some(slice) = self.slices.get_mut(slice(name))
            && slice.insert(name, bucket).is_none()
        {
            self.len += 1;
        }
    }

    /// Called with every request; now and then forgets what is full in one of the maps.
    pub(super) fn tend(&mut self, elapsed: u64) {
        self.requests += 1;
        if self.requests < REQUESTS_PER_SWEEP {
            return;
        }
        self.requests = 0;
        self.next = (self.next + 1) % SLICES;
        let Some(slice) = self.slices.get_mut(self.next) else { return };
        let before = slice.len();
        slice.retain(|_, bucket| !bucket.is_full(elapsed));
        self.len -= before - slice.len();
        if slice.capacity() > 64 && slice.len() < slice.capacity() / 4 {
            slice.shrink_to(slice.len() * 2);
        }
    }
}

/// Bits that the map itself does not look at first.
fn slice(name: u64) -> usize {
    usize::try_from((name >> 40) % SLICES as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLE: u32 = SLICES as u32 * REQUESTS_PER_SWEEP;

    fn name(i: u64) -> u64 {
        i.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    #[test]
    fn what_is_full_is_forgotten_and_what_is_not_is_kept() {
        let mut table = Table::new(usize::MAX);
        for i in 0..10_000 {
            table.put(name(i), Bucket { mark: if i % 10 == 0 { 1_001 } else { 1_000 }, per_ns: 10 });
        }
        assert_eq!(table.len(), 10_000);
        (0..CYCLE).for_each(|_| table.tend(99));
        assert_eq!(table.len(), 10_000, "none is full yet");
        (0..CYCLE).for_each(|_| table.tend(100));
        assert_eq!(table.len(), 1_000);
        assert_eq!(table.get(name(10)), Some(1_001));
        assert_eq!(table.get(name(11)), None);
    }

    #[test]
    fn maps_that_have_become_empty_give_their_memory_back() {
        let mut table = Table::new(usize::MAX);
        (0..100_000).for_each(|i| table.put(name(i), Bucket { mark: 1, per_ns: 1 }));
        (0..CYCLE).for_each(|_| table.tend(1));
        assert_eq!(table.len(), 0);
        assert!(table.slices.iter().all(|slice| slice.capacity() < 64));
    }

    #[test]
    fn names_spread_over_all_maps() {
        let mut table = Table::new(usize::MAX);
        (0..100_000).for_each(|i| table.put(name(i), Bucket { mark: 1, per_ns: 1 }));
        assert!(table.slices.iter().all(|slice| slice.len() < 2_000), "one map has too much of it");
    }
}
