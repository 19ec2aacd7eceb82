//! The answer as Converse writes it: a message, or its events.

use serde_json::{Value, json};

use super::super::super::block::{Block, blocks};
use super::super::super::reply::{Call, Finish, Reply, Usage};
use super::super::super::script::Script;
use super::super::super::sealed;
use super::super::super::sse::Event;
use super::super::super::tokens;
use super::request::Asked;

/// Bytes of a piece of a tool's input.
const INPUT_PIECE: usize = 12;

/// The whole answer.
pub(super) fn whole(reply: &Reply, asked: &Asked, script: &Script) -> Value {
    let content: Vec<Value> = blocks(reply, script).iter().map(whole_block).collect();
    let mut answer = json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": reason(reply, script),
        "metrics": {"latencyMs": 1},
    });
    if let Some(fields) = additional(reply, asked) {
        answer["additionalModelResponseFields"] = fields;
    }
    if !script.no_usage {
        answer["usage"] = usage(&reply.usage);
    }
    answer
}

fn reason(reply: &Reply, script: &Script) -> String {
    let reason = match reply.finish {
        Finish::Stop => "end_turn",
        Finish::StopSequence(_) => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
    };
    script.finish.clone().unwrap_or_else(|| reason.to_owned())
}

/// What was asked for of the model's own fields.
fn additional(reply: &Reply, asked: &Asked) -> Option<Value> {
    let Finish::StopSequence(sequence) = &reply.finish else { return None };
    asked.wants_stop_sequence.then(|| json!({"stop_sequence": sequence}))
}

/// `inputTokens` counts what was neither read from the cache nor written to it; the total counts all.
fn usage(usage: &Usage) -> Value {
    let input = usage.input.saturating_sub(usage.cached).saturating_sub(usage.cache_write);
    json!({
        "inputTokens": input, "outputTokens": usage.output, "totalTokens": usage.input.saturating_add(usage.output),
        "cacheReadInputTokens": usage.cached, "cacheWriteInputTokens": usage.cache_write,
    })
}

fn whole_block(block: &Block<'_>) -> Value {
    match block {
        Block::Thinking(text) => {
            json!({"reasoningContent": {"reasoningText": {"text": text, "signature": sealed::signature(text)}}})
        }
        Block::Redacted(text) => json!({"reasoningContent": {"redactedContent": sealed::seal(text)}}),
        Block::Text(pieces) => json!({"text": pieces.concat()}),
        Block::ToolUse(call) => json!({"toolUse": {"toolUseId": id(call), "name": call.name, "input": call.arguments}}),
    }
}

/// Only a tool's use has a beginning of its own.
fn start_of(block: &Block<'_>) -> Option<Value> {
    match block {
        Block::ToolUse(call) => Some(json!({"toolUse": {"toolUseId": id(call), "name": call.name}})),
        Block::Thinking(_) | Block::Redacted(_) | Block::Text(_) => None,
    }
}

fn deltas_of(block: &Block<'_>) -> Vec<Value> {
    match block {
        Block::Redacted(text) => vec![json!({"reasoningContent": {"redactedContent": sealed::seal(text)}})],
        Block::Text(pieces) => pieces.iter().map(|text| json!({"text": text})).collect(),
        Block::Thinking(text) => {
            let pieces = tokens::pieces(text, None);
            let mut deltas: Vec<Value> = pieces.iter().map(|text| json!({"reasoningContent": {"text": text}})).collect();
            deltas.push(json!({"reasoningContent": {"signature": sealed::signature(text)}}));
            deltas
        }
        Block::ToolUse(call) => {
            let input = call.arguments.to_string();
            tokens::cut(&input, INPUT_PIECE).iter().map(|piece| json!({"toolUse": {"input": piece}})).collect()
        }
    }
}

fn id(call: &Call) -> String {
    format!("tooluse_{}", call.id)
}

/// The events of the streamed answer; usage comes last, after the end of the message.
pub(super) fn events(reply: &Reply, asked: &Asked, script: &Script) -> Vec<Event> {
    let mut events = vec![event("messageStart", json!({"role": "assistant"}))];
    for (index, block) in blocks(reply, script).iter().enumerate() {
        if let Some(start) = start_of(block) {
            events.push(event("contentBlockStart", json!({"contentBlockIndex": index, "start": start})));
        }
        for delta in deltas_of(block) {
            events.push(event("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta})));
        }
        events.push(event("contentBlockStop", json!({"contentBlockIndex": index})));
    }
    let mut stop = json!({"stopReason": reason(reply, script)});
    if let Some(fields) = additional(reply, asked) {
        stop["additionalModelResponseFields"] = fields;
    }
    events.push(event("messageStop", stop));
    let mut metadata = json!({"metrics": {"latencyMs": 1}});
    if !script.no_usage {
        metadata["usage"] = usage(&reply.usage);
    }
    events.push(event("metadata", metadata));
    events
}

/// With padding, so that the length of an event says nothing about its text.
fn event(name: &'static str, mut data: Value) -> Event {
    data["p"] = json!("abcdef");
    Event::named(name, &data)
}
