//! The answer as Anthropic writes it: a message, or its events.

use serde_json::{Map, Value, json};

use super::super::block::{Block, blocks};
use super::super::prompt::Prompt;
use super::super::reply::{Finish, Reply, Usage};
use super::super::script::Script;
use super::super::sealed;
use super::super::sse::Event;
use super::super::tokens;

/// Bytes of a piece of tool arguments.
const ARGUMENT_PIECE: usize = 12;

/// The whole answer.
pub(in super::super) fn whole(reply: &Reply, prompt: &Prompt, script: &Script, seed: &str) -> Value {
    let (reason, sequence) = stop(reply, script);
    let content = blocks(reply, script).iter().map(whole_block).collect();
    let mut message = message(prompt, seed, content, &reason, &sequence);
    if !script.no_usage {
        message.insert("usage".to_owned(), usage(&reply.usage, reply.usage.output));
    }
    message.into()
}

fn message(prompt: &Prompt, seed: &str, content: Value, reason: &Value, sequence: &Value) -> Map<String, Value> {
    let fields = [
        ("id", json!(format!("msg_{seed}"))),
        ("type", json!("message")),
        ("role", json!("assistant")),
        ("model", json!(prompt.model)),
        ("content", content),
        ("stop_reason", reason.clone()),
        ("stop_sequence", sequence.clone()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn stop(reply: &Reply, script: &Script) -> (Value, Value) {
    if let Some(scripted) = &script.finish {
        return (json!(scripted), Value::Null);
    }
    match &reply.finish {
        Finish::Stop => (json!("end_turn"), Value::Null),
        Finish::StopSequence(sequence) => (json!("stop_sequence"), json!(sequence)),
        Finish::Length => (json!("max_tokens"), Value::Null),
        Finish::ToolCalls => (json!("tool_use"), Value::Null),
    }
}

/// `input_tokens` counts what was neither read from the cache nor written to it.
fn usage(usage: &Usage, output: u64) -> Value {
    json!({
        "input_tokens": usage.input.saturating_sub(usage.cached).saturating_sub(usage.cache_write),
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn whole_block(block: &Block<'_>) -> Value {
    match block {
        Block::Thinking(text) => json!({"type": "thinking", "thinking": text, "signature": sealed::signature(text)}),
        Block::Redacted(text) => json!({"type": "redacted_thinking", "data": sealed::seal(text)}),
        Block::Text(pieces) => json!({"type": "text", "text": pieces.concat()}),
        Block::ToolUse(call) => {
            json!({"type": "tool_use", "id": format!("toolu_{}", call.id), "name": call.name, "input": call.arguments})
        }
    }
}

/// The block as it stands at its beginning: empty, but for what comes whole.
fn start_of(block: &Block<'_>) -> Value {
    let mut begun = whole_block(block);
    match block {
        Block::Thinking(_) => (begun["thinking"], begun["signature"]) = (json!(""), json!("")),
        Block::Text(_) => begun["text"] = json!(""),
        Block::ToolUse(_) => begun["input"] = json!({}),
        Block::Redacted(_) => {}
    }
    begun
}

fn deltas_of(block: &Block<'_>) -> Vec<Value> {
    match block {
        Block::Redacted(_) => Vec::new(),
        Block::Text(pieces) => pieces.iter().map(|text| json!({"type": "text_delta", "text": text})).collect(),
        Block::Thinking(text) => {
            let pieces = tokens::pieces(text, None);
            let mut deltas: Vec<Value> = pieces.iter().map(|text| json!({"type": "thinking_delta", "thinking": text})).collect();
            deltas.push(json!({"type": "signature_delta", "signature": sealed::signature(text)}));
            deltas
        }
        Block::ToolUse(call) => {
            let arguments = call.arguments.to_string();
            let pieces = std::iter::once("").chain(tokens::cut(&arguments, ARGUMENT_PIECE));
            pieces.map(|piece| json!({"type": "input_json_delta", "partial_json": piece})).collect()
        }
    }
}

/// The events of the streamed answer, `message_stop` included.
pub(in super::super) fn events(reply: &Reply, prompt: &Prompt, script: &Script, seed: &str) -> Vec<Event> {
    let mut events = vec![message_start(reply, prompt, script, seed)];
    for (index, block) in blocks(reply, script).iter().enumerate() {
        let start = json!({"type": "content_block_start", "index": index, "content_block": start_of(block)});
        events.push(Event::named("content_block_start", &start));
        if index == 0 {
            events.push(Event::named("ping", &json!({"type": "ping"})));
        }
        for delta in deltas_of(block) {
            let delta = json!({"type": "content_block_delta", "index": index, "delta": delta});
            events.push(Event::named("content_block_delta", &delta));
        }
        events.push(Event::named("content_block_stop", &json!({"type": "content_block_stop", "index": index})));
    }
    events.push(message_delta(reply, script));
    events.push(Event::named("message_stop", &json!({"type": "message_stop"})));
    events
}

fn message_start(reply: &Reply, prompt: &Prompt, script: &Script, seed: &str) -> Event {
    let mut message = message(prompt, seed, json!([]), &Value::Null, &Value::Null);
    if !script.no_usage {
        // The output so far: the API counts one token before any is sent.
        message.insert("usage".to_owned(), usage(&reply.usage, reply.usage.output.min(1)));
    }
    Event::named("message_start", &json!({"type": "message_start", "message": message}))
}

fn message_delta(reply: &Reply, script: &Script) -> Event {
    let (reason, sequence) = stop(reply, script);
    let mut delta = json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": sequence}});
    if !script.no_usage {
        let mut all = usage(&reply.usage, reply.usage.output);
        if let Some(all) = all.as_object_mut() {
            all.retain(|name, _| name.ends_with("_tokens"));
        }
        delta["usage"] = all;
    }
    Event::named("message_delta", &delta)
}
