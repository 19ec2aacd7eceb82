//! `system` and `messages`.
//!
//! Consecutive messages of one role become one. The results of a turn's tool calls stand together in one user message right after
//! the calls, and first in it: Bedrock rejects anything else (field note 39). System messages have one place, `system`; one that
//! comes later keeps its authority and loses its place, which is listed. The conversation begins with the user.

use serde::Serialize;

use super::blocks::{Block, Blocks};
use crate::translate::conversation::{self, Content, Role};
use crate::translate::converse::family::Family;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;

/// Told where a system message does not stand where the client put it.
const MOVED: &str = "messages[] (place of a system message)";

/// A message, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Message<'c> {
    role: &'static str,
    content: Vec<Block<'c>>,
}

/// All messages, ready to be written.
#[derive(Debug)]
pub(super) struct Messages<'c> {
    pub(super) system: Vec<Block<'c>>,
    pub(super) messages: Vec<Message<'c>>,
}

pub(super) fn messages<'c>(
    messages: &'c [conversation::Message<'c>],
    family: Family,
    dropped: &mut Hints,
) -> Result<Messages<'c>, Fault> {
    let mut turns = Turns { blocks: Blocks::new(family, dropped), system: Vec::new(), list: Vec::new() };
    for message in messages {
        turns.add(message).map_err(|fault| fault.within("messages[]"))?;
    }
    turns.finish()
}

/// What one side says without a break.
#[derive(Debug)]
struct Turn<'c> {
    role: &'static str,
    /// Tool results; they come first.
    results: Vec<Block<'c>>,
    blocks: Vec<Block<'c>>,
}

struct Turns<'c, 'd> {
    blocks: Blocks<'d>,
    system: Vec<Block<'c>>,
    list: Vec<Turn<'c>>,
}

impl<'c> Turns<'c, '_> {
    fn add(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        if message.name.is_some() {
            self.blocks.dropped.add("messages[].name");
        }
        match message.role {
            Role::System | Role::Developer => self.system(message),
            Role::User => self.user(message),
            Role::Assistant => self.assistant(message),
        }
    }

    fn system(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let before = self.system.len();
        for part in &message.parts {
            self.blocks.system(part, &mut self.system)?;
        }
        if self.system.len() > before && !self.list.is_empty() {
            self.blocks.dropped.add(MOVED);
        }
        Ok(())
    }

    fn user(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let mut turn = self.turn("user");
        for part in &message.parts {
            match &part.content {
                Content::ToolResult(result) => self.blocks.tool_result(result, part.cache, &mut turn.results)?,
                _ => self.blocks.user(part, &mut turn.blocks)?,
            }
        }
        self.end(turn);
        Ok(())
    }

    fn assistant(&mut self, message: &'c conversation::Message<'c>) -> Result<(), Fault> {
        let mut turn = self.turn("assistant");
        let mut calls = 0;
        for part in &message.parts {
            self.blocks.assistant(part, calls, &mut turn.blocks)?;
            calls += usize::from(matches!(part.content, Content::ToolCall(_)));
        }
        self.end(turn);
        Ok(())
    }

    /// The turn to go on with: the last one, if it has the same role.
    fn turn(&mut self, role: &'static str) -> Turn<'c> {
        self.list.pop_if(|last| last.role == role).unwrap_or(Turn { role, results: Vec::new(), blocks: Vec::new() })
    }

    /// A message with nothing in it is left out: Bedrock rejects it.
    fn end(&mut self, turn: Turn<'c>) {
        if !(turn.results.is_empty() && turn.blocks.is_empty()) {
            self.list.push(turn);
        }
    }

    fn finish(mut self) -> Result<Messages<'c>, Fault> {
        self.trim_prefill();
        match self.list.first() {
            None => return Err(Fault::new("messages", "Bedrock needs at least one message of the user that is not empty")),
            Some(first) if first.role != "user" => {
                return Err(Fault::new("messages", "Bedrock takes no conversation that the assistant begins: the user must"));
            }
            Some(_) => {}
        }
        Ok(Messages { system: self.system, messages: self.list.into_iter().map(message).collect() })
    }

    /// The model goes on from where the last message of the assistant ends, and Claude rejects white space there.
    fn trim_prefill(&mut self) {
        let Some(last) = self.list.last_mut().filter(|last| last.role == "assistant") else { return };
        if let Some(Block::Text(text)) = last.blocks.last_mut() {
            let trimmed = text.trim_end().len();
            if trimmed < text.len() {
                text.to_mut().truncate(trimmed);
                self.blocks.dropped.add("messages[] (white space at the end of the last one)");
            }
        }
    }
}

/// A document needs a text beside it ("A text block must be included when using documents"): where there is none, its name.
fn message(turn: Turn<'_>) -> Message<'_> {
    let Turn { role, results, mut blocks } = turn;
    let has_text = blocks.iter().any(|block| matches!(block, Block::Text(_)));
    let document = blocks.iter().find_map(|block| match block {
        Block::Document(document) if !has_text => Some(document.name().to_owned()),
        _ => None,
    });
    blocks.extend(document.map(|name| Block::Text(name.into())));
    let mut content = results;
    content.append(&mut blocks);
    Message { role, content }
}
