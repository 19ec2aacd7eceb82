//! Vendors who are compatible with OpenAI's chat completions, but for some rules of their own. Which vendor has which rules is data:
//! `upstream::presets`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::codec::json::{Splice, TopLevel};

/// OpenAI's newer name, which its reasoning models demand.
const MAX_COMPLETION_TOKENS: &str = "max_completion_tokens";
/// OpenAI's older name, the only one of many vendors.
const MAX_TOKENS: &str = "max_tokens";

/// What a provider calls the output limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputLimit {
    /// It takes what the client calls it; `max_completion_tokens` where the gateway writes it.
    #[default]
    AsAsked,
    /// `max_tokens` only.
    MaxTokens,
    /// `max_completion_tokens` only.
    MaxCompletionTokens,
}

/// The rules of a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vendor {
    /// What it calls the output limit.
    pub output_limit: OutputLimit,
    /// It tells the usage of every stream and refuses to be asked for it by `stream_options`.
    pub tells_usage_unasked: bool,
    /// Fields that it calls otherwise: OpenAI's name, and its own.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Fields that it refuses and whose loss does not change the meaning: left out, and told in the usage record.
    pub refuses: &'static [&'static str],
    /// It has vLLM's tokenizer beside the API.
    pub tokenizer: bool,
}

impl OutputLimit {
    /// Calls the output limit what the provider calls it. Where a client says it twice, the newer name counts.
    pub(super) fn fit<'a>(self, splice: &mut Splice<'a>, top: &TopLevel<'a>) {
        let (name, other) = match self {
            Self::AsAsked => return,
            Self::MaxTokens => (MAX_TOKENS, MAX_COMPLETION_TOKENS),
            Self::MaxCompletionTokens => (MAX_COMPLETION_TOKENS, MAX_TOKENS),
        };
        let newer = top.text(MAX_COMPLETION_TOKENS).filter(|limit| *limit != "null");
        if let (Some(limit), true) = (newer.or(top.text(MAX_TOKENS)), top.text(other).is_some()) {
            splice.set(name, limit.as_bytes());
        }
        splice.remove(other);
    }
}

impl Vendor {
    /// Makes the vendor's body of OpenAI's.
    pub(super) fn fit<'a>(&self, splice: &mut Splice<'a>, top: &TopLevel<'a>, dropped: &mut Vec<String>) {
        self.output_limit.fit(splice, top);
        if self.tells_usage_unasked {
            splice.remove("stream_options");
        }
        for (name, own) in self.renamed {
            if let Some(value) = top.text(name) {
                if top.text(own).is_none() {
                    splice.set(own, value.as_bytes());
                }
                splice.remove(name);
            }
        }
        for name in self.refuses.iter().filter(|name| top.text(name).is_some()) {
            splice.remove(name);
            dropped.push((*name).to_owned());
        }
    }

    pub(super) fn has_no_rules(&self) -> bool {
        let Self { output_limit, tells_usage_unasked, renamed, refuses, tokenizer: _ } = self;
        *output_limit == OutputLimit::AsAsked && !tells_usage_unasked && renamed.is_empty() && refuses.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(vendor: Vendor, body: &str) -> (String, Vec<String>) {
        let top = TopLevel::scan(body.as_bytes(), 64).unwrap();
        let mut splice = Splice::new(body.as_bytes(), &top);
        let mut dropped = Vec::new();
        vendor.fit(&mut splice, &top, &mut dropped);
        (splice.finish().map_or_else(|| body.to_owned(), |out| String::from_utf8(out.into()).unwrap()), dropped)
    }

    #[track_caller]
    fn limit(output_limit: OutputLimit, body: &str, expected: &str) {
        assert_eq!(fitted(Vendor { output_limit, ..Vendor::default() }, body).0, expected);
    }

    /// Field note 52: which of the two a deployment knows is for the config to say.
    #[test]
    fn max_tokens_and_max_completion_tokens_become_what_the_vendor_knows() {
        use OutputLimit::{AsAsked, MaxCompletionTokens, MaxTokens};
        limit(MaxTokens, r#"{"max_completion_tokens":5}"#, r#"{"max_tokens":5}"#);
        limit(MaxTokens, r#"{"max_tokens":5}"#, r#"{"max_tokens":5}"#);
        limit(MaxTokens, r#"{"max_tokens":5,"max_completion_tokens":6}"#, r#"{"max_tokens":6}"#);
        limit(MaxTokens, r#"{"max_tokens":5,"max_completion_tokens":null}"#, r#"{"max_tokens":5}"#);
        limit(MaxCompletionTokens, r#"{"a":1,"max_tokens":5}"#, r#"{"a":1,"max_completion_tokens":5}"#);
        limit(MaxTokens, r#"{"a":1}"#, r#"{"a":1}"#);
        limit(AsAsked, r#"{"max_completion_tokens":5}"#, r#"{"max_completion_tokens":5}"#);
    }

    #[test]
    fn fields_are_renamed_and_left_out_as_the_vendor_wants_it() {
        let vendor =
            Vendor { tells_usage_unasked: true, renamed: &[("seed", "random_seed")], refuses: &["user"], ..Vendor::default() };
        let body = r#"{"seed":0,"stream_options":{"include_usage":true},"user":"u","x":1}"#;
        assert_eq!(fitted(vendor, body), (r#"{"x":1,"random_seed":0}"#.to_owned(), vec!["user".to_owned()]));
        let own = r#"{"seed":0,"random_seed":7}"#;
        assert_eq!(fitted(vendor, own).0, r#"{"random_seed":7}"#);
    }
}
