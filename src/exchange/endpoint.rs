//! Which of the gateway's endpoints a request is for.

use crate::translate::{Api, Family};

/// What a path and method ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint<'a> {
    /// A conversation.
    Converse(Api),
    /// Something that only a gateway that stores answers could know: a response by its id.
    NotStored,
    /// The list of models, in this family's shape.
    Models(Family),
    /// One model, by id, in this family's shape.
    Model(Family, &'a str),
    /// A path that the gateway serves, but not with this method; the methods that it does serve.
    WrongMethod(&'static str),
    /// Nothing that the gateway serves.
    Unknown,
}

/// Finds the endpoint of a request. `anthropic` tells whether the client speaks Anthropic's API (by its headers): both APIs list
/// their models under the same path.
///
/// Every path is served below `/`, and below `/openai` and `/anthropic` for clients that want to say whose API they mean.
pub fn find<'a>(method: &str, path: &'a str, anthropic: bool) -> Endpoint<'a> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let (path, named) = match strip(path, "/anthropic") {
        Some(rest) => (rest, Some(Family::Anthropic)),
        None => match strip(path, "/openai") {
            Some(rest) => (rest, Some(Family::OpenAi)),
            None => (path, None),
        },
    };
    let family = named.unwrap_or(if anthropic { Family::Anthropic } else { Family::OpenAi });
    let openai = named != Some(Family::Anthropic);
    match (method, path) {
        ("POST", "/v1/chat/completions") if openai => Endpoint::Converse(Api::OpenAiChat),
        ("POST", "/v1/messages") if named != Some(Family::OpenAi) => Endpoint::Converse(Api::AnthropicMessages),
        ("POST", "/v1/responses") if openai => Endpoint::Converse(Api::OpenAiResponses),
        ("POST", "/v1/completions") if openai => Endpoint::Converse(Api::OpenAiCompletions),
        ("GET", "/v1/models") => Endpoint::Models(family),
        ("GET", _) if model_id(path).is_some() => Endpoint::Model(family, model_id(path).unwrap_or_default()),
        (_, "/v1/chat/completions" | "/v1/responses" | "/v1/completions") if openai => Endpoint::WrongMethod("POST"),
        (_, "/v1/messages") if named != Some(Family::OpenAi) => Endpoint::WrongMethod("POST"),
        (_, "/v1/models") => Endpoint::WrongMethod("GET"),
        ("GET" | "DELETE", _) if openai && path.starts_with("/v1/responses/") => Endpoint::NotStored,
        _ if openai && path.starts_with("/v1/responses/resp_") => Endpoint::NotStored,
        _ => Endpoint::Unknown,
    }
}

/// The API in whose shape an error is told when the endpoint is not known.
pub fn error_api(path: &str, anthropic: bool) -> Api {
    let anthropic = anthropic || path.starts_with("/anthropic/") || path.starts_with("/v1/messages");
    let family = if anthropic { Family::Anthropic } else { Family::OpenAi };
    family.main_api()
}

fn strip<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    path.strip_prefix(prefix).filter(|rest| rest.starts_with('/'))
}

fn model_id(path: &str) -> Option<&str> {
    path.strip_prefix("/v1/models/").filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_does_not_count() {
        assert_eq!(find("POST", "/v1/messages?beta=true", true), Endpoint::Converse(Api::AnthropicMessages));
    }

    #[test]
    fn both_apis_may_be_named_by_a_prefix() {
        assert_eq!(find("POST", "/anthropic/v1/messages", false), Endpoint::Converse(Api::AnthropicMessages));
        assert_eq!(find("POST", "/openai/v1/chat/completions", false), Endpoint::Converse(Api::OpenAiChat));
        assert_eq!(find("GET", "/anthropic/v1/models", false), Endpoint::Models(Family::Anthropic));
        assert_eq!(find("POST", "/openai/v1/messages", false), Endpoint::Unknown);
        assert_eq!(find("POST", "/openaiv1/messages", false), Endpoint::Unknown);
    }

    #[test]
    fn responses_are_made_and_never_looked_up() {
        assert_eq!(find("POST", "/v1/responses", false), Endpoint::Converse(Api::OpenAiResponses));
        assert_eq!(find("POST", "/openai/v1/completions", false), Endpoint::Converse(Api::OpenAiCompletions));
        for (method, path) in [
            ("GET", "/v1/responses/resp_1"),
            ("DELETE", "/v1/responses/chatcmpl-1"),
            ("POST", "/openai/v1/responses/resp_1/cancel"),
            ("GET", "/v1/responses/resp_1/input_items?limit=3"),
        ] {
            assert_eq!(find(method, path, false), Endpoint::NotStored, "{method} {path}");
        }
        assert_eq!(find("GET", "/v1/responses", false), Endpoint::WrongMethod("POST"));
        assert_eq!(find("GET", "/v1/completions", false), Endpoint::WrongMethod("POST"));
        assert_eq!(find("POST", "/anthropic/v1/responses", false), Endpoint::Unknown);
    }

    #[test]
    fn a_model_id_may_have_slashes() {
        assert_eq!(find("GET", "/v1/models/meta/llama", false), Endpoint::Model(Family::OpenAi, "meta/llama"));
    }

    #[test]
    fn a_known_path_with_another_method_is_told_apart_from_an_unknown_one() {
        assert_eq!(find("GET", "/v1/chat/completions", false), Endpoint::WrongMethod("POST"));
        assert_eq!(find("POST", "/v2/chat", false), Endpoint::Unknown);
    }
}
