use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::codec::json::TopLevel;

/// Keys and words that the dialects know, so that random JSON comes far.
const WORDS: [&str; 64] = [
    "model",
    "messages",
    "role",
    "user",
    "assistant",
    "system",
    "tool",
    "content",
    "type",
    "text",
    "image_url",
    "url",
    "image",
    "source",
    "base64",
    "media_type",
    "data",
    "data:image/png;base64,AAAA",
    "https://a/b",
    "tools",
    "function",
    "name",
    "parameters",
    "arguments",
    "{}",
    "tool_calls",
    "id",
    "tool_call_id",
    "tool_use",
    "tool_result",
    "tool_use_id",
    "input",
    "input_schema",
    "tool_choice",
    "auto",
    "stream",
    "n",
    "max_tokens",
    "temperature",
    "response_format",
    "json_schema",
    "schema",
    "thinking",
    "thinking_blocks",
    "signature",
    "redacted_thinking",
    "budget_tokens",
    "enabled",
    "choices",
    "message",
    "delta",
    "index",
    "finish_reason",
    "stop",
    "usage",
    "prompt_tokens",
    "output_tokens",
    "error",
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block",
    "input_json_delta",
    "message_delta",
];

fn json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(WORDS.as_slice());
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()
            )),
        ]
    })
}

const PAIRS: [(Api, Dialect); 24] = [
    (Api::OpenAiChat, Dialect::OpenAi),
    (Api::OpenAiChat, Dialect::Anthropic),
    (Api::OpenAiCompletions, Dialect::OpenAi),
    (Api::OpenAiCompletions, Dialect::Anthropic),
    (Api::OpenAiResponses, Dialect::OpenAi),
    (Api::OpenAiResponses, Dialect::Anthropic),
    (Api::AnthropicMessages, Dialect::OpenAi),
    (Api::AnthropicMessages, Dialect::Anthropic),
    (Api::OpenAiChat, Dialect::Gemini),
    (Api::OpenAiCompletions, Dialect::Gemini),
    (Api::OpenAiResponses, Dialect::Gemini),
    (Api::AnthropicMessages, Dialect::Gemini),
    (Api::GeminiGenerate, Dialect::OpenAi),
    (Api::GeminiGenerate, Dialect::Anthropic),
    (Api::GeminiGenerate, Dialect::Gemini),
    (Api::OpenAiChat, Dialect::Cohere),
    (Api::AnthropicMessages, Dialect::Cohere),
    (Api::GeminiGenerate, Dialect::Cohere),
    (Api::OpenAiChat, Dialect::Bedrock),
    (Api::OpenAiResponses, Dialect::Bedrock),
    (Api::AnthropicMessages, Dialect::Bedrock),
    (Api::OpenAiChat, Dialect::AnthropicBedrock),
    (Api::AnthropicMessages, Dialect::AnthropicBedrock),
    (Api::GeminiGenerate, Dialect::Bedrock),
];

/// Those whose streams are frames.
fn framed() -> impl Strategy<Value = (Api, Dialect)> {
    prop::sample::select(PAIRS.into_iter().filter(|(_, dialect)| dialect.framing() != Framing::Sse).collect::<Vec<_>>())
}

/// Takes a valid request apart at one place: one of its values becomes another one.
fn spoil(value: &mut Value, path: &[prop::sample::Index], with: Value) {
    let Some((step, rest)) = path.split_first() else {
        *value = with;
        return;
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let at = step.index(fields.len());
            if let Some((_, field)) = fields.iter_mut().nth(at) {
                spoil(field, rest, with);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = step.index(items.len());
            spoil(&mut items[at], rest, with);
        }
        other => *other = with,
    }
}

fn good(api: Api) -> Value {
    match api {
        Api::OpenAiChat => json!({
            "model": "m", "max_tokens": 5, "stream": true, "reasoning_effort": "low",
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
            "tool_choice": {"type": "function", "function": {"name": "f"}},
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
            "messages": [
                {"role": "system", "content": "s"},
                {"role": "user", "content": [
                    {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
                ]},
                {"role": "assistant", "content": null, "thinking_blocks": [{"type": "thinking", "thinking": "x", "signature": "y"}],
                    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "1", "content": "r"},
            ],
        }),
        Api::Call(_) | Api::Opaque(_) => panic!("{api:?} is no conversation"),
        Api::OpenAiCompletions => json!({
            "model": "m", "prompt": ["p"], "max_tokens": 5, "stream": true, "stop": ["s"], "logprobs": 1, "n": 1,
        }),
        Api::OpenAiResponses => json!({
            "model": "m", "max_output_tokens": 5, "stream": true, "instructions": "s", "reasoning": {"effort": "low"},
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
            "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
            "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}},
            "input": [
                {"role": "user", "content": [
                    {"type": "input_text", "text": "t", "prompt_cache_breakpoint": {"mode": "explicit"}},
                    {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
                    {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"},
                ]},
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "x"}], "encrypted_content": "kanmon.signed.v1:y"},
                {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "1", "output": "r"},
            ],
        }),
        Api::AnthropicMessages => json!({
            "model": "m", "max_tokens": 5, "stream": true, "system": [{"type": "text", "text": "s"}],
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "tool", "name": "f"},
            "messages": [
                {"role": "user", "content": [
                    {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}, "title": "T"},
                ]},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "x", "signature": "y"},
                    {"type": "tool_use", "id": "1", "name": "f", "input": {}},
                ]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "r"}]}]},
            ],
        }),
        Api::GeminiGenerate => json!({
            "systemInstruction": {"parts": [{"text": "s"}]},
            "generationConfig": {"maxOutputTokens": 5, "responseMimeType": "application/json", "responseSchema": {"type": "OBJECT"},
                "thinkingConfig": {"thinkingBudget": 1024}},
            "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
            "contents": [
                {"role": "user", "parts": [{"text": "t"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
                {"role": "model", "parts": [{"text": "x", "thought": true, "thoughtSignature": "eQ=="},
                    {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "eQ=="}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "r"}}}]},
            ],
        }),
    }
}

