//! How much the model thinks, and what Anthropic does not allow beside it.
//!
//! Rules of Anthropic's reference (extended thinking): a budget has at least 1,024 tokens and is smaller than `max_tokens`; with
//! thinking on, the temperature is 1, `top_k` is not set, `top_p` is at least 0.95, and no tool can be forced. A request that breaks
//! one is an error here, because to change it silently would be to answer another question. Only a limit that the client left to
//! us is raised above the budget.

use serde::Serialize;

use crate::translate::anthropic::words;
use crate::translate::conversation::{Conversation, Effort, Thought, ToolChoice};
use crate::translate::fault::Fault;

const LEAST_BUDGET: u64 = 1_024;
const LEAST_TOP_P: f64 = 0.95;

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

fn above_budget(budget: u64, asked: Option<u64>, default: u64) -> Result<u64, Fault> {
    if budget < LEAST_BUDGET {
        return Err(Fault::new("thinking.budget_tokens", format!("must be at least {LEAST_BUDGET}")));
    }
    match asked {
        Some(asked) if asked <= budget => {
            let message = format!("must be smaller than the output limit ({asked}), which it counts towards");
            Err(Fault::new("thinking.budget_tokens", message))
        }
        Some(asked) => Ok(asked),
        None => Ok(budget.saturating_add(default)),
    }
}

fn refuse_beside_thinking(conversation: &Conversation<'_>) -> Result<(), Fault> {
    let sampling = &conversation.sampling;
    let forced = matches!(conversation.tool_choice, Some(ToolChoice::Required | ToolChoice::Function(_)));
    for (wrong, field, message) in [
        (sampling.temperature.is_some_and(|t| t != 1.0), "temperature", "must be 1 or absent while the model thinks"),
        (sampling.top_k.is_some(), "top_k", "must be absent while the model thinks"),
        (sampling.top_p.is_some_and(|p| p < LEAST_TOP_P), "top_p", "must be at least 0.95 or absent while the model thinks"),
        (forced, "tool_choice", "must be `auto` or `none` while the model thinks"),
    ] {
        if wrong {
            return Err(Fault::new(field, message));
        }
    }
    Ok(())
}
