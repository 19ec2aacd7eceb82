//! `contents`: who says what, in the hub's order.
//!
//! An application that streams sends back what it got as it got it: a content for each chunk. So consecutive contents of the model
//! become one message, and texts, or thoughts, that follow each other become one. Responses of functions are parts of a user
//! message; those without an id belong to the first call of that name, in the turn before, that has no response yet. Calls without
//! an id get one that counts the calls of the conversation, so that the same conversation always reads the same.

use std::collections::VecDeque;

use super::{parts, refuse_unknown};
use crate::translate::conversation::{Content as Said, Message, Part, Role, Thinking, ToolCall};
use crate::translate::fault::Fault;
use crate::translate::gemini::wire::{Content, FunctionCall, FunctionResponse};
use crate::translate::hints::Hints;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

pub(super) fn contents<'a>(
    contents: Vec<Content<'a>>,
    messages: &mut Vec<Message<'a>>,
    ignored: &mut Hints,
) -> Result<(), Wrong> {
    let mut calls = Calls::default();
    for (at, content) in contents.into_iter().enumerate() {
        add(content, messages, &mut calls, ignored).map_err(|wrong| wrong.within(format_args!("contents[{at}]")))?;
    }
    Ok(())
}

fn add<'a>(
    content: Content<'a>,
    messages: &mut Vec<Message<'a>>,
    calls: &mut Calls<'a>,
    ignored: &mut Hints,
) -> Result<(), Wrong> {
    let model = match content.role.as_deref() {
        // Google's SDKs and older versions of the API send responses of functions in roles of their own.
        None | Some("" | "user" | "function" | "tool") => false,
        Some("model") => true,
        Some(_) => return Err(Fault::new("role", "is not one of `user` and `model`").into()),
    };
    if model {
        ignored.all("contents[].", &content.rest);
    } else {
        refuse_unknown(&content.rest)?;
    }
    let mut list: Vec<Part<'a>> = Vec::new();
    for (at, part) in content.parts.unwrap_or_default().into_iter().enumerate() {
        let within = |wrong: Wrong| wrong.within(format_args!("parts[{at}]"));
        if model {
            parts::model(part, calls, &mut list, ignored).map_err(within)?;
        } else {
            parts::user(part, calls, &mut list, ignored).map_err(within)?;
        }
    }
    let role = if model { Role::Assistant } else { Role::User };
    match messages.last_mut() {
        Some(last) if model && last.role == role => list.into_iter().for_each(|part| join(&mut last.parts, part)),
        _ => {
            if model {
                calls.turn();
            }
            let mut parts = Vec::with_capacity(list.len());
            list.into_iter().for_each(|part| join(&mut parts, part));
            messages.push(Message { role, name: None, parts });
        }
    }
    Ok(())
}

/// Adds a part, or makes one of it and the last.
fn join<'a>(parts: &mut Vec<Part<'a>>, part: Part<'a>) {
    if let Some(last) = parts.last_mut() {
        match (&mut last.content, &part.content) {
            (Said::Text(text), Said::Text(more)) => {
                text.0.to_mut().push_str(more);
                return;
            }
            (Said::Thinking(Thinking { text, signature: signature @ None }), Said::Thinking(more)) => {
                text.0.to_mut().push_str(&more.text);
                *signature = more.signature.clone();
                return;
            }
            _ => {}
        }
    }
    parts.push(part);
}

/// The calls of the conversation so far.
#[derive(Debug, Default)]
pub(super) struct Calls<'a> {
    count: u64,
    /// Of the turn that is being read.
    now: Vec<(Str<'a>, Str<'a>)>,
    /// Name and id of the calls that wait for their response.
    waiting: VecDeque<(Str<'a>, Str<'a>)>,
}

impl<'a> Calls<'a> {
    /// A turn of the model begins with the calls that were read last: what older turns wait for will not come.
    fn turn(&mut self) {
        self.waiting.clear();
        self.waiting.extend(self.now.drain(..));
    }

    pub(super) fn call(&mut self, call: FunctionCall<'a>, signature: Option<Str<'a>>) -> Result<ToolCall<'a>, Fault> {
        self.count = self.count.saturating_add(1);
        let name = call.name.filter(|name| !name.is_empty()).ok_or_else(|| super::missing("name"))?;
        let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{}", self.count).into());
        let arguments = call.args.map_or("{}", |args| args.get());
        if !arguments.starts_with('{') {
            return Err(Fault::new("args", "is not an object"));
        }
        self.now.push((name.clone(), id.clone()));
        Ok(ToolCall { id, name, arguments: arguments.into(), signature })
    }

    /// The id of the call that this responds to.
    pub(super) fn id(&mut self, response: &mut FunctionResponse<'a>) -> Result<Str<'a>, Fault> {
        self.waiting.extend(self.now.drain(..));
        if let Some(id) = response.id.take().filter(|id| !id.is_empty()) {
            self.waiting.retain(|(_, waiting)| *waiting != id);
            return Ok(id);
        }
        let name = response.name.take().ok_or_else(|| super::missing("name"))?;
        let at = self.waiting.iter().position(|(waiting, _)| *waiting == name);
        let found = at.and_then(|at| self.waiting.remove(at));
        found.map(|(_, id)| id).ok_or_else(|| Fault::new("name", "answers no function call of the turn before it"))
    }
}
