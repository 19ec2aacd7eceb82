//! Stage 6, with which credential: the providers and how the gateway proves itself to them.

pub mod aws;
#[cfg(feature = "azure")]
pub mod azure;
pub mod caller;
pub mod credential;
pub mod endpoint;
#[cfg(feature = "gcp")]
pub mod google;
pub mod keeper;
pub mod kept;
pub mod presets;
pub mod source;
#[cfg(test)]
#[cfg(any(feature = "azure", feature = "gcp"))]
mod stand_in;
#[cfg(any(feature = "azure", feature = "gcp"))]
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use crate::config::model::Rest;
use crate::translate::{Api, Dialect, Format, Hosting};

pub use credential::{ACCOUNT_HEADERS, CREDENTIAL_HEADERS, Credential, Signable, Unproven};
pub use endpoint::{Endpoint, EndpointError};
pub use keeper::Keeper;
pub use kept::{Kept, Shelf};
pub use presets::Preset;

/// The APIs of OpenAI's besides chat completions that a provider serves itself: what is asked of them passes through. What it does
/// not serve is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Serves {
    /// `/v1/responses`.
    pub responses: bool,
    /// `/v1/completions`.
    pub completions: bool,
}

impl Serves {
    /// The API's own format, where the provider serves it besides what its dialect has.
    pub fn format(self, api: Api) -> Option<Format> {
        match api {
            Api::OpenAiResponses => self.responses.then_some(Format::Responses),
            Api::OpenAiCompletions => self.completions.then_some(Format::Completions),
            _ => None,
        }
    }
}

/// A provider, validated.
#[derive(Debug)]
pub struct Provider {
    /// Its name in the config.
    pub name: Arc<str>,
    /// The API that it speaks.
    pub dialect: Dialect,
    /// The APIs besides its dialect's own that it serves.
    pub serves: Serves,
    /// Who hosts the format that it is asked in.
    pub hosting: Hosting,
    /// Where it is.
    pub endpoint: Endpoint,
    /// How the gateway proves itself to it.
    pub credential: Credential,
    /// Whether that is of a kind that ends. By the config alone: what `default` is in the environment of the gateway may not be the
    /// same where its Envoy is configured, and both must know the same orders.
    pub credential_ends: bool,
    /// Headers to set (`Some`) or remove (`None`) on every request to it.
    pub headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// A PEM file with the certificate authorities to trust, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether it is spoken to in HTTP/2. `None`: by ALPN over TLS, HTTP/1.1 in plain text.
    pub http2: Option<bool>,
    /// Output limit sent where the client gave none and the dialect demands one.
    pub default_max_tokens: u64,
    /// Whether a stream is committed to only at its first event.
    pub peek: bool,
    /// Whether what the gateway does not know of its API may be asked of it.
    pub passthrough: bool,
    /// When failures make it rest.
    pub rest: Rest,
}

impl Provider {
    /// The format in which it is asked what a client asks of `api`.
    pub fn format_for(&self, api: Api) -> Format {
        self.serves.format(api).unwrap_or_else(|| self.dialect.format_for(api))
    }
}
