//! What was received: the last requests, whole headers, bodies by length, hash and text. Bounded in number and in bytes.

use std::collections::VecDeque;

use http::request::Parts;
use http::{HeaderMap, Version};
use parking_lot::Mutex;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// How many requests are kept.
pub(super) const KEPT: usize = 100;

/// How much of a body is kept as text, in bytes.
pub(super) const KEPT_TEXT: usize = 128 * 1024;

/// The last requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<VecDeque<Recorded>>);

/// A request as it was received.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Recorded {
    method: String,
    /// Path and query, without an API key in the query.
    path: String,
    version: &'static str,
    /// Names and values in the order received, not UTF-8 as `\xNN`.
    headers: Vec<(String, String)>,
    body: RecordedBody,
    trailers: Vec<(String, String)>,
}

#[derive(Debug, Clone, Serialize)]
struct RecordedBody {
    bytes: usize,
    sha256: String,
    /// The beginning, up to [`KEPT_TEXT`], with `\u{fffd}` for what is not UTF-8.
    text: String,
    truncated: bool,
}

impl Recorder {
    /// Keeps a request.
    pub(super) fn add(&self, recorded: Recorded) {
        let mut kept = self.0.lock();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(recorded);
    }

    /// All that is kept, oldest first.
    pub(super) fn list(&self) -> Vec<Recorded> {
        self.0.lock().iter().cloned().collect()
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }
}

impl Recorded {
    pub(super) fn new(parts: &Parts, body: &[u8], trailers: Option<&HeaderMap>) -> Self {
        let beginning = body.get(..body.len().min(KEPT_TEXT)).unwrap_or_default();
        Self {
            method: parts.method.to_string(),
            path: without_key(parts),
            version: if parts.version == Version::HTTP_2 { "HTTP/2" } else { "HTTP/1.1" },
            headers: pairs(&parts.headers),
            body: RecordedBody {
                bytes: body.len(),
                sha256: hex(&Sha256::digest(body)),
                text: String::from_utf8_lossy(beginning).into_owned(),
                truncated: beginning.len() < body.len(),
            },
            trailers: trailers.map(pairs).unwrap_or_default(),
        }
    }

    /// What ids of the answer are made of: 16 hex digits that depend on the body and on who answers.
    pub(super) fn seed(&self, name: &str) -> String {
        let digest = Sha256::new().chain_update(name).chain_update([0]).chain_update(&self.body.sha256).finalize();
        hex(digest.get(..8).unwrap_or_default())
    }
}

/// Path and query, but for the API key that Google's APIs take there.
fn without_key(parts: &Parts) -> String {
    let Some(query) = parts.uri.query() else { return parts.uri.path().to_owned() };
    let shown = query.split('&').map(|pair| if pair.starts_with("key=") { "key=…" } else { pair });
    format!("{}?{}", parts.uri.path(), shown.collect::<Vec<_>>().join("&"))
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), readable(value.as_bytes()))).collect()
}

fn readable(value: &[u8]) -> String {
    str::from_utf8(value).map_or_else(|_| value.escape_ascii().to_string(), str::to_owned)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(path: &str, body: &[u8]) -> Recorded {
        let request = http::Request::builder().uri(path).header("x-a", "1").header("x-a", "2").body(()).unwrap();
        Recorded::new(&request.into_parts().0, body, None)
    }

    #[test]
    fn only_the_last_requests_are_kept() {
        let recorder = Recorder::default();
        for number in 0..=KEPT {
            recorder.add(recorded(&format!("/{number}"), b""));
        }
        let kept = recorder.list();
        assert_eq!((kept.len(), kept[0].path.as_str()), (KEPT, "/1"));
        recorder.clear();
        assert!(recorder.list().is_empty());
    }

    #[test]
    fn a_large_body_is_known_by_its_hash_and_its_beginning() {
        let kept = recorded("/", &vec![b'x'; KEPT_TEXT + 1]);
        assert!(kept.body.truncated && kept.body.text.len() == KEPT_TEXT && kept.body.bytes == KEPT_TEXT + 1);
        let empty = recorded("/", b"");
        assert_eq!(empty.body.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!((empty.seed("a").len(), empty.seed("a") == empty.seed("b")), (16, false));
        assert_eq!(empty.headers, [("x-a".into(), "1".into()), ("x-a".into(), "2".into())]);
    }
}
