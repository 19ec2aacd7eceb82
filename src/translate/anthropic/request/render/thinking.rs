//! How much the model thinks, and what Anthropic does not allow beside it.
//!
//! Rules of Anthropic's reference (extended thinking): a budget has at least 1,024 tokens and is smaller than `max_tokens`; with
//! thinking on, the temperature is 1, `top_k` is not set, `top_p` is at least 0.95, and no tool can be forced. A request that breaks
//! one is an error here, because to change it silently would be to answer another question. Only a limit that the client left to
//! us is raised above the budget.

use serde::Serialize;

use crate::translate::anthropic::words;
use crate::translate::claude::{above_budget, refuse_beside_thinking};
use crate::translate::conversation::{Conversation, Effort, Thought};
use crate::translate::fault::Fault;

/// `thinking`, ready to be written.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Thinking {
    Enabled { budget_tokens: u64 },
    Adaptive,
    Disabled,
}

/// What is decided about thinking.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) config: Option<Thinking>,
    pub(super) effort: Option<&'static str>,
    pub(super) max_tokens: u64,
}

pub(super) fn thinking(conversation: &Conversation<'_>, default_max_tokens: u64) -> Result<Decided, Fault> {
    let asked = conversation.max_output_tokens;
    let mut decided = Decided { config: None, effort: None, max_tokens: asked.unwrap_or(default_max_tokens) };
    let Some(reasoning) = &conversation.reasoning else { return Ok(decided) };
    decided.effort = reasoning.effort.and_then(words::effort_word);
    decided.config = match reasoning.mode {
        // An effort alone leaves it to the model's default whether there is thinking.
        Thought::Default => (reasoning.effort == Some(Effort::None)).then_some(Thinking::Disabled),
        Thought::Off => Some(Thinking::Disabled),
        Thought::Adaptive => Some(Thinking::Adaptive),
        Thought::Budget(budget) => {
            decided.max_tokens = above_budget(budget, asked, default_max_tokens)?;
            Some(Thinking::Enabled { budget_tokens: budget })
        }
    };
    if matches!(decided.config, Some(Thinking::Enabled { .. } | Thinking::Adaptive)) {
        refuse_beside_thinking(conversation)?;
    }
    Ok(decided)
}
