//! Spans of time, as a config writes them.

use schemars::JsonSchema;
use serde::Deserialize;

/// A span of time, written as a number with a unit: `250ms`, `30s`, `5m`, `1h`, `1d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub std::time::Duration);

impl Duration {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(std::time::Duration::from_secs(seconds))
    }
}

/// In the greatest unit that fits, so that it reads back as the same.
impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = self.0.as_millis();
        let unit = UNITS.iter().rev().find(|(_, size)| milliseconds >= *size && milliseconds.is_multiple_of(*size));
        match unit {
            Some((unit, size)) => write!(f, "{}{unit}", milliseconds / size),
            None => write!(f, "{milliseconds}ms"),
        }
    }
}

/// By its text, for the default values in the schema.
impl serde::Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_duration(&text).ok_or_else(|| {
            serde::de::Error::custom("must be a span of time: a number with a unit, such as `250ms`, `30s`, `5m`, `1h` or `1d`")
        })
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": r"^([0-9]+(ms|s|m|h|d)|.*\$\{.*)$",
            "description": "A span of time: a number with a unit, such as `250ms`, `30s`, `5m`, `1h`, `1d`."
        })
    }
}

/// Units, in milliseconds, ascending.
const UNITS: [(&str, u128); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let milliseconds = u128::from(number.parse::<u64>().ok()?) * size;
    Some(Duration(std::time::Duration::from_millis(u64::try_from(milliseconds).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_and_shown() {
        for (text, milliseconds) in [("250ms", 250), ("30s", 30_000), ("90s", 90_000), ("5m", 300_000), ("1h", 3_600_000)] {
            let duration = parse_duration(text).unwrap();
            assert_eq!((duration.0.as_millis(), duration.to_string().as_str()), (milliseconds, text));
        }
        assert_eq!(parse_duration("24h").unwrap().to_string(), "1d");
        assert_eq!(parse_duration("0s").unwrap().to_string(), "0ms");
    }

    #[test]
    fn what_has_no_unit_or_does_not_fit_is_none() {
        for text in ["", "5", "s", "1.5s", "-1s", "1 s", "1w", "1S", "é", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
