//! The README's table of client APIs and dialects says what the code does, cell by cell; and what it says has fixtures.

use std::collections::HashSet;
use std::fs;

use bytes::Bytes;
use kanmon::exchange::endpoint::{Endpoint, find};
use kanmon::translate::{Family, RequestError, Task, facts, request};

use crate::fixture::{Pair, of_pair};
use crate::tables::{CLIENTS, Client, PROVIDERS, client, provider_of};

/// The rows, by how they begin, and the clients that each tells of.
const ROWS: [(&str, &[&str]); 17] = [
    ("OpenAI chat completions", &["openai"]),
    ("OpenAI responses (", &["responses"]),
    ("OpenAI completions", &["completions"]),
    ("Anthropic messages (", &["anthropic"]),
    ("Gemini (", &["gemini"]),
    ("embeddings", &["embeddings"]),
    ("images (", &["images", "image-edits", "speech", "transcriptions", "translations"]),
    ("variations of images (", &["image-variations", "moderations"]),
    ("rerank", &["rerank"]),
    ("OpenAI `responses/input_tokens`", &["input-tokens"]),
    ("Anthropic `messages/count_tokens`", &["count-tokens"]),
    ("Gemini `:countTokens`", &["gemini-count"]),
    ("Gemini `:embedContent`", &["gemini-embed", "gemini-embed-batch"]),
    ("vLLM `/tokenize`", &["tokenize"]),
    (OPAQUE, &[]),
    (MODELS, &[]),
    ("client API", &[]),
];
const OPAQUE: &str = "anything else";
const MODELS: &str = "models (";

/// The columns, by their heads, and the providers that each tells of.
const COLUMNS: [(&str, &[&str]); 7] = [
    ("`openai`, presets", &["openai"]),
    ("`azure`", &["azure"]),
    ("`anthropic`", &["anthropic"]),
    ("`anthropic-bedrock`, `anthropic-vertex`", &["anthropic-bedrock", "anthropic-vertex"]),
    ("`bedrock`", &["bedrock"]),
    ("`gemini`, `vertex`", &["gemini", "vertex"]),
    ("`cohere`", &["cohere"]),
];

/// How a client reaches a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    AsItIs,
    Translated,
    No,
}

/// What the smallest request becomes: asked of each kind of model that some call needs at one of the providers. As it is: its bytes
/// are kept, but for what the host wants elsewhere.
fn way(pair: Pair) -> Way {
    const MODELS: [&str; 3] = ["m", "amazon.titan-embed-text-v2:0", "cohere.rerank-v3-5:0"];
    let body = Bytes::from(smallest(pair.client));
    let incoming = pair.incoming(&body).unwrap();
    let facts = facts(&incoming).unwrap();
    let reached = MODELS.iter().find_map(|model| match request(&incoming, &facts, &pair.target(model, facts.stream)) {
        Ok(rendered) => Some(rendered.body.is_none()),
        Err(RequestError::Unsupported { field, .. }) if field == "model" => None,
        Err(error) => panic!("{} to {}: {error}", pair.client.name, pair.provider.name),
    });
    match reached {
        None => Way::No,
        Some(kept) if kept || pair.is_pass_through() => Way::AsItIs,
        Some(_) => Way::Translated,
    }
}

