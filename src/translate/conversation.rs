//! The hub: one typed model of a conversational request, in OpenAI's terms.
//!
//! Dialects do not know each other. A client dialect parses its body into a [`Conversation`]; a provider dialect renders one.
//! Text is borrowed from the original body wherever it has no escapes, so a 20 MiB image is never copied to be translated.
//!
//! Invariants: system and developer messages keep their place in `messages`; tool calls are parts of assistant messages and
//! tool results are parts of user messages, in the order in which they were said; nothing that the client sent is dropped while
//! parsing: what has no place here stands in `extras`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::text::Str;

/// A request to a conversational model.
#[derive(Debug, Clone, Default)]
pub struct Conversation<'a> {
    /// The messages, oldest first, system and developer messages included.
    pub messages: Vec<Message<'a>>,
    /// The tools that the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Which tool the model must call, if any.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether several tools may be called in one turn. `None`: the provider's default.
    pub parallel_tool_calls: Option<bool>,
    /// The shape that the answer must have.
    pub response_format: Option<ResponseFormat<'a>>,
    /// The most tokens that the answer may have, thinking included.
    pub max_output_tokens: Option<u64>,
    /// Temperature and its like.
    pub sampling: Sampling,
    /// How much the model shall think.
    pub reasoning: Option<Reasoning>,
    /// Texts at which the model stops.
    pub stop: Vec<Str<'a>>,
    /// How many answers are asked for (`n`). `None`: one.
    pub choices: Option<u32>,
    /// Log probabilities of the tokens: `None` when not asked for, otherwise how many alternatives per token (0 to 20).
    pub logprobs: Option<u8>,
    /// Token id to bias, as the client wrote it.
    pub logit_bias: Option<&'a RawValue>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// The service tier, in the client's words.
    pub service_tier: Option<Str<'a>>,
    /// An opaque id of the person at the other end (`user`, `safety_identifier`, `metadata.user_id`).
    pub end_user: Option<Str<'a>>,
    /// Key-value metadata to store with the request, as the client wrote it.
    pub metadata: Option<&'a RawValue>,
    /// Top-level fields that have no place above, by name, as the client wrote them.
    pub extras: Vec<(Str<'a>, &'a RawValue)>,
    /// Fields below the top level that do not change the meaning and have no place here (`messages[].annotations`). The facade
    /// adds them to [`super::Rendered::dropped`]; a parser refuses those that do change it.
    pub ignored: Vec<String>,
}

impl Conversation<'_> {
    /// Whether any token is made more or less likely.
    pub fn is_biased(&self) -> bool {
        self.logit_bias.is_some_and(says_something)
    }

    /// Whether there is anything to store with the request.
    pub fn has_metadata(&self) -> bool {
        self.metadata.is_some_and(says_something)
    }
}

/// One turn.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name, where the dialect has one.
    pub name: Option<Str<'a>>,
    /// What is said, in order.
    pub parts: Vec<Part<'a>>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions of the application.
    System,
    /// Instructions of the application, in OpenAI's newer word.
    Developer,
    /// The person, and the results of tools.
    User,
    /// The model.
    Assistant,
}

/// A part of a turn, with the prompt-caching hint that stands on it.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// What the part holds.
    pub content: Content<'a>,
    /// Prompt caching: "the prompt may be cached up to here".
    pub cache: Option<CacheHint>,
}

impl<'a> From<Content<'a>> for Part<'a> {
    fn from(content: Content<'a>) -> Self {
        Self { content, cache: None }
    }
}

/// How long a cached prompt prefix shall live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheHint {
    /// The provider's default (five minutes at Anthropic).
    Default,
    /// One hour.
    OneHour,
}

