//! Reranking: a query and documents in, the documents' places by relevance out.
//!
//! Clients speak Cohere's API v2 (`/v2/rerank`, `/cohere/v2/rerank`), or what vLLM, Jina, Together and others have made of it
//! (`/v1/rerank`). The two differ in a few words of the request, and agree in the answer's `results`, so every answer passes as it
//! is and is only observed.
//!
//! Sources: Cohere's API reference (rerank v2 and v1), vLLM's and Jina's (rerank), Bedrock's guide to Cohere Rerank (invoke).

mod answer;
mod request;
#[cfg(test)]
mod tests;

pub use answer::{Reranked, answer};
pub use request::{facts, request};

/// What a provider takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Cohere's API v2.
    Cohere,
    /// The same by `invoke`: the model stands in the path, the API's version in the body.
    Bedrock,
    /// What a vendor that is compatible with OpenAI serves beside OpenAI's endpoints, as the client wrote it.
    Compatible,
}
