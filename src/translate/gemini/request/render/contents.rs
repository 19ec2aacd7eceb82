//! `systemInstruction` and `contents`.
//!
//! Google's rules: roles are `user` and `model`, and they take turns, so consecutive messages of one role become one; the responses
//! to a turn's function calls stand together in the content right after the calls, as many as there are calls, and name the function
//! (field notes 38 and 39); a content has at least one part, and a part is not empty.
//!
//! Google has one place for instructions. Those at the beginning stand there; later ones become its end: they keep their authority
//! and lose their place, which is listed as dropped. The other way, as words of the user, would be to let the user speak for the
//! application.
//!
//! Signatures go back to where Google gave them: to the call, to the text, or in a part of their own (thought signatures). Clients
//! of other APIs bring the one of a call back as thinking before it. Since Gemini 3 a turn's first call must have one (field note
//! 44); where the client has lost it, or another provider's model made the call, Google's word for that stands there.

use std::borrow::Cow;
use std::collections::HashMap;

use super::parts::{self, Media};
use crate::translate::conversation::{self, Content, Role, Thinking, ToolCall, ToolResult};
use crate::translate::fault::Fault;
use crate::translate::gemini::carried;
use crate::translate::gemini::model::Model;
use crate::translate::gemini::part::{self, Args, FunctionCall, FunctionResponse, Outcome, Part};
use crate::translate::hints::Hints;
use crate::translate::signature;

/// Told where a system message does not stand where the client put it.
const MOVED: &str = "messages[] (place of a system message)";

/// All messages, ready to be written.
#[derive(Debug)]
pub(super) struct Contents<'c> {
    pub(super) system: Vec<Part<'c>>,
    pub(super) contents: Vec<part::Content<'c>>,
}

pub(super) fn contents<'c>(
    messages: &'c [conversation::Message<'c>],
    model: Model,
    dropped: &mut Hints,
) -> Result<Contents<'c>, Fault> {
    let mut turns = Turns { model, dropped, system: Vec::new(), list: Vec::new(), called: HashMap::new() };
    for message in messages {
        turns.add(message).map_err(|fault| fault.within("messages[]"))?;
    }
    turns.finish()
}

/// What one side says without a break.
#[derive(Debug)]
struct Turn<'c> {
    role: &'static str,
    /// Responses of functions; they come first.
    results: Vec<Part<'c>>,
    parts: Vec<Part<'c>>,
}

struct Turns<'c, 'd> {
    model: Model,
    dropped: &'d mut Hints,
    system: Vec<Part<'c>>,
    list: Vec<Turn<'c>>,
    /// The function that each call so far has called, by the call's id. A later call of the same id is another one.
    called: HashMap<&'c str, &'c str>,
}

impl<'c> Turns<'c, '_> {
    fn add(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        if message.name.is_some() {
            self.dropped.add("messages[].name");
        }
        if message.parts.iter().any(|part| part.cache.is_some()) {
            self.dropped.add("cache_control");
        }
        match message.role {
            Role::System | Role::Developer => self.system(message),
            Role::User => self.user(message),
            Role::Assistant => self.model(message),
        }
    }

    fn system(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        if !self.list.is_empty() {
            self.dropped.add(MOVED);
        }
        for part in &message.parts {
            match &part.content {
                Content::Text(text) if text.is_empty() => {}
                Content::Text(text) => self.system.push(Part::text(&**text)),
                other => return Err(parts::out_of_place(other, "a system message")),
            }
        }
        Ok(())
    }

    fn user(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let mut turn = self.turn("user");
        for part in &message.parts {
            match &part.content {
                Content::ToolResult(result) => self.tool_result(result, &mut turn)?,
                content => parts::push(content, self.dropped, &mut turn.parts)?,
            }
        }
        self.end(turn);
        Ok(())
    }

    fn tool_result(&mut self, result: &'c ToolResult<'c>, turn: &mut Turn<'c>) -> Result<(), Fault> {
        let name = self.called.get(&*result.call_id).ok_or_else(|| {
            Fault::new("tool_call_id", "answers no tool call before it, and Google wants to know which function it was")
        })?;
        let mut media = Media::default();
        for part in &result.parts {
            if part.cache.is_some() {
                self.dropped.add("cache_control");
            }
            media.add(&part.content, self.model.is_third_generation(), self.dropped)?;
        }
        let text = media.text();
        let response = if result.is_error { Outcome::Error(text) } else { Outcome::Output(text) };
        let response = FunctionResponse { id: &result.call_id, name, response, parts: media.inside };
        turn.results.push(Part { function_response: Some(response), ..Part::default() });
        if !media.after.is_empty() {
            turn.parts.push(Part::text(format!("From the result of the tool call {}:", result.call_id)));
            turn.parts.append(&mut media.after);
        }
        Ok(())
    }

    fn model(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let mut turn = self.turn("model");
        let mut calls = 0;
        let mut signer = Signer { begin: turn.parts.len(), waiting: None };
        for part in &message.parts {
            match &part.content {
                Content::Text(text) | Content::Refusal(text) if text.is_empty() => {}
                Content::Text(text) | Content::Refusal(text) => signer.text(text, &mut turn.parts),
                picture @ Content::Image(_) => parts::push(picture, self.dropped, &mut turn.parts)?,
                Content::Thinking(thinking) => {
                    if !signer.thinking(thinking, &mut turn.parts) {
                        self.dropped.add("thinking");
                    }
                }
                Content::RedactedThinking(_) => self.dropped.add("thinking"),
                Content::ToolCall(call) => {
                    let args = args(&call.arguments)
                        .map_err(|fault| fault.within(format_args!("tool_calls[{calls}].function.arguments")))?;
                    self.called.insert(&call.id, &call.name);
                    signer.call(call, args, &mut turn.parts);
                    calls += 1;
                }
                other => return Err(parts::out_of_place(other, "a message of the assistant")),
            }
        }
        signer.finish(&mut turn.parts);
        self.end(turn);
        Ok(())
    }

    /// The turn to go on with: the last one, if it has the same role.
    fn turn(&mut self, role: &'static str) -> Turn<'c> {
        self.list.pop_if(|last| last.role == role).unwrap_or(Turn { role, results: Vec::new(), parts: Vec::new() })
    }

    /// A content without parts is left out: Google rejects it.
    fn end(&mut self, turn: Turn<'c>) {
        if !turn.results.is_empty() || !turn.parts.is_empty() {
            self.list.push(turn);
        }
    }

    fn finish(self) -> Result<Contents<'c>, Fault> {
        if self.list.is_empty() {
            return Err(Fault::new("messages", "Google needs at least one message, besides instructions, that is not empty"));
        }
        let strict = self.model.is_third_generation();
        let contents = self.list.into_iter().map(|turn| turn.into_content(strict)).collect();
        Ok(Contents { system: self.system, contents })
    }
}

