//! `messages`: who says what, in the hub's order.
//!
//! Thinking comes first in an assistant's turn, then text and refusal, then tool calls. The results of parallel tool calls, each a
//! message of its own at OpenAI, become parts of one user message, as every other API wants them (field notes 38 and 39).

use super::parse::{missing, optional_cache_hint, refuse_unknown};
use super::{parts, wire};
use crate::translate::conversation::{Content, Message, Part, Role, Thinking, ToolCall, ToolResult};
use crate::translate::custom;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::text::Str;
use crate::translate::text_or::TextOr;

pub(super) fn messages<'a>(messages: Option<Vec<wire::Message<'a>>>, ignored: &mut Hints) -> Result<Vec<Message<'a>>, Fault> {
    let messages = messages.ok_or_else(|| missing("messages"))?;
    if messages.is_empty() {
        return Err(Fault::new("messages", "must have at least one message"));
    }
    let mut turns = Turns { list: Vec::with_capacity(messages.len()), results_open: false };
    for (at, message) in messages.into_iter().enumerate() {
        turns.add(message, ignored).map_err(|f| f.within(format_args!("messages[{at}]")))?;
    }
    Ok(turns.list)
}

struct Turns<'a> {
    list: Vec<Message<'a>>,
    /// Whether the last of the list is made of tool results, so that one more of them joins it.
    results_open: bool,
}

impl<'a> Turns<'a> {
    fn add(&mut self, message: wire::Message<'a>, ignored: &mut Hints) -> Result<(), Fault> {
        if message.function_call.is_some() {
            return Err(Fault::new("function_call", "is OpenAI's deprecated form and is not translated: use `tool_calls`"));
        }
        let role = match message.role.as_deref() {
            Some("system") => Role::System,
            Some("developer") => Role::Developer,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("tool") => return self.add_result(message, ignored),
            Some("function") => {
                let advice = "`function` is OpenAI's deprecated form and is not translated: use `tool` with a `tool_call_id`";
                return Err(Fault::new("role", advice));
            }
            Some(other) => {
                let roles = "`system`, `developer`, `user`, `assistant` and `tool`";
                return Err(Fault::new("role", format!("`{other}` is not one of {roles}")));
            }
            None => return Err(missing("role")),
        };
        self.results_open = false;
        self.list.push(if role == Role::Assistant { assistant(message, ignored)? } else { input(role, message)? });
        Ok(())
    }

    fn add_result(&mut self, message: wire::Message<'a>, ignored: &mut Hints) -> Result<(), Fault> {
        refuse_unknown(&message.rest)?;
        refuse_assistant_fields(&message)?;
        if message.name.is_some() {
            ignored.add("messages[].name");
        }
        let cache = optional_cache_hint(message.cache_control.as_ref())?;
        let call_id = message.tool_call_id.ok_or_else(|| missing("tool_call_id"))?;
        let parts = parts::content(message.content.ok_or_else(|| missing("content"))?, parts::Speaker::Tool)?;
        let part = Part { content: Content::ToolResult(ToolResult { call_id, parts, is_error: false }), cache };
        match self.list.last_mut() {
            Some(last) if self.results_open => last.parts.push(part),
            _ => self.list.push(Message { role: Role::User, name: None, parts: vec![part] }),
        }
        self.results_open = true;
        Ok(())
    }
}

/// What the application or the person says.
fn input(role: Role, message: wire::Message<'_>) -> Result<Message<'_>, Fault> {
    refuse_unknown(&message.rest)?;
    refuse_assistant_fields(&message)?;
    if message.tool_call_id.is_some() {
        return Err(Fault::new("tool_call_id", "goes with the role `tool` only"));
    }
    let cache = optional_cache_hint(message.cache_control.as_ref())?;
    let speaker = if role == Role::User { parts::Speaker::User } else { parts::Speaker::System };
    let mut parts = parts::content(message.content.ok_or_else(|| missing("content"))?, speaker)?;
    if let (Some(last), Some(_)) = (parts.last_mut(), cache) {
        last.cache = cache;
    }
    Ok(Message { role, name: message.name, parts })
}

/// What the model said, as the client sends it back.
fn assistant<'a>(message: wire::Message<'a>, ignored: &mut Hints) -> Result<Message<'a>, Fault> {
    if message.audio.is_some() {
        return Err(Fault::new("audio", "an earlier spoken answer cannot be translated: send its transcript as `content`"));
    }
    let reasoning = unknown_fields(&message, ignored)?;
    let cache = optional_cache_hint(message.cache_control.as_ref())?;
    let mut parts = match message.thinking_blocks {
        Some(blocks) => parts::thinking(blocks).map_err(|f| f.within("thinking_blocks"))?,
        None => thought(message.reasoning_content.or(reasoning)),
    };
    match message.content {
        // SDKs write an empty string beside tool calls; no other API takes an empty text.
        Some(TextOr::Text(text)) if text.is_empty() => {}
        Some(content) => parts.extend(parts::content(content, parts::Speaker::Assistant)?),
        None => {}
    }
    parts.extend(message.refusal.filter(|text| !text.is_empty()).map(|text| Part::from(Content::Refusal(text))));
    parts.extend(parts::pictures(message.images.unwrap_or_default()).map_err(|f| f.within("images"))?);
    for (at, call) in message.tool_calls.unwrap_or_default().into_iter().enumerate() {
        let call = tool_call(call, ignored).map_err(|f| f.within(format_args!("tool_calls[{at}]")))?;
        parts.push(Content::ToolCall(call).into());
    }
    if let (Some(last), Some(_)) = (parts.last_mut(), cache) {
        last.cache = cache;
    }
    Ok(Message { role: Role::Assistant, name: message.name, parts })
}

