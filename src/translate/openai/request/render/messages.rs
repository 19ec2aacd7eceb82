//! `messages`. Tool results become tool messages, before anything else that the person says.
//!
//! OpenAI's tool messages take text only: pictures and files in a tool result follow in a user message that says which call they
//! come from, after all results of the turn (a message between the results of parallel calls would be refused). `is_error` has no
//! place at OpenAI: the text of a failed call tells it; one without text gets a sentence. Thinking is dropped and listed: OpenAI
//! takes none back, and what compatible vendors take differs.

use serde::Serialize;

use super::parts::{self, Part};
use crate::translate::conversation::{self, Content, Role, ToolResult};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::openai::call::Call;
use crate::translate::signature;

const FAILED: &str = "The tool failed without a message.";
const FOLLOWS: &str = "The result is in the next message of the user.";

/// A message, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Message<'c> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'c str>,
    /// Null where the assistant only calls tools.
    content: Option<Body<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'c>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Body<'c> {
    Text(&'c str),
    Parts(Vec<Part<'c>>),
}

impl<'c> Body<'c> {
    /// A string where one will do: not every compatible vendor takes arrays everywhere.
    fn new(parts: Vec<Part<'c>>) -> Self {
        match parts.as_slice() {
            [] => Self::Text(""),
            [Part::Text { text: parts::Text::Said(text) }] => Self::Text(text),
            _ => Self::Parts(parts),
        }
    }
}

pub(super) fn messages<'c>(
    messages: &'c [conversation::Message<'c>],
    model: &str,
    dropped: &mut Hints,
) -> Result<Vec<Message<'c>>, Fault> {
    // Others than Google refuse fields that they do not know.
    let google = model.contains("gemini");
    let mut turns = Turns { list: Vec::with_capacity(messages.len()), moved: Vec::new(), google };
    for message in messages {
        turns.add(message, dropped).map_err(|fault| fault.within("messages[]"))?;
    }
    turns.user(None, Vec::new(), false);
    Ok(turns.list)
}

struct Turns<'c> {
    list: Vec<Message<'c>>,
    /// Pictures and files of tool results, until all results of the turn are there.
    moved: Vec<Part<'c>>,
    /// Whether the model is Google's, which wants the signatures of its thinking back.
    google: bool,
}

impl<'c> Turns<'c> {
    fn add(&mut self, message: &'c conversation::Message<'c>, dropped: &mut Hints) -> Result<(), Fault> {
        if message.parts.iter().any(|part| part.cache.is_some()) {
            dropped.add("cache_control");
        }
        let role = match message.role {
            Role::System => "system",
            Role::Developer => "developer",
            Role::Assistant => {
                self.user(None, Vec::new(), false);
                self.list.push(assistant(message, self.google, dropped)?);
                return Ok(());
            }
            Role::User => return self.user_turn(message, dropped),
        };
        self.user(None, Vec::new(), false);
        let mut parts = Vec::with_capacity(message.parts.len());
        for part in &message.parts {
            match &part.content {
                Content::Text(text) => parts.push(Part::said(text)),
                other => return Err(out_of_place(other, role)),
            }
        }
        self.list.push(Message::new(role, message.name.as_deref(), Body::new(parts)));
        Ok(())
    }

    fn user_turn(&mut self, message: &'c conversation::Message<'c>, dropped: &mut Hints) -> Result<(), Fault> {
        let mut said = Vec::with_capacity(message.parts.len());
        let mut results = false;
        for part in &message.parts {
            match &part.content {
                Content::ToolResult(result) => {
                    results = true;
                    self.tool_result(result, dropped)?;
                }
                content => parts::push(content, "user", &mut said)?,
            }
        }
        if !(results && said.is_empty()) {
            self.user(message.name.as_deref(), said, true);
        }
        Ok(())
    }

    /// A user message of what tool results have left over and of what is said, if there is any or there must be one.
    fn user(&mut self, name: Option<&'c str>, said: Vec<Part<'c>>, always: bool) {
        let mut parts = std::mem::take(&mut self.moved);
        parts.extend(said);
        if always || !parts.is_empty() {
            self.list.push(Message::new("user", name, Body::new(parts)));
        }
    }

    fn tool_result(&mut self, result: &'c ToolResult<'c>, dropped: &mut Hints) -> Result<(), Fault> {
        let mut texts = Vec::new();
        let before = self.moved.len();
        for part in &result.parts {
            if part.cache.is_some() {
                dropped.add("cache_control");
            }
            match &part.content {
                Content::Text(text) => texts.push(Part::said(text)),
                other => {
                    if self.moved.len() == before {
                        self.moved.push(Part::note(format!("From the result of the tool call {}:", result.call_id)));
                    }
                    parts::push(other, "tool", &mut self.moved)?;
                }
            }
        }
        if texts.is_empty() && self.moved.len() > before {
            texts.push(Part::said(FOLLOWS));
        }
        if result.is_error {
            dropped.add("is_error");
            if texts.iter().all(Part::is_empty) {
                texts = vec![Part::said(FAILED)];
            }
        }
        let content = Body::new(texts);
        self.list.push(Message { tool_call_id: Some(&result.call_id), ..Message::new("tool", None, content) });
        Ok(())
    }
}

impl<'c> Message<'c> {
    fn new(role: &'static str, name: Option<&'c str>, content: Body<'c>) -> Self {
        Self { role, name, tool_call_id: None, content: Some(content), refusal: None, tool_calls: Vec::new() }
    }
}

fn assistant<'c>(message: &'c conversation::Message<'c>, google: bool, dropped: &mut Hints) -> Result<Message<'c>, Fault> {
    let mut texts = Vec::new();
    let mut refusal: Option<String> = None;
    let mut tool_calls = Vec::new();
    // Clients of other APIs bring the signature of a call back as thinking before it.
    let mut led = None;
    for part in &message.parts {
        match &part.content {
            Content::Text(text) => texts.push(Part::said(text)),
            Content::Refusal(text) => refusal.get_or_insert_default().push_str(text),
            Content::ToolCall(call) => {
                let signature = call.signature.as_deref().or(led.take()).filter(|_| google);
                tool_calls.push(Call::new(call, signature));
            }
            Content::Thinking(thinking) => {
                led = thinking.signature.as_deref().and_then(signature::open);
                dropped.add("thinking");
            }
            Content::RedactedThinking(_) => dropped.add("thinking"),
            other => return Err(out_of_place(other, "assistant")),
        }
    }
    let silent = texts.is_empty() && (refusal.is_some() || !tool_calls.is_empty());
    let content = (!silent).then(|| Body::new(texts));
    Ok(Message { role: "assistant", name: message.name.as_deref(), tool_call_id: None, content, refusal, tool_calls })
}

pub(super) fn out_of_place(content: &Content<'_>, role: &str) -> Fault {
    let what = match content {
        Content::Text(_) => "text",
        Content::Image(_) => "an image",
        Content::Audio(_) => "audio",
        Content::Document(_) => "a document",
        Content::Thinking(_) | Content::RedactedThinking(_) => "thinking",
        Content::ToolCall(_) | Content::CustomCall(_) => "a tool call",
        Content::ToolResult(_) => "a tool result",
        Content::Refusal(_) => "a refusal",
    };
    Fault::new("content", format!("{what} cannot stand in a message of the role `{role}`"))
}
