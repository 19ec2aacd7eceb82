//! Places of OpenAI's API that the simulator keeps nothing at: it tells what it was asked, so that a test sees what a gateway passed
//! through unread.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::super::ask::{Ask, Output};
use super::super::error::ApiError;

/// The first segments of their paths.
const PLACES: [&str; 8] = [
    "/v1/assistants",
    "/v1/batches",
    "/v1/conversations",
    "/v1/files",
    "/v1/fine_tuning",
    "/v1/threads",
    "/v1/uploads",
    "/v1/vector_stores",
];

/// Whether a path is one of them, or below one.
pub(super) fn is_one(path: &str) -> bool {
    PLACES.iter().filter_map(|place| path.strip_prefix(place)).any(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Any method at any of them.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let hash: String = Sha256::digest(ask.body).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Output::json(json!({
        "object": "simulated", "method": ask.parts.method.as_str(), "path": ask.parts.uri.path(), "query": ask.parts.uri.query(),
        "content_type": ask.header("content-type"), "bytes": ask.body.len(), "sha256": hash,
    })))
}
