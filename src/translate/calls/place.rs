//! Where a call is sent: the path at each provider.

use std::fmt::Write as _;

use super::Call;
use super::host::{Host, Site};

/// Where a call goes that is passed through.
pub(super) fn passed(call: Call, target: &Site<'_>) -> String {
    let rest = match call {
        Call::Embeddings => "/embeddings",
        Call::ImageGenerations => "/images/generations",
        Call::ImageEdits => "/images/edits",
        Call::ImageVariations => "/images/variations",
        Call::Speech => "/audio/speech",
        Call::Transcriptions => "/audio/transcriptions",
        Call::Translations => "/audio/translations",
        Call::Moderations => "/moderations",
        Call::Rerank => "/rerank",
        Call::InputTokens => "/responses/input_tokens",
        Call::CountTokens => "/messages/count_tokens",
        Call::Tokenize => return vllm_tokenize(target),
    };
    let prefix = target.path_prefix;
    match target.dialect {
        Host::Azure if target.azure_version == "v1" => format!("{prefix}/openai/v1{rest}"),
        Host::Azure if target.azure_version == "preview" => format!("{prefix}/openai/v1{rest}?api-version=preview"),
        // Responses are the one part of Azure's dated API that has no deployment in its path.
        Host::Azure if call == Call::InputTokens => format!("{prefix}/openai{rest}?api-version={}", target.azure_version),
        Host::Azure => {
            format!("{prefix}/openai/deployments/{}{rest}?api-version={}", encoded(target.model), target.azure_version)
        }
        _ => format!("{}{rest}", target.path_prefix),
    }
}

/// vLLM serves its tokenizer beside OpenAI's API, not within it.
pub(super) fn vllm_tokenize(target: &Site<'_>) -> String {
    let root = target.path_prefix.strip_suffix("/v1").unwrap_or(target.path_prefix);
    format!("{root}/tokenize")
}

/// A method of one of Google's models, at the Gemini API or on Vertex AI.
pub(super) fn google(target: &Site<'_>, method: &str) -> String {
    let model = target.model.strip_prefix("models/").unwrap_or(target.model);
    match target.dialect {
        Host::Vertex => vertex(target, "google", model, method),
        _ => format!("{}/models/{}:{method}", target.path_prefix, encoded(model)),
    }
}

/// A method of a publisher's model on Vertex AI.
pub(super) fn vertex(target: &Site<'_>, publisher: &str, model: &str, method: &str) -> String {
    let (project, location, model) = (target.project, target.location, encoded(model));
    format!("{}/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{method}", target.path_prefix)
}

/// An operation of one of Bedrock's models. The id may be an ARN, whose slashes and colons must be encoded.
pub(super) fn bedrock(model: &str, operation: &str) -> String {
    format!("/model/{}/{operation}", encoded(model))
}

/// A path segment: everything but what RFC 3986 calls unreserved is percent-encoded.
fn encoded(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
