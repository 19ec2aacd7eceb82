//! Golden fixtures of whole translations: `tests/golden/pairs/CLIENT_to_PROVIDER/FEATURE/`.
//!
//! A folder may have any of these; each `in` has its `out` beside it:
//!
//! - `request.in.json`: what the client sends. `request.out.json`: path, headers, body and dropped hints, or the error.
//! - `answer.in.json`: what the provider answers. `answer.out.json`: what the client gets.
//! - `stream.in.sse`: the same, streamed. `stream.out.sse`. Every stream is also split at every byte and must come out the same, and
//!   cut at every byte and must never look whole.
//!   Where frames are binary, `stream.in.events.json` has what stands in them: a list of `{"event": TYPE, "data": …}`,
//!   `{"exception": TYPE, "data": …}`, and `{"chunk": …}` for an event of Anthropic's inside a frame.
//! - `error.STATUS.in.*`: what the provider answers with that status. `error.STATUS.out.json`.
//!
//! A new pair or feature adds files only. `UPDATE_GOLDEN=1` writes the `out` files anew; the difference is for a person to read.
//! What is made up on the way (ids of 32 hexadecimal digits, the time) is written as `<made>` and 0.

#![expect(clippy::unwrap_used, clippy::panic, reason = "all of this file is a test")]

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kanmon::codec::aws_events;
use kanmon::translate::{
    AnswerContext, Api, Azure, AzureVersion, Dialect, End, ErrorHeaders, Format, Hosting, Incoming, Kept, OutputLimit,
    RequestError, Stream, Target, Vertex, custom_tools, echo, facts, provider_error, request, whole,
};
use kanmon::upstream::Serves;
use serde_json::{Value, json};

/// An API of clients: CLIENT in the folder's name, and what stands in a stream of it that looks whole, or that tells an error.
struct Client {
    name: &'static str,
    api: Api,
    path: &'static str,
    ends: &'static [&'static str],
    error: &'static str,
}

static CLIENTS: [Client; 5] = [
    Client { name: "openai", api: Api::OpenAiChat, path: "/v1/chat/completions", ends: &["data: [DONE]"], error: "\"error\"" },
    Client {
        name: "completions",
        api: Api::OpenAiCompletions,
        path: "/v1/completions",
        ends: &["data: [DONE]"],
        error: "\"error\"",
    },
    Client {
        name: "responses",
        api: Api::OpenAiResponses,
        path: "/v1/responses",
        ends: &["event: response.completed", "event: response.incomplete"],
        error: "event: error",
    },
    Client { name: "anthropic", api: Api::AnthropicMessages, path: "/v1/messages", ends: &["message_stop"], error: "\"error\"" },
    Client { name: "gemini", api: Api::GeminiGenerate, path: GEMINI, ends: &["finishReason"], error: "\"error\"" },
];

/// Whether to stream stands in the path, so all requests of this API are told as whole ones.
const GEMINI: &str = "/v1beta/models/asked-model:generateContent";

/// A dialect of providers: PROVIDER in the folder's name, and what its config says beside the dialect.
struct Provider {
    name: &'static str,
    dialect: Dialect,
    hosting: Hosting,
    /// Whether it serves all of OpenAI's APIs itself.
    native: bool,
    model: &'static str,
}

/// A provider who is asked as its API's owner is.
const fn provider(name: &'static str, dialect: Dialect) -> Provider {
    hosted(name, dialect, Hosting::Owner)
}

const fn hosted(name: &'static str, dialect: Dialect, hosting: Hosting) -> Provider {
    Provider { name, dialect, hosting, native: false, model: "served-model" }
}

/// The model's id tells Bedrock's models of one vendor from those of another.
const CLAUDE: &str = "eu.anthropic.claude-served-v1:0";
/// Beta features that every request to Vertex AI asks for: one that is known there, and one that is not.
const BETAS: &str = "claude-code-20250219,prompt-caching-scope-2026-01-05";
const AZURE: Azure = Azure { version: AzureVersion::Dated(Cow::Borrowed("2024-10-21")), output_limit: OutputLimit::AsAsked };
const VERTEX: Vertex = Vertex { project: Cow::Borrowed("a-project"), location: Cow::Borrowed("us-east5") };

