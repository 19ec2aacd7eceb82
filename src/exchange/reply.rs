//! An answer that the gateway gives by itself.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue};

use crate::rejection::Rejection;
use crate::translate::{self, Family};

/// An answer that the gateway gives by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body, in the client's own API's shape.
    pub body: Bytes,
    /// What Envoy's access log calls it (`%RESPONSE_CODE_DETAILS%`): begins with [`DETAILS_PREFIX`].
    pub details: String,
}

/// Marks replies of the gateway in Envoy's response code details, so that the gate stream knows those of attempt streams.
pub const DETAILS_PREFIX: &str = "kanmon_";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: impl Into<Bytes>, details: &str) -> Self {
        let headers = vec![(CONTENT_TYPE, JSON)];
        Self { status, headers, body: body.into(), details: format!("{DETAILS_PREFIX}{details}") }
    }

    /// A rejection, in the shape of the API that was called.
    pub fn rejection(family: Family, rejection: &Rejection, request_id: Option<&str>) -> Self {
        let row = rejection.kind.row();
        let mut reply = Self::json(row.status.as_u16(), translate::rejection(family, rejection), row.code);
        reply.headers.extend(rejection.headers.iter().cloned());
        if let Some(wait) = rejection.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            reply.headers.push((RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if let Some(id) = request_id.and_then(|id| HeaderValue::from_str(id).ok()) {
            reply.headers.push((family.request_id_header(), id));
        }
        reply
    }
}
