//! Which of the gateway's endpoints a request is for.

use crate::translate::calls::Call;
use crate::translate::{Api, Family};

/// What a path and method ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint<'a> {
    /// A provider's business: a conversation, or a call.
    Serve(Api),
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
    if let Some(call) = Call::at(path).filter(|call| named.is_none_or(|named| named == call.family())) {
        return if method == "POST" { Endpoint::Serve(Api::Call(call)) } else { Endpoint::WrongMethod("POST") };
    }
    let openai = named != Some(Family::Anthropic);
    match (method, path) {
        ("POST", "/v1/chat/completions") if openai => Endpoint::Serve(Api::OpenAiChat),
        ("POST", "/v1/messages") if named != Some(Family::OpenAi) => Endpoint::Serve(Api::AnthropicMessages),
        ("POST", "/v1/responses") if openai => Endpoint::Serve(Api::OpenAiResponses),
        ("POST", "/v1/completions") if openai => Endpoint::Serve(Api::OpenAiCompletions),
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
    if path.starts_with("/cohere/") || path.starts_with("/v2/") {
        return Family::Cohere.main_api();
    }
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
        assert_eq!(find("POST", "/v1/messages?beta=true", true), Endpoint::Serve(Api::AnthropicMessages));
    }

    #[test]
    fn both_apis_may_be_named_by_a_prefix() {
        assert_eq!(find("POST", "/anthropic/v1/messages", false), Endpoint::Serve(Api::AnthropicMessages));
        assert_eq!(find("POST", "/openai/v1/chat/completions", false), Endpoint::Serve(Api::OpenAiChat));
        assert_eq!(find("GET", "/anthropic/v1/models", false), Endpoint::Models(Family::Anthropic));
        assert_eq!(find("POST", "/openai/v1/messages", false), Endpoint::Unknown);
        assert_eq!(find("POST", "/openaiv1/messages", false), Endpoint::Unknown);
    }

    #[test]
    fn calls_are_found_below_their_own_familys_prefix_only() {
        let embeddings = Endpoint::Serve(Api::Call(Call::Embeddings));
        assert_eq!(find("POST", "/v1/embeddings", true), embeddings);
        assert_eq!(find("POST", "/openai/v1/embeddings?x=y", false), embeddings);
        assert_eq!(find("POST", "/anthropic/v1/embeddings", false), Endpoint::Unknown);
        assert_eq!(find("GET", "/v1/audio/speech", false), Endpoint::WrongMethod("POST"));
        let count = Endpoint::Serve(Api::Call(Call::CountTokens));
        assert_eq!(find("POST", "/anthropic/v1/messages/count_tokens", false), count);
        assert_eq!(find("POST", "/tokenize", false), Endpoint::Serve(Api::Call(Call::Tokenize)));
        for path in ["/v1/rerank", "/v2/rerank", "/cohere/v2/rerank"] {
            assert_eq!(find("POST", path, false), Endpoint::Serve(Api::Call(Call::Rerank)));
        }
        assert_eq!(find("POST", "/anthropic/v1/rerank", false), Endpoint::Unknown);
    }

    #[test]
    fn an_unknown_path_is_told_in_the_words_of_the_api_that_it_looks_like() {
        for (path, family) in [
            ("/v2/chat", Family::Cohere),
            ("/cohere/v2/embed", Family::Cohere),
            ("/v1/messages/batches", Family::Anthropic),
            ("/v1/batches", Family::OpenAi),
        ] {
            assert_eq!(error_api(path, false).family(), family, "{path}");
        }
    }

    #[test]
    fn responses_are_made_and_never_looked_up() {
        assert_eq!(find("POST", "/v1/responses", false), Endpoint::Serve(Api::OpenAiResponses));
        assert_eq!(find("POST", "/openai/v1/completions", false), Endpoint::Serve(Api::OpenAiCompletions));
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
