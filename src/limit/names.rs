//! The names of buckets: 128 bits of SipHash over what the bucket belongs to.
//!
//! Gateways that share their budgets must come to the same name, whatever their build and machine: so the hash is one that is
//! written down, fed with bytes in a fixed order, and its key is fixed where a store is shared. Nobody finds a second name for somebody
//! else's bucket by trial at 128 bits. Where buckets live in this process alone, the key is drawn at random.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher as _;

/// Names are told apart by this many bytes at most.
const LONGEST: usize = 256;

/// The key of the names in shared stores: it must never change, or all budgets begin anew.
const FLEET: (u64, u64) = (0x6b61_6e6d_6f6e_0001, 0x6c69_6d69_7473_0001);

/// Makes names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names(u64, u64);

impl Names {
    /// The same in every gateway.
    pub(super) const fn fleet() -> Self {
        Self(FLEET.0, FLEET.1)
    }

    /// For this process only.
    pub(super) fn random() -> Self {
        Self(rand::random(), rand::random())
    }

    /// Begins a name.
    pub(super) fn begin(self) -> Name {
        Name(SipHasher13::new_with_keys(self.0, self.1))
    }
}

/// A name in the making.
#[derive(Debug, Clone)]
pub(super) struct Name(SipHasher13);

impl Name {
    /// Adds a text; one that a client has made long is read to a bound only.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let bytes = text.as_bytes();
        let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
        self.0.write(bytes);
        // This byte is in no UTF-8 text, so that no two lists of texts look the same.
        self.0.write(&[0xff]);
        self
    }

    /// Adds a text that may be missing, which is not the same as an empty one.
    pub(super) fn optional(&mut self, text: Option<&str>) -> &mut Self {
        self.0.write(&[u8::from(text.is_some())]);
        self.text(text.unwrap_or_default())
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.0.write(&number.to_le_bytes());
        self
    }

    /// Adds another name.
    pub(super) fn name(&mut self, name: u128) -> &mut Self {
        self.0.write(&name.to_le_bytes());
        self
    }

    /// The name.
    pub(super) fn finish(&self) -> u128 {
        self.0.finish128().as_u128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_texts_that_join_to_the_same_text_have_different_names() {
        let name = |texts: [&str; 2]| Names::fleet().begin().text(texts[0]).text(texts[1]).finish();
        assert_ne!(name(["ab", "c"]), name(["a", "bc"]));
        assert_ne!(Names::fleet().begin().optional(None).finish(), Names::fleet().begin().optional(Some("")).finish());
    }

    #[test]
    fn texts_are_read_to_a_bound_only() {
        let name = |text: &str| Names::fleet().begin().text(text).finish();
        let long = "é".repeat(1_000_000);
        assert_eq!(name(&long), name(&format!("{long}x")));
        assert_ne!(name(&long), name("é"));
    }

    /// If this fails, gateways of this build and of the last do not share their budgets.
    #[test]
    fn the_names_in_shared_stores_are_those_of_earlier_builds() {
        let name = Names::fleet().begin().name(1).number(2).text("red-ci").optional(Some("red")).finish();
        assert_eq!(format!("{name:032x}"), "1bd9848c7875b1d716e3dad8e13a30b7");
    }

    #[test]
    fn the_names_of_two_processes_differ_where_nothing_is_shared() {
        let name = || Names::random().begin().text("red-ci").finish();
        assert_ne!(name(), name());
    }
}
