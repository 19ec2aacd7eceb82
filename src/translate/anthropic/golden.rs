//! Golden fixtures: `tests/golden/anthropic/KIND/NAME.in.*` and what it becomes, `NAME.out.txt` beside it.
//!
//! With `UPDATE_GOLDEN=1` in the environment the second is written anew; the difference is then for a person to read.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

/// Compares what each input of a kind becomes with what is expected.
pub(super) fn golden(kind: &str, becomes: impl Fn(&[u8]) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/anthropic").join(kind);
    let mut inputs = files(&folder, ".in.");
    inputs.sort();
    assert!(!inputs.is_empty(), "no input in {}", folder.display());
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for input in &inputs {
        let name = input.file_name().and_then(|name| name.to_str()).and_then(|name| name.split(".in.").next()).unwrap();
        let expected_path = folder.join(format!("{name}.out.txt"));
        let actual = becomes(&fs::read(input).unwrap());
        if update {
            fs::write(&expected_path, &actual).unwrap();
        } else if fs::read_to_string(&expected_path).unwrap_or_default() != actual {
            wrong.push(format!("{}:\n{actual}", expected_path.display()));
        }
    }
    assert_eq!(files(&folder, ".out.").len(), inputs.len(), "an expectation without an input in {}", folder.display());
    assert!(wrong.is_empty(), "not as expected (UPDATE_GOLDEN=1 writes it anew):\n{}", wrong.join("\n"));
}

fn files(folder: &Path, part: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains(part)).collect()
}

/// A value or an error, as a person reads it.
pub(super) fn told<T: Debug, E: std::fmt::Display>(result: Result<T, E>) -> String {
    match result {
        Ok(value) => format!("{value:#?}\n"),
        Err(error) => format!("error: {error}\n"),
    }
}

/// JSON as a person reads it.
pub(super) fn pretty(json: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(json).unwrap();
    format!("{value:#}\n")
}