static PROVIDERS: [Provider; 10] = [
    provider("openai", Dialect::OpenAi),
    Provider { name: "native", dialect: Dialect::OpenAi, hosting: Hosting::Owner, native: true, model: "served-model" },
    provider("anthropic", Dialect::Anthropic),
    provider("cohere", Dialect::Cohere),
    provider("gemini", Dialect::Gemini),
    Provider { name: "bedrock", dialect: Dialect::Bedrock, hosting: Hosting::Owner, native: false, model: CLAUDE },
    Provider {
        name: "anthropic-bedrock",
        dialect: Dialect::AnthropicBedrock,
        hosting: Hosting::Bedrock,
        native: false,
        model: CLAUDE,
    },
    hosted("azure", Dialect::Azure, Hosting::Azure(AZURE)),
    hosted("anthropic-vertex", Dialect::AnthropicVertex, Hosting::Vertex(VERTEX)),
    hosted("vertex", Dialect::Vertex, Hosting::Vertex(VERTEX)),
];

/// A fixture with its pair.
struct Fixture {
    client: &'static Client,
    provider: &'static Provider,
    input: PathBuf,
}

impl Fixture {
    fn read(&self) -> Vec<u8> {
        let input = fs::read(&self.input).unwrap();
        if self.input.to_str().unwrap().ends_with(".events.json") { frames(&input) } else { input }
    }

    fn format(&self) -> Format {
        let Provider { dialect, native, .. } = *self.provider;
        let serves = Serves { responses: native, completions: native };
        serves.format(self.client.api).unwrap_or_else(|| dialect.format_for(self.client.api))
    }

    fn is_pass_through(&self) -> bool {
        self.client.api.format() == Some(self.format())
    }

    /// What an answer repeats of the request beside it, if there is one.
    fn echo(&self) -> String {
        let request = fs::read(self.input.with_file_name("request.in.json"));
        request.map(|request| echo(self.client.api, self.format(), &request)).unwrap_or_default()
    }

    fn custom_tools(&self) -> Vec<String> {
        let request = fs::read(self.input.with_file_name("request.in.json"));
        request.map(|request| custom_tools(self.client.api, self.format(), &request)).unwrap_or_default()
    }

    fn context(&self) -> AnswerContext {
        AnswerContext {
            api: self.client.api,
            format: self.format(),
            framing: self.provider.dialect.framing(),
            echo: self.echo(),
            asked_model: "asked-model".to_owned(),
            stream: true,
            wants_usage: true,
            call: kanmon::translate::calls::Back::default(),
            custom_tools: self.custom_tools(),
            input_estimate: 7,
            headers: ErrorHeaders::default(),
            answer_bytes: 1 << 20,
            event_bytes: 1 << 20,
        }
    }

    /// Compares with the file beside the input.
    fn expect(&self, actual: &str) -> Result<(), String> {
        let path = self.input.to_str().unwrap().replace(".in.html", ".in.json").replace(".in.events.json", ".in.sse");
        let path = PathBuf::from(path.replace(".in.", ".out."));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, actual).unwrap();
            return Ok(());
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        let same = expected == actual;
        if same { Ok(()) } else { Err(format!("{}\n--- expected\n{expected}\n--- actual\n{actual}", path.display())) }
    }
}

/// The frames of a stream that is written down as JSON.
fn frames(events: &[u8]) -> Vec<u8> {
    let events: Vec<Value> = serde_json::from_slice(events).unwrap();
    let mut stream = Vec::new();
    for event in &events {
        let data = event["data"].to_string();
        if let Some(name) = event["event"].as_str() {
            aws_events::write_event(&mut stream, name, data.as_bytes());
        } else if let Some(name) = event["exception"].as_str() {
            aws_events::write_exception(&mut stream, name, data.as_bytes());
        } else {
            let chunk = json!({"bytes": STANDARD.encode(event["chunk"].to_string()), "p": "abcdef"});
            aws_events::write_event(&mut stream, "chunk", chunk.to_string().as_bytes());
        }
    }
    stream
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let mut list: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    list.sort();
    list
}

