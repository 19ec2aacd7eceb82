//! What is seen of an answer that passes: OpenAI's shapes of `usage`, old (`prompt_tokens`) and new (`input_tokens`), by tokens or
//! by seconds. An answer is never lost for a number that is odd.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Call;
use crate::translate::openai::usage::Count;
use crate::translate::text::Str;
use crate::translate::{Seen, plain};
use crate::usage::{Tokens, Units};

/// `usage` in an answer or an event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    prompt_tokens: Count,
    completion_tokens: Count,
    input_tokens: Count,
    output_tokens: Count,
    total_tokens: Count,
    seconds: Seconds,
    #[serde(alias = "prompt_tokens_details", alias = "input_token_details")]
    input_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Count,
}

impl Usage {
    /// `None` where no tokens are told: sound may be billed by its seconds, and servers that do not count write zeros.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let input = self.prompt_tokens.0.max(self.input_tokens.0);
        let output = self.completion_tokens.0.max(self.output_tokens.0).max(self.total_tokens.0.saturating_sub(input));
        let cached = self.input_tokens_details.as_ref().map_or(0, |details| details.cached_tokens.0);
        let tokens = Tokens { input, cached_input: cached.min(input), output, ..Tokens::default() };
        (tokens != Tokens::default()).then_some(tokens)
    }
}

/// A length of sound: a number, or a text as older models write it. What is neither is none.
#[derive(Debug, Default, Clone, Copy)]
struct Seconds(Option<Duration>);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let seconds = raw.get().trim_matches('"').parse().ok();
        Ok(Self(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Told<'a> {
    id: Option<Str<'a>>,
    model: Option<Str<'a>>,
    usage: Option<Usage>,
    /// Of what was transcribed, in the verbose form; some servers tell it nowhere else.
    duration: Seconds,
}

impl Told<'_> {
    fn units(&self, call: Call) -> Units {
        let is_sound = matches!(call, Call::Transcriptions | Call::Translations);
        let told = self.usage.as_ref().and_then(|usage| usage.seconds.0).or(self.duration.0);
        Units { audio: told.filter(|_| is_sound), search_units: None }
    }
}

/// What was seen of a whole answer in OpenAI's shape. One that cannot be read is kept all the same, and told.
pub(super) fn observe(call: Call, body: &[u8]) -> Seen {
    match serde_json::from_slice::<Told<'_>>(body) {
        Ok(told) => Seen {
            units: told.units(call),
            id: told.id.map(|id| id.to_string()),
            model: told.model.map(|model| model.to_string()),
            usage: told.usage.filter(|_| !call.counts()).and_then(|usage| usage.tokens()),
            complete: true,
            ..Seen::default()
        },
        Err(error) => {
            let error = format!("the provider's answer cannot be read: {error}");
            Seen { error: Some(plain::brief(&error, plain::MESSAGE).into_owned()), ..Seen::default() }
        }
    }
}
