//! Money and prices of tokens as whole numbers: nothing is ever rounded but the price of a whole request, once, upwards.
//!
//! [`Money`] counts billionths of a unit of the currency. A [`Rate`] counts millionths of it for a million tokens, which is as many
//! billionths of a thousandth for each token: prices with up to six decimals are exact.

use std::fmt;

/// Billionths in a unit.
const NANOS: u64 = 1_000_000_000;

/// An amount of money, in billionths of a unit of some currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

impl Money {
    /// So many billionths.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// How many billionths it is.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Reads a decimal number such as `12.50`, with up to nine decimals.
    pub fn parse(text: &str) -> Option<Self> {
        decimal(text, 9).map(Self)
    }
}

/// As a decimal number with two decimals or as many as it needs: `12.50`, `0.00012`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:09}", self.0 % NANOS);
        let needed = decimals.trim_end_matches('0').len().max(2);
        write!(f, "{}.{}", self.0 / NANOS, decimals.get(..needed).unwrap_or(&decimals))
    }
}

/// A price for a million tokens, in millionths of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate(u64);

impl Rate {
    /// Reads a decimal number such as `0.075`, with up to six decimals.
    pub fn parse(text: &str) -> Option<Self> {
        decimal(text, 6).map(Self)
    }

    /// What so many tokens cost, in billionths of a thousandth.
    pub(super) fn of(self, tokens: u64) -> u128 {
        u128::from(self.0) * u128::from(tokens)
    }
}

/// A sum of what [`Rate::of`] says, rounded up to a billionth.
pub(super) fn rounded_up(picos: u128) -> Money {
    Money(u64::try_from(picos.div_ceil(1_000)).unwrap_or(u64::MAX))
}

/// A decimal number without sign and exponent, times ten to the power of `places`.
fn decimal(text: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let point_without_digits = text.contains('.') && fraction.is_empty();
    if whole.is_empty() || point_without_digits || fraction.len() > places || !digits(whole) || !digits(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimal_numbers_are_read_exactly() {
        for (text, nanos) in [
            ("0", 0),
            ("12", 12 * NANOS),
            ("12.50", 12 * NANOS + NANOS / 2),
            ("0.000000001", 1),
            ("00.10", NANOS / 10),
            ("18446744073.709551615", u64::MAX),
        ] {
            assert_eq!(Money::parse(text), Some(Money(nanos)), "{text}");
        }
        assert_eq!(Rate::parse("0.0375"), Some(Rate(37_500)));
    }

    #[test]
    fn what_is_no_plain_decimal_number_or_does_not_fit_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1.0000000001", "18446744073.709551616", "1.5.2", "١"]
        {
            assert_eq!(Money::parse(text), None, "{text}");
        }
        assert_eq!(Rate::parse("0.0000001"), None);
    }

    #[test]
    fn money_is_shown_with_the_decimals_that_it_needs() {
        let shown = |nanos| Money(nanos).to_string();
        assert_eq!(shown(0), "0.00");
        assert_eq!(shown(12_500_000_000), "12.50");
        assert_eq!(shown(123_450), "0.00012345");
        assert_eq!(shown(u64::MAX), "18446744073.709551615");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(nanos: u64) {
            prop_assert_eq!(Money::parse(&Money(nanos).to_string()), Some(Money(nanos)));
        }
    }
}
