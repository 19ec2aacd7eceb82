//! `system` and `messages`.
//!
//! Consecutive messages of one role become one. The results of a turn's tool calls stand together in one user message right
//! after the calls, and first in it: Anthropic rejects anything else (field note 39).
//!
//! System messages at the beginning become `system`. Later ones have a place only with models since Claude Opus 4.8, and only
//! between what the user and what the model says (mid-conversation system messages). With such a model they stand there, after
//! all that the user says in that turn, so that they hold for the answers that they were written for. With any other model they
//! become the end of `system`: they keep their authority, and lose their place, which is listed as dropped. The other way, as words
//! of the user, would be to let the user speak for the application.

use serde::Serialize;

use super::blocks::{Block, Blocks, Text};
use crate::translate::conversation::{self, Content, Part, Role};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;

/// Told where a system message does not stand where the client put it.
const MOVED: &str = "messages[] (place of a system message)";

/// A message, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Message<'c> {
    role: &'static str,
    content: Text<'c>,
}

/// All messages, ready to be written.
#[derive(Debug)]
pub(super) struct Messages<'c> {
    pub(super) system: Vec<Block<'c>>,
    pub(super) messages: Vec<Message<'c>>,
    /// Whether a block names an uploaded file.
    pub(super) files: bool,
}

pub(super) fn messages<'c>(
    messages: &'c [conversation::Message<'c>],
    model: &str,
    dropped: &mut Hints,
) -> Result<Messages<'c>, Fault> {
    let mut turns = Turns::new(takes_system_turns(model), dropped);
    for message in messages {
        turns.add(message).map_err(|fault| fault.within("messages[]"))?;
    }
    turns.finish()
}

/// Whether the model takes system messages in mid-conversation: Claude Opus since 4.8, by its name at Anthropic. Of other models
/// that is not known, and a model that does not take them rejects the request.
fn takes_system_turns(model: &str) -> bool {
    let Some(version) = model.strip_prefix("claude-opus-") else { return false };
    // A day (`20250514`) stands where a version without a minor number ends.
    let mut numbers = version.split('-').map_while(|number| number.parse::<u32>().ok().filter(|number| *number < 1_000));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    (major, minor) >= (4, 8)
}

/// What one side says without a break.
#[derive(Debug)]
struct Turn<'c> {
    role: &'static str,
    /// Tool results; they come first.
    results: Vec<Block<'c>>,
    blocks: Vec<Block<'c>>,
}

impl<'c> Turn<'c> {
    fn is_empty(&self) -> bool {
        self.results.is_empty() && self.blocks.is_empty()
    }

    fn into_message(self) -> Message<'c> {
        let mut blocks = self.results;
        blocks.extend(self.blocks);
        Message { role: self.role, content: Text::new(blocks) }
    }
}

struct Turns<'c, 'd> {
    in_place: bool,
    blocks: Blocks<'d>,
    system: Vec<Block<'c>>,
    list: Vec<Turn<'c>>,
    /// System messages that have not found their place.
    waiting: Vec<Block<'c>>,
}

impl<'c, 'd> Turns<'c, 'd> {
    fn new(in_place: bool, dropped: &'d mut Hints) -> Self {
        let blocks = Blocks { dropped, files: false };
        Self { in_place, blocks, system: Vec::new(), list: Vec::new(), waiting: Vec::new() }
    }

    fn add(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        if message.name.is_some() {
            self.blocks.dropped.add("messages[].name");
        }
        match message.role {
            Role::System | Role::Developer => self.system(message),
            Role::User => {
                if !self.waiting.is_empty() {
                    self.blocks.dropped.add(MOVED);
                }
                self.user(message)
            }
            Role::Assistant => {
                self.place_waiting();
                self.assistant(message)
            }
        }
    }

    fn system(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let mut said = Vec::with_capacity(message.parts.len());
        for part in &message.parts {
            said.extend(self.blocks.system(part)?);
        }
        if self.list.is_empty() {
            self.system.extend(said);
        } else {
            self.waiting.extend(said);
            if !self.in_place {
                self.place_waiting();
            }
        }
        Ok(())
    }

    fn place_waiting(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let said = std::mem::take(&mut self.waiting);
        if self.in_place && self.list.last().is_some_and(|last| last.role == "user") {
            self.list.push(Turn { role: "system", results: Vec::new(), blocks: said });
        } else {
            self.blocks.dropped.add(MOVED);
            self.system.extend(said);
        }
    }

    fn user(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let mut turn = self.turn("user");
        for part in &message.parts {
            match &part.content {
                Content::ToolResult(result) => turn.results.push(self.blocks.tool_result(result, part.cache)?),
                _ => turn.blocks.extend(self.blocks.user(part)?),
            }
        }
        self.end(turn);
        Ok(())
    }

    fn assistant(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let mut turn = self.turn("assistant");
        let mut calls = 0;
        for part in &message.parts {
            turn.blocks.extend(self.blocks.assistant(part, calls)?);
            calls += usize::from(is_call(part));
        }
        self.end(turn);
        Ok(())
    }

    /// The turn to go on with: the last one, if it has the same role.
    fn turn(&mut self, role: &'static str) -> Turn<'c> {
        self.list.pop_if(|last| last.role == role).unwrap_or(Turn { role, results: Vec::new(), blocks: Vec::new() })
    }

    /// A message with nothing in it is left out: Anthropic rejects it.
    fn end(&mut self, turn: Turn<'c>) {
        if !turn.is_empty() {
            self.list.push(turn);
        }
    }

    fn finish(mut self) -> Result<Messages<'c>, Fault> {
        self.place_waiting();
        self.trim_prefill();
        if self.list.is_empty() {
            return Err(Fault::new("messages", "Anthropic needs at least one message of the user that is not empty"));
        }
        let messages = self.list.into_iter().map(Turn::into_message).collect();
        Ok(Messages { system: self.system, messages, files: self.blocks.files })
    }

    /// The model goes on from where the last message of the assistant ends, and Anthropic rejects white space there.
    fn trim_prefill(&mut self) {
        let Some(last) = self.list.last_mut().filter(|last| last.role == "assistant") else { return };
        if let Some(Block::Text { text, .. }) = last.blocks.last_mut() {
            let trimmed = text.trim_end();
            if trimmed.len() < text.len() {
                *text = trimmed;
                self.blocks.dropped.add("messages[] (white space at the end of the last one)");
            }
        }
    }
}

fn is_call(part: &Part<'_>) -> bool {
    matches!(part.content, Content::ToolCall(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_opus_since_4_8_takes_system_messages_in_mid_conversation() {
        for model in ["claude-opus-4-8", "claude-opus-4-8-20260528", "claude-opus-4-10", "claude-opus-5", "claude-opus-5-5"] {
            assert!(takes_system_turns(model), "{model}");
        }
        for model in [
            "claude-opus-4-20250514",
            "claude-opus-4-7",
            "claude-opus-4-1-20250805",
            "claude-sonnet-5",
            "us.anthropic.claude-opus-4-8",
            "claude-opus-",
            "",
        ] {
            assert!(!takes_system_turns(model), "{model}");
        }
    }
}
