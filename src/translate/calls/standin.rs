//! What the road will have when helper ROAD has landed: removed then.
#![allow(missing_docs, reason = "stands in")]

use serde_json::value::RawValue;

use crate::codec::json::TopLevel;
use crate::codec::multipart::Form;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    OpenAi,
    Azure,
    Anthropic,
    Bedrock,
    AnthropicBedrock,
    Gemini,
    Vertex,
    AnthropicVertex,
    Cohere,
}

impl Dialect {
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Azure => "azure",
            Self::Anthropic => "anthropic",
            Self::Bedrock => "bedrock",
            Self::AnthropicBedrock => "anthropic-bedrock",
            Self::Gemini => "gemini",
            Self::Vertex => "vertex",
            Self::AnthropicVertex => "anthropic-vertex",
            Self::Cohere => "cohere",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub dialect: Dialect,
    pub provider: &'a str,
    pub model: &'a str,
    pub path_prefix: &'a str,
    pub overrides: &'a [(String, Option<Box<RawValue>>)],
    pub azure_version: &'a str,
    pub project: &'a str,
    pub location: &'a str,
    pub tokenize: bool,
}

#[derive(Debug)]
pub enum Parsed<'a> {
    Json(TopLevel<'a>),
    Form(Form<'a>),
}

#[derive(Debug, Clone)]
pub struct Context {
    pub call: super::Call,
    pub dialect: Dialect,
    pub asked_model: String,
    pub base64: bool,
    pub tokenize: bool,
    pub input_tokens: Option<u64>,
}