/// All fixtures whose file begins with `kind`.
fn fixtures(kind: &str) -> Vec<Fixture> {
    let pairs = subfolders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pairs"));
    let mut list = Vec::new();
    for pair in pairs {
        let (client, provider) = pair.file_name().unwrap().to_str().unwrap().split_once("_to_").unwrap();
        let client = CLIENTS.iter().find(|row| row.name == client).unwrap_or_else(|| panic!("no row for {client}"));
        let provider = PROVIDERS.iter().find(|row| row.name == provider).unwrap_or_else(|| panic!("no row for {provider}"));
        for feature in subfolders(&pair) {
            let mut files: Vec<_> = fs::read_dir(feature).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            let is_input = |path: &PathBuf| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with(kind) && name.contains(".in.")
            };
            list.extend(files.into_iter().filter(is_input).map(|input| Fixture { client, provider, input }));
        }
    }
    assert!(!list.is_empty());
    list
}

fn check(kind: &str, becomes: impl Fn(&Fixture) -> String) {
    let wrong: Vec<_> = fixtures(kind).iter().filter_map(|fixture| fixture.expect(&becomes(fixture)).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn requests_become_what_the_provider_understands() {
    check("request.", |fixture| {
        let told = match sent(fixture) {
            Ok(told) => told,
            Err(RequestError::Invalid { field, message }) => json!({"invalid": field, "message": message}),
            Err(error @ RequestError::Unsupported { .. }) => json!({"unsupported": error.to_string()}),
        };
        format!("{:#}\n", settle(told, true))
    });
}

fn sent(fixture: &Fixture) -> Result<Value, RequestError> {
    let body = Bytes::from(fixture.read());
    let incoming = Incoming::read(fixture.client.api, fixture.client.path, Some("application/json"), &body, 64)?
        .with_betas((fixture.provider.name == "anthropic-vertex").then_some(BETAS));
    let facts = facts(&incoming)?;
    let dialect = fixture.provider.dialect;
    let target = Target {
        dialect,
        format: fixture.format(),
        hosting: &fixture.provider.hosting,
        provider: "upstream",
        model: fixture.provider.model,
        stream: facts.stream,
        path_prefix: dialect.path_prefix(),
        default_max_tokens: 4096,
        overrides: &[],
    };
    let rendered = request(&incoming, &facts, &target)?;
    let headers: Vec<_> = rendered.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    let body = match &rendered.body {
        None => Value::Null,
        // A pass-through is compared byte for byte.
        Some(body) if fixture.is_pass_through() => Value::from(std::str::from_utf8(body).unwrap()),
        Some(body) => serde_json::from_slice(body).unwrap(),
    };
    Ok(json!({"path": rendered.path, "headers": headers, "dropped": rendered.dropped, "body": body}))
}

#[test]
fn whole_answers_become_what_the_client_understands() {
    check("answer.", |fixture| match whole(&fixture.context(), &fixture.read()) {
        Ok(whole) => {
            let body = whole.body.map(|body| serde_json::from_slice(&body).unwrap());
            format!("{:#}\n", settle(body.unwrap_or_default(), false))
        }
        Err(error) => format!("{error}\n"),
    });
}

#[test]
fn errors_become_what_the_client_understands() {
    check("error.", |fixture| {
        let name = fixture.input.file_name().unwrap().to_str().unwrap();
        let status = name.split('.').nth(1).unwrap().parse().unwrap();
        let answer = provider_error(&fixture.context(), status, &fixture.read());
        let body: Value = answer.body.map(|body| serde_json::from_slice(&body).unwrap()).unwrap_or_default();
        format!("{:#}\n", json!({"status": answer.status, "message": answer.message, "body": body}))
    });
}

#[test]
fn streams_become_what_the_client_understands() {
    check("stream.", |fixture| {
        let (got, _) = streamed(fixture, &[&fixture.read()]);
        settled(fixture, &got)
    });
}

/// Field notes 54 and 55: nothing that arrives is aligned with events.
#[test]
fn a_stream_comes_out_the_same_wherever_it_is_split() {
    side_by_side(fixtures("stream."), |fixture| {
        let input = fixture.read();
        let whole = streamed(fixture, &[&input]);
        let same = |pieces: &[&[u8]], how: &str| {
            let got = streamed(fixture, pieces);
            // Only what is made up differs, and settling it is slow.
            let same = got == whole || (settled(fixture, &got.0), got.1) == (settled(fixture, &whole.0), whole.1);
            assert!(same, "{} {how}:\n{}", fixture.input.display(), got.0);
        };
        for at in 0..input.len() {
            let (head, tail) = input.split_at(at);
            same(&[head, tail], &format!("split at {at}"));
        }
        same(&input.chunks(1).collect::<Vec<_>>(), "byte by byte");
    });
}

#[test]
fn a_stream_that_is_cut_never_looks_whole() {
    side_by_side(fixtures("stream."), |fixture| {
        let input = fixture.read();
        for at in 0..input.len() {
            let (got, end) = streamed(fixture, &[&input[..at]]);
            let looks_whole = fixture.client.ends.iter().any(|end| got.contains(end));
            let tells_error = got.contains(fixture.client.error);
            // A provider that has told why it stopped has said all there is, whatever it leaves out then.
            let expected = match end {
                End::Complete => looks_whole != tells_error || fixture.is_pass_through(),
                End::Cut => !looks_whole && tells_error,
            };
            assert!(expected, "{} cut at {at}: {end:?}\n{got}", fixture.input.display());
        }
    });
}

/// Runs a test over all fixtures on all cores: there are hundreds of streams, each to be read once for each of its bytes.
fn side_by_side(fixtures: Vec<Fixture>, test: impl Fn(&Fixture) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    test(fixture);
                }
            });
        }
    });
}

