//! Content blocks, ready to be written. Each is an object with one field, and a cache point is a block of its own behind the one that
//! it stands on.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::document::{self, Document, Medium, Names};
use crate::translate::conversation::{CacheHint, Content, Part, Thinking, ToolCall, ToolResult};
use crate::translate::converse::family::Family;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::plain;
use crate::translate::signature;

/// The longest id and the longest name of a tool that Bedrock takes, in bytes.
const LONGEST: usize = 64;
/// What a tool result says that says nothing: Bedrock takes no empty text.
const EMPTY: &str = "(empty)";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Block<'c> {
    Text(Cow<'c, str>),
    Image(Medium<'c>),
    Audio(Medium<'c>),
    Document(Document<'c>),
    ReasoningContent(Reasoning<'c>),
    ToolUse(Call<'c>),
    ToolResult(Answered<'c>),
    CachePoint(CachePoint),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reasoning<'c> {
    ReasoningText { text: &'c str, signature: &'c str },
    RedactedContent(&'c str),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call<'c> {
    tool_use_id: Cow<'c, str>,
    name: &'c str,
    input: &'c RawValue,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answered<'c> {
    tool_use_id: Cow<'c, str>,
    content: Vec<Block<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

/// "The prompt may be cached up to here."
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct CachePoint {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

impl CachePoint {
    /// `None`: the model takes none, and rejects a request with one.
    pub(super) fn new(hint: CacheHint, family: Family, dropped: &mut Hints) -> Option<Self> {
        if !family.takes_cache_points() {
            dropped.add("cache_control");
            return None;
        }
        let ttl = match hint {
            CacheHint::OneHour if !family.is_nova() => Some("1h"),
            CacheHint::OneHour => {
                dropped.add("cache_control.ttl");
                None
            }
            CacheHint::Default => None,
        };
        Some(Self { kind: "default", ttl })
    }
}

/// Makes blocks of parts. Empty texts are left out: Bedrock rejects text without anything but white space.
#[derive(Debug)]
pub(super) struct Blocks<'d> {
    pub(super) dropped: &'d mut Hints,
    family: Family,
    names: Names,
}

impl<'d> Blocks<'d> {
    pub(super) fn new(family: Family, dropped: &'d mut Hints) -> Self {
        Self { dropped, family, names: Names::default() }
    }

    /// What a system or developer message says.
    pub(super) fn system<'c>(&mut self, part: &'c Part<'c>, out: &mut Vec<Block<'c>>) -> Result<(), Fault> {
        match &part.content {
            Content::Text(text) => self.text(text, part.cache, out),
            other => return Err(out_of_place(other, "a system message")),
        }
        Ok(())
    }

    /// What the user says, but for tool results.
    pub(super) fn user<'c>(&mut self, part: &'c Part<'c>, out: &mut Vec<Block<'c>>) -> Result<(), Fault> {
        let block = match &part.content {
            Content::Text(text) => {
                self.text(text, part.cache, out);
                return Ok(());
            }
            Content::Audio(audio) => Block::Audio(document::audio(audio)?),
            other => self.shown(other, "a message of the user")?,
        };
        self.push(block, part.cache, out);
        Ok(())
    }

    /// What both the user and a tool may show.
    fn shown<'c>(&mut self, content: &'c Content<'c>, place: &str) -> Result<Block<'c>, Fault> {
        match content {
            Content::Image(image) => document::image(image, self.dropped).map(Block::Image),
            Content::Document(document) => document::document(document, &mut self.names).map(Block::Document),
            other => Err(out_of_place(other, place)),
        }
    }

    /// What the model said; `call` is the number of the tool call that comes next.
    pub(super) fn assistant<'c>(&mut self, part: &'c Part<'c>, call: usize, out: &mut Vec<Block<'c>>) -> Result<(), Fault> {
        let block = match &part.content {
            Content::Text(text) | Content::Refusal(text) => {
                self.text(text, part.cache, out);
                return Ok(());
            }
            Content::Thinking(thinking) => self.thinking(thinking),
            Content::RedactedThinking(data) => self.redacted(data),
            Content::ToolCall(called) => {
                let at = |fault: Fault| fault.within(format_args!("tool_calls[{call}].function"));
                Some(Block::ToolUse(tool_use(called).map_err(at)?))
            }
            other => return Err(out_of_place(other, "a message of the assistant")),
        };
        match block {
            Some(block @ Block::ToolUse(_)) => self.push(block, part.cache, out),
            block => {
                // No cache point can stand on thinking.
                if part.cache.is_some() {
                    self.dropped.add("cache_control");
                }
                out.extend(block);
            }
        }
        Ok(())
    }

    /// A cache point cannot stand within a result: it moves behind it.
    pub(super) fn tool_result<'c>(
        &mut self,
        result: &'c ToolResult<'c>,
        cache: Option<CacheHint>,
        out: &mut Vec<Block<'c>>,
    ) -> Result<(), Fault> {
        let mut content = Vec::with_capacity(result.parts.len().max(1));
        let mut cache = cache;
        for part in &result.parts {
            cache = cache.or(part.cache);
            match &part.content {
                Content::Text(text) => self.text(text, None, &mut content),
                other => content.push(self.shown(other, "a tool result")?),
            }
        }
        if content.is_empty() {
            content.push(Block::Text(EMPTY.into()));
        }
        let status = (result.is_error && self.family.takes_tool_status()).then_some("error");
        if result.is_error && status.is_none() {
            self.dropped.add("is_error");
        }
        let answered = Answered { tool_use_id: tool_id(&result.call_id)?, content, status };
        self.push(Block::ToolResult(answered), cache, out);
        Ok(())
    }

    fn text<'c>(&mut self, text: &'c str, cache: Option<CacheHint>, out: &mut Vec<Block<'c>>) {
        if !text.trim().is_empty() {
            self.push(Block::Text(text.into()), cache, out);
        } else if cache.is_some() {
            self.dropped.add("cache_control");
        }
    }

    fn push<'c>(&mut self, block: Block<'c>, cache: Option<CacheHint>, out: &mut Vec<Block<'c>>) {
        out.push(block);
        let point = cache.and_then(|hint| CachePoint::new(hint, self.family, self.dropped));
        out.extend(point.map(Block::CachePoint));
    }

    /// Claude verifies the signature of thinking that it gets back, and takes none without, nor Google's; other models take none at all.
    fn thinking<'c>(&mut self, thinking: &'c Thinking<'c>) -> Option<Block<'c>> {
        let signature = thinking.signature.as_deref().filter(|own| !own.is_empty() && signature::open(own).is_none());
        let Some(signature) = signature.filter(|_| self.family.may_be_claude()) else {
            self.dropped.add("thinking");
            return None;
        };
        Some(Block::ReasoningContent(Reasoning::ReasoningText { text: &thinking.text, signature }))
    }

    /// Bedrock has it as bytes, which JSON writes in base64: what a client got as text is that. Other text cannot be of Claude.
    fn redacted<'c>(&mut self, data: &'c str) -> Option<Block<'c>> {
        if !self.family.may_be_claude() || !is_base64(data) {
            self.dropped.add("redacted_thinking");
            return None;
        }
        Some(Block::ReasoningContent(Reasoning::RedactedContent(data)))
    }
}

fn is_base64(data: &str) -> bool {
    let digits = data.trim_end_matches('=');
    let padding = data.len() - digits.len();
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    !digits.is_empty() && padding <= 2 && data.len().is_multiple_of(4) && digits.bytes().all(digit)
}

fn tool_use<'c>(call: &'c ToolCall<'c>) -> Result<Call<'c>, Fault> {
    let wrong = |message: String| Fault::new("arguments", message);
    let arguments = if call.arguments.trim().is_empty() { "{}" } else { &*call.arguments };
    let input: &RawValue = serde_json::from_str(arguments)
        .map_err(|error| wrong(format!("Bedrock takes a JSON object only, and this is not JSON: {error}")))?;
    if !input.get().starts_with('{') {
        return Err(wrong("Bedrock takes a JSON object only, and this is other JSON".to_owned()));
    }
    let name = tool_name(&call.name).map_err(|fault| fault.within("name"))?;
    Ok(Call { tool_use_id: tool_id(&call.id)?, name, input })
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Bedrock takes names of up to 64 letters, digits, `_` and `-`. Another name would be another tool to the application.
pub(super) fn tool_name(name: &str) -> Result<&str, Fault> {
    if (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(name);
    }
    let name = plain::brief(name, plain::QUOTATION);
    Err(Fault::new("", format!("`{name}`: Bedrock takes 1 to {LONGEST} letters, digits, `_` and `-` as the name of a tool")))
}

/// Models take ids of up to 64 letters, digits, `_` and `-`. Others (`functions.look:0`) are spelled out, and those that are too long
/// shortened, the same way in the call and in its result.
fn tool_id(id: &str) -> Result<Cow<'_, str>, Fault> {
    if id.is_empty() {
        return Err(Fault::new("", "a tool call has no id"));
    }
    let id = spelled(id);
    if id.len() <= LONGEST {
        return Ok(id);
    }
    let hash = Sha256::digest(id.as_bytes());
    let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    // Spelled ids are ASCII, so any cut is between characters.
    Ok(format!("{}_{hash}", &id[..LONGEST - 1 - hash.len()]).into())
}

fn spelled(id: &str) -> Cow<'_, str> {
    if id.bytes().all(is_plain) {
        return Cow::Borrowed(id);
    }
    let mut spelled = String::with_capacity(id.len() + 8);
    for byte in id.bytes() {
        if is_plain(byte) {
            spelled.push(char::from(byte));
        } else {
            spelled.push_str(&format!("_{byte:02x}"));
        }
    }
    Cow::Owned(spelled)
}

fn out_of_place(content: &Content<'_>, place: &str) -> Fault {
    let what = match content {
        Content::Text(_) => "text",
        Content::Image(_) => "images",
        Content::Audio(_) => "recordings",
        Content::Document(_) => "documents",
        Content::Thinking(_) | Content::RedactedThinking(_) => "thinking",
        Content::ToolCall(_) | Content::CustomCall(_) => "tool calls",
        Content::ToolResult(_) => "tool results",
        Content::Refusal(_) => "refusals",
    };
    Fault::new("content[]", format!("Bedrock takes no {what} in {place}"))
}
