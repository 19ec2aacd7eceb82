//! Which of the gateway's endpoints a request is for.

use crate::translate::calls::Call;
use crate::translate::gemini::request::called;
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

/// Finds the endpoint of a request. `speaks` tells whose API the client speaks, by its headers: all of them list their models under
/// the same path.
///
/// Every path is served below `/`, and below `/openai`, `/anthropic` and `/gemini` for clients that want to say whose API they mean.
pub fn find<'a>(method: &str, path: &'a str, speaks: Family) -> Endpoint<'a> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let (path, named) = match strip(path, "/anthropic") {
        Some(rest) => (rest, Some(Family::Anthropic)),
        None => match strip(path, "/openai") {
            Some(rest) => (rest, Some(Family::OpenAi)),
            None => match strip(path, "/gemini") {
                Some(rest) => (rest, Some(Family::Gemini)),
                None => (path, None),
            },
        },
    };
    let family = named.unwrap_or(speaks);
    if matches!(named, None | Some(Family::Gemini))
        && let Some(endpoint) = gemini(method, path, family == Family::Gemini)
    {
        return endpoint;
    }
    if let Some(call) = Call::at(path).filter(|call| named.is_none_or(|named| named == call.family())) {
        return if method == "POST" { Endpoint::Serve(Api::Call(call)) } else { Endpoint::WrongMethod("POST") };
    }
    let (openai, anthropic) = (matches!(named, None | Some(Family::OpenAi)), matches!(named, None | Some(Family::Anthropic)));
    match (method, path) {
        ("POST", "/v1/chat/completions") if openai => Endpoint::Serve(Api::OpenAiChat),
        ("POST", "/v1/messages") if anthropic => Endpoint::Serve(Api::AnthropicMessages),
        ("POST", "/v1/responses") if openai => Endpoint::Serve(Api::OpenAiResponses),
        ("POST", "/v1/completions") if openai => Endpoint::Serve(Api::OpenAiCompletions),
        ("GET", "/v1/models") => Endpoint::Models(family),
        ("GET", _) if model_id(path).is_some() => Endpoint::Model(family, model_id(path).unwrap_or_default()),
        (_, "/v1/chat/completions" | "/v1/responses" | "/v1/completions") if openai => Endpoint::WrongMethod("POST"),
        (_, "/v1/messages") if anthropic => Endpoint::WrongMethod("POST"),
        (_, "/v1/models") => Endpoint::WrongMethod("GET"),
        ("GET" | "DELETE", _) if openai && path.starts_with("/v1/responses/") => Endpoint::NotStored,
        _ if openai && path.starts_with("/v1/responses/resp_") => Endpoint::NotStored,
        _ => Endpoint::Unknown,
    }
}

/// The API in whose shape an error is told when the endpoint is not known.
pub fn error_api(path: &str, speaks: Family) -> Api {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
    let family = if begins(&["/gemini/", "/v1beta/", "/v1beta1/", "/v1alpha/"]) || called(path).is_some() {
        Family::Gemini
    } else if begins(&["/cohere/", "/v2/"]) {
        Family::Cohere
    } else if begins(&["/anthropic/", "/v1/messages"]) {
        Family::Anthropic
    } else {
        speaks
    };
    family.main_api()
}