fn smallest(client: &Client) -> String {
    if client.content_type.starts_with("multipart") {
        let part = |name: &str, file: &str, content: &str| {
            format!("--kanmon\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
        };
        return part("model", "", "m") + &part("file", "; filename=\"a\"", "RIFF") + "--kanmon--\r\n";
    }
    let json = match client.name {
        "openai" | "anthropic" | "count-tokens" | "tokenize" => {
            r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}"#
        }
        "gemini" | "gemini-count" => r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"#,
        "gemini-embed" => r#"{"content":{"parts":[{"text":"Hi"}]}}"#,
        "gemini-embed-batch" => r#"{"requests":[{"model":"models/m","content":{"parts":[{"text":"Hi"}]}}]}"#,
        "rerank" => r#"{"model":"m","query":"q","documents":["a"]}"#,
        "completions" | "images" => r#"{"model":"m","prompt":"Hi"}"#,
        _ => r#"{"model":"m","input":"Hi"}"#,
    };
    json.replace(r#""max_tokens":1,"#, if client.name == "tokenize" { "" } else { r#""max_tokens":1,"# })
}

/// The table's lines, each as its cells.
fn table(readme: &str) -> Vec<Vec<&str>> {
    let lines = readme.lines().skip_while(|line| !line.starts_with("| client API |")).take_while(|line| line.starts_with('|'));
    lines
        .filter(|line| !line.starts_with("|---"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

fn readme() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// A cell without the number of its note.
fn words(cell: &str) -> &str {
    cell.trim_end_matches(['¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹']).trim_end()
}

/// Whether the first cell of a row names an endpoint, at least by the end of its path.
fn tells_the_path(cell: &str, path: &str) -> bool {
    let end = path.rfind(['/', ':']).map_or(path, |at| &path[at..]);
    cell.contains(&format!("{end}`"))
}

/// What a cell says of a provider.
fn says(cell: &str, provider: &str) -> Way {
    match (words(cell), provider) {
        // Only Google's Gemini API has them.
        ("as it is (not Vertex AI)", "vertex") => Way::No,
        ("as it is" | "as it is (not Vertex AI)", _) => Way::AsItIs,
        ("translated", _) => Way::Translated,
        ("–" | "only with `/tokenize`", _) => Way::No,
        (other, _) => panic!("the README says {other:?}, which no test understands"),
    }
}

#[test]
fn each_cell_of_the_readmes_table_says_what_the_code_does() {
    let readme = readme();
    let table = table(&readme);
    let heads: Vec<_> = table[0].iter().skip(1).copied().collect();
    assert_eq!(heads, COLUMNS.map(|(head, _)| head));
    let (mut told, mut wrong) = (HashSet::new(), Vec::new());
    for line in &table {
        let row = ROWS.iter().find(|(begins, _)| line[0].starts_with(begins));
        let (begins, clients) = row.unwrap_or_else(|| panic!("no test knows the row {:?}", line[0]));
        for name in *clients {
            told.insert(*name);
            let client = client(name);
            if !tells_the_path(line[0], client.path) {
                wrong.push(format!("{begins}: no word of {}", client.path));
            }
            for ((head, providers), cell) in COLUMNS.iter().zip(&line[1..]) {
                for name in *providers {
                    let pair = Pair { client, provider: provider_of(name) };
                    // The note says so: as it is where the provider serves it, else translated.
                    let noted = *cell == "as it is ¹";
                    let (said, does) = (if noted { Way::Translated } else { says(cell, name) }, way(pair));
                    if said != does {
                        wrong.push(format!("{begins}, {head}: {cell:?}, but {} to {name} is {does:?}", client.name));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let untold: Vec<_> = CLIENTS.iter().map(|client| client.name).filter(|name| !told.contains(name)).collect();
    assert!(untold.is_empty(), "the README's table has no row for {untold:?}");
    assert_eq!(table.len(), ROWS.len(), "each row stands there once");
}

#[test]
fn what_only_some_servers_have_is_noted_in_the_readme() {
    let readme = readme();
    for line in table(&readme) {
        let row = ROWS.iter().find(|(begins, _)| line[0].starts_with(begins)).unwrap();
        for (name, cell) in row.1.iter().flat_map(|name| line[1..].iter().map(move |cell| (name, *cell))) {
            let client = client(name);
            if cell == "as it is ¹" {
                assert_eq!(way(Pair { client, provider: provider_of("native") }), Way::AsItIs, "{name}");
            } else if words(cell) == "only with `/tokenize`" {
                assert_ne!(way(Pair { client, provider: provider_of("vllm") }), Way::No, "{name}");
            }
        }
    }
}

#[test]
fn what_passes_unread_and_what_the_gateway_answers_itself_is_told_in_the_readme() {
    let readme = readme();
    let table = table(&readme);
    let opaque = table.iter().find(|line| line[0].starts_with(OPAQUE)).unwrap();
    for ((_, providers), cell) in COLUMNS.iter().zip(&opaque[1..]) {
        for name in *providers {
            let of_two = cell.split(';').map(str::trim).find_map(|one| one.strip_prefix(&format!("`{name}`: ")));
            let said = match words(of_two.unwrap_or(cell)) {
                "–" => false,
                cell => cell.starts_with("as it is, unread"),
            };
            assert_eq!(said, provider_of(name).dialect.opaque().is_some(), "{name}: {cell:?}");
        }
    }
    let models = table.iter().find(|line| line[0].starts_with(MODELS)).unwrap();
    assert_eq!(models[1], "answered by the gateway");
    for family in [Family::OpenAi, Family::Anthropic, Family::Gemini] {
        assert_eq!(find("GET", "/v1/models", family), Endpoint::Models(family));
    }
}

#[test]
fn each_note_of_the_readmes_table_is_there_and_used() {
    let readme = readme();
    let notes = ['¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let after = readme.split_once("| client API |").unwrap().1.split_once("\n\n").unwrap();
    let used: HashSet<char> = after.0.chars().filter(|letter| notes.contains(letter)).collect();
    let written = after.1.lines().take_while(|line| !line.is_empty()).count();
    for (number, note) in (1..).zip(notes) {
        let is_written = after.1.lines().take(written).any(|line| line.starts_with(&format!("{number}. ")));
        assert_eq!(used.contains(&note), is_written, "{note}");
    }
}

/// Requests of every pair; and of every one that is translated answers, errors, and streams where it is a conversation.
#[test]
fn every_pair_has_fixtures() {
    let mut missing = Vec::new();
    for (client, provider) in CLIENTS.iter().flat_map(|client| PROVIDERS.iter().map(move |provider| (client, provider))) {
        let pair = Pair { client, provider };
        let does = way(pair);
        // These are OpenAI's dialect, but for what they have besides.
        let same = matches!(provider.name, "native" | "vllm") && does == way(Pair { client, provider: provider_of("openai") });
        let kinds: &[&str] = match (does, client.api.task()) {
            (Way::No, _) => &[],
            _ if same => &[],
            (Way::AsItIs, _) => &["request."],
            (Way::Translated, Task::Conversation(_)) => &["request.", "answer.", "stream.", "error."],
            (Way::Translated, _) => &["request.", "answer.", "error."],
        };
        let lacks = kinds.iter().filter(|kind| of_pair(pair, kind).is_empty());
        missing.extend(lacks.map(|kind| format!("{}: {kind}in.*", pair.folder().display())));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
