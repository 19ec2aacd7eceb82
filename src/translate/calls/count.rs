//! Token counts: four APIs ask for them and four tell them, through the hub's conversation.
//!
//! What is counted is what the provider would be sent for the same conversation, so the body is made as for an answer, and then cut
//! down to what the provider's endpoint for counts takes. Sources: the public API references of Anthropic (`count_tokens`; on
//! Vertex AI `count-tokens:rawPredict`), Amazon Bedrock (`CountTokens`), Gemini and Vertex AI (`countTokens`) and vLLM (`/tokenize`).

mod answer;
mod asked;
mod request;
#[cfg(test)]
mod tests;

pub(super) use answer::{parse, render};

use asked::{Asked, asked};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use request::{conversation_body, passed_body};

use super::Call;
use super::place;
use super::way::unsupported;
use crate::translate::converse::request::model_path;
use crate::translate::fault::name_target;
use crate::translate::{Api, ClientFormat, Dialect, Incoming, Rendered, RequestError, Target, facts, outbound};

/// Whose count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    /// Anthropic's own.
    Anthropic,
    /// Bedrock's, of a body for Anthropic's models.
    AnthropicOnBedrock,
    /// Vertex AI's, of a body for Anthropic's models.
    AnthropicOnVertex,
    /// Bedrock's, of a conversation.
    Converse,
    /// The Gemini API's.
    Gemini,
    /// Vertex AI's.
    Vertex,
    /// vLLM's.
    Vllm,
}

impl Wire {
    /// The one that this target has.
    fn of(target: &Target<'_>) -> Option<Self> {
        match target.dialect {
            Dialect::Anthropic => Some(Self::Anthropic),
            Dialect::AnthropicBedrock => Some(Self::AnthropicOnBedrock),
            Dialect::AnthropicVertex => Some(Self::AnthropicOnVertex),
            Dialect::Bedrock => Some(Self::Converse),
            Dialect::Gemini => Some(Self::Gemini),
            Dialect::Vertex => Some(Self::Vertex),
            Dialect::OpenAi if target.hosting.has_tokenizer() => Some(Self::Vllm),
            Dialect::OpenAi | Dialect::Azure | Dialect::Cohere => None,
        }
    }

    /// Where the count is asked for.
    fn path(self, target: &Target<'_>) -> String {
        match self {
            Self::Anthropic => format!("{}/messages/count_tokens", target.path_prefix),
            Self::AnthropicOnVertex => place::anthropic_on_vertex(target, "count-tokens", "rawPredict"),
            Self::AnthropicOnBedrock | Self::Converse => {
                model_path(target.path_prefix, of_one_region(target.model), "count-tokens")
            }
            Self::Gemini | Self::Vertex => place::google(target, "countTokens"),
            Self::Vllm => place::vllm_tokenize(target),
        }
    }

    /// Headers that the endpoint wants.
    fn headers(self) -> Option<(HeaderName, HeaderValue)> {
        let version = (HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"));
        (self == Self::Anthropic).then_some(version)
    }
}

/// The nesting of a body was bounded when it came in.
const ANY_DEPTH: usize = usize::MAX;

/// A request for a count, in the target's words.
///
/// # Errors
/// [`RequestError`], naming the field.
pub(super) fn request(call: Call, incoming: &Incoming<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let wire = Wire::of(target).ok_or_else(|| unsupported(target, "model", "it counts no tokens: name another model"))?;
    let of_anthropic = matches!(wire, Wire::AnthropicOnBedrock | Wire::AnthropicOnVertex);
    let (body, dropped) = if call == Call::CountTokens && of_anthropic {
        (passed_body(wire, incoming.body, target.model)?, Vec::new())
    } else {
        let api = api(call).ok_or_else(|| {
            unsupported(target, "model", "such a request cannot be counted there: ask /v1/messages/count_tokens or /tokenize")
        })?;
        let rendered = rendered(api, incoming.path, asked(call, incoming.body, incoming.parsed.json()?, target)?, target)?;
        let body = rendered.body.unwrap_or_default();
        (conversation_body(wire, &body, target.model)?, rendered.dropped)
    };
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))].into_iter().chain(wire.headers());
    Ok(Rendered { path: wire.path(target), headers: headers.collect(), body: Some(body.into()), dropped })
}

/// The API whose conversations are counted.
fn api(call: Call) -> Option<(Api, ClientFormat)> {
    match call {
        Call::Tokenize => Some((Api::OpenAiChat, ClientFormat::Chat)),
        Call::CountTokens => Some((Api::AnthropicMessages, ClientFormat::Messages)),
        Call::InputTokens => Some((Api::OpenAiResponses, ClientFormat::Responses)),
        Call::GeminiCount => Some((Api::GeminiGenerate, ClientFormat::Gemini)),
        _ => None,
    }
}

/// The conversation as it would be sent for an answer.
fn rendered(
    (api, format): (Api, ClientFormat),
    path: &str,
    asked: Asked<'_>,
    target: &Target<'_>,
) -> Result<Rendered, RequestError> {
    let body = Bytes::from(asked.body.into_owned());
    let incoming = Incoming::read(api, path, None, &body, ANY_DEPTH)?;
    let parsed = format.parse_request(&incoming, &facts(&incoming)?);
    let mut conversation = parsed.map_err(|error| name_target(error, target))?;
    conversation.max_output_tokens = None;
    conversation.stream = false;
    let mut rendered = target.format.render_request(&conversation, target)?;
    rendered.dropped.extend(conversation.ignored.iter().cloned());
    rendered.dropped.extend(asked.dropped);
    outbound::override_rendered(&mut rendered, target)?;
    Ok(rendered)
}

/// Bedrock counts for a model, not for an inference profile that spreads it over regions.
fn of_one_region(model: &str) -> &str {
    const PROFILES: [&str; 10] = ["us-gov.", "us.", "eu.", "apac.", "uk.", "au.", "jp.", "ca.", "sa.", "global."];
    PROFILES.iter().find_map(|profile| model.strip_prefix(profile)).unwrap_or(model)
}
