//! `input`: who says what, in the hub's order.
//!
//! What the model did in one turn comes as items of their own (reasoning, a message, calls) and becomes one message again. The
//! outputs of parallel calls become parts of one message, as every other API wants them (field notes 38 and 39). Items of tools
//! that OpenAI runs, and references to stored items, can be served by OpenAI only.

use super::parts::{self, Speaker};
use super::tools::brief;
use super::wire;
use crate::translate::conversation::{Content, Message, Part, Role, Thinking, ToolCall, ToolResult};
use crate::translate::custom;
use crate::translate::fault::{Fault, read_raw};
use crate::translate::hints::Hints;
use crate::translate::media;
use crate::translate::openai::request::{missing, refuse_unknown};
use crate::translate::responses::sealed::{self, Sealed};
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

/// Adds what `input` says.
pub(super) fn input<'a>(input: wire::Input<'a>, messages: &mut Vec<Message<'a>>, ignored: &mut Hints) -> Result<(), Wrong> {
    let items = match input {
        wire::Input::Text(text) => {
            messages.push(Message { role: Role::User, name: None, parts: vec![Content::Text(text).into()] });
            return Ok(());
        }
        wire::Input::Items(items) => items,
    };
    if items.is_empty() && messages.is_empty() {
        return Err(Fault::new("input", "must have at least one item").into());
    }
    let mut turns = Turns { list: messages, open: Open::Nothing, ignored };
    for (at, item) in items.into_iter().enumerate() {
        turns.add(item).map_err(|wrong| wrong.within(format_args!("input[{at}]")))?;
    }
    Ok(())
}

/// What the last message is made of, so that one more of the kind joins it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Answer,
    Results,
}

struct Turns<'a, 'm> {
    list: &'m mut Vec<Message<'a>>,
    open: Open,
    ignored: &'m mut Hints,
}

