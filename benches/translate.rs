//! Translation alone: requests of 2 KB and 20 KB, and streams of 100 events, between all pairs of dialects.

#![expect(clippy::expect_used, reason = "a benchmark of something broken must not go on")]

use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kanmon::codec::aws_events;
use kanmon::translate::{self, AnswerContext, Api, Dialect, Format, Framing, Hosting, Incoming, Stream, Target};
use serde_json::json;

const PAIRS: [(&str, Api, Dialect); 9] = [
    ("openai_to_openai", Api::OpenAiChat, Dialect::OpenAi),
    ("openai_to_anthropic", Api::OpenAiChat, Dialect::Anthropic),
    ("anthropic_to_openai", Api::AnthropicMessages, Dialect::OpenAi),
    ("anthropic_to_anthropic", Api::AnthropicMessages, Dialect::Anthropic),
    ("openai_to_gemini", Api::OpenAiChat, Dialect::Gemini),
    ("anthropic_to_gemini", Api::AnthropicMessages, Dialect::Gemini),
    ("openai_to_bedrock", Api::OpenAiChat, Dialect::Bedrock),
    ("anthropic_to_bedrock", Api::AnthropicMessages, Dialect::Bedrock),
    ("openai_to_anthropic-bedrock", Api::OpenAiChat, Dialect::AnthropicBedrock),
];

fn target(api: Api, dialect: Dialect) -> Target<'static> {
    Target {
        dialect,
        format: dialect.format_for(api),
        hosting: &Hosting::Owner,
        provider: "provider",
        model: "served",
        stream: true,
        path_prefix: "/v1",
        default_max_tokens: 4096,
        overrides: &[],
    }
}

/// A conversation of about so many bytes, in words that both APIs understand.
fn conversation(bytes: usize) -> Bytes {
    let turns = (bytes / 256).max(1);
    let text = "The quick brown fox jumps over the lazy dog, and \"says\" so.\n".repeat(3);
    let roles = ["user", "assistant"].into_iter().cycle();
    let messages: Vec<_> = roles.take(turns | 1).map(|role| json!({"role": role, "content": text})).collect();
    Bytes::from(json!({"model": "asked", "max_tokens": 256, "stream": true, "messages": messages}).to_string())
}

fn requests(c: &mut Criterion) {
    for bytes in [2 << 10, 20 << 10] {
        let mut group = c.benchmark_group(format!("request_{bytes}"));
        let body = conversation(bytes);
        group.throughput(Throughput::Bytes(body.len() as u64));
        for (name, api, dialect) in PAIRS {
            group.bench_function(name, |b| b.iter(|| request(api, dialect, black_box(&body))));
        }
    }
}

fn request(api: Api, dialect: Dialect, body: &Bytes) -> usize {
    let incoming = Incoming::read(api, "/", None, body, 64).expect("the body is JSON");
    let facts = translate::facts(&incoming).expect("the body is a request");
    let rendered = translate::request(&incoming, &facts, &target(api, dialect)).expect("the request can be translated");
    rendered.body.map_or(0, |body| body.len())
}

/// A stream of 100 text events, as the provider sends it.
fn events(format: Format) -> Vec<String> {
    let event = |name: &str, data: serde_json::Value| match format {
        Format::Chat | Format::Gemini => format!("data: {data}\n\n"),
        _ => format!("event: {name}\ndata: {data}\n\n"),
    };
    let chunk = |choices: serde_json::Value| json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "served", "choices": choices});
    match format {
        Format::Chat => (0..100)
            .map(|_| event("", chunk(json!([{"index": 0, "delta": {"content": "some more words "}, "finish_reason": null}]))))
            .chain([event("", chunk(json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]))), "data: [DONE]\n\n".to_owned()])
            .collect(),
        Format::Gemini => (0..100)
            .map(|_| event("", json!({"candidates": [{"content": {"parts": [{"text": "some more words "}], "role": "model"}, "index": 0}], "modelVersion": "served"})))
            .chain([event("", json!({"candidates": [{"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP", "index": 0}], "modelVersion": "served"}))])
            .collect(),
        Format::Messages => {
            let usage = json!({"input_tokens": 9, "output_tokens": 1});
            let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "served", "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage});
            let delta =
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "some more words "}});
            let mut all = vec![
                event("message_start", json!({"type": "message_start", "message": message})),
                event(
                    "content_block_start",
                    json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                ),
            ];
            all.extend((0..100).map(|_| event("content_block_delta", delta.clone())));
            all.push(event("content_block_stop", json!({"type": "content_block_stop", "index": 0})));
            all.push(event("message_delta", json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 300}})));
            all.push(event("message_stop", json!({"type": "message_stop"})));
            all
        }
        Format::Converse => {
            let delta = json!({"contentBlockIndex": 0, "delta": {"text": "some more words "}, "p": "abcdefghijkl"});
            let mut all = vec![event("messageStart", json!({"role": "assistant", "p": "abc"}))];
            all.extend((0..100).map(|_| event("contentBlockDelta", delta.clone())));
            all.push(event("contentBlockStop", json!({"contentBlockIndex": 0})));
            all.push(event("messageStop", json!({"stopReason": "end_turn"})));
            let usage = json!({"inputTokens": 9, "outputTokens": 300, "totalTokens": 309});
            all.push(event("metadata", json!({"usage": usage, "metrics": {"latencyMs": 7}})));
            all
        }
        other => unreachable!("no pair here has a provider of {other:?}"),
    }
}

/// The same in the dialect's framing.
fn framed(dialect: Dialect, events: &[String]) -> Vec<Vec<u8>> {
    let framing = dialect.framing();
    let frame = |event: &String| {
        let mut frame = Vec::new();
        let (name, data) = event.trim_start_matches("event: ").split_once("\ndata: ").unwrap_or_default();
        match framing {
            Framing::Sse => frame.extend_from_slice(event.as_bytes()),
            Framing::AwsEvents => aws_events::write_event(&mut frame, name, data.trim_end().as_bytes()),
            Framing::AwsChunks => {
                let chunk = json!({"bytes": STANDARD.encode(data.trim_end()), "p": "abcdefghijkl"}).to_string();
                aws_events::write_event(&mut frame, "chunk", chunk.as_bytes());
            }
        }
        frame
    };
    events.iter().map(frame).collect()
}

fn streams(c: &mut Criterion) {
    let mut group = c.benchmark_group("stream_of_100_events");
    for (name, api, dialect) in PAIRS {
        let events = framed(dialect, &events(dialect.format_for(api)));
        group.throughput(Throughput::Elements(events.len() as u64));
        group.bench_function(name, |b| b.iter(|| stream(api, dialect, black_box(&events))));
    }
}

fn stream(api: Api, dialect: Dialect, events: &[Vec<u8>]) -> usize {
    let context = AnswerContext {
        api,
        format: dialect.format_for(api),
        framing: dialect.framing(),
        echo: String::new(),
        asked_model: "asked".to_owned(),
        stream: true,
        wants_usage: true,
        call: kanmon::translate::calls::Back::default(),
        answer_bytes: 1 << 20,
        event_bytes: 1 << 20,
    };
    let mut stream = Stream::new(context);
    let mut out = Vec::new();
    for event in events {
        stream.push(event, &mut out).expect("the stream can be translated");
    }
    stream.end(&mut out);
    assert!(stream.seen().complete, "the whole stream was understood");
    out.len()
}

criterion_group!(benches, requests, streams);
criterion_main!(benches);
