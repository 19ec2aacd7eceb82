//! Formats that are hosted elsewhere than at their owner's: what the host wants otherwise.
//!
//! A format's folder renders a request as its owner wants it, and knows nothing of hosts. [`Hosting`] then says where it goes
//! instead, with which headers, and what is spliced into the body.

mod bedrock;

use http::{HeaderName, HeaderValue};

use super::{Incoming, Target};
use crate::codec::json::{Splice, TopLevel};

/// Who hosts the format that a provider is asked in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hosting {
    /// The one whose format it is, or one who does the same.
    #[default]
    Owner,
    /// A vLLM server: OpenAI's API, and a tokenizer beside it.
    Vllm,
    /// Amazon Bedrock, for Anthropic's format.
    Bedrock,
}

impl Hosting {
    /// Whether a request goes as its owner wants it.
    pub fn is_owner(&self) -> bool {
        matches!(self, Self::Owner | Self::Vllm)
    }

    /// Whether there is vLLM's tokenizer beside the API.
    pub fn has_tokenizer(&self) -> bool {
        *self == Self::Vllm
    }

    /// Path and query.
    pub(super) fn path(&self, target: &Target<'_>) -> String {
        match self {
            Self::Owner | Self::Vllm => target.format.path(target),
            Self::Bedrock => bedrock::path(target),
        }
    }

    /// Changes the body, the headers of which some stand in it, and the list of what was dropped. `incoming` is given where the
    /// client's own request passes through.
    pub(super) fn place(
        &self,
        (splice, top): (&mut Splice<'_>, &TopLevel<'_>),
        headers: &mut Vec<(HeaderName, HeaderValue)>,
        dropped: &mut Vec<String>,
        incoming: Option<&Incoming<'_>>,
    ) {
        match self {
            Self::Owner | Self::Vllm => {}
            Self::Bedrock => bedrock::place((splice, top), headers, dropped, incoming.and_then(|incoming| incoming.betas)),
        }
    }
}
