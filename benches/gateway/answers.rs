//! What the provider answers: fixed bodies in the shapes of OpenAI and Anthropic, made once.
//!
//! The text is the same in both, so that the clients can tell a right answer from a wrong one whoever gave it.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::json;

/// Text events of a stream without a pace.
pub(crate) const EVENTS: usize = 100;

/// The text of a plain answer; with what surrounds it, about 1 KB.
pub(crate) const TEXT: &str = "Your parcel is held in the depot since Monday evening.\n\nThe status \"HELD\" with code 17 means \
    that a document is missing (rule 7): the customs form. The new address is noted and takes effect once the form is there; \
    until then rule 12 allows another change. I cannot name a day of delivery, because the tracking data does not contain one. \
    If you hand the form in before 16:00, the depot works on it the same day. KANMON-BENCH-END";

/// A dialect that the backend speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    OpenAi,
    Anthropic,
}

/// The text of the event `index` of a stream without a pace.
pub(crate) fn piece(index: usize) -> String {
    const WORDS: [&str; 5] = [" parcel", " \"held\"", " since", " dépôt", " Monday,"];
    let mut piece = WORDS.get(index % WORDS.len()).copied().unwrap_or_default().to_owned();
    let _ = write!(piece, " {index:02}");
    piece
}

/// The whole text of a stream without a pace.
pub(crate) fn streamed_text() -> String {
    (0..EVENTS).map(piece).collect()
}

/// A plain answer.
pub(crate) fn plain(shape: Shape) -> Bytes {
    let answer = match shape {
        Shape::OpenAi => json!({
            "id": "chatcmpl-Bq7Vb3m5sKq8a1f0T2x9wYzLd4hGc", "object": "chat.completion", "created": 1_732_147_200,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [{
                "index": 0, "message": {"role": "assistant", "content": TEXT, "refusal": null, "annotations": []},
                "logprobs": null, "finish_reason": "stop",
            }],
            "usage": {
                "prompt_tokens": 412, "completion_tokens": 104, "total_tokens": 516,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
            },
            "service_tier": "default", "system_fingerprint": "fp_0123456789",
        }),
        Shape::Anthropic => json!({
            "id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
            "content": [{"type": "text", "text": TEXT}],
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {
                "input_tokens": 412, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 104,
                "service_tier": "standard",
            },
        }),
    };
    Bytes::from(answer.to_string())
}

/// What stands before the text events of a stream.
pub(crate) fn head(shape: Shape) -> Bytes {
    match shape {
        Shape::OpenAi => openai_chunk(&json!({"role": "assistant", "content": "", "refusal": null}), None),
        Shape::Anthropic => {
            let message = json!({"type": "message_start", "message": {
                "id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant",
                "model": "claude-haiku-4-5-20251001", "content": [], "stop_reason": null, "stop_sequence": null,
                "usage": {"input_tokens": 412, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1},
            }});
            let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
            Bytes::from([anthropic_event(&message), anthropic_event(&block)].concat())
        }
    }
}

/// A text event.
pub(crate) fn delta(shape: Shape, text: &str) -> Bytes {
    match shape {
        Shape::OpenAi => openai_chunk(&json!({"content": text}), None),
        Shape::Anthropic => Bytes::from(anthropic_event(
            &json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
        )),
    }
}

/// What stands after them. `usage`: whether OpenAI's extra chunk was asked for.
pub(crate) fn tail(shape: Shape, usage: bool) -> Bytes {
    match shape {
        Shape::OpenAi => {
            let mut tail = openai_chunk(&json!({}), Some("stop")).to_vec();
            if usage {
                let chunk = json!({
                    "id": "chatcmpl-Bq7Vb3m5sKq8a1f0T2x9wYzLd4hGc", "object": "chat.completion.chunk", "created": 1_732_147_200,
                    "model": "gpt-4o-mini-2024-07-18", "choices": [],
                    "usage": {"prompt_tokens": 412, "completion_tokens": 104, "total_tokens": 516},
                });
                tail.extend_from_slice(format!("data: {chunk}\n\n").as_bytes());
            }
            tail.extend_from_slice(b"data: [DONE]\n\n");
            Bytes::from(tail)
        }
        Shape::Anthropic => {
            let stop = json!({"type": "content_block_stop", "index": 0});
            let delta = json!({
                "type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
                "usage": {"output_tokens": 104},
            });
            let end = json!({"type": "message_stop"});
            Bytes::from([stop, delta, end].map(|event| anthropic_event(&event)).concat())
        }
    }
}

/// A text that says when it was sent, in nanoseconds of the system's clock.
pub(crate) fn timestamp() -> String {
    format!("@{:019}@", now())
}

/// Nanoseconds of the system's clock, the one that several processes of a machine share.
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or_default()
}

fn openai_chunk(delta: &serde_json::Value, finish: Option<&str>) -> Bytes {
    let chunk = json!({
        "id": "chatcmpl-Bq7Vb3m5sKq8a1f0T2x9wYzLd4hGc", "object": "chat.completion.chunk", "created": 1_732_147_200,
        "model": "gpt-4o-mini-2024-07-18", "service_tier": "default", "system_fingerprint": "fp_0123456789",
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
    });
    Bytes::from(format!("data: {chunk}\n\n"))
}

fn anthropic_event(event: &serde_json::Value) -> Vec<u8> {
    let name = event.get("type").and_then(serde_json::Value::as_str).unwrap_or_default();
    format!("event: {name}\ndata: {event}\n\n").into_bytes()
}
