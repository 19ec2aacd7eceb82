//! What an answer consists of where it is a list of content blocks: in Anthropic's API and in Converse.

use super::reply::{Call, Reply};
use super::script::Script;
use super::tokens;

/// A content block of the answer.
pub(super) enum Block<'a> {
    Thinking(&'a str),
    Redacted(&'a str),
    /// In the pieces of a stream.
    Text(Vec<&'a str>),
    ToolUse(&'a Call),
}

/// The blocks of an answer, in their order.
pub(super) fn blocks<'a>(reply: &'a Reply, script: &Script) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    if let Some(thinking) = &reply.thinking {
        blocks.push(if script.redacted { Block::Redacted(thinking) } else { Block::Thinking(thinking) });
    }
    if !reply.text.is_empty() {
        blocks.push(Block::Text(tokens::pieces(&reply.text, script.pieces)));
    }
    blocks.extend(reply.calls.iter().map(Block::ToolUse));
    blocks
}
