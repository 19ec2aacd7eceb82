//! Formats that are hosted elsewhere than at their owner's: what the host wants otherwise.
//!
//! A format's folder renders a request as its owner wants it, and knows nothing of hosts. [`Hosting`] then says where it goes instead
//! ([`Hosting::path`]), with which headers, and what is spliced into the body ([`Hosting::place`]). The same splices are made whether
//! the body was rendered or passes through.

mod azure;
mod bedrock;
mod betas;
mod vendor;
mod vertex;

use http::{HeaderName, HeaderValue};

use super::{Format, Incoming, Target};
use crate::codec::json::{Splice, TopLevel};

pub use azure::{Azure, AzureVersion};
pub use vendor::{OutputLimit, Vendor};
pub use vertex::Vertex;

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
    /// Amazon Bedrock, for Anthropic's format.
    Bedrock,
    /// Vertex AI: Google's models, and Anthropic's.
    Vertex(Vertex),
}

impl Hosting {
    /// Path and query of a request.
    pub(super) fn path(&self, target: &Target<'_>) -> String {
        match self {
            Self::Owner | Self::Vendor(_) => target.format.path(target),
            Self::Azure(azure) => azure.path(target.path_prefix, target.model, &operation(target)),
            Self::Bedrock => bedrock::path(target),
            Self::Vertex(vertex) => vertex.path(target),
        }
    }

    /// Changes the body, the headers of which some stand in it, and the list of what was dropped. `incoming` is given where the
    /// client's own request passes through.
    pub(super) fn place<'a>(
        &self,
        (splice, top): (&mut Splice<'a>, &TopLevel<'a>),
        format: Format,
        headers: &mut Vec<(HeaderName, HeaderValue)>,
        dropped: &mut Vec<String>,
        incoming: Option<&Incoming<'_>>,
    ) {
        let betas = incoming.and_then(|incoming| incoming.betas);
        match (self, format) {
            (Self::Vendor(vendor), Format::Chat) => vendor.fit(splice, top, dropped),
            (Self::Azure(azure), Format::Chat) => azure.output_limit.fit(splice, top),
            (Self::Bedrock, Format::Messages) => bedrock::place((splice, top), headers, dropped, betas),
            (Self::Vertex(_), Format::Messages) => vertex::place_messages(splice, headers, dropped, betas),
            _ => {}
        }
    }

    /// Whether [`Self::place`] changes nothing in any body of this format.
    pub(super) fn keeps_bodies_of(&self, format: Format) -> bool {
        match (self, format) {
            (Self::Vendor(vendor), Format::Chat) => vendor.has_no_rules(),
            (Self::Azure(azure), Format::Chat) => azure.output_limit == OutputLimit::AsAsked,
            (Self::Bedrock | Self::Vertex(_), Format::Messages) => false,
            _ => true,
        }
    }

    /// Whether the client's own headers and query are of use to the host where the format is the client's: a host that moves things
    /// elsewhere makes its own.
    pub fn takes_what_clients_send(&self) -> bool {
        match self {
            Self::Owner | Self::Vendor(_) => true,
            Self::Azure(_) | Self::Bedrock | Self::Vertex(_) => false,
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
            Self::Owner | Self::Vendor(_) | Self::Azure(_) | Self::Bedrock => None,
        }
    }
}

/// The path of an operation at the format's owner, without what stands before it.
fn operation(target: &Target<'_>) -> String {
    target.format.path(&Target { path_prefix: "", ..*target })
}
