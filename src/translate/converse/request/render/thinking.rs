//! How much the model thinks: each family has its own word for it, and most have none.
//!
//! Claude takes Anthropic's fields with Anthropic's rules: a budget has at least 1,024 tokens and is smaller than the output limit; with
//! thinking on, the temperature is 1, `top_k` is not set, `top_p` is at least 0.95, and no tool can be forced. A request that breaks
//! one is an error here. Nova 2 has three efforts and takes the highest only without limit and sampling. For the others an effort
//! is a hint: the nearest that there is is asked for, and listed where it is not the same.

use serde_json::json;

use super::additional::Additional;
use crate::translate::claude::{above_budget, refuse_beside_thinking};
use crate::translate::conversation::{Conversation, Effort, Reasoning, Thought};
use crate::translate::converse::family::Family;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;

/// Up to this many tokens of thinking are a low effort, and so on. Only Claude has budgets, so the steps are ours.
const LOW_BUDGET: u64 = 4_096;
const MEDIUM_BUDGET: u64 = 16_384;

/// Adds what the model is told of thinking. Returns the output limit.
pub(super) fn thinking(
    conversation: &Conversation<'_>,
    family: Family,
    default_max_tokens: u64,
    additional: &mut Additional<'_>,
    dropped: &mut Hints,
) -> Result<Option<u64>, Fault> {
    let limit = conversation.max_output_tokens;
    let Some(reasoning) = &conversation.reasoning else { return Ok(limit) };
    match family {
        Family::Claude => return claude(conversation, reasoning, default_max_tokens, additional),
        // Only Claude has budgets, so a budget tells what the id does not.
        Family::Hidden if matches!(reasoning.mode, Thought::Budget(_)) => {
            return claude(conversation, reasoning, default_max_tokens, additional);
        }
        _ => {}
    }
    let field = if reasoning.effort.is_some() { "reasoning_effort" } else { "thinking" };
    if matches!(reasoning.mode, Thought::Budget(_)) {
        dropped.add("thinking.budget_tokens");
    }
    let Some(effort) = effort(reasoning) else { return Ok(limit) };
    match family {
        Family::Nova2 => nova(conversation, effort, additional, dropped, field)?,
        Family::Gpt => {
            additional.add("reasoning", json!({ "effort": gpt_word(effort) }), field)?;
        }
        Family::Effort | Family::DeepSeek => match flat_word(effort, dropped) {
            Some(word) => additional.add("reasoning_effort", word.into(), field)?,
            // DeepSeek does not think unless it is told to; the others cannot be kept from it.
            None if family == Family::DeepSeek => {}
            None => dropped.add(field),
        },
        _ => dropped.add(field),
    }
    Ok(limit)
}

/// What is asked for as an effort. `None`: nothing that the model would not do anyway.
fn effort(reasoning: &Reasoning) -> Option<Effort> {
    match (reasoning.effort, reasoning.mode) {
        (_, Thought::Off) => Some(Effort::None),
        (Some(effort), _) => Some(effort),
        (None, Thought::Budget(budget)) if budget <= LOW_BUDGET => Some(Effort::Low),
        (None, Thought::Budget(budget)) if budget <= MEDIUM_BUDGET => Some(Effort::Medium),
        (None, Thought::Budget(_)) => Some(Effort::High),
        (None, Thought::Adaptive) => Some(Effort::Medium),
        (None, Thought::Default) => None,
    }
}

fn gpt_word(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::XHigh => "xhigh",
        Effort::Max => "max",
    }
}

fn flat_word(effort: Effort, dropped: &mut Hints) -> Option<&'static str> {
    if effort > Effort::High {
        dropped.add("effort above `high` (the highest there is is asked for)");
    }
    match effort {
        Effort::None => None,
        Effort::Minimal | Effort::Low => Some("low"),
        Effort::Medium => Some("medium"),
        Effort::High | Effort::XHigh | Effort::Max => Some("high"),
    }
}

/// Nova 2 does not think unless it is told to. Source: the Nova 2 user guide, extended thinking.
fn nova(
    conversation: &Conversation<'_>,
    effort: Effort,
    additional: &mut Additional<'_>,
    dropped: &mut Hints,
    field: &str,
) -> Result<(), Fault> {
    let Some(mut word) = flat_word(effort, dropped) else { return Ok(()) };
    let sampling = &conversation.sampling;
    let bound = conversation.max_output_tokens.is_some() || sampling.temperature.is_some() || sampling.top_p.is_some();
    if word == "high" && bound {
        dropped.add("effort `high` (beside an output limit, temperature or top_p Nova takes `medium` at most)");
        word = "medium";
    }
    additional.add("reasoningConfig", json!({ "type": "enabled", "maxReasoningEffort": word }), field)
}

fn claude(
    conversation: &Conversation<'_>,
    reasoning: &Reasoning,
    default_max_tokens: u64,
    additional: &mut Additional<'_>,
) -> Result<Option<u64>, Fault> {
    let mut limit = conversation.max_output_tokens;
    if let Some(word) = reasoning.effort.and_then(claude_word) {
        additional.add("output_config", json!({ "effort": word }), "reasoning_effort")?;
    }
    let config = match reasoning.mode {
        // An effort alone leaves it to the model's default whether there is thinking.
        Thought::Default if reasoning.effort != Some(Effort::None) => return Ok(limit),
        Thought::Default | Thought::Off => json!({ "type": "disabled" }),
        Thought::Adaptive => json!({ "type": "adaptive" }),
        Thought::Budget(budget) => {
            limit = Some(above_budget(budget, limit, default_max_tokens)?);
            json!({ "type": "enabled", "budget_tokens": budget })
        }
    };
    if matches!(reasoning.mode, Thought::Budget(_) | Thought::Adaptive) {
        refuse_beside_thinking(conversation)?;
    }
    additional.add("thinking", config, "thinking")?;
    Ok(limit)
}

fn claude_word(effort: Effort) -> Option<&'static str> {
    (effort != Effort::None).then(|| gpt_word(effort))
}
