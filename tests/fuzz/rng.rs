//! Numbers that look random and are the same each time: SplitMix64 (Steele, Lea and Flood, 2014).

/// A stream of numbers.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`; 0 where there is nothing below.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or_default()
    }

    /// Often small, sometimes near the bound.
    pub fn skewed(&mut self, bound: usize) -> usize {
        let smaller = self.below(bound) + 1;
        self.below(smaller)
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// FNV-1a: a number for a text, the same on every machine.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The same for texts that differ in their numbers and quotations only: places, sizes and the input's own words are nothing new.
pub fn hash_of_words(text: &str) -> u64 {
    let outside = text.split(['`', '"']).step_by(2).flat_map(str::bytes);
    let words: Vec<u8> = outside.filter(|byte| !byte.is_ascii_digit()).take(256).collect();
    hash(&words)
}
