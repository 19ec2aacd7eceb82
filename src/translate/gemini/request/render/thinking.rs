//! How much the model thinks.
//!
//! Gemini 2.5 takes a budget of tokens and refuses a level, Gemini 3 takes a level, and a budget still; both at once are refused (API
//! reference, thinking). So a model whose name tells no generation gets a budget. A model that does not think refuses both, so "do
//! not think" is not told to it. Summaries of thoughts are asked for whenever thinking is: clients that do not know them pass them
//! over.

use serde::Serialize;

use crate::translate::conversation::{Effort, Reasoning, Thought};
use crate::translate::gemini::model::Model;
use crate::translate::hints::Hints;

/// The model decides (API reference, thinking budgets).
const DYNAMIC: i64 = -1;

/// `thinkingConfig`, ready to be written.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Config {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
}

pub(super) fn thinking(reasoning: Option<&Reasoning>, model: Model, dropped: &mut Hints) -> Option<Config> {
    let reasoning = reasoning?;
    match (reasoning.mode, reasoning.effort) {
        (Thought::Off, _) | (_, Some(Effort::None)) => off(model, dropped),
        (Thought::Budget(budget), effort) => {
            if effort.is_some() {
                dropped.add("effort (the budget of thinking holds)");
            }
            Some(Config { thinking_budget: Some(within(budget, model, dropped)), ..on() })
        }
        (Thought::Default | Thought::Adaptive, Some(effort)) => Some(by_effort(effort, model, dropped)),
        (Thought::Adaptive, None) if model.takes_levels() => Some(on()),
        (Thought::Adaptive, None) => Some(Config { thinking_budget: Some(DYNAMIC), ..on() }),
        (Thought::Default, None) => None,
    }
}

fn on() -> Config {
    Config { include_thoughts: true, ..Config::default() }
}

/// Since Gemini 3, and with Pro models before, there is always some thinking: the least there is.
fn off(model: Model, dropped: &mut Hints) -> Option<Config> {
    if !model.thinks() {
        return None;
    }
    if model.takes_levels() {
        dropped.add("thinking off (the least there is is asked for)");
        let level = if model.is_pro() { "LOW" } else { "MINIMAL" };
        return Some(Config { thinking_level: Some(level), ..Config::default() });
    }
    let (least, _) = model.budgets();
    if !model.may_not_think() {
        dropped.add("thinking off (the least there is is asked for)");
        return Some(Config { thinking_budget: i64::try_from(least).ok(), ..Config::default() });
    }
    Some(Config { thinking_budget: Some(0), ..Config::default() })
}

fn within(budget: u64, model: Model, dropped: &mut Hints) -> i64 {
    let (least, most) = model.budgets();
    let clamped = budget.clamp(least, most);
    if clamped != budget {
        dropped.add("thinking.budget_tokens (the nearest that the model takes is asked for)");
    }
    i64::try_from(clamped).unwrap_or(i64::MAX)
}

/// The steps of the budgets are those of Google's own OpenAI-compatible endpoint.
fn by_effort(effort: Effort, model: Model, dropped: &mut Hints) -> Config {
    if effort > Effort::High {
        dropped.add("effort (the highest there is is asked for)");
    }
    if !model.takes_levels() {
        let budget = match effort {
            Effort::None | Effort::Minimal | Effort::Low => 1_024,
            Effort::Medium => 8_192,
            Effort::High | Effort::XHigh | Effort::Max => 24_576,
        };
        return Config { thinking_budget: Some(budget), ..on() };
    }
    let level = match effort {
        Effort::None | Effort::Minimal if !model.is_pro() => "MINIMAL",
        Effort::None | Effort::Minimal | Effort::Low => "LOW",
        Effort::Medium if !model.has_no_medium() => "MEDIUM",
        Effort::Medium | Effort::High | Effort::XHigh | Effort::Max => "HIGH",
    };
    Config { thinking_level: Some(level), ..on() }
}
