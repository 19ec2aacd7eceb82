//! The layers hold: protocols stay where they belong, and no stage reaches around its neighbour.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// A word, and the only modules (below `src/`) in which it may stand.
const RULES: [(&str, &[&str]); 11] = [
    ("tonic", &["extproc", "extproc.rs"]),
    ("envoy_types", &["extproc", "extproc.rs"]),
    ("prost", &["extproc"]),
    ("axum", &["admin.rs", "sim", "sim.rs", "keyring/tests.rs"]),
    ("serde_saphyr", &["config/yaml.rs", "envoy.rs"]),
    ("governor", &["auth/throttle.rs"]),
    ("redis", &["limit/store/redis", "limit/store/redis.rs"]),
    ("jsonwebtoken", &["auth/jwt", "upstream/google"]),
    ("reqwest", &["keyring", "upstream/azure.rs", "upstream/token.rs", "upstream/stand_in.rs", "sim/tests"]),
    ("anyhow", &["cli", "cli.rs", "app.rs", "main.rs"]),
    ("clap", &["cli", "cli.rs", "main.rs", "sim"]),
];

/// Stages that are plain functions over plain data: no runtime but its clock, no I/O.
const PURE: [&str; 6] = ["codec", "translate", "route", "auth", "limit", "exchange"];

/// The one part of a stage that talks to somebody: budgets that are kept elsewhere.
const STORE: &str = "limit/store/redis";

#[test]
fn each_protocol_is_known_to_its_own_modules_only() {
    for (file, text) in sources() {
        for (word, homes) in RULES {
            let at_home = homes.iter().any(|home| file.starts_with(home));
            assert!(at_home || !uses(&text, word), "{} uses {word}", file.display());
        }
    }
}

#[test]
fn stages_do_no_io() {
    for (file, text) in sources() {
        if is_test(&file) || file.starts_with(STORE) {
            continue;
        }
        if PURE.iter().any(|stage| file.starts_with(stage) || file == Path::new(&format!("{stage}.rs"))) {
            for io in ["std::fs", "std::net", "tokio::net", "tokio::fs", "tokio::spawn", "reqwest"] {
                assert!(!text.contains(io), "{} uses {io}", file.display());
            }
        }
    }
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    for (file, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 800, "{} has {lines} lines", file.display());
    }
}

#[test]
fn every_module_says_its_place() {
    for (file, text) in sources() {
        assert!(is_test(&file) || text.starts_with("//!"), "{} does not begin with //!", file.display());
    }
}

/// Files that hold tests only.
fn is_test(file: &Path) -> bool {
    file.ends_with("tests.rs") || file.ends_with("golden.rs") || file.components().any(|part| part.as_os_str() == "tests")
}

/// Whether a crate is used: as a path, not as a word in a sentence.
fn uses(text: &str, name: &str) -> bool {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        line.match_indices(name).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = &line[at + name.len()..];
            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '"' && c != '/') && after.starts_with("::")
        })
    })
}

/// All sources, with their paths below `src/`.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(files.len() > 20, "the sources are not where they should be");
    files
}
