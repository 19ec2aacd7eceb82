//! The answer, observed: whether it is one, and what it cost.
//!
//! Cohere charges search units (a query over at most a hundred documents) and tells no tokens; compatible vendors tell tokens, under
//! one of three names. What is not told stays unknown.

use serde::Deserialize;

use crate::translate::text::Str;
use crate::translate::{AnswerError, plain};
use crate::usage::Tokens;

/// What is known of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reranked {
    /// The provider's id of the answer.
    pub id: Option<String>,
    /// The model that answered, where it is told.
    pub model: Option<String>,
    /// How many documents have been ranked and returned.
    pub results: usize,
    /// The tokens that were read, where they are told.
    pub usage: Option<Tokens>,
    /// The search units that are charged, where they are told.
    pub search_units: Option<u64>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    model: Option<Str<'a>>,
    results: Vec<Ranked>,
    meta: Option<Meta>,
    usage: Option<Counts>,
}

/// Both are needed to know what has been ranked.
#[derive(Deserialize)]
struct Ranked {
    #[serde(rename = "index")]
    _index: u64,
    #[serde(rename = "relevance_score")]
    _score: f64,
}

#[derive(Deserialize)]
struct Meta {
    tokens: Option<Counts>,
    billed_units: Option<Counts>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    input_tokens: Option<f64>,
    prompt_tokens: Option<f64>,
    total_tokens: Option<f64>,
    output_tokens: Option<f64>,
    search_units: Option<f64>,
}

impl Counts {
    /// Nothing is generated: where there is but a total, it is what has been read.
    fn tokens(&self) -> Option<Tokens> {
        let input =
            [self.input_tokens, self.prompt_tokens, self.total_tokens].into_iter().flatten().find(|number| *number > 0.0)?;
        Some(Tokens { input: whole(input), output: self.output_tokens.map_or(0, whole), ..Tokens::default() })
    }
}

/// `as` saturates, and makes 0 of what is negative or no number.
fn whole(number: f64) -> u64 {
    number as u64
}

/// Reads an answer.
///
/// # Errors
/// [`AnswerError::Malformed`] where it holds no ranks.
pub fn answer(body: &[u8]) -> Result<Reranked, AnswerError> {
    let body: Body<'_> = serde_json::from_slice(body).map_err(|error| AnswerError::Malformed {
        dialect: "rerank",
        message: plain::brief(&error.to_string(), plain::QUOTATION).into_owned(),
    })?;
    let meta = body.meta.as_ref();
    let billed = meta.and_then(|meta| meta.billed_units.as_ref());
    let counts = [body.usage.as_ref(), meta.and_then(|meta| meta.tokens.as_ref()), billed];
    Ok(Reranked {
        id: body.id.map(|id| id.to_string()),
        model: body.model.map(|model| model.to_string()),
        results: body.results.len(),
        usage: counts.into_iter().flatten().find_map(Counts::tokens),
        search_units: billed.and_then(|billed| billed.search_units).map(whole),
    })
}
