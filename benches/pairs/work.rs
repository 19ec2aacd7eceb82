//! One piece of work: a request to translate, or a stream.

use std::hint::black_box;

use bytes::Bytes;
use kanmon::translate::{self, AnswerContext, Api, Dialect, ErrorHeaders, Hosting, Incoming, Stream, Target, calls};
use serde_json::{Value, json};

use crate::{YARDSTICK, providers};

/// What is translated again and again.
pub(crate) struct Work {
    pub(crate) client: &'static str,
    pub(crate) api: Api,
    pub(crate) dialect: Dialect,
    pub(crate) what: What,
}

pub(crate) enum What {
    /// A request of about so many bytes.
    Request(usize, Bytes),
    /// A stream, event by event.
    Stream(Vec<Vec<u8>>),
}

impl Work {
    /// All that is measured of a pair.
    pub(crate) fn of_pair(client: &'static str, api: Api, dialect: Dialect) -> Vec<Self> {
        let requests = [2 << 10, 20 << 10].map(|bytes| What::Request(bytes, request(api, bytes)));
        let stream = What::Stream(providers::stream(dialect));
        requests.into_iter().chain([stream]).map(|what| Self { client, api, dialect, what }).collect()
    }

    pub(crate) fn name(&self) -> String {
        match &self.what {
            What::Request(bytes, _) => format!("request, {} KB", bytes >> 10),
            What::Stream(_) => "stream of 100 events".to_owned(),
        }
    }

    /// The bytes that come in.
    pub(crate) fn bytes(&self) -> usize {
        match &self.what {
            What::Request(_, body) => body.len(),
            What::Stream(events) => events.iter().map(Vec::len).sum(),
        }
    }

    pub(crate) fn is_yardstick(&self) -> bool {
        (self.api, self.dialect) == YARDSTICK
    }

    pub(crate) fn run(&self) {
        match &self.what {
            What::Request(_, body) => black_box(translated(self.api, self.dialect, black_box(body))),
            What::Stream(events) => black_box(streamed(self.api, self.dialect, black_box(events))),
        };
    }
}

/// A conversation of about so many bytes, in the words of a client's API.
fn request(api: Api, bytes: usize) -> Bytes {
    let text = "The quick brown fox jumps over the lazy dog, and \"says\" so.\n".repeat(3);
    let turns = (bytes / 256).max(1) | 1;
    let turn = |role: &str| json!({"role": role, "content": text});
    let roles = || ["user", "assistant"].into_iter().cycle().take(turns);
    let turns_of = |turn: &dyn Fn(&str) -> Value| roles().map(turn).collect::<Vec<_>>();
    let body = match api {
        Api::OpenAiChat | Api::AnthropicMessages => {
            json!({"model": "asked", "max_tokens": 256, "stream": true, "messages": turns_of(&turn)})
        }
        Api::OpenAiResponses => json!({"model": "asked", "max_output_tokens": 256, "stream": true, "input": turns_of(&turn)}),
        Api::OpenAiCompletions => json!({"model": "asked", "max_tokens": 256, "stream": true, "prompt": text.repeat(turns)}),
        Api::GeminiGenerate => {
            let turn = |role: &str| json!({"role": if role == "user" { role } else { "model" }, "parts": [{"text": text}]});
            json!({"contents": turns_of(&turn), "generationConfig": {"maxOutputTokens": 256}})
        }
        _ => unreachable!("a conversation is measured"),
    };
    Bytes::from(body.to_string())
}

fn path(api: Api) -> &'static str {
    if api == Api::GeminiGenerate { "/v1beta/models/asked:streamGenerateContent?alt=sse" } else { "/" }
}

fn translated(api: Api, dialect: Dialect, body: &Bytes) -> usize {
    let incoming = Incoming::read(api, path(api), None, body, 64).expect("the body is JSON");
    let facts = translate::facts(&incoming).expect("the body is a request");
    let hosting = if dialect == Dialect::AnthropicBedrock { Hosting::Bedrock } else { Hosting::Owner };
    let target = Target {
        dialect,
        format: dialect.format_for(api),
        hosting: &hosting,
        provider: "provider",
        model: "served",
        stream: true,
        path_prefix: dialect.path_prefix(),
        default_max_tokens: 4096,
        overrides: &[],
    };
    let rendered = translate::request(&incoming, &facts, &target).expect("the request can be translated");
    rendered.body.map_or(0, |body| body.len())
}

fn streamed(api: Api, dialect: Dialect, events: &[Vec<u8>]) -> usize {
    let context = AnswerContext {
        api,
        format: dialect.format_for(api),
        framing: dialect.framing(),
        asked_model: "asked".to_owned(),
        echo: String::new(),
        stream: true,
        wants_usage: true,
        call: calls::Back::default(),
        custom_tools: Vec::new(),
        input_estimate: 7,
        headers: ErrorHeaders::default(),
        answer_bytes: 1 << 20,
        event_bytes: 1 << 20,
    };
    let mut stream = Stream::new(context);
    let mut out = Vec::new();
    for event in events {
        out.clear();
        stream.push(event, &mut out).expect("the stream can be translated");
    }
    stream.end(&mut out);
    assert!(stream.seen().complete, "the whole stream was understood");
    out.len()
}
