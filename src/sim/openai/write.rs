//! The answer as OpenAI writes it: a chat completion, or its chunks.

use serde_json::{Map, Value, json};

use super::super::prompt::Prompt;
use super::super::reply::{Call, Finish, Reply, Usage};
use super::super::script::Script;
use super::super::sse::Event;
use super::super::tokens;
use super::CREATED;

/// Bytes of a piece of tool arguments.
const ARGUMENT_PIECE: usize = 12;

/// The whole answer.
pub(in super::super) fn whole(reply: &Reply, prompt: &Prompt, script: &Script, seed: &str) -> Value {
    let choices: Vec<Value> = (0..prompt.choices)
        .map(|index| {
            json!({
                "index": index,
                "message": message(reply, script),
                "logprobs": prompt.logprobs.then(|| logprobs(tokens::pieces(&reply.text, None))),
                "finish_reason": finish_reason(reply, script),
            })
        })
        .collect();
    let mut answer = envelope("chat.completion", prompt, seed);
    answer.insert("choices".to_owned(), choices.into());
    if !script.no_usage {
        answer.insert("usage".to_owned(), usage(&reply.usage, prompt));
    }
    answer.into()
}

fn envelope(object: &str, prompt: &Prompt, seed: &str) -> Map<String, Value> {
    let fields = [
        ("id", json!(format!("chatcmpl-{seed}"))),
        ("object", json!(object)),
        ("created", json!(CREATED)),
        ("model", json!(prompt.model)),
        ("service_tier", json!("default")),
        ("system_fingerprint", json!("fp_sim")),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A refusal stands in a field of its own, with a finish reason like any other answer.
fn refuses(script: &Script) -> bool {
    script.finish.as_deref() == Some("refusal")
}

fn message(reply: &Reply, script: &Script) -> Value {
    let text = (!reply.text.is_empty() || reply.calls.is_empty()).then_some(reply.text.as_str());
    let (content, refusal) = if refuses(script) { (None, text) } else { (text, None) };
    let mut message = json!({"role": "assistant", "content": content, "refusal": refusal, "annotations": []});
    if let Some(thinking) = &reply.thinking {
        // Not OpenAI's own: as DeepSeek, vLLM and others tell it.
        message["reasoning_content"] = json!(thinking);
    }
    if !reply.calls.is_empty() {
        message["tool_calls"] = reply.calls.iter().map(|call| tool_call(call, &call.arguments.to_string())).collect();
    }
    message
}

fn tool_call(call: &Call, arguments: &str) -> Value {
    json!({"id": format!("call_{}", call.id), "type": "function", "function": {"name": call.name, "arguments": arguments}})
}

fn finish_reason(reply: &Reply, script: &Script) -> String {
    if let Some(scripted) = script.finish.as_ref().filter(|_| !refuses(script)) {
        return scripted.clone();
    }
    let reason = match reply.finish {
        Finish::Stop | Finish::StopSequence(_) => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
    };
    reason.to_owned()
}

fn usage(usage: &Usage, prompt: &Prompt) -> Value {
    token_usage(usage, u64::try_from(prompt.choices).unwrap_or(u64::MAX))
}

/// Usage over all choices.
pub(super) fn token_usage(usage: &Usage, choices: u64) -> Value {
    let output = usage.output.saturating_mul(choices);
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": output,
        "total_tokens": usage.input.saturating_add(output),
        "prompt_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning.saturating_mul(choices), "audio_tokens": 0, "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn logprobs(pieces: Vec<&str>) -> Value {
    json!({"content": token_logprobs(pieces), "refusal": null})
}

/// What every token was worth: always the same.
pub(super) fn token_logprobs(pieces: Vec<&str>) -> Value {
    pieces
        .into_iter()
        .map(|piece| json!({"token": piece, "logprob": -0.25, "bytes": piece.as_bytes(), "top_logprobs": []}))
        .collect()
}

/// The events of the streamed answer, `[DONE]` included.
pub(in super::super) fn events(reply: &Reply, prompt: &Prompt, script: &Script, seed: &str) -> Vec<Event> {
    let chunks = Chunks { prompt, seed };
    let mut events = Vec::new();
    for index in 0..prompt.choices {
        let start = json!({"role": "assistant", "content": "", "refusal": null});
        events.push(chunks.delta(index, &start, &Value::Null));
        for delta in deltas(reply, script) {
            let text = delta.get("content").and_then(Value::as_str).filter(|_| prompt.logprobs);
            events.push(chunks.delta(index, &delta, &text.map_or(Value::Null, |text| logprobs(vec![text]))));
        }
        events.push(chunks.finish(index, &finish_reason(reply, script)));
    }
    if prompt.stream_usage && !script.no_usage {
        events.push(chunks.usage(&reply.usage));
    }
    events.push(Event::text(None, "[DONE]"));
    events
}

fn deltas(reply: &Reply, script: &Script) -> Vec<Value> {
    let field = if refuses(script) { "refusal" } else { "content" };
    let mut deltas: Vec<Value> = Vec::new();
    deltas.extend(
        tokens::pieces(reply.thinking.as_deref().unwrap_or_default(), None).iter().map(|text| json!({"reasoning_content": text})),
    );
    deltas.extend(tokens::pieces(&reply.text, script.pieces).iter().map(|text| json!({field: text})));
    for (index, call) in reply.calls.iter().enumerate() {
        let mut start = tool_call(call, "");
        start["index"] = json!(index);
        deltas.push(json!({"tool_calls": [start]}));
        let arguments = call.arguments.to_string();
        deltas.extend(
            tokens::cut(&arguments, ARGUMENT_PIECE)
                .iter()
                .map(|piece| json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})),
        );
    }
    deltas
}

struct Chunks<'a> {
    prompt: &'a Prompt,
    seed: &'a str,
}

impl Chunks<'_> {
    fn delta(&self, index: usize, delta: &Value, logprobs: &Value) -> Event {
        self.chunk(json!([{"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": null}]), Value::Null)
    }

    fn finish(&self, index: usize, reason: &str) -> Event {
        self.chunk(json!([{"index": index, "delta": {}, "logprobs": null, "finish_reason": reason}]), Value::Null)
    }

    fn usage(&self, tokens: &Usage) -> Event {
        self.chunk(json!([]), usage(tokens, self.prompt))
    }

    /// Every chunk has `usage` where it was asked for: null but in the last.
    fn chunk(&self, choices: Value, usage: Value) -> Event {
        let mut chunk = envelope("chat.completion.chunk", self.prompt, self.seed);
        chunk.insert("choices".to_owned(), choices);
        if self.prompt.stream_usage {
            chunk.insert("usage".to_owned(), usage);
        }
        Event::data(&chunk.into())
    }
}
