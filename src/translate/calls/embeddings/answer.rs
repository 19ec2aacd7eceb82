//! Embeddings of any provider, told in OpenAI's shape.
//!
//! The shapes differ so much that one reader knows them all: Titan's `embedding`, Gemini's `embedding.values`, Cohere's and Gemini's
//! `embeddings`, Vertex AI's `predictions`. The numbers of the float format are the provider's own text, never parsed and printed
//! anew; base64 is of little-endian 32-bit floats, as OpenAI has it.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::translate::openai::usage::Count;
use crate::translate::text::Str;
use crate::translate::{AnswerError, Seen, plain};
use crate::usage::Tokens;

/// Embeddings of a provider.
#[derive(Debug, Default)]
pub(in crate::translate::calls) struct Embeddings<'a> {
    /// Each one a JSON array of numbers.
    vectors: Vec<&'a RawValue>,
    id: Option<Str<'a>>,
    /// As the provider tells it, or else estimated.
    pub(in crate::translate::calls) input_tokens: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Wire<'a> {
    id: Option<Str<'a>>,
    embedding: Option<&'a RawValue>,
    embeddings: Option<&'a RawValue>,
    predictions: Option<Vec<Prediction<'a>>>,
    #[serde(rename = "inputTextTokenCount")]
    input_text_token_count: Count,
    #[serde(rename = "usageMetadata")]
    usage_metadata: Option<UsageMetadata>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Prediction<'a> {
    embeddings: Values<'a>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Values<'a> {
    values: &'a RawValue,
    #[serde(default)]
    statistics: Option<Statistics>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Statistics {
    token_count: Count,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct UsageMetadata {
    prompt_token_count: Count,
    total_token_count: Count,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    billed_units: Option<BilledUnits>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BilledUnits {
    input_tokens: Count,
}

/// Cohere's embeddings by their type.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct ByType<'a> {
    float: Vec<&'a RawValue>,
}

/// Reads a provider's embeddings.
///
/// # Errors
/// [`AnswerError::Malformed`] where there are none, or what stands for one is no list of numbers.
pub(in crate::translate::calls) fn parse<'a>(dialect: &'static str, body: &'a [u8]) -> Result<Embeddings<'a>, AnswerError> {
    let malformed =
        |message: &str| AnswerError::Malformed { dialect, message: plain::brief(message, plain::QUOTATION).into_owned() };
    let wire: Wire<'a> = serde_json::from_slice(body).map_err(|error| malformed(&error.to_string()))?;
    let input_tokens = wire.input_tokens();
    let id = wire.id.clone();
    let vectors = wire.vectors().map_err(|error| malformed(&error.to_string()))?;
    if vectors.is_empty() {
        return Err(malformed("it has no embeddings"));
    }
    if !vectors.iter().all(|vector| is_numbers(vector.get())) {
        return Err(malformed("an embedding is not a list of numbers"));
    }
    Ok(Embeddings { vectors, id, input_tokens })
}

impl<'a> Wire<'a> {
    fn input_tokens(&self) -> Option<u64> {
        let of_predictions = self.predictions.iter().flatten().filter_map(|one| one.embeddings.statistics.as_ref());
        let of_gemini = self.usage_metadata.as_ref().map(|usage| usage.prompt_token_count.0.max(usage.total_token_count.0));
        let of_cohere = self.meta.as_ref().and_then(|meta| meta.billed_units.as_ref()).map(|units| units.input_tokens.0);
        let told = [
            self.input_text_token_count.0,
            of_predictions.map(|statistics| statistics.token_count.0).fold(0, u64::saturating_add),
            of_gemini.unwrap_or_default(),
            of_cohere.unwrap_or_default(),
        ];
        told.into_iter().find(|tokens| *tokens > 0)
    }

    fn vectors(self) -> Result<Vec<&'a RawValue>, serde_json::Error> {
        if let Some(predictions) = self.predictions {
            return Ok(predictions.into_iter().map(|one| one.embeddings.values).collect());
        }
        match (self.embeddings, self.embedding) {
            (Some(many), _) if many.get().starts_with('{') => Ok(serde_json::from_str::<ByType<'a>>(many.get())?.float),
            (Some(many), _) => serde_json::from_str::<Vec<&'a RawValue>>(many.get())?.into_iter().map(values).collect(),
            (None, Some(one)) => Ok(vec![values(one)?]),
            (None, None) => Ok(Vec::new()),
        }
    }
}

/// An embedding that stands alone, or in Gemini's object.
fn values(raw: &RawValue) -> Result<&RawValue, serde_json::Error> {
    if raw.get().starts_with('{') { Ok(serde_json::from_str::<Values<'_>>(raw.get())?.values) } else { Ok(raw) }
}

/// Of valid JSON, this holds for arrays of numbers and for nothing else.
fn is_numbers(json: &str) -> bool {
    let inner = json.strip_prefix('[').and_then(|json| json.strip_suffix(']')).unwrap_or_default();
    let of_numbers = |byte: u8| byte.is_ascii_digit() || b"+-.eE, \t\r\n".contains(&byte);
    inner.bytes().any(|byte| byte.is_ascii_digit()) && inner.bytes().all(of_numbers)
}

impl Embeddings<'_> {
    /// What was seen of them.
    pub(in crate::translate::calls) fn seen(&self) -> Seen {
        let usage = self.input_tokens.map(|input| Tokens { input, ..Tokens::default() });
        Seen { id: self.id.as_ref().map(ToString::to_string), usage, complete: true, ..Seen::default() }
    }

    /// In OpenAI's shape, whose SDKs want a number of tokens.
    ///
    /// # Errors
    /// [`AnswerError::Malformed`] for a number that is no 32-bit float, where base64 is asked for.
    pub(in crate::translate::calls) fn render(
        &self,
        asked_model: &str,
        base64: bool,
        dialect: &'static str,
    ) -> Result<Vec<u8>, AnswerError> {
        let size: usize = self.vectors.iter().map(|vector| vector.get().len() + 64).sum();
        let mut out = Vec::with_capacity(size + 128 + asked_model.len());
        out.extend_from_slice(br#"{"object":"list","data":["#);
        for (index, vector) in self.vectors.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            // Writing to a `Vec` cannot fail.
            let _ = write!(out, r#"{{"object":"embedding","index":{index},"embedding":"#);
            if base64 {
                write_base64(vector.get(), &mut out).ok_or_else(|| {
                    let message = "an embedding has a number that is no 32-bit float".to_owned();
                    AnswerError::Malformed { dialect, message }
                })?;
            } else {
                out.extend_from_slice(vector.get().as_bytes());
            }
            out.push(b'}');
        }
        let (model, tokens) = (serde_json::Value::from(asked_model), self.input_tokens.unwrap_or_default());
        let _ = write!(out, r#"],"model":{model},"usage":{{"prompt_tokens":{tokens},"total_tokens":{tokens}}}}}"#);
        Ok(out)
    }
}

/// `None` for a number that no 32-bit float can hold.
fn write_base64(vector: &str, out: &mut Vec<u8>) -> Option<()> {
    let floats: Vec<f32> = serde_json::from_str(vector).ok()?;
    let mut bytes = Vec::with_capacity(floats.len() * size_of::<f32>());
    for float in floats.into_iter() {
        if !float.is_finite() {
            return None;
        }
        bytes.extend_from_slice(&float.to_le_bytes());
    }
    out.push(b'"');
    out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
    out.push(b'"');
    Some(())
}
