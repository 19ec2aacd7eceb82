//! `messages`.
//!
//! System and developer messages become one system message, which is the first: Cohere answers "system turn must be the first in
//! the list" to any other. One that stood later keeps its authority and loses its place, which is listed; as words of the user it
//! would let the user speak for the application.
//!
//! Tool results become tool messages right behind the calls, before anything else that the user says. They hold text only: pictures
//! in a result follow in a message of the user that says which call they come from, behind all results of the turn. What the
//! assistant says in a turn that calls tools is its `tool_plan`, as Cohere itself tells it. Thinking without a signature is Cohere's
//! kind and goes back; with one it is another provider's, and is dropped and listed. Messages with nothing in them are left out.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::parts::{self, Body, Part};
use crate::translate::conversation::{self, Content, Role, ToolCall, ToolResult};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;

/// Told where a system message does not stand where the client put it.
const MOVED: &str = "messages[] (place of a system message)";
/// What a tool has said that said nothing: Cohere's tool messages hold a JSON object.
const NOTHING: &str = "{}";
const FAILED: &str = "The tool failed without a message.";
const FOLLOWS: &str = "The result is in the next message of the user.";

/// A message, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Message<'c> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Body<'c>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    tool_plan: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'c>>,
}

impl<'c> Message<'c> {
    fn new(role: &'static str, parts: Vec<Part<'c>>) -> Self {
        let content = (!parts.is_empty()).then(|| Body::new(parts));
        Self { role, tool_call_id: None, content, tool_plan: String::new(), tool_calls: Vec::new() }
    }
}

/// A tool call, ready to be written. What a model wrote as arguments is passed on as it is.
#[derive(Debug)]
struct Call<'c>(&'c ToolCall<'c>);

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Function<'c> {
            name: &'c str,
            arguments: &'c str,
        }
        let Self(ToolCall { id, name, arguments, .. }) = self;
        let arguments = if arguments.is_empty() { NOTHING } else { arguments };
        let mut call = serializer.serialize_struct("Call", 3)?;
        call.serialize_field("id", id)?;
        call.serialize_field("type", "function")?;
        call.serialize_field("function", &Function { name, arguments })?;
        call.end()
    }
}

pub(super) fn messages<'c>(messages: &'c [conversation::Message<'c>], dropped: &mut Hints) -> Result<Vec<Message<'c>>, Fault> {
    let mut turns = Turns { dropped, system: Vec::new(), list: Vec::with_capacity(messages.len() + 1), pictures: Vec::new() };
    for message in messages {
        turns.add(message).map_err(|fault| fault.within("messages[]"))?;
    }
    turns.finish()
}

struct Turns<'c, 'd> {
    dropped: &'d mut Hints,
    system: Vec<Part<'c>>,
    list: Vec<Message<'c>>,
    /// Pictures of tool results, until all results of the turn are there.
    pictures: Vec<Part<'c>>,
}

impl<'c> Turns<'c, '_> {
    fn add(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        self.dropped.add_if(message.name.is_some(), "messages[].name");
        self.dropped.add_if(message.parts.iter().any(|part| part.cache.is_some()), "cache_control");
        match message.role {
            Role::System | Role::Developer => self.system(message),
            Role::User => self.user(message),
            Role::Assistant => self.assistant(message),
        }
    }

    fn system(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        self.dropped.add_if(!self.list.is_empty(), MOVED);
        for part in &message.parts {
            match &part.content {
                Content::Text(text) => parts::said(text, &mut self.system),
                other => return Err(parts::out_of_place(other, "system")),
            }
        }
        Ok(())
    }

    fn user(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let mut said = Vec::with_capacity(message.parts.len());
        for part in &message.parts {
            match &part.content {
                Content::ToolResult(result) => self.tool_result(result)?,
                content => parts::push(content, "user", &mut said, self.dropped)?,
            }
        }
        if !said.is_empty() {
            self.say(said);
        }
        Ok(())
    }

    /// A message of the user, of pictures that tool results have left over and of what is said.
    fn say(&mut self, said: Vec<Part<'c>>) {
        let mut parts = std::mem::take(&mut self.pictures);
        parts.extend(said);
        if !parts.is_empty() {
            self.list.push(Message::new("user", parts));
        }
    }

    fn tool_result(&mut self, result: &'c ToolResult<'c>) -> Result<(), Fault> {
        let mut texts = Vec::new();
        let before = self.pictures.len();
        for part in &result.parts {
            self.dropped.add_if(part.cache.is_some(), "cache_control");
            match &part.content {
                image @ Content::Image(_) => {
                    if self.pictures.len() == before {
                        self.pictures.push(parts::note(format!("From the result of the tool call {}:", result.call_id)));
                    }
                    parts::push(image, "tool", &mut self.pictures, self.dropped)?;
                }
                other => parts::push(other, "tool", &mut texts, self.dropped)?,
            }
        }
        self.dropped.add_if(result.is_error, "is_error");
        if texts.is_empty() {
            let instead = match result.is_error {
                true => FAILED,
                false if self.pictures.len() > before => FOLLOWS,
                false => NOTHING,
            };
            parts::said(instead, &mut texts);
        }
        self.list.push(Message { tool_call_id: Some(&result.call_id), ..Message::new("tool", texts) });
        Ok(())
    }

    fn assistant(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        self.say(Vec::new());
        let calls: Vec<_> = message.parts.iter().filter_map(|part| call(&part.content)).collect();
        let (mut said, mut plan) = (Vec::new(), String::new());
        for part in &message.parts {
            match &part.content {
                Content::Text(text) | Content::Refusal(text) if calls.is_empty() => parts::said(text, &mut said),
                Content::Text(text) | Content::Refusal(text) => plan.push_str(text),
                // Anthropic's clients write an empty signature for none.
                Content::Thinking(thinking) if thinking.signature.as_deref().unwrap_or_default().is_empty() => {
                    if !thinking.text.is_empty() {
                        said.push(Part::Thinking { thinking: &thinking.text });
                    }
                }
                Content::Thinking(_) | Content::RedactedThinking(_) => self.dropped.add("thinking"),
                Content::ToolCall(_) => {}
                other => return Err(parts::out_of_place(other, "assistant")),
            }
        }
        if !(said.is_empty() && calls.is_empty()) {
            self.list.push(Message { tool_plan: plan, tool_calls: calls, ..Message::new("assistant", said) });
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Message<'c>>, Fault> {
        self.say(Vec::new());
        if self.list.is_empty() {
            return Err(Fault::new("messages", "Cohere needs at least one message of the user that is not empty"));
        }
        if !self.system.is_empty() {
            self.list.insert(0, Message::new("system", self.system));
        }
        Ok(self.list)
    }
}

fn call<'c>(content: &'c Content<'c>) -> Option<Call<'c>> {
    match content {
        Content::ToolCall(call) => Some(Call(call)),
        _ => None,
    }
}
