//! Formats that are hosted elsewhere than at their owner's: what the host wants otherwise.
//!
//! A format's folder renders a request as its owner wants it, and knows nothing of hosts. [`Hosting`] then says where it goes instead
//! ([`Hosting::path`]), with which headers, and what is spliced into the body ([`Hosting::fit`]). The same splices are made whether
//! the body was rendered or passes through.

mod azure;
mod betas;
mod segment;
mod vendor;
mod vertex;

use http::{HeaderName, HeaderValue};

use super::{Format, Target};
use crate::codec::json::{Splice, TopLevel};

pub use azure::{Azure, AzureVersion};
pub use vendor::{OutputLimit, Vendor};
pub use vertex::Vertex;

/// The header in which Anthropic's clients ask for beta features.
pub(super) const BETA_HEADER: &str = "anthropic-beta";

/// Who hosts the format that a provider is asked in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hosting {
    /// The one whose format it is, or one who does the same.
    #[default]
    Owner,
    /// A vendor who is compatible with OpenAI, but for some rules of its own.
    Vendor(Vendor),
    /// Azure OpenAI.
    Azure(Azure),
    /// Vertex AI: Google's models, and Anthropic's.
    Vertex(Vertex),
}

/// What a host has changed of a request, beside its path.
#[derive(Debug, Default)]
pub(super) struct Fitted {
    /// What stands in the place of the headers of the format's family. `None`: those stay.
    pub(super) headers: Option<Vec<(HeaderName, HeaderValue)>>,
    /// What the host has no place for.
    pub(super) dropped: Vec<String>,
}

impl Hosting {
    /// Path and query of a request.
    pub(super) fn path(&self, target: &Target<'_>) -> String {
        match self {
            Self::Owner | Self::Vendor(_) => target.format.path(target),
            Self::Azure(azure) => azure.path(target.path_prefix, target.model, &operation(target)),
            Self::Vertex(vertex) => vertex.path(target),
        }
    }

    /// What the host wants otherwise in the body, and in the headers. `betas`: the beta features of Anthropic's that are asked for.
    pub(super) fn fit<'a>(&self, format: Format, splice: &mut Splice<'a>, top: &'a TopLevel<'a>, betas: Option<&str>) -> Fitted {
        match (self, format) {
            (Self::Vendor(vendor), Format::Chat) => Fitted { headers: None, dropped: vendor.fit(splice, top) },
            (Self::Azure(azure), Format::Chat) => {
                azure.output_limit.fit(splice, top);
                Fitted::default()
            }
            (Self::Vertex(_), Format::Messages) => vertex::fit_messages(splice, betas),
            _ => Fitted::default(),
        }
    }

    /// Whether nothing is spliced into bodies of this format.
    pub(super) fn is_as_the_owner(&self, format: Format) -> bool {
        match (self, format) {
            (Self::Vendor(vendor), Format::Chat) => vendor.is_as_the_owner(),
            (Self::Azure(azure), Format::Chat) => azure.output_limit == OutputLimit::AsAsked,
            (Self::Vertex(_), Format::Messages) => false,
            _ => true,
        }
    }

    /// Whether the client's own headers and query are of use to the host where the format is the client's: a host that moves things
    /// elsewhere makes its own.
    pub fn takes_what_clients_send(&self) -> bool {
        match self {
            Self::Owner | Self::Vendor(_) => true,
            Self::Azure(_) | Self::Vertex(_) => false,
        }
    }

    /// Whether there is vLLM's tokenizer beside the API.
    pub fn has_tokenizer(&self) -> bool {
        matches!(self, Self::Vendor(vendor) if vendor.tokenizer)
    }

    /// Where the host is, if it follows from what the config says of the place.
    pub fn endpoint(&self) -> Option<String> {
        match self {
            Self::Vertex(vertex) => Some(vertex.endpoint()),
            Self::Owner | Self::Vendor(_) | Self::Azure(_) => None,
        }
    }
}

/// The path of an operation at the format's owner, without what stands before it.
fn operation(target: &Target<'_>) -> String {
    target.format.path(&Target { path_prefix: "", ..*target })
}
