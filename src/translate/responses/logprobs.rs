//! Log probabilities: chat completions tell them as `{"content": [token, …]}`, this API as the list itself.
//!
//! Written anew token by token, because the list may have line ends between its values, which an event cannot, and because `bytes`
//! may be null in chat completions only. Numbers stay as they are written.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::translate::text::Str;

#[derive(Debug, Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    content: Option<Vec<Token<'a>>>,
}

/// A token. The SDKs' types demand all of its fields.
#[derive(Debug, Deserialize, Serialize)]
struct Token<'a> {
    #[serde(borrow)]
    token: Str<'a>,
    #[serde(default, deserialize_with = "or_none")]
    bytes: Vec<u8>,
    #[serde(borrow)]
    logprob: &'a RawValue,
    #[serde(borrow, default)]
    top_logprobs: Vec<Alternative<'a>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Alternative<'a> {
    #[serde(borrow)]
    token: Str<'a>,
    #[serde(default, deserialize_with = "or_none")]
    bytes: Vec<u8>,
    #[serde(borrow)]
    logprob: &'a RawValue,
}

fn or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    Option::<Vec<u8>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Appends the tokens of a chat completion's `logprobs` to a list in the making: JSON values with commas between them. What
/// cannot be read adds nothing.
pub(super) fn append(raw: &RawValue, list: &mut Vec<u8>) {
    let Ok(Told { content: Some(tokens) }) = serde_json::from_str::<Told<'_>>(raw.get()) else { return };
    for token in tokens {
        if !list.is_empty() {
            list.push(b',');
        }
        // Writing plain structs with string keys into memory cannot fail.
        let _ = serde_json::to_writer(&mut *list, &token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_without_line_ends_and_with_every_field() {
        let raw = "{\"content\":[\n{\"token\":\"H\\ni\",\"logprob\":-0.10,\"bytes\":null,\n\"top_logprobs\":[{\"token\":\"H\",\"logprob\":-1}]}]}";
        let raw: &RawValue = serde_json::from_str(raw).unwrap();
        let mut list = Vec::new();
        append(raw, &mut list);
        let token = r#"{"token":"H\ni","bytes":[],"logprob":-0.10,"top_logprobs":[{"token":"H","bytes":[],"logprob":-1}]}"#;
        assert_eq!(String::from_utf8(list.clone()).unwrap(), token);
        append(raw, &mut list);
        assert_eq!(String::from_utf8(list).unwrap(), format!("{token},{token}"));
    }

    #[test]
    fn what_is_no_list_of_tokens_adds_nothing() {
        for text in ["null", "{}", r#"{"content":null,"refusal":[]}"#, "[1]", r#"{"content":[{"token":1}]}"#] {
            let mut list = Vec::new();
            append(serde_json::from_str(text).unwrap(), &mut list);
            assert!(list.is_empty(), "{text}");
        }
    }
}
