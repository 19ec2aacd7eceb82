//! A response, and the items of its output.

use serde_json::{Map, Value, json};

use super::super::super::prompt::Thinking;
use super::super::super::reply::{Call, Finish, Reply};
use super::super::super::script::Script;
use super::super::super::sealed;
use super::super::super::tokens;
use super::super::CREATED;
use super::super::write::token_logprobs;
use super::request::Asked;

/// What all of a response is made of.
pub(super) struct Writer<'a> {
    asked: &'a Asked,
    /// The request, of which a response repeats much.
    body: &'a Value,
    pub(super) reply: &'a Reply,
    pub(super) script: &'a Script,
    seed: &'a str,
}

/// An item of the output.
pub(super) enum Item<'a> {
    Reasoning { id: String, summary: Option<&'a str>, encrypted: Option<String> },
    Message { id: String, text: &'a str, refuses: bool },
    Call { id: String, call: &'a Call },
}

/// Fields that a response repeats, with what they are where the request left them out.
const REPEATED: [(&str, Value); 9] = [
    ("instructions", Value::Null),
    ("max_output_tokens", Value::Null),
    ("max_tool_calls", Value::Null),
    ("previous_response_id", Value::Null),
    ("prompt_cache_key", Value::Null),
    ("safety_identifier", Value::Null),
    ("parallel_tool_calls", Value::Bool(true)),
    ("store", Value::Bool(true)),
    ("user", Value::Null),
];

impl<'a> Writer<'a> {
    pub(super) fn new(asked: &'a Asked, body: &'a Value, reply: &'a Reply, script: &'a Script, seed: &'a str) -> Self {
        Self { asked, body, reply, script, seed }
    }

    /// The whole response.
    pub(super) fn whole(&self) -> Value {
        let items: Vec<Value> = self.items().iter().map(|item| self.item(item)).collect();
        self.response(self.status(), items.into())
    }

    /// A response at one moment: without usage until it has ended.
    pub(super) fn response(&self, status: &str, output: Value) -> Value {
        let ended = status != "in_progress";
        let mut response = Map::new();
        let mut put = |name: &str, value: Value| response.insert(name.to_owned(), value);
        put("id", json!(format!("resp_{}", self.seed)));
        put("object", json!("response"));
        put("created_at", json!(CREATED));
        put("status", json!(status));
        put("background", json!(false));
        put("error", self.error(status));
        put("incomplete_details", self.incomplete(status));
        put("model", json!(self.asked.prompt.model));
        put("output", output);
        for (name, absent) in REPEATED {
            put(name, self.asked_or(name, absent));
        }
        put("reasoning", self.asked_or("reasoning", json!({"effort": null, "summary": null})));
        put("metadata", self.asked_or("metadata", json!({})));
        put("service_tier", json!("default"));
        put("temperature", self.asked_or("temperature", json!(1.0)));
        put("text", self.asked_or("text", json!({"format": {"type": "text"}, "verbosity": "medium"})));
        put("tool_choice", self.asked_or("tool_choice", json!("auto")));
        put("tools", self.asked_or("tools", json!([])));
        put("top_logprobs", self.asked_or("top_logprobs", json!(0)));
        put("top_p", self.asked_or("top_p", json!(1.0)));
        put("truncation", self.asked_or("truncation", json!("disabled")));
        put("usage", if ended && !self.script.no_usage { self.usage() } else { Value::Null });
        response.into()
    }

    fn asked_or(&self, name: &str, absent: Value) -> Value {
        self.body.get(name).filter(|value| !value.is_null()).cloned().unwrap_or(absent)
    }

    /// How the response ends. The script may say how.
    pub(super) fn status(&self) -> &'static str {
        match (self.script.finish.as_deref(), &self.reply.finish) {
            (Some("failed"), _) => "failed",
            (Some("content_filter" | "max_output_tokens"), _) | (None, Finish::Length) => "incomplete",
            _ => "completed",
        }
    }

    fn error(&self, status: &str) -> Value {
        if status == "failed" { json!({"code": "server_error", "message": "simulated failure"}) } else { Value::Null }
    }

    fn incomplete(&self, status: &str) -> Value {
        if status != "incomplete" {
            return Value::Null;
        }
        json!({"reason": self.script.finish.as_deref().unwrap_or("max_output_tokens")})
    }

    fn usage(&self) -> Value {
        let usage = &self.reply.usage;
        json!({
            "input_tokens": usage.input,
            "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write},
            "output_tokens": usage.output,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            "total_tokens": usage.input.saturating_add(usage.output),
        })
    }

    /// The output: reasoning, then a message, then calls.
    pub(super) fn items(&self) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        if self.reply.usage.reasoning > 0 {
            // What is hidden has no summary; encrypted it is given all the same.
            let shown = self.reply.thinking.as_deref().filter(|_| self.asked.prompt.thinking != Thinking::Hidden);
            let summary = shown.or(self.reply.thinking.as_deref().filter(|_| self.script.thinking.is_some()));
            let encrypted = self.asked.encrypted.then(|| sealed::seal(summary.unwrap_or("hidden")));
            items.push(Item::Reasoning { id: format!("rs_{}", self.seed), summary, encrypted });
        }
        if !self.reply.text.is_empty() || self.reply.calls.is_empty() {
            let refuses = self.script.finish.as_deref() == Some("refusal");
            items.push(Item::Message { id: format!("msg_{}", self.seed), text: &self.reply.text, refuses });
        }
        items.extend(self.reply.calls.iter().map(|call| Item::Call { id: format!("fc_{}", call.id), call }));
        items
    }

    /// An item that is complete.
    pub(super) fn item(&self, item: &Item<'_>) -> Value {
        match item {
            Item::Reasoning { id, summary, encrypted } => {
                let summary: Vec<Value> = summary.iter().map(|text| summary_part(text)).collect();
                let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
                if let Some(encrypted) = encrypted {
                    item["encrypted_content"] = json!(encrypted);
                }
                item
            }
            Item::Message { id, .. } => {
                let status = if self.status() == "completed" { "completed" } else { "incomplete" };
                json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": [self.part(item)]})
            }
            Item::Call { id, call } => call_item(id, call, "completed", &call.arguments.to_string()),
        }
    }

    /// The part of a message that is complete.
    pub(super) fn part(&self, item: &Item<'_>) -> Value {
        match item {
            Item::Message { text, refuses: true, .. } => json!({"type": "refusal", "refusal": text}),
            Item::Message { text, .. } => {
                let logprobs = self.logprobs(tokens::pieces(text, None));
                json!({"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs})
            }
            Item::Reasoning { .. } | Item::Call { .. } => Value::Null,
        }
    }

    /// Log probabilities of a piece, where they were asked for.
    pub(super) fn logprobs(&self, pieces: Vec<&str>) -> Value {
        if self.asked.prompt.logprobs { token_logprobs(pieces) } else { json!([]) }
    }
}

/// A part of a summary.
pub(super) fn summary_part(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

/// A call at one moment.
pub(super) fn call_item(id: &str, call: &Call, status: &str, arguments: &str) -> Value {
    json!({
        "id": id, "type": "function_call", "status": status, "arguments": arguments, "call_id": format!("call_{}", call.id),
        "name": call.name,
    })
}
