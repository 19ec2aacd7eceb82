//! Log probabilities: Google's `logprobsResult` and OpenAI's `logprobs`, both ways. The hub has OpenAI's.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::translate::text::Str;

/// Google's.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Google<'a> {
    #[serde(borrow)]
    top_candidates: Vec<Top<'a>>,
    #[serde(borrow)]
    chosen_candidates: Vec<Candidate<'a>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Top<'a> {
    #[serde(borrow)]
    candidates: Vec<Candidate<'a>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Candidate<'a> {
    #[serde(borrow)]
    token: Str<'a>,
    log_probability: f64,
}

/// OpenAI's. `bytes` is there even when it is null: its SDKs expect it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct OpenAi<'a> {
    #[serde(borrow)]
    content: Option<Vec<Token<'a>>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Token<'a> {
    #[serde(borrow)]
    token: Str<'a>,
    logprob: f64,
    bytes: Option<Vec<u8>>,
    #[serde(borrow)]
    top_logprobs: Vec<Alternative<'a>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Alternative<'a> {
    #[serde(borrow)]
    token: Str<'a>,
    logprob: f64,
    bytes: Option<Vec<u8>>,
}

/// OpenAI's for Google's; nothing where it cannot be read, or is empty.
pub(super) fn to_openai(raw: &RawValue) -> Option<Box<RawValue>> {
    let google: Google<'_> = serde_json::from_str(raw.get()).ok()?;
    let mut tops = google.top_candidates.into_iter();
    let token = |Candidate { token, log_probability }| {
        let alternatives = tops.next().map(|top| top.candidates).unwrap_or_default();
        let alternative = |Candidate { token, log_probability }| {
            let bytes = Some(token.as_bytes().to_vec());
            Alternative { token, logprob: log_probability, bytes }
        };
        let top_logprobs = alternatives.into_iter().map(alternative).collect();
        let bytes = Some(token.as_bytes().to_vec());
        Token { token, logprob: log_probability, bytes, top_logprobs }
    };
    let content: Vec<_> = google.chosen_candidates.into_iter().map(token).collect();
    if content.is_empty() { None } else { to_raw_value(&OpenAi { content: Some(content) }).ok() }
}

/// Google's for OpenAI's; nothing where it cannot be read, or is empty.
pub(super) fn to_google(raw: &RawValue) -> Option<Box<RawValue>> {
    let openai: OpenAi<'_> = serde_json::from_str(raw.get()).ok()?;
    let content = openai.content.filter(|content| !content.is_empty())?;
    let mut google = Google::default();
    for Token { token, logprob, top_logprobs, .. } in content {
        let candidate = |Alternative { token, logprob, .. }| Candidate { token, log_probability: logprob };
        google.top_candidates.push(Top { candidates: top_logprobs.into_iter().map(candidate).collect() });
        google.chosen_candidates.push(Candidate { token, log_probability: logprob });
    }
    to_raw_value(&google).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn they_go_there_and_back() {
        let google = raw(concat!(
            r#"{"topCandidates":[{"candidates":[{"token":"Hi","logProbability":-0.25},{"token":"Yo","logProbability":-2.0}]}],"#,
            r#""chosenCandidates":[{"token":"Hi","logProbability":-0.25}]}"#
        ));
        let openai = to_openai(&google).unwrap();
        let expected = concat!(
            r#"{"content":[{"token":"Hi","logprob":-0.25,"bytes":[72,105],"top_logprobs":["#,
            r#"{"token":"Hi","logprob":-0.25,"bytes":[72,105]},{"token":"Yo","logprob":-2.0,"bytes":[89,111]}]}]}"#
        );
        assert_eq!(openai.get(), expected);
        assert_eq!(to_google(&openai).unwrap().get(), google.get());
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        assert!(to_openai(&raw("{}")).is_none());
        assert!(to_openai(&raw("[1]")).is_none());
        assert!(to_google(&raw(r#"{"content":null}"#)).is_none());
    }
}
