//! What is made up on the way is written as `<made>` and 0: ids of 32 hexadecimal digits, the time.

use std::ops::Range;

use kanmon::translate::Format;
use serde_json::{Value, json};

use crate::fixture::Pair;

/// A stream with what is made up replaced.
pub fn stream(pair: Pair, text: &str) -> String {
    let created_is_given = pair.format() == Format::Chat;
    let lines = text.split('\n').map(|line| match line.strip_prefix("data: ").map(serde_json::from_str::<Value>) {
        Some(Ok(data)) if !pair.is_pass_through() => format!("data: {}", settle(data, created_is_given)),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Replaces what is made up on the way.
pub fn settle(mut value: Value, created_is_given: bool) -> Value {
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

/// Where in a text something stands that is made up: found once, since each stream is compared with itself a thousand times.
pub struct Made(Vec<Range<usize>>);

impl Made {
    pub fn of(text: &str) -> Self {
        let ids = text.match_indices(['_', '-']).map(|(at, _)| at + 1..at + 33);
        let ids = ids.filter(|range| text.get(range.clone()).is_some_and(is_made));
        let times = ["\"created\":", "\"created_at\":"].into_iter().flat_map(|key| {
            text.match_indices(key).map(move |(at, _)| at + key.len()).map(|at| {
                let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
                at..at + digits
            })
        });
        Self(ids.chain(times).collect())
    }

    pub fn are_all_that_differs(&self, text: &str, other: &str) -> bool {
        if text == other {
            return true;
        }
        let without = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            self.0.iter().for_each(|made| bytes[made.clone()].fill(b'0'));
            bytes
        };
        text.len() == other.len() && without(text) == without(other)
    }
}
