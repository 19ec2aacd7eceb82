//! What the road needs of a request that it does not read as a whole. At Google, model and method stand in the path.

use std::borrow::Cow;

use serde::Deserialize;

use crate::codec::json::{Splice, TopLevel};
use crate::translate::facts::Facts;
use crate::translate::fault::{Fault, read_raw};
use crate::translate::{Incoming, RequestError};

/// A method of a model, as a path names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called<'a> {
    /// The model, as it stands in the path.
    model: &'a str,
    /// `generateContent` and the like.
    pub method: &'a str,
}

/// The method that a path calls: at the Gemini API (`/v1beta/models/MODEL:METHOD`, `/v1beta/tunedModels/…`) or as Vertex AI has it
/// (`/v1/projects/P/locations/L/publishers/google/models/MODEL:METHOD`, or from `publishers` on).
pub fn called(path: &str) -> Option<Called<'_>> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let (version, rest) = path.strip_prefix('/')?.split_once('/')?;
    let (resource, method) = rest.rsplit_once(':')?;
    if !matches!(version, "v1" | "v1alpha" | "v1beta" | "v1beta1") || method.is_empty() || method.contains('/') {
        return None;
    }
    let model = match resource.split_once('/')? {
        ("models", model) => model,
        ("tunedModels", _) => resource,
        ("publishers", rest) => published(rest)?,
        ("projects", rest) => {
            let mut segments = rest.splitn(5, '/');
            let (_project, locations, _location, publishers) =
                (segments.next()?, segments.next()?, segments.next()?, segments.next()?);
            let rest = segments.next()?;
            if locations != "locations" || publishers != "publishers" {
                return None;
            }
            published(rest)?
        }
        _ => return None,
    };
    (!model.is_empty()).then_some(Called { model, method })
}

fn published(rest: &str) -> Option<&str> {
    rest.split_once("/models/").map(|(_, model)| model)
}

impl Called<'_> {
    /// Whether the answer is to be streamed; nothing where the method is no turn of a conversation.
    pub fn streams(self) -> Option<bool> {
        match self.method {
            "generateContent" => Some(false),
            "streamGenerateContent" => Some(true),
            _ => None,
        }
    }
}

/// What the road needs to know.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field.
pub fn facts(incoming: &Incoming<'_>) -> Result<Facts, RequestError> {
    let model = model(incoming.path)?;
    let stream = called(incoming.path).and_then(Called::streams).unwrap_or_default();
    if stream && !asks_for_events(incoming.path) {
        return Err(
            Fault::new("alt", "must be `sse`: a stream in one JSON array is not served, add `?alt=sse` to the path").into()
        );
    }
    let max_output_tokens = output_limit(incoming.parsed.json()?)?;
    Ok(Facts { model, stream, max_output_tokens, wants_usage: true })
}

/// The model that a path names.
///
/// # Errors
/// [`RequestError::Invalid`] where it names none, or is badly escaped.
pub fn model(path: &str) -> Result<String, RequestError> {
    let called = called(path).ok_or_else(|| Fault::new("model", "is missing: name it in the path"))?;
    decoded(called.model).map(Cow::into_owned)
}

fn asks_for_events(path: &str) -> bool {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|parameter| matches!(parameter, "alt=sse" | "$alt=sse" | "%24alt=sse"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    #[serde(alias = "max_output_tokens")]
    max_output_tokens: Option<u64>,
    #[serde(alias = "candidate_count")]
    candidate_count: Option<u64>,
}

fn output_limit(top: &TopLevel<'_>) -> Result<Option<u64>, RequestError> {
    let Some(raw) = top.get("generationConfig").or_else(|| top.get("generation_config")) else { return Ok(None) };
    let limits: Option<Limits> = read_raw(raw).map_err(|fault| fault.within("generationConfig"))?;
    let Some(Limits { max_output_tokens, candidate_count }) = limits else { return Ok(None) };
    Ok(max_output_tokens.map(|limit| limit.saturating_mul(candidate_count.unwrap_or(1))))
}

/// A model's name without the percent signs of a path.
fn decoded(name: &str) -> Result<Cow<'_, str>, RequestError> {
    if !name.contains('%') {
        return Ok(name.into());
    }
    let wrong =
        || RequestError::from(Fault::new("model", "has a percent sign in the path that no two hexadecimal digits follow"));
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or_else(wrong)?;
        let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        rest = after;
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| wrong())
}

/// What a pass-through changes: a `model` in the body is that of the client's path, and Google wants both to be the same.
pub fn pass(splice: &mut Splice<'_>, top: &TopLevel<'_>) {
    if top.get("model").is_some() {
        splice.remove("model");
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::translate::Api;

    fn facts_of(path: &str, body: &str) -> Result<Facts, RequestError> {
        let body = Bytes::from(body.to_owned());
        facts(&Incoming::read(Api::GeminiGenerate, path, None, &body, 64).unwrap())
    }

    #[test]
    fn model_and_method_are_found_in_every_form_of_the_path() {
        for (path, model, method) in [
            ("/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro", "generateContent"),
            ("/v1/models/a/b:c:streamGenerateContent?alt=sse", "a/b:c", "streamGenerateContent"),
            ("/v1beta/tunedModels/mine:generateContent", "tunedModels/mine", "generateContent"),
            ("/v1beta1/publishers/google/models/m:countTokens", "m", "countTokens"),
            ("/v1/projects/p/locations/l/publishers/google/models/m:generateContent", "m", "generateContent"),
        ] {
            assert_eq!(called(path), Some(Called { model, method }), "{path}");
        }
        for path in [
            "",
            "/",
            "/v1beta/models/x",
            "/v2/models/x:generateContent",
            "/v1beta/models/:generateContent",
            "/v1/models/a:b/c",
            "/v1/projects/p/locations/l/models/m:generateContent",
            "/v1/chat/completions",
            "v1beta/models/x:generateContent",
            "/v1/projects/p/x/l/publishers/google/models/m:generateContent",
        ] {
            assert_eq!(called(path), None, "{path}");
        }
    }

    #[test]
    fn facts_are_taken_from_the_path_and_the_config() {
        let body = r#"{"contents":[],"generationConfig":{"maxOutputTokens":5,"candidateCount":3}}"#;
        let facts = facts_of("/v1beta/models/a%2Fb%40c:streamGenerateContent?key=x&alt=sse", body).unwrap();
        let expected = Facts { model: "a/b@c".to_owned(), stream: true, max_output_tokens: Some(15), wants_usage: true };
        assert_eq!(facts, expected);
        let facts = facts_of("/v1beta/models/m:generateContent", r#"{"generation_config":{"max_output_tokens":7}}"#).unwrap();
        assert_eq!((facts.stream, facts.max_output_tokens), (false, Some(7)));
    }

    #[test]
    fn what_cannot_be_served_is_told() {
        for (path, body, field) in [
            ("/v1beta/models/m:streamGenerateContent", "{}", "alt"),
            ("/v1beta/models/m%zz:generateContent", "{}", "model"),
            ("/v1beta/models/m%:generateContent", "{}", "model"),
            ("/v1beta/models/%ff:generateContent", "{}", "model"),
            ("/", "{}", "model"),
            (
                "/v1beta/models/m:generateContent",
                r#"{"generationConfig":{"maxOutputTokens":-1}}"#,
                "generationConfig.maxOutputTokens",
            ),
        ] {
            match facts_of(path, body) {
                Err(RequestError::Invalid { field: told, .. }) => assert_eq!(told, field, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}