/// What the model that answered before has told besides (`annotations`, `reasoning_details`, …) is no loss for the one that
/// answers now; what tells it how to answer is. Returns OpenRouter's and vLLM's `reasoning`, their name for `reasoning_content`.
fn unknown_fields<'a>(message: &wire::Message<'a>, ignored: &mut Hints) -> Result<Option<Str<'a>>, Fault> {
    if message.tool_call_id.is_some() {
        return Err(Fault::new("tool_call_id", "goes with the role `tool` only"));
    }
    // Mistral's and DeepSeek's, and Moonshot's, for "continue this message".
    if let Some((key, _)) = message.rest.iter().find(|(key, raw)| (key == "prefix" || key == "partial") && raw.get() == "true") {
        return Err(Fault::new(&**key, "continuing an assistant's message cannot be translated"));
    }
    ignored.all("messages[].", &message.rest);
    Ok(message.reasoning.and_then(|raw| serde_json::from_str(raw.get()).ok()))
}

fn thought(reasoning: Option<Str<'_>>) -> Vec<Part<'_>> {
    let text = reasoning.filter(|text| !text.is_empty());
    text.map(|text| Content::Thinking(Thinking { text, signature: None }).into()).into_iter().collect()
}

fn tool_call<'a>(call: wire::ToolCall<'a>, ignored: &mut Hints) -> Result<ToolCall<'a>, Fault> {
    ignored.all("messages[].tool_calls[].", &call.rest);
    match call.kind.as_deref() {
        None | Some("function") => {}
        Some("custom") => return custom_call(call, ignored),
        Some(kind) => {
            let message = format!("a tool call of type `{kind}` cannot be translated, only `function` and `custom`");
            return Err(Fault::new("type", message));
        }
    }
    let signature = call.extra_content.and_then(crate::translate::openai::call::signature);
    let function = call.function.ok_or_else(|| missing("function"))?;
    ignored.all("messages[].tool_calls[].function.", &function.rest);
    Ok(ToolCall {
        id: call.id.ok_or_else(|| missing("id"))?,
        name: function.name.ok_or_else(|| missing("function.name"))?,
        arguments: function.arguments.unwrap_or_else(|| "{}".into()),
        signature,
    })
}

fn custom_call<'a>(call: wire::ToolCall<'a>, ignored: &mut Hints) -> Result<ToolCall<'a>, Fault> {
    let called = call.custom.ok_or_else(|| missing("custom"))?;
    ignored.all("messages[].tool_calls[].custom.", &called.rest);
    Ok(ToolCall {
        id: call.id.ok_or_else(|| missing("id"))?,
        name: called.name.ok_or_else(|| missing("custom.name"))?,
        arguments: custom::wrapped(called.input.unwrap_or_default()).into(),
        signature: call.extra_content.and_then(crate::translate::openai::call::signature),
    })
}

fn refuse_assistant_fields(message: &wire::Message<'_>) -> Result<(), Fault> {
    let given = [
        ("tool_calls", message.tool_calls.as_ref().is_some_and(|list| !list.is_empty())),
        ("refusal", message.refusal.is_some()),
        ("reasoning_content", message.reasoning_content.is_some()),
        ("reasoning", message.reasoning.is_some()),
        ("thinking_blocks", message.thinking_blocks.as_ref().is_some_and(|list| !list.is_empty())),
        ("images", message.images.as_ref().is_some_and(|list| !list.is_empty())),
        ("audio", message.audio.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(Fault::new(*field, "goes with the role `assistant` only")),
        None => Ok(()),
    }
}