/// What the client gets of a stream in these pieces.
fn streamed(fixture: &Fixture, pieces: &[&[u8]]) -> (String, End) {
    let mut stream = Stream::new(fixture.context());
    let (mut got, mut failed) = (Vec::new(), false);
    for piece in pieces {
        let mut out = Vec::new();
        match stream.push(piece, &mut out) {
            Ok(Kept::AsIs) => got.extend_from_slice(piece),
            Ok(Kept::Rewritten) => got.extend(out),
            Err(error) => {
                got.extend(out);
                let rejection = kanmon::rejection::Rejection::new(kanmon::rejection::Kind::BadAnswer, error.to_string());
                stream.fail(&rejection, &mut got);
                failed = true;
                break;
            }
        }
    }
    let end = if failed { End::Cut } else { stream.end(&mut got) };
    (String::from_utf8(got).unwrap(), end)
}

/// A stream with what is made up replaced.
fn settled(fixture: &Fixture, text: &str) -> String {
    let created_is_given = fixture.format() == Format::Chat;
    let lines = text.split('\n').map(|line| match line.strip_prefix("data: ").map(serde_json::from_str::<Value>) {
        Some(Ok(data)) if !fixture.is_pass_through() => format!("data: {}", settle(data, created_is_given)),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Replaces what is made up on the way.
fn settle(mut value: Value, created_is_given: bool) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                let made = (key == "created" || key == "created_at") && !created_is_given;
                *field = if made { json!(0) } else { settle(field.take(), created_is_given) };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = settle(item.take(), created_is_given)),
        Value::String(text) => {
            let made = text.rsplit_once('_').or_else(|| text.rsplit_once('-')).is_some_and(|(_, hex)| is_made(hex));
            if made {
                let kept = text.len() - 32;
                text.replace_range(kept.., "<made>");
            }
        }
        _ => {}
    }
    value
}

fn is_made(hex: &str) -> bool {
    hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}
