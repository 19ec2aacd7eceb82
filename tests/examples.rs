//! Every config that the project ships is loaded as it stands.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, should fail where something is wrong")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kanmon::auth::{Principal, key};
use kanmon::config::{self, Errors, Snapshot};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a user would have exported: keys and hashes of keys, and nothing that has a default.
fn environment(name: &str) -> Option<String> {
    if name.ends_with("_SHA256") {
        return Some(key::hex(&key::digest(name)));
    }
    let is_key = name.ends_with("_API_KEY") || name.ends_with("_ACCESS_TOKEN") || name.starts_with("AWS_");
    is_key.then(|| format!("sk-of-{}", name.to_lowercase()))
}

fn load(path: &Path) -> Result<Snapshot, Errors> {
    config::load_with(&repository().join(path), &environment)
}

/// The configs under `examples`, relative to the repository.
fn examples() -> Vec<PathBuf> {
    let directory = repository().join("examples");
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths.push(path.join("gateway.yaml"));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            paths.push(path);
        }
    }
    assert!(paths.len() >= 7, "{paths:?}");
    paths.sort();
    paths.into_iter().map(|path| path.strip_prefix(repository()).unwrap().to_owned()).collect()
}

#[test]
fn every_example_loads() {
    for path in examples() {
        let snapshot = load(&path).unwrap_or_else(|errors| panic!("{errors}"));
        assert!(!snapshot.routes.list.is_empty());
    }
}

#[test]
fn every_example_stands_in_the_readme() {
    let readme = std::fs::read_to_string(repository().join("examples/README.md")).unwrap();
    for path in examples() {
        let name = path.strip_prefix("examples").unwrap().display().to_string();
        assert!(readme.contains(&format!("]({name})")), "{name}");
    }
}

#[test]
fn the_keys_of_the_teams_example_are_loaded() {
    let snapshot = load(Path::new("examples/teams/gateway.yaml")).unwrap();
    let red = Principal::new("red-app", Some("red"));
    let headers: Vec<_> = snapshot.callers.forward_headers(&red).map(|(name, value)| (name.to_string(), value)).collect();
    assert_eq!(headers, [("x-team".to_owned(), Some("red".parse().unwrap()))]);
    assert_eq!(snapshot.limits.len(), 4);
}

#[test]
fn the_default_config_loads_and_has_every_field() {
    let snapshot = load(Path::new("config/kanmon.yaml")).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(snapshot.routes.list[0].orders.len(), 3);
    let text = std::fs::read_to_string(repository().join("config/kanmon.yaml")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&config::schema()).unwrap();
    let structs = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let fields: BTreeSet<_> =
        structs.filter_map(|schema| schema["properties"].as_object()).flat_map(|fields| fields.keys()).collect();
    assert!(fields.len() > 40);
    for field in fields {
        let stands = text.lines().any(|line| {
            let line = line.trim_start_matches([' ', '#', '-']);
            line.starts_with(&format!("{field}:")) || line.contains(&format!(" {field}: "))
        });
        assert!(stands, "config/kanmon.yaml does not show `{field}`");
    }
}

#[test]
fn the_default_config_shows_the_defaults() {
    let snapshot = load(Path::new("config/kanmon.yaml")).unwrap();
    let bounds = config::Bounds::default();
    assert_eq!(snapshot.bounds.request_bytes, bounds.request_bytes);
    assert_eq!(snapshot.bounds.answer_bytes, bounds.answer_bytes);
    assert_eq!(snapshot.bounds.event_bytes, bounds.event_bytes);
    assert_eq!(snapshot.bounds.json_depth, bounds.json_depth);
    let rest = config::model::Rest::default();
    for provider in &snapshot.providers {
        assert_eq!(
            (provider.rest.after_failures, provider.rest.duration, provider.rest.at_most),
            (5, rest.duration, rest.at_most)
        );
        assert_eq!((provider.default_max_tokens, provider.peek), (4096, false));
    }
}