impl<'a> Turns<'a, '_> {
    fn add(&mut self, item: wire::Item<'a>) -> Result<(), Wrong> {
        match item.kind.as_deref() {
            Some("message") => self.message(item),
            None if item.role.is_some() => self.message(item),
            Some("function_call") => self.call(item),
            Some("custom_tool_call") => self.custom_call(item),
            Some("function_call_output" | "custom_tool_call_output") => self.result(item),
            Some("reasoning") => self.reasoning(item),
            Some("image_generation_call") => self.picture(item),
            Some("item_reference") => Err(stored()),
            None if item.id.is_some() => Err(stored()),
            Some(other) => {
                let message = format!("an item of the type `{}` can only be served by OpenAI: remove it", brief(other));
                Err(Wrong::Foreign(Fault::new("type", message)))
            }
            None => Err(missing("type").into()),
        }
    }

    fn message(&mut self, item: wire::Item<'a>) -> Result<(), Wrong> {
        let role = match item.role.as_deref() {
            Some("user") => Role::User,
            Some("system") => Role::System,
            Some("developer") => Role::Developer,
            Some("assistant") => Role::Assistant,
            Some(other) => {
                let message = format!("`{}` is not one of `user`, `assistant`, `system` and `developer`", brief(other));
                return Err(Fault::new("role", message).into());
            }
            None => return Err(missing("role").into()),
        };
        let content = item.content.ok_or_else(|| missing("content"))?;
        if role != Role::Assistant {
            refuse_unknown(&item.rest)?;
            let parts = parts::parts(content, Speaker::Input, self.ignored).map_err(|fault| fault.within("content"))?;
            self.open = Open::Nothing;
            self.list.push(Message { role, name: None, parts });
            return Ok(());
        }
        self.ignored.all("input[].", &item.rest);
        if item.phase.is_some() {
            self.ignored.add("input[].phase");
        }
        for part in parts::parts(content, Speaker::Assistant, self.ignored).map_err(|fault| fault.within("content"))? {
            self.answer(part);
        }
        Ok(())
    }

    fn call(&mut self, item: wire::Item<'a>) -> Result<(), Wrong> {
        self.ignored.all("input[].", &item.rest);
        self.caller(item.caller.as_ref());
        let arguments: Str<'a> = match item.arguments {
            Some(raw) => read_raw(raw).map_err(|fault| fault.within("arguments"))?,
            None => return Err(missing("arguments").into()),
        };
        let call = ToolCall {
            id: item.call_id.ok_or_else(|| missing("call_id"))?,
            name: item.name.ok_or_else(|| missing("name"))?,
            arguments: if arguments.is_empty() { "{}".into() } else { arguments },
            signature: None,
        };
        self.answer(Content::ToolCall(call).into());
        Ok(())
    }

    fn custom_call(&mut self, item: wire::Item<'a>) -> Result<(), Wrong> {
        self.ignored.all("input[].", &item.rest);
        self.caller(item.caller.as_ref());
        let call = ToolCall {
            id: item.call_id.ok_or_else(|| missing("call_id"))?,
            name: item.name.ok_or_else(|| missing("name"))?,
            arguments: custom::wrapped(item.input.ok_or_else(|| missing("input"))?).into(),
            signature: None,
        };
        self.answer(Content::ToolCall(call).into());
        Ok(())
    }

    /// A picture that the model made. Its type is not told, so it is read from its first bytes.
    fn picture(&mut self, item: wire::Item<'a>) -> Result<(), Wrong> {
        self.ignored.all("input[].", &item.rest);
        let data = item.result.ok_or_else(|| missing("result"))?;
        let media_type = media::type_of_picture(&data).ok_or_else(|| Fault::new("result", "is no picture in base64"))?;
        self.answer(Content::medium(media_type.into(), data).into());
        Ok(())
    }

    /// That the model itself called the tool is what every other API takes for granted.
    fn caller(&mut self, caller: Option<&wire::Caller<'_>>) {
        if caller.is_some_and(|caller| caller.kind.as_deref() != Some("direct")) {
            self.ignored.add("input[].caller");
        }
    }

    /// The model's part in the turn.
    fn answer(&mut self, part: Part<'a>) {
        match self.list.last_mut() {
            Some(last) if self.open == Open::Answer => last.parts.push(part),
            _ => self.list.push(Message { role: Role::Assistant, name: None, parts: vec![part] }),
        }
        self.open = Open::Answer;
    }

    fn result(&mut self, item: wire::Item<'a>) -> Result<(), Wrong> {
        refuse_unknown(&item.rest)?;
        self.caller(item.caller.as_ref());
        let call_id = item.call_id.ok_or_else(|| missing("call_id"))?;
        let output = item.output.ok_or_else(|| missing("output"))?;
        let parts = parts::parts(output, Speaker::Tool, self.ignored).map_err(|fault| fault.within("output"))?;
        let part = Content::ToolResult(ToolResult { call_id, parts, is_error: false }).into();
        match self.list.last_mut() {
            Some(last) if self.open == Open::Results => last.parts.push(part),
            _ => self.list.push(Message { role: Role::User, name: None, parts: vec![part] }),
        }
        self.open = Open::Results;
        Ok(())
    }

    /// Thinking that went through here carries its provider's seal; OpenAI's own is for OpenAI's eyes, and only its summary is read.
    fn reasoning(&mut self, item: wire::Item<'a>) -> Result<(), Wrong> {
        self.ignored.all("input[].", &item.rest);
        let summary = parts::joined(item.summary.unwrap_or_default().into_iter().filter_map(|part| part.text));
        let text = match item.content {
            // What open models think is told whole and stands here.
            Some(wire::Said::Parts(parts)) if summary.is_empty() => parts::joined(parts.into_iter().filter_map(|part| part.text)),
            _ => summary,
        };
        let content = match item.encrypted_content.map(sealed::open) {
            Some(Sealed::Signed(signature)) => Content::Thinking(Thinking { text, signature: Some(signature) }),
            Some(Sealed::Redacted(data)) => Content::RedactedThinking(data),
            foreign => {
                if foreign.is_some() {
                    self.ignored.add("input[].encrypted_content");
                }
                if text.is_empty() {
                    return Ok(());
                }
                Content::Thinking(Thinking { text, signature: None })
            }
        };
        self.answer(content.into());
        Ok(())
    }
}

fn stored() -> Wrong {
    let message = "refers to an item that is stored at OpenAI, and nothing is stored here: send the item itself";
    Wrong::Foreign(Fault::new("", message))
}
