//! The hub's other half: one typed model of an answer, whole ([`Answer`]) or streamed ([`Delta`]).
//!
//! A provider dialect parses into these, a client dialect renders from them. `index` of a tool call counts the tool calls of one
//! choice from 0, whatever numbering the provider used.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::citation::Citation;
use super::text::Str;
use crate::usage::Tokens;

/// A whole answer.
#[derive(Debug, Clone, Default)]
pub struct Answer<'a> {
    /// The provider's id of the answer.
    pub id: Option<Str<'a>>,
    /// The model that answered, in the provider's words.
    pub model: Option<Str<'a>>,
    /// When it was made, in Unix seconds.
    pub created: Option<i64>,
    /// The answers; one unless the client asked for more.
    pub choices: Vec<Choice<'a>>,
    /// What it cost.
    pub usage: Option<Tokens>,
    /// The service tier that served it.
    pub service_tier: Option<Str<'a>>,
    /// The provider's fingerprint of the system.
    pub system_fingerprint: Option<Str<'a>>,
}

/// One of the answers.
#[derive(Debug, Clone)]
pub struct Choice<'a> {
    /// What the model said, in order: text, thinking, tool calls, refusal.
    pub parts: Vec<super::conversation::Part<'a>>,
    /// Why it stopped.
    pub finish: Finish<'a>,
    /// Log probabilities, in OpenAI's JSON.
    pub logprobs: Option<Cow<'a, RawValue>>,
    /// What its text is taken from.
    pub citations: Vec<Citation<'a>>,
}

/// Why the model stopped.
#[derive(Debug, Clone, Default)]
pub struct Finish<'a> {
    /// The reason.
    pub reason: FinishReason,
    /// The stop sequence that was met, where the provider tells.
    pub stop_sequence: Option<Str<'a>>,
}

/// The reasons for which a model stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FinishReason {
    /// It was done, or met a stop sequence.
    #[default]
    Stop,
    /// It met a stop sequence (told apart by providers that can).
    StopSequence,
    /// The output limit was reached.
    Length,
    /// The context window was full.
    ContextLength,
    /// It wants tools to be called.
    ToolCalls,
    /// A filter held the answer back.
    ContentFilter,
    /// The model refused.
    Refusal,
    /// A long turn was paused by the provider and may be continued (Anthropic's `pause_turn`).
    Pause,
}

/// One step of a streamed answer.
#[derive(Debug, Clone)]
pub enum Delta<'a> {
    /// The answer begins. Comes once, before all else (but `Error` and `Usage` may come without it).
    Start {
        /// The provider's id of the answer.
        id: Option<Str<'a>>,
        /// The model that answers.
        model: Option<Str<'a>>,
        /// Unix seconds.
        created: Option<i64>,
    },
    /// More text.
    Text {
        /// Which of the answers.
        choice: u32,
        /// The text.
        text: Str<'a>,
    },
    /// What comes now is another block of text than what came before: [`super::citation::At::Block`].
    TextBlock {
        /// Which of the answers.
        choice: u32,
    },
    /// What text that has come is taken from.
    Citation {
        /// Which of the answers.
        choice: u32,
        /// The citation; boxed, because few deltas are one.
        citation: Box<Citation<'a>>,
    },
    /// More of a refusal.
    Refusal {
        /// Which of the answers.
        choice: u32,
        /// The text.
        text: Str<'a>,
    },
    /// More thinking.
    Thinking {
        /// Which of the answers.
        choice: u32,
        /// The text.
        text: Str<'a>,
    },
    /// The signature of the thinking that came before; ends that block of thinking.
    Signature {
        /// Which of the answers.
        choice: u32,
        /// The signature.
        signature: Str<'a>,
    },
    /// A block of encrypted thinking, whole.
    RedactedThinking {
        /// Which of the answers.
        choice: u32,
        /// The data.
        data: Str<'a>,
    },
    /// A picture or another medium that the model made, whole and in base64.
    Media {
        /// Which of the answers.
        choice: u32,
        /// Its media type (`image/png`).
        media_type: Str<'a>,
        /// The base64.
        data: Str<'a>,
    },
    /// A tool call begins.
    ToolCall {
        /// Which of the answers.
        choice: u32,
        /// Which tool call of this answer, from 0.
        index: u32,
        /// Ties the result to the call.
        id: Str<'a>,
        /// The tool.
        name: Str<'a>,
        /// [`super::conversation::ToolCall::signature`].
        signature: Option<Str<'a>>,
    },
    /// More of a tool call's arguments: a piece of JSON text.
    ToolArguments {
        /// Which of the answers.
        choice: u32,
        /// Which tool call of this answer, from 0.
        index: u32,
        /// The piece.
        json: Str<'a>,
    },
    /// A call of a custom tool begins. No reader tells it: [`super::custom`] makes it of a call.
    CustomCall {
        /// Which of the answers.
        choice: u32,
        /// Which tool call of this answer, from 0.
        index: u32,
        /// Ties the result to the call.
        id: Str<'a>,
        /// The tool.
        name: Str<'a>,
        /// [`super::conversation::ToolCall::signature`].
        signature: Option<Str<'a>>,
    },
    /// More of the text that a custom tool is called with.
    CustomInput {
        /// Which of the answers.
        choice: u32,
        /// Which tool call of this answer, from 0.
        index: u32,
        /// The piece.
        text: Str<'a>,
    },
    /// Log probabilities of the text that came last, in OpenAI's JSON.
    Logprobs {
        /// Which of the answers.
        choice: u32,
        /// The JSON.
        raw: &'a RawValue,
    },
    /// The model stopped.
    Finish {
        /// Which of the answers.
        choice: u32,
        /// Why.
        finish: Finish<'a>,
    },
    /// What is known of the usage so far. A later one replaces an earlier one, field by field where it is greater.
    Usage(Tokens),
    /// The provider reports an error in mid-stream. Nothing comes after it.
    Error(ProviderError<'a>),
    /// The provider says that the stream is complete (`[DONE]`, `message_stop`).
    End,
}

/// An error, in a provider's own words.
#[derive(Debug, Clone, Default)]
pub struct ProviderError<'a> {
    /// The provider's type of the error (`overloaded_error`, `insufficient_quota`, …).
    pub kind: Option<Str<'a>>,
    /// The provider's code.
    pub code: Option<Str<'a>>,
    /// The provider's message.
    pub message: Str<'a>,
    /// The field that is at fault.
    pub param: Option<Str<'a>>,
    /// The provider's id of the request.
    pub request_id: Option<Str<'a>>,
}
