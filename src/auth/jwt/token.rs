//! A token taken apart: three segments in base64url, two of them JSON. Everything is bounded, nothing is trusted yet.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::Claims;
use super::fault::Fault;
use crate::codec::json::TopLevel;

/// The longest token that is looked at, in bytes.
pub const LONGEST_TOKEN: usize = 8 << 10;
/// The deepest nesting of a header or of claims.
const DEPTH: usize = 16;
/// The longest id of a key.
const LONGEST_KEY_ID: usize = 1024;

/// Types of tokens that are for APIs (RFC 7519, section 5.1; RFC 9068). Others are for something else, and are refused.
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

/// A token in its three parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// What is signed: the first two parts.
    pub(super) signed: &'a str,
    /// The signature, in base64url.
    pub(super) signature: &'a str,
    header: &'a str,
    payload: &'a str,
}

/// What a token says of its signature.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) algorithm: String,
    pub(super) key_id: Option<String>,
}

impl<'a> Token<'a> {
    /// Takes a text apart. `None`: it does not look like a token, so it is a key of some other kind.
    pub(super) fn split(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let is_segment = |segment: &str| segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        // An object in base64url begins with `e`. An unsigned token has an empty signature, and is told what it is.
        let fits = text.len() <= LONGEST_TOKEN && header.starts_with('e') && !payload.is_empty();
        (fits && [header, payload, signature].into_iter().all(is_segment)).then_some(Self { signed, signature, header, payload })
    }

    pub(super) fn header(&self) -> Result<Header, Fault> {
        let text = decode(self.header)?;
        let fields = TopLevel::scan(&text, DEPTH).map_err(|_| Fault::Malformed("its header is no JSON object"))?;
        let text = |name| fields.str(name).map_err(|_| Fault::Malformed("its header has something else where text belongs"));
        let kind = text("typ")?.map(|kind| kind.to_ascii_lowercase());
        if kind.is_some_and(|kind| !TYPES.contains(&kind.as_str())) {
            return Err(Fault::Malformed("its type (`typ`) is not that of a token for APIs"));
        }
        // RFC 7515, section 4.1.11: what is critical and not understood must be refused, and nothing is understood here.
        if fields.get("crit").is_some() {
            return Err(Fault::Malformed("it has extensions (`crit`) that this gateway does not know"));
        }
        let algorithm = text("alg")?.ok_or(Fault::Malformed("its header has no `alg`"))?.into_owned();
        let key_id = text("kid")?.map(|id| id.into_owned());
        if key_id.as_ref().is_some_and(|id| id.len() > LONGEST_KEY_ID) {
            return Err(Fault::Malformed("its `kid` is too long"));
        }
        Ok(Header { algorithm, key_id })
    }

    /// What it says of its bearer. A claim that is there twice is an error: the issuer and we might read different ones.
    pub(super) fn claims(&self) -> Result<Claims, Fault> {
        let text = decode(self.payload)?;
        TopLevel::scan(&text, DEPTH).map_err(|_| Fault::Malformed("its claims are no JSON object, or one stands there twice"))?;
        serde_json::from_slice(&text).map(Claims).map_err(|_| Fault::Malformed("its claims are no JSON object"))
    }
}

fn decode(segment: &str) -> Result<Vec<u8>, Fault> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| Fault::Malformed("it is not in base64url"))
}
