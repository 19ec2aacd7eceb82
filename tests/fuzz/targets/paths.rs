//! Paths of clients: which endpoint they are for, and what lies below a provider's name.

use bytes::Bytes;
use kanmon::exchange::endpoint::{Endpoint, error_api, find};
use kanmon::translate::opaque::Below;
use kanmon::translate::{Api, Dialect, Family, Incoming, facts};

/// The first line is a method, the second a path. An endpoint is found whatever the query; where the model stands in the path, it is
/// one, or there is an error; and no way of writing a path leads out of the provider's prefix, or is read in two ways.
pub fn path(input: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(input) else { return "not UTF-8".to_owned() };
    let (method, path) = text.split_once('\n').unwrap_or(("POST", text));
    let found = find(method, path, Family::OpenAi);
    let bare = path.split_once('?').map_or(path, |(path, _)| path);
    assert_eq!(found, find(method, bare, Family::OpenAi), "a query changes nothing");
    let mut saw = format!("{:?}", error_api(path, Family::OpenAi).family());
    match found {
        Endpoint::Serve(api) => saw.push_str(&served(api, path)),
        Endpoint::Model(_, id) => assert!(!id.is_empty() && path.contains(id)),
        other => saw.push_str(&format!("{other:?}")),
    }
    saw + &below(path)
}

fn served(api: Api, path: &str) -> String {
    let body = Bytes::from_static(b"{}");
    let incoming = Incoming::read(api, path, Some("application/json"), &body, 8);
    match incoming.and_then(|incoming| facts(&incoming)) {
        Ok(facts) => {
            // OpenAI's moderations need name no model, and Google's methods name it in the path: all others have named none here.
            assert!(!facts.model.is_empty());
            format!("{} {}", api.name(), facts.stream)
        }
        Err(error) => format!("{} {}", api.name(), super::requests::told(&error)),
    }
}

fn below(path: &str) -> String {
    let Some(below) = Below::of(path) else { return " one segment".to_owned() };
    let mut saw = String::new();
    for dialect in [Dialect::OpenAi, Dialect::Gemini, Dialect::Cohere, Dialect::Azure] {
        let Ok(operation) = below.operation(dialect) else { continue };
        assert!(operation.starts_with('/') && !operation.contains("//") && operation.is_ascii());
        assert!(operation.split('/').all(|segment| !matches!(segment, "." | "..")));
        // A server that decodes it reads as many segments, and none that leads up.
        let segments = |text: &str| text.split('/').count();
        for reading in below.readings() {
            assert_eq!(segments(&reading), segments(below.place), "{reading}");
            assert!(reading.split('/').all(|segment| !matches!(segment, "." | "..")), "{reading}");
        }
        saw.push_str(dialect.name());
    }
    saw
}

pub fn paths() -> Vec<Vec<u8>> {
    [
        "POST\n/v1/chat/completions?api-version=1",
        "GET\n/v1/models/meta/llama",
        "POST\n/gemini/v1beta/models/a%20b:streamGenerateContent?alt=sse",
        "POST\n/v1beta1/projects/p/locations/l/publishers/google/models/m:countTokens",
        "DELETE\n/v1/responses/resp_1",
        "POST\n/openai/v1/files/caf%C3%A9%20menu",
        "PUT\n/o/v1/%2e%2e/a%2fb;c=d/../x//",
        "POST\n/cohere/v2/rerank",
        "POST\n/google/v1beta/files:register",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
