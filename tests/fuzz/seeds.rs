//! Seeds: the golden fixtures of translations, the example configs, and the kept corpus.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is kept of a target.
pub fn corpus(target: &str) -> PathBuf {
    root().join("tests/fuzz/corpus").join(target)
}

/// All files of a folder, in the order of their names.
pub fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect()
}

/// What clients and providers of all pairs send.
pub fn all(kind: &str) -> Vec<Vec<u8>> {
    inputs(kind, |_, _| true)
}

/// What clients of this API send.
pub fn client(api: &str, kind: &str) -> Vec<Vec<u8>> {
    inputs(kind, |client, _| client == api)
}

/// The APIs of conversations; all others are calls.
const CONVERSATIONS: [&str; 5] = ["openai", "completions", "responses", "anthropic", "gemini"];

/// What providers of this dialect send in conversations.
pub fn provider(dialect: &str, kind: &str) -> Vec<Vec<u8>> {
    inputs(kind, |client, provider| provider == dialect && CONVERSATIONS.contains(&client))
}

/// What providers of the client's own API send.
pub fn native(api: &str, kind: &str) -> Vec<Vec<u8>> {
    inputs(kind, |client, provider| client == api && provider == "native")
}

fn inputs(kind: &str, wanted: impl Fn(&str, &str) -> bool) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for pair in folders(&root().join("tests/golden/pairs")) {
        let name = pair.file_name().unwrap().to_str().unwrap();
        let (client, provider) = name.split_once("_to_").unwrap();
        if !wanted(client, provider) {
            continue;
        }
        for feature in folders(&pair) {
            let mut paths: Vec<_> = fs::read_dir(feature).unwrap().map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            let is_wanted = |path: &&PathBuf| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with(kind) && name.contains(".in.")
            };
            found.extend(paths.iter().filter(is_wanted).map(|path| fs::read(path).unwrap()));
        }
    }
    found
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut list: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    list.sort();
    list
}

/// The configs that people begin with.
pub fn configs() -> Vec<Vec<u8>> {
    let mut found = files(&root().join("config"));
    for example in folders(&root().join("examples")) {
        found.extend(files(&example));
    }
    found.retain(|text| text.starts_with(b"#") || text.windows(9).any(|window| window == b"providers"));
    found
}
