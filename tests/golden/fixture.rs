//! A fixture: a file of what a client or a provider says, between the two whose names stand in its folder.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kanmon::codec::aws_events;
use kanmon::translate::calls::Back;
use kanmon::translate::{AnswerContext, ErrorHeaders, Format, Incoming, RequestError, Target, custom_tools, echo, passes};
use kanmon::upstream::Serves;
use serde_json::{Value, json};

use crate::tables::{BETAS, Client, Provider, client, provider_of};

/// A client and a provider.
#[derive(Clone, Copy)]
pub struct Pair {
    pub client: &'static Client,
    pub provider: &'static Provider,
}

impl Pair {
    pub fn folder(self) -> PathBuf {
        root().join(format!("{}_to_{}", self.client.name, self.provider.name))
    }

    pub fn format(self) -> Format {
        let Provider { dialect, native, .. } = *self.provider;
        let serves = Serves { responses: native, completions: native };
        serves.format(self.client.api).unwrap_or_else(|| dialect.format_for(self.client.api))
    }

    pub fn target(self, model: &str, stream: bool) -> Target<'_> {
        let dialect = self.provider.dialect;
        Target {
            dialect,
            format: self.format(),
            hosting: &self.provider.hosting,
            provider: "upstream",
            model,
            stream,
            path_prefix: dialect.path_prefix(),
            default_max_tokens: 4096,
            overrides: &[],
        }
    }

    pub fn is_pass_through(self) -> bool {
        passes(self.client.api, &self.target("", false))
    }

    /// A body as the client sends it.
    pub fn incoming(self, body: &Bytes) -> Result<Incoming<'_>, RequestError> {
        let Client { api, path, content_type, .. } = *self.client;
        let betas = (self.provider.name == "anthropic-vertex").then_some(BETAS);
        Ok(Incoming::read(api, path, Some(content_type), body, 64)?.with_betas(betas))
    }
}

/// A file.
pub struct Fixture {
    pub pair: Pair,
    pub input: PathBuf,
}

impl Fixture {
    pub fn read(&self) -> Vec<u8> {
        let input = fs::read(&self.input).unwrap();
        if self.input.to_str().unwrap().ends_with(".events.json") { frames(&input) } else { input }
    }

    /// The provider's name of the model.
    pub fn model(&self) -> String {
        let own = fs::read_to_string(self.input.with_file_name("model.txt"));
        own.map_or_else(|_| self.pair.provider.model.to_owned(), |own| own.trim().to_owned())
    }

    /// The request that this is the answer to, if there is one.
    fn request(&self) -> Option<Bytes> {
        fs::read(self.input.with_file_name("request.in.json")).ok().map(Bytes::from)
    }

    pub fn context(&self) -> AnswerContext {
        let Pair { client, provider } = self.pair;
        let request = self.request();
        let mut call = Back::of(client.api, provider.dialect, &provider.hosting);
        if let Some(Ok(incoming)) = request.as_ref().map(|request| self.pair.incoming(request)) {
            call.read(&incoming);
        }
        let (format, request) = (self.pair.format(), request.unwrap_or_default());
        AnswerContext {
            api: client.api,
            format,
            framing: provider.dialect.framing(),
            echo: if request.is_empty() { String::new() } else { echo(client.api, format, &request) },
            asked_model: "asked-model".to_owned(),
            stream: true,
            wants_usage: true,
            call,
            custom_tools: custom_tools(client.api, format, &request),
            input_estimate: 7,
            headers: ErrorHeaders::default(),
            answer_bytes: 1 << 20,
            event_bytes: 1 << 20,
        }
    }

    /// Compares with the file beside the input.
    pub fn expect(&self, actual: &str) -> Result<(), String> {
        let mut path = self.input.to_str().unwrap().to_owned();
        for (end, becomes) in [(".in.html", ".in.json"), (".in.form", ".in.json"), (".in.events.json", ".in.sse")] {
            path = path.replace(end, becomes);
        }
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

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pairs")
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut list: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    list.sort();
    list
}

/// All pairs that have a folder.
fn pairs() -> Vec<Pair> {
    let named = |folder: &PathBuf| {
        let (from, to) = folder.file_name().unwrap().to_str().unwrap().split_once("_to_").unwrap();
        Pair { client: client(from), provider: provider_of(to) }
    };
    below(&root()).iter().map(named).collect()
}

/// The fixtures of a pair whose file begins with `kind`.
pub fn of_pair(pair: Pair, kind: &str) -> Vec<Fixture> {
    let is_input = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(kind) && name.contains(".in.")
    };
    let files = below(&pair.folder()).into_iter().flat_map(|feature| below(&feature));
    files.filter(is_input).map(|input| Fixture { pair, input }).collect()
}

/// All fixtures whose file begins with `kind`.
pub fn fixtures(kind: &str) -> Vec<Fixture> {
    let list: Vec<_> = pairs().into_iter().flat_map(|pair| of_pair(pair, kind)).collect();
    assert!(!list.is_empty());
    list
}