/// What a part holds.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// Plain text.
    Text(Str<'a>),
    /// A picture.
    Image(Image<'a>),
    /// A recording.
    Audio(Audio<'a>),
    /// A document: PDF or text.
    Document(Document<'a>),
    /// What the model thought, with the provider's signature where it gave one.
    Thinking(Thinking<'a>),
    /// Encrypted thinking that must be sent back unread.
    RedactedThinking(Str<'a>),
    /// The model calls a tool.
    ToolCall(ToolCall<'a>),
    /// The model calls a custom tool, with a text in place of the arguments. In answers for clients that know such tools only: in a
    /// request they are functions ([`super::custom`]).
    CustomCall(ToolCall<'a>),
    /// What a tool answered.
    ToolResult(ToolResult<'a>),
    /// The model declines (OpenAI's `refusal`).
    Refusal(Str<'a>),
}

impl Content<'_> {
    /// What it is, for messages to people.
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => "images",
            Self::Audio(_) => "recordings",
            Self::Document(_) => "documents",
            Self::Thinking(_) | Self::RedactedThinking(_) => "thinking",
            Self::ToolCall(_) | Self::CustomCall(_) => "tool calls",
            Self::ToolResult(_) => "tool results",
            Self::Refusal(_) => "refusals",
        }
    }
}

impl<'a> Content<'a> {
    /// Bytes in base64, by their media type.
    pub(super) fn medium(media_type: Str<'a>, data: Str<'a>) -> Self {
        match media_type.split_once('/') {
            Some(("image", _)) => Self::Image(Image { source: Media::Base64 { media_type, data }, detail: None }),
            Some(("audio", _)) => Self::Audio(Audio { format: media_type, data }),
            _ => {
                let source = Media::Base64 { media_type, data };
                Self::Document(Document { source, title: None, context: None, citations: false })
            }
        }
    }
}

/// Signs the thinking that came last. Where there is none without a signature, the provider keeps its text to itself.
pub(super) fn sign<'a>(parts: &mut Vec<Part<'a>>, signature: Str<'a>) {
    match parts.last_mut().map(|part| &mut part.content) {
        Some(Content::Thinking(thinking)) if thinking.signature.is_none() => thinking.signature = Some(signature),
        _ => parts.push(Content::Thinking(Thinking { text: Str::default(), signature: Some(signature) }).into()),
    }
}

/// Bytes of a medium: where they are.
#[derive(Debug, Clone)]
pub enum Media<'a> {
    /// Inline, base64, with its media type (`image/png`).
    Base64 {
        /// The media type.
        media_type: Str<'a>,
        /// Base64 with padding.
        data: Str<'a>,
    },
    /// Somewhere the provider can fetch it.
    Url(Str<'a>),
    /// A file uploaded to the provider before, by id.
    FileId(Str<'a>),
    /// Plain text (documents only).
    Text(Str<'a>),
}

/// A picture.
#[derive(Debug, Clone)]
pub struct Image<'a> {
    /// Where it is.
    pub source: Media<'a>,
    /// OpenAI's `detail`: `low`, `high`, `auto`.
    pub detail: Option<Str<'a>>,
}

/// A recording, base64, with OpenAI's format name (`wav`, `mp3`).
#[derive(Debug, Clone)]
pub struct Audio<'a> {
    /// `wav` or `mp3`.
    pub format: Str<'a>,
    /// Base64.
    pub data: Str<'a>,
}

/// A document.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// Where it is.
    pub source: Media<'a>,
    /// File name or title.
    pub title: Option<Str<'a>>,
    /// What the model should know about it.
    pub context: Option<Str<'a>>,
    /// Whether the model shall cite from it.
    pub citations: bool,
}

/// Thinking of the model.
#[derive(Debug, Clone)]
pub struct Thinking<'a> {
    /// The text.
    pub text: Str<'a>,
    /// The provider's signature, needed when the turn is sent back.
    pub signature: Option<Str<'a>>,
}

/// A call of a tool by the model.
#[derive(Debug, Clone, Default)]
pub struct ToolCall<'a> {
    /// Ties the result to the call.
    pub id: Str<'a>,
    /// The tool's name.
    pub name: Str<'a>,
    /// The arguments: the text of a JSON object (a model may write invalid JSON: renderers decide what to do then).
    pub arguments: Str<'a>,
    /// Google's signature of the thinking that led to the call, as Google wrote it. Only Google has one here, and its newer models
    /// refuse the call in a later turn without it.
    pub signature: Option<Str<'a>>,
}

/// The result of a tool call.
#[derive(Debug, Clone)]
pub struct ToolResult<'a> {
    /// The call that this answers.
    pub call_id: Str<'a>,
    /// What the tool said: text, images, documents.
    pub parts: Vec<Part<'a>>,
    /// Whether the tool failed.
    pub is_error: bool,
}

/// A tool that the model may call.
#[derive(Debug, Clone)]
pub enum Tool<'a> {
    /// A function of the application.
    Function(Function<'a>),
    /// A tool that the provider runs or defines itself (web search, bash, …): its `type` and its JSON as the client wrote it.
    Provider {
        /// The `type` field.
        kind: Str<'a>,
        /// The whole tool.
        raw: &'a RawValue,
    },
}

/// A function of the application.
#[derive(Debug, Clone)]
pub struct Function<'a> {
    /// Its name.
    pub name: Str<'a>,
    /// What it does.
    pub description: Option<Str<'a>>,
    /// JSON Schema of its arguments; owned where the client wrote another kind of schema.
    pub parameters: Option<Cow<'a, RawValue>>,
    /// Whether the arguments must match the schema exactly.
    pub strict: Option<bool>,
    /// Prompt caching: "the tools may be cached up to here".
    pub cache: Option<CacheHint>,
}

/// Which tool the model must call.
#[derive(Debug, Clone)]
pub enum ToolChoice<'a> {
    /// The model decides.
    Auto,
    /// None.
    None,
    /// Any, but one.
    Required,
    /// This one.
    Function(Str<'a>),
}

/// The shape of the answer.
#[derive(Debug, Clone)]
pub enum ResponseFormat<'a> {
    /// Text.
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON that matches a schema.
    JsonSchema {
        /// The schema's name.
        name: Option<Str<'a>>,
        /// What it is for.
        description: Option<Str<'a>>,
        /// The JSON Schema; owned where the client wrote another kind of schema.
        schema: Option<Cow<'a, RawValue>>,
        /// Whether the answer must match exactly.
        strict: Option<bool>,
    },
}

/// Sampling parameters. `None`: the provider's default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampling {
    /// Temperature, 0 to 2 at OpenAI, 0 to 1 at Anthropic.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Only the k likeliest tokens.
    pub top_k: Option<u64>,
    /// Seed for repeatable answers.
    pub seed: Option<i64>,
    /// Penalty on tokens that have appeared.
    pub presence_penalty: Option<f64>,
    /// Penalty by how often tokens have appeared.
    pub frequency_penalty: Option<f64>,
}

/// How much the model shall think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasoning {
    /// Whether it thinks, and who decides how much.
    pub mode: Thought,
    /// The effort asked for, if any.
    pub effort: Option<Effort>,
}

/// Whether the model thinks, and who decides how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thought {
    /// Not told: the provider's default for the effort.
    Default,
    /// Off.
    Off,
    /// The model decides (Anthropic's `adaptive`).
    Adaptive,
    /// At most this many tokens.
    Budget(u64),
}

/// The effort of thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words are the dialects' own")]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

/// Whether an object that may be left out has anything in it.
fn says_something(raw: &RawValue) -> bool {
    !matches!(raw.get(), "null" | "{}")
}
