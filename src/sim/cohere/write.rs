//! The answer as Cohere writes it: a message, or its events. It does not say which model answered.

use serde_json::{Value, json};

use super::super::prompt::Prompt;
use super::super::reply::{Call, Finish, Reply, Usage};
use super::super::script::Script;
use super::super::sse::Event;
use super::super::tokens;

/// Bytes of a piece of a tool's arguments.
const ARGUMENT_PIECE: usize = 12;

/// What the model says before it calls tools.
const PLAN: &str = "I will use a tool.";

/// The whole answer.
pub(super) fn whole(reply: &Reply, prompt: &Prompt, script: &Script, seed: &str) -> Value {
    let mut content = Vec::new();
    content.extend(reply.thinking.iter().map(|text| json!({"type": "thinking", "thinking": text})));
    if !reply.text.is_empty() || reply.calls.is_empty() {
        content.push(json!({"type": "text", "text": reply.text}));
    }
    let mut message = json!({"role": "assistant"});
    if !content.is_empty() {
        message["content"] = content.into();
    }
    if !reply.calls.is_empty() {
        message["tool_plan"] = json!(PLAN);
        message["tool_calls"] = reply.calls.iter().map(|call| tool_call(call, &call.arguments.to_string())).collect();
    }
    let mut answer = json!({"id": seed, "finish_reason": reason(reply, script), "message": message});
    if prompt.logprobs {
        let pieces = tokens::pieces(&reply.text, None);
        answer["logprobs"] = pieces.iter().map(|piece| json!({"text": piece, "token_ids": [1], "logprobs": [-0.25]})).collect();
    }
    if !script.no_usage {
        answer["usage"] = usage(&reply.usage);
    }
    answer
}

fn tool_call(call: &Call, arguments: &str) -> Value {
    json!({"id": id(call), "type": "function", "function": {"name": call.name, "arguments": arguments}})
}

fn id(call: &Call) -> String {
    format!("{}_{}", call.name, call.id)
}

fn reason(reply: &Reply, script: &Script) -> String {
    let reason = match reply.finish {
        Finish::Stop => "COMPLETE",
        Finish::StopSequence(_) => "STOP_SEQUENCE",
        Finish::Length => "MAX_TOKENS",
        Finish::ToolCalls => "TOOL_CALL",
    };
    script.finish.clone().unwrap_or_else(|| reason.to_owned())
}

/// What is billed leaves out what was cached.
fn usage(usage: &Usage) -> Value {
    let mut told = json!({
        "billed_units": {"input_tokens": usage.input.saturating_sub(usage.cached), "output_tokens": usage.output},
        "tokens": {"input_tokens": usage.input, "output_tokens": usage.output},
    });
    if usage.cached > 0 {
        told["cached_tokens"] = json!(usage.cached);
    }
    told
}

/// The events of the streamed answer.
pub(super) fn events(reply: &Reply, script: &Script, seed: &str) -> Vec<Event> {
    let begun = json!({"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []});
    let mut events =
        vec![Event::named("message-start", &json!({"type": "message-start", "id": seed, "delta": {"message": begun}}))];
    if !reply.calls.is_empty() {
        for piece in tokens::pieces(PLAN, None) {
            events.push(event("tool-plan-delta", None, json!({"tool_plan": piece})));
        }
    }
    let mut index = 0;
    let thinking = tokens::pieces(reply.thinking.as_deref().unwrap_or_default(), None);
    for (kind, pieces) in [("thinking", thinking), ("text", tokens::pieces(&reply.text, script.pieces))] {
        if pieces.is_empty() {
            continue;
        }
        events.push(event("content-start", Some(index), json!({"content": {"type": kind, kind: ""}})));
        events.extend(pieces.iter().map(|piece| event("content-delta", Some(index), json!({"content": {kind: piece}}))));
        events.push(ended("content-end", index));
        index += 1;
    }
    for (number, call) in reply.calls.iter().enumerate() {
        events.push(event("tool-call-start", Some(number), json!({"tool_calls": tool_call(call, "")})));
        let arguments = call.arguments.to_string();
        for piece in tokens::cut(&arguments, ARGUMENT_PIECE) {
            events.push(event("tool-call-delta", Some(number), json!({"tool_calls": {"function": {"arguments": piece}}})));
        }
        events.push(ended("tool-call-end", number));
    }
    let mut delta = json!({"finish_reason": reason(reply, script)});
    if !script.no_usage {
        delta["usage"] = usage(&reply.usage);
    }
    events.push(Event::named("message-end", &json!({"type": "message-end", "id": seed, "delta": delta})));
    events
}

fn event(name: &'static str, index: Option<usize>, message: Value) -> Event {
    let mut data = json!({"type": name});
    if let Some(index) = index {
        data["index"] = json!(index);
    }
    data["delta"] = json!({"message": message});
    Event::named(name, &data)
}

fn ended(name: &'static str, index: usize) -> Event {
    Event::named(name, &json!({"type": name, "index": index}))
}
