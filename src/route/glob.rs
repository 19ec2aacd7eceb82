//! Model names with `*` for any text, the empty one included. Nothing else is special.
//!
//! Matching is linear in the text: between the pieces of a pattern the leftmost fit is always right, so nothing is tried twice.

use std::fmt;

use memchr::memmem;

/// A model's name, exact or with `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob {
    text: Box<str>,
    /// Where the first `*` is: a price table has many patterns, and most names differ from most of them before that.
    star: Option<usize>,
}

/// Why a text is no glob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// Nothing is written.
    #[error("a model's name is empty")]
    Empty,
    /// Longer than any model's name.
    #[error("a model's name has more than {LONGEST} bytes")]
    Long,
    /// A character that looks like a pattern but is none here, or that no name has.
    #[error("a model's name must not have `?`, `[`, `]`, `{{`, `}}`, spaces or control characters: only `*` is special")]
    Character,
}

/// The longest pattern, in bytes.
const LONGEST: usize = 256;

impl Glob {
    /// Reads a pattern.
    pub fn parse(pattern: &str) -> Result<Self, GlobError> {
        match pattern {
            "" => Err(GlobError::Empty),
            long if long.len() > LONGEST => Err(GlobError::Long),
            odd if odd.contains(|c: char| "?[]{}".contains(c) || c.is_whitespace() || c.is_control()) => {
                Err(GlobError::Character)
            }
            pattern => Ok(Self::new(pattern)),
        }
    }

    /// Reads a pattern for other texts than models' names: all but control characters may stand in them.
    pub fn of_text(pattern: &str) -> Result<Self, GlobError> {
        match pattern {
            "" => Err(GlobError::Empty),
            long if long.len() > LONGEST => Err(GlobError::Long),
            odd if odd.contains(char::is_control) => Err(GlobError::Character),
            pattern => Ok(Self::new(pattern)),
        }
    }

    fn new(text: &str) -> Self {
        Self { text: text.into(), star: text.find('*') }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is one name, without `*`.
    pub fn is_exact(&self) -> bool {
        self.star.is_none()
    }

    /// Whether it fits a name.
    pub fn matches(&self, name: &str) -> bool {
        let Some(star) = self.star else { return *self.text == *name };
        let (first, others) = self.text.split_at(star);
        let Some(rest) = name.strip_prefix(first) else { return false };
        let mut pieces = others.get(1..).unwrap_or_default().split('*');
        let Some(mut rest) = pieces.next_back().and_then(|last| rest.strip_suffix(last)) else { return false };
        for piece in pieces {
            let Some(at) = memmem::find(rest.as_bytes(), piece.as_bytes()) else { return false };
            rest = &rest[at + piece.len()..];
        }
        true
    }

    /// Whether it fits every name that `other` fits: a `*` of `other` can only be taken by a `*` of this one.
    pub fn covers(&self, other: &Self) -> bool {
        self.matches(&other.text)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(pattern: &str) -> Glob {
        Glob::parse(pattern).unwrap()
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, fits, fits_not) in [
            ("gpt-4o", vec!["gpt-4o"], vec!["gpt-4o-mini", "xgpt-4o", ""]),
            ("gpt-*", vec!["gpt-", "gpt-4o"], vec!["gpt", "xgpt-4o"]),
            ("*-mini", vec!["-mini", "gpt-4o-mini"], vec!["mini", "gpt-4o-mini-x"]),
            ("a*b*c", vec!["abc", "axxbyyc", "abbcc", "a*b*c"], vec!["ab", "acb", "abcx"]),
            ("ab*ba", vec!["abba", "abxba"], vec!["aba", "ab"]),
            ("*", vec!["", "é", "x"], vec![]),
            ("é*é", vec!["éé", "éxé"], vec!["é"]),
        ] {
            let glob = glob(pattern);
            assert!(fits.iter().all(|name| glob.matches(name)), "{pattern}");
            assert!(!fits_not.iter().any(|name| glob.matches(name)), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_for_any_text_has_nothing_special_but_the_star() {
        assert!(Glob::of_text("team [a] *").unwrap().matches("team [a] of many"));
        assert!(["", "a\nb", &"x".repeat(257)].iter().all(|odd| Glob::of_text(odd).is_err()));
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let evil = glob(&"a*".repeat(128));
        assert!(!glob(&format!("{}b", "a*".repeat(100))).matches(&"a".repeat(1 << 20)));
        assert!(evil.matches(&"a".repeat(1 << 20)));
    }

    #[test]
    fn a_glob_covers_what_it_always_takes_first() {
        for (first, later, covers) in [
            ("*", "gpt-4o", true),
            ("gpt-*", "gpt-4*", true),
            ("gpt-4*", "gpt-*", false),
            ("*-mini", "gpt-*", false),
            ("a*c", "a*b*c", true),
            ("a*b*c", "a*c", false),
        ] {
            assert_eq!(glob(first).covers(&glob(later)), covers, "{first} {later}");
        }
    }

    #[test]
    fn what_looks_like_another_kind_of_pattern_is_refused() {
        for pattern in ["", "gpt-?", "gpt-[34]", "{a,b}", "a b", "a\n", &"x".repeat(257)] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }

    /// The textbook definition, slow but plainly right.
    fn slow(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=name.len()).any(|skip| slow(rest, &name[skip..])),
            ([a, pattern @ ..], [b, name @ ..]) => a == b && slow(pattern, name),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*]{1,8}", name in "[ab]{0,10}") {
            prop_assert_eq!(glob(&pattern).matches(&name), slow(pattern.as_bytes(), name.as_bytes()));
        }

        #[test]
        fn what_is_covered_is_matched(first in "[ab*]{1,6}", later in "[ab*]{1,6}", fill in "[ab]{0,3}") {
            let name = later.replace('*', &fill);
            prop_assert!(!glob(&first).covers(&glob(&later)) || glob(&first).matches(&name));
        }
    }
}
