//! Top-level fields of a request that the hub has no place for, on their way to a provider of another format: the provider's own go
//! through, hints of others are dropped and listed, and all else is an error, because nobody can tell what its loss would mean.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::fault::Fault;
use super::hints::Hints;
use super::plain;
use super::text::Str;

/// What a provider's format makes of such fields.
pub(super) struct Known {
    /// The provider's name of a field of its own API reference, as a client of another API may spell it. Whoever sends one means what
    /// the provider means.
    pub(super) own: fn(&str) -> Option<&'static str>,
    /// Fields of other APIs whose loss is no change of meaning: what is stored, how prompts are cached, how long-winded or fast the
    /// answer is.
    pub(super) hints: &'static [&'static str],
    /// What to do about any other field.
    pub(super) remedy: fn(&str) -> &'static str,
}

/// Hints in OpenAI's and Anthropic's requests, for providers that are neither.
pub(super) const HINTS: &[&str] = &[
    "store",
    "prompt_cache_key",
    "prompt_cache_retention",
    "verbosity",
    "stream_options",
    "cache_control",
    "context_management",
    "speed",
];

/// Fields of the provider's own, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Extras<'c>(Vec<(&'static str, &'c RawValue)>);

impl Known {
    /// Sorts all fields of a request.
    pub(super) fn sort<'c>(&self, given: &'c [(Str<'c>, &'c RawValue)], dropped: &mut Hints) -> Result<Extras<'c>, Fault> {
        let mut extras = Extras::default();
        given.iter().try_for_each(|(key, raw)| extras.add(key, raw, self, dropped))?;
        Ok(extras)
    }
}

impl<'c> Extras<'c> {
    /// Sorts one field. A name that comes again, in whatever spelling, is an error.
    pub(super) fn add(&mut self, key: &str, raw: &'c RawValue, known: &Known, dropped: &mut Hints) -> Result<(), Fault> {
        if raw.get() == "null" || means_nothing(key, raw.get()) {
            return Ok(());
        }
        match (known.own)(key) {
            Some(field) if !self.has(field) => self.0.push((field, raw)),
            None if known.hints.contains(&key) => dropped.add(key),
            _ => return Err(Fault::new(plain::brief(key, plain::QUOTATION), (known.remedy)(key))),
        }
        Ok(())
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == field)
    }
}

impl Serialize for Extras<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, raw) in &self.0 {
            map.serialize_entry(key, raw)?;
        }
        map.end()
    }
}

/// The name as it stands in a list.
pub(super) fn listed(list: &'static [&'static str], key: &str) -> Option<&'static str> {
    list.iter().copied().find(|known| *known == key)
}

/// What asks for the answer that there would be anyway.
fn means_nothing(key: &str, json: &str) -> bool {
    key == "modalities" && serde_json::from_str::<[Str<'_>; 1]>(json).is_ok_and(|[only]| only == "text")
}