fn translate(api: Api, dialect: Dialect, body: &str) {
    let body = Bytes::from(body.to_owned());
    let path = if api == Api::GeminiGenerate { "/v1beta/models/m:generateContent" } else { "/" };
    let Ok(incoming) = Incoming::read(api, path, None, &body, 64) else { return };
    let Ok(facts) = facts(&incoming) else { return };
    match request(&incoming, &facts, &target(dialect)) {
        Ok(rendered) => {
            if let Some(body) = rendered.body {
                TopLevel::scan(&body, 80).expect("what is sent is a JSON object without duplicate keys");
            }
        }
        Err(RequestError::Invalid { message, .. } | RequestError::Unsupported { message, .. }) => assert!(!message.is_empty()),
    }
}

fn pass(api: Api, dialect: Dialect, pieces: &[Vec<u8>]) {
    let mut stream = Stream::new(context(api, dialect));
    let mut out = Vec::new();
    for piece in pieces {
        if stream.push(piece, &mut out).is_err() {
            stream.fail(&Rejection::new(Kind::BadAnswer, "bad"), &mut out);
        }
    }
    let end = stream.end(&mut out);
    assert_eq!(end == End::Complete, stream.seen().complete);
    if api.format() != Some(dialect.format_for(api)) && end == End::Cut {
        let told = String::from_utf8(out).unwrap();
        let looks_whole = ["[DONE]", "message_stop", "event: response.completed", "event: response.incomplete", "finishReason"];
        assert!(told.contains("\"error\":{") && !looks_whole.iter().any(|end| told.contains(end)), "{told}");
    }
}

/// Events of Bedrock's and Anthropic's names with any JSON in them, in frames.
fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let names: &[&str] =
        &["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata", "chunk"];
    let delta = json().prop_map(|delta| json!({"contentBlockIndex": 0, "delta": {"text": delta, "reasoningContent": delta}}));
    let start = json().prop_map(|start| json!({"contentBlockIndex": 0, "start": {"toolUse": start}}));
    let stop = json().prop_map(|word| json!({"stopReason": word, "usage": {"inputTokens": word}, "bytes": word}));
    let frame = (prop::sample::select(names), prop_oneof![json(), delta, start, stop], any::<bool>());
    let frame = frame.prop_map(|(name, data, exception)| {
        let (mut frame, data) = (Vec::new(), data.to_string());
        match exception {
            true => aws_events::write_exception(&mut frame, name, data.as_bytes()),
            false => aws_events::write_event(&mut frame, name, data.as_bytes()),
        }
        frame
    });
    prop::collection::vec(frame, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_request_that_is_spoiled_anywhere_is_an_answer_or_an_error(
        pair in prop::sample::select(PAIRS.as_slice()),
        path in prop::collection::vec(any::<prop::sample::Index>(), 1..7),
        with in json(),
    ) {
        let mut body = good(pair.0);
        translate(pair.0, pair.1, &body.to_string());
        spoil(&mut body, &path, with);
        translate(pair.0, pair.1, &body.to_string());
    }

    #[test]
    fn any_answer_is_an_answer_or_an_error(pair in prop::sample::select(PAIRS.as_slice()), body in json()) {
        let body = body.to_string();
        let context = context(pair.0, pair.1);
        let _ = whole(&context, body.as_bytes());
        prop_assert!(!provider_error(&context, 500, body.as_bytes()).message.is_empty());
    }

    #[test]
    fn any_bytes_are_an_error(pair in prop::sample::select(PAIRS.as_slice()), status: u16, body: Vec<u8>) {
        let context = context(pair.0, pair.1);
        let answer = provider_error(&context, status, &body);
        prop_assert!(!answer.message.is_empty() && answer.message.len() <= 2048);
        prop_assert!((400..600).contains(&answer.status));
        let _ = whole(&context, &body);
    }

    #[test]
    fn any_events_are_a_stream_or_an_error(
        pair in prop::sample::select(PAIRS.as_slice()),
        events in prop::collection::vec(json(), 0..6),
        done: bool,
    ) {
        let mut pieces: Vec<_> = events.iter().map(|event| format!("data: {event}\n\n").into_bytes()).collect();
        if done {
            pieces.push(b"data: [DONE]\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".to_vec());
        }
        pass(pair.0, pair.1, &pieces);
    }

    #[test]
    fn any_frames_are_a_stream_or_an_error(
        pair in framed(),
        frames in frames(),
        cut in any::<prop::sample::Index>(),
    ) {
        let stream = frames.concat();
        let (head, tail) = stream.split_at(cut.index(stream.len() + 1));
        pass(pair.0, pair.1, &[head.to_vec(), tail.to_vec()]);
        pass(pair.0, pair.1, &[head.to_vec()]);
    }

    #[test]
    fn any_bytes_are_a_stream_or_an_error(
        pair in prop::sample::select(PAIRS.as_slice()),
        pieces in prop::collection::vec(any::<Vec<u8>>(), 0..6),
    ) {
        pass(pair.0, pair.1, &pieces);
    }
}
