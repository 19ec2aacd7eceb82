//! What Anthropic's models demand of thinking, whoever hosts them (API reference, extended thinking).

use super::conversation::{Conversation, ToolChoice};
use super::fault::Fault;

const LEAST_BUDGET: u64 = 1_024;
const LEAST_TOP_P: f64 = 0.95;

/// The output limit beside a budget of thinking, which counts towards it. `default` is what is left for the answer where the client
/// gave no limit.
pub(super) fn above_budget(budget: u64, asked: Option<u64>, default: u64) -> Result<u64, Fault> {
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

/// Refuses what these models do not allow while they think.
pub(super) fn refuse_beside_thinking(conversation: &Conversation<'_>) -> Result<(), Fault> {
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