/// Google's paths: methods of a model, and the models below a version. `v1` is others', too, unless the client speaks Google's API.
fn gemini<'a>(method: &str, path: &'a str, speaks: bool) -> Option<Endpoint<'a>> {
    if let Some(called) = called(path) {
        let turn = called.streams().map(|_| Api::GeminiGenerate);
        return Some(match (method, turn.or_else(|| Call::of_method(called.method).map(Api::Call))) {
            (_, None) => Endpoint::Unknown,
            ("POST", Some(api)) => Endpoint::Serve(api),
            (_, Some(_)) => Endpoint::WrongMethod("POST"),
        });
    }
    let below = |version: &str| {
        path.strip_prefix('/')?
            .strip_prefix(version)
            .filter(|rest| rest.starts_with('/'))
            .map(|rest| rest.trim_start_matches('/'))
    };
    let rest = below("v1beta")
        .or_else(|| below("v1alpha"))
        .or_else(|| if speaks { below("v1").filter(|rest| rest.starts_with("models")) } else { None })?;
    Some(match (method, rest.split_once('/')) {
        ("GET", None) if rest == "models" => Endpoint::Models(Family::Gemini),
        ("GET", Some(("models", id))) if !id.is_empty() => Endpoint::Model(Family::Gemini, id),
        (_, None) if rest == "models" => Endpoint::WrongMethod("GET"),
        _ => Endpoint::Unknown,
    })
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
        assert_eq!(find("POST", "/v1/messages?beta=true", Family::Anthropic), Endpoint::Serve(Api::AnthropicMessages));
    }

    #[test]
    fn both_apis_may_be_named_by_a_prefix() {
        assert_eq!(find("POST", "/anthropic/v1/messages", Family::OpenAi), Endpoint::Serve(Api::AnthropicMessages));
        assert_eq!(find("POST", "/openai/v1/chat/completions", Family::OpenAi), Endpoint::Serve(Api::OpenAiChat));
        assert_eq!(find("GET", "/anthropic/v1/models", Family::OpenAi), Endpoint::Models(Family::Anthropic));
        assert_eq!(find("POST", "/openai/v1/messages", Family::OpenAi), Endpoint::Unknown);
        assert_eq!(find("POST", "/openaiv1/messages", Family::OpenAi), Endpoint::Unknown);
    }

    #[test]
    fn googles_methods_are_found_below_every_version() {
        for path in [
            "/v1beta/models/m:generateContent",
            "/v1/models/m:streamGenerateContent?alt=sse&key=k",
            "/gemini/v1beta/models/a/b:generateContent",
            "/v1beta1/projects/p/locations/l/publishers/google/models/m:generateContent",
        ] {
            assert_eq!(find("POST", path, Family::OpenAi), Endpoint::Serve(Api::GeminiGenerate), "{path}");
            assert_eq!(find("GET", path, Family::OpenAi), Endpoint::WrongMethod("POST"), "{path}");
            assert_eq!(error_api(path, Family::OpenAi), Api::GeminiGenerate, "{path}");
        }
        assert_eq!(find("GET", "/v1beta/models?pageSize=50", Family::OpenAi), Endpoint::Models(Family::Gemini));
        assert_eq!(find("GET", "/v1beta/models/m", Family::OpenAi), Endpoint::Model(Family::Gemini, "m"));
        assert_eq!(find("GET", "/gemini/v1/models", Family::OpenAi), Endpoint::Models(Family::Gemini));
        assert_eq!(find("GET", "/v1/models", Family::OpenAi), Endpoint::Models(Family::OpenAi));
        assert_eq!(find("GET", "/v1/models", Family::Gemini), Endpoint::Models(Family::Gemini));
        assert_eq!(find("GET", "/v1/models/m", Family::Gemini), Endpoint::Model(Family::Gemini, "m"));
        assert_eq!(find("POST", "/v1/messages", Family::Gemini), Endpoint::Serve(Api::AnthropicMessages));
        for (method, call) in [
            ("countTokens", Call::GeminiCount),
            ("embedContent", Call::GeminiEmbed),
            ("batchEmbedContents", Call::GeminiEmbedBatch),
        ] {
            let path = format!("/v1beta/models/m:{method}");
            assert_eq!(find("POST", &path, Family::OpenAi), Endpoint::Serve(Api::Call(call)), "{path}");
            assert_eq!(find("GET", &path, Family::OpenAi), Endpoint::WrongMethod("POST"), "{path}");
        }
        assert_eq!(find("POST", "/v1beta/models/m:predict", Family::OpenAi), Endpoint::Unknown);
        assert_eq!(find("POST", "/openai/v1beta/models/m:generateContent", Family::OpenAi), Endpoint::Unknown);
        assert_eq!(find("POST", "/gemini/v1/messages", Family::OpenAi), Endpoint::Unknown);
    }

    #[test]
    fn calls_are_found_below_their_own_familys_prefix_only() {
        let embeddings = Endpoint::Serve(Api::Call(Call::Embeddings));
        assert_eq!(find("POST", "/v1/embeddings", Family::Anthropic), embeddings);
        assert_eq!(find("POST", "/openai/v1/embeddings?x=y", Family::OpenAi), embeddings);
        assert_eq!(find("POST", "/anthropic/v1/embeddings", Family::OpenAi), Endpoint::Unknown);
        assert_eq!(find("GET", "/v1/audio/speech", Family::OpenAi), Endpoint::WrongMethod("POST"));
        let count = Endpoint::Serve(Api::Call(Call::CountTokens));
        assert_eq!(find("POST", "/anthropic/v1/messages/count_tokens", Family::OpenAi), count);
        assert_eq!(find("POST", "/tokenize", Family::OpenAi), Endpoint::Serve(Api::Call(Call::Tokenize)));
        for path in ["/v1/rerank", "/v2/rerank", "/cohere/v2/rerank"] {
            assert_eq!(find("POST", path, Family::OpenAi), Endpoint::Serve(Api::Call(Call::Rerank)));
        }
        assert_eq!(find("POST", "/anthropic/v1/rerank", Family::OpenAi), Endpoint::Unknown);
    }

    #[test]
    fn an_unknown_path_is_told_in_the_words_of_the_api_that_it_looks_like() {
        for (path, family) in [
            ("/v2/chat", Family::Cohere),
            ("/cohere/v2/embed", Family::Cohere),
            ("/v1/messages/batches", Family::Anthropic),
            ("/v1/batches", Family::OpenAi),
        ] {
            assert_eq!(error_api(path, Family::OpenAi).family(), family, "{path}");
        }
    }

    #[test]
    fn responses_are_made_and_never_looked_up() {
        assert_eq!(find("POST", "/v1/responses", Family::OpenAi), Endpoint::Serve(Api::OpenAiResponses));
        assert_eq!(find("POST", "/openai/v1/completions", Family::OpenAi), Endpoint::Serve(Api::OpenAiCompletions));
        for (method, path) in [
            ("GET", "/v1/responses/resp_1"),
            ("DELETE", "/v1/responses/chatcmpl-1"),
            ("POST", "/openai/v1/responses/resp_1/cancel"),
            ("GET", "/v1/responses/resp_1/input_items?limit=3"),
        ] {
            assert_eq!(find(method, path, Family::OpenAi), Endpoint::NotStored, "{method} {path}");
        }
        assert_eq!(find("GET", "/v1/responses", Family::OpenAi), Endpoint::WrongMethod("POST"));
        assert_eq!(find("GET", "/v1/completions", Family::OpenAi), Endpoint::WrongMethod("POST"));
        assert_eq!(find("POST", "/anthropic/v1/responses", Family::OpenAi), Endpoint::Unknown);
    }

    #[test]
    fn a_model_id_may_have_slashes() {
        assert_eq!(find("GET", "/v1/models/meta/llama", Family::OpenAi), Endpoint::Model(Family::OpenAi, "meta/llama"));
    }

    #[test]
    fn a_known_path_with_another_method_is_told_apart_from_an_unknown_one() {
        assert_eq!(find("GET", "/v1/chat/completions", Family::OpenAi), Endpoint::WrongMethod("POST"));
        assert_eq!(find("POST", "/v2/chat", Family::OpenAi), Endpoint::Unknown);
    }
}