impl<'c> Turn<'c> {
    fn into_content(self, strict: bool) -> part::Content<'c> {
        let mut parts = self.results;
        parts.extend(self.parts);
        if let (true, Some(first)) = (strict, parts.iter_mut().find(|part| part.function_call.is_some())) {
            first.thought_signature.get_or_insert(Cow::Borrowed(carried::NONE));
        }
        part::Content { role: self.role, parts }
    }
}

/// Finds the part that each signature of a message belongs to.
struct Signer<'c> {
    /// Where the parts of this message begin.
    begin: usize,
    /// A signature whose part has not come, and the thinking that it stands on if none comes.
    waiting: Option<(&'c str, Option<usize>)>,
}

impl<'c> Signer<'c> {
    fn text(&mut self, text: &'c str, parts: &mut Vec<Part<'c>>) {
        let mut part = Part::text(text);
        match self.waiting.take() {
            Some((signature, None)) => part.thought_signature = Some(signature.into()),
            waiting => {
                self.waiting = waiting;
                self.finish(parts);
            }
        }
        parts.push(part);
    }

    /// Returns whether the thinking is Google's: it takes back what it has signed.
    fn thinking(&mut self, thinking: &'c Thinking<'c>, parts: &mut Vec<Part<'c>>) -> bool {
        let Some(signature) = thinking.signature.as_deref().and_then(signature::open) else {
            return thinking.text.is_empty() && thinking.signature.as_deref().is_none_or(str::is_empty);
        };
        self.finish(parts);
        if !thinking.text.is_empty() {
            parts.push(Part::thought(&*thinking.text));
            self.waiting = Some((signature, Some(parts.len() - 1)));
            return true;
        }
        match parts[self.begin..].last_mut().filter(|last| last.is_unsigned_text()) {
            Some(last) => last.thought_signature = Some(signature.into()),
            None => self.waiting = Some((signature, None)),
        }
        true
    }

    fn call(&mut self, call: &'c ToolCall<'c>, args: Args<'c>, parts: &mut Vec<Part<'c>>) {
        let signature = match call.signature.as_deref() {
            Some(own) => {
                self.finish(parts);
                Some(own)
            }
            None => self.waiting.take().map(|(signature, _)| signature),
        };
        parts.push(Part {
            function_call: Some(FunctionCall { id: &call.id, name: &call.name, args }),
            thought_signature: signature.map(Into::into),
            ..Part::default()
        });
    }

    fn finish(&mut self, parts: &mut Vec<Part<'c>>) {
        match self.waiting.take() {
            Some((signature, Some(at))) => parts[at].thought_signature = Some(signature.into()),
            Some((signature, None)) => parts.push(Part { thought_signature: Some(signature.into()), ..Part::text("") }),
            None => {}
        }
    }
}

fn args(arguments: &str) -> Result<Args<'_>, Fault> {
    match Args::written(arguments) {
        Args::Invalid { .. } => Err(Fault::new("", "is not a JSON object, and Google takes nothing else")),
        args => Ok(args),
    }
}
