//! What people write: configs, keys, globs.

use kanmon::auth::key::{digest, hex, parse_hex};
use kanmon::auth::{Presented, presented};
use kanmon::route::glob::Glob;
use kanmon::translate::Family;

/// A config is loaded, or every error is told in words, with a place that exists.
pub fn config(input: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(input) else { return "not UTF-8".to_owned() };
    let variables = |name: &str| (name != "UNSET").then(|| format!("value of {}", name.chars().take(8).collect::<String>()));
    match kanmon::config::parse_with(text, "fuzzed/kanmon.yaml", &variables) {
        Ok(snapshot) => format!("{} providers", snapshot.providers.len().min(3)),
        Err(errors) => {
            let told = errors.to_string();
            assert!(!told.is_empty() && told.len() < 1 << 20, "{} bytes of errors", told.len());
            told.lines().map(|line| line.chars().filter(char::is_ascii_lowercase).take(24).collect::<String>()).take(2).collect()
        }
    }
}

/// The lines are `authorization`, `x-api-key` and a digest. A key that is found is one that was shown.
pub fn key(input: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(input) else { return "not UTF-8".to_owned() };
    let mut lines = text.split('\n');
    let (authorization, api_key, hexed) = (lines.next(), lines.next(), lines.next().unwrap_or_default());
    let headers = |name: &str| match name {
        "authorization" => authorization,
        "x-api-key" => api_key,
        _ => None,
    };
    let found = presented(headers, Family::OpenAi);
    if let Presented::Key(key) = found {
        assert!(!key.is_empty() && key.trim() == key);
        assert!([authorization, api_key].into_iter().flatten().any(|shown| shown.contains(key)));
        assert_eq!(parse_hex(&hex(&digest(key))), Some(digest(key)));
    }
    if let Some(digest) = parse_hex(hexed) {
        assert!(hex(&digest).eq_ignore_ascii_case(hexed));
    }
    format!("{found:?} {}", parse_hex(hexed).is_some())
}

pub fn headers() -> Vec<Vec<u8>> {
    let digest = hex(&digest("sk"));
    [format!("Bearer sk\n\n{digest}"), format!("Basic dTpw\nsk\n{digest}"), "Bearer a\nb\n".to_owned(), "bearer\t sk ".to_owned()]
        .map(String::into_bytes)
        .to_vec()
}

/// The first line is a pattern, the rest a model. What a pattern of stars and pieces matches has its pieces in their order.
pub fn glob(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let (pattern, model) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(glob) = Glob::parse(pattern) else { return "no pattern".to_owned() };
    let matched = glob.matches(model);
    let mut rest = model;
    let in_order = pattern.split('*').all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    });
    assert!(!matched || in_order, "{pattern} matches {model}");
    assert!(pattern.contains('*') || matched == (pattern == model));
    assert!(glob.matches(&pattern.replace('*', "")), "stars match nothing, too");
    format!("{matched} {}", pattern.matches('*').count().min(3))
}

pub fn globs() -> Vec<Vec<u8>> {
    ["gpt-*\ngpt-4o", "*\nx", "a*b*c\nabbc", "claude\nclaude", "*-*-*\na-b"].map(|text| text.as_bytes().to_vec()).to_vec()
}
