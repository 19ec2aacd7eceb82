//! Anthropic's messages on Amazon Bedrock (InvokeModel, InvokeModelWithResponseStream).
//!
//! Source: Bedrock's user guide, Anthropic Claude Messages API. Model and streaming stand in the path, the version of the API in the body,
//! and so do the beta features, of which Bedrock knows some ([`betas`]).

use http::header::ACCEPT;
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::betas;
use crate::codec::json::{Splice, TopLevel};
use crate::translate::Target;
use crate::translate::converse::request::model_path;

/// The version of Anthropic's API on Bedrock.
const VERSION: &str = "bedrock-2023-05-31";
const VERSION_HEADER: &str = "anthropic-version";

pub(super) fn path(target: &Target<'_>) -> String {
    let operation = if target.stream { "invoke-with-response-stream" } else { "invoke" };
    model_path(target.path_prefix, target.model, operation)
}

/// Moves what Bedrock wants elsewhere. `asked` are the beta features in the client's own header.
pub(super) fn place(
    (splice, top): (&mut Splice<'_>, &TopLevel<'_>),
    headers: &mut Vec<(HeaderName, HeaderValue)>,
    dropped: &mut Vec<String>,
    asked: Option<&str>,
) {
    splice.remove("model");
    splice.remove("stream");
    if top.get("anthropic_version").is_none() {
        splice.set("anthropic_version", Value::from(VERSION).to_string().into_bytes());
    }
    let given: Vec<String> = top.get("anthropic_beta").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let lists = given.iter().map(String::as_str).chain(betas::rendered(headers)).chain(asked);
    let kept = betas::BEDROCK.sort(lists, dropped);
    if kept.is_empty() {
        splice.remove("anthropic_beta");
    } else {
        splice.set("anthropic_beta", Value::from(kept).to_string().into_bytes());
    }
    headers.retain(|(name, _)| name != VERSION_HEADER && name != betas::HEADER);
    headers.push((ACCEPT, HeaderValue::from_static("*/*")));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Body, headers and what was dropped of a request with this body and these features in its header.
    fn placed(body: &str, betas: Option<&str>) -> (Value, Vec<String>, Vec<String>) {
        let top = TopLevel::scan(body.as_bytes(), 8).unwrap();
        let mut splice = Splice::new(body.as_bytes(), &top);
        let header = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let mut headers = vec![header(VERSION_HEADER, "2023-06-01"), header("content-type", "application/json")];
        let mut dropped = Vec::new();
        place((&mut splice, &top), &mut headers, &mut dropped, betas);
        let names = headers.iter().map(|(name, _)| name.to_string()).collect();
        (serde_json::from_slice(&splice.finish().unwrap()).unwrap(), names, dropped)
    }

    #[test]
    fn model_and_stream_leave_the_body_and_the_version_enters_it() {
        let (body, headers, dropped) = placed(r#"{"model":"m","stream":true,"max_tokens":1}"#, None);
        assert_eq!(body, serde_json::json!({ "max_tokens": 1, "anthropic_version": VERSION }));
        assert_eq!(headers, ["content-type", "accept"]);
        assert!(dropped.is_empty());
        let (body, ..) = placed(r#"{"model":"m","anthropic_version":"own"}"#, None);
        assert_eq!(body["anthropic_version"], "own");
    }

    #[test]
    fn beta_features_move_into_the_body_and_those_that_bedrock_does_not_know_are_listed() {
        let asked = "claude-code-20250219, interleaved-thinking-2025-05-14,advanced-tool-use-2025-11-20,,effort-2025-11-24";
        let (body, _, dropped) = placed(r#"{"anthropic_beta":["effort-2025-11-24","made-up"]}"#, Some(asked));
        let expected = ["effort-2025-11-24", "interleaved-thinking-2025-05-14", "tool-search-tool-2025-10-19"];
        assert_eq!(body["anthropic_beta"], serde_json::json!(expected));
        assert_eq!(dropped, ["anthropic-beta: made-up", "anthropic-beta: claude-code-20250219"]);
        let (body, _, dropped) = placed(r#"{"anthropic_beta":["made-up"]}"#, Some(&"x,".repeat(100_000)));
        assert_eq!(body.get("anthropic_beta"), None);
        assert_eq!(dropped.len(), 2);
    }
}
