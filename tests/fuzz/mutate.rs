//! Mutations: of bytes, and of the tree where an input is JSON or a stream of JSON, because most mutations of the bytes of JSON are
//! no JSON and are not read far.

use serde_json::Value;

use crate::rng::Rng;

/// Bytes that mean something to one of the parsers.
const BYTES: &[u8] = b"\0\n\r\t \"'\\{}[]:,;.-_/#$*&!%@=+09aAeEx\x7f\x80\xbf\xc3\xe2\xed\xf0\xff";

/// Pieces that mean something to one of the parsers, or are at a limit of something.
const PIECES: &[&str] = &[
    "null",
    "true",
    "-1",
    "0.5",
    "1e309",
    "-0",
    "18446744073709551615",
    "18446744073709551616",
    "4294967296",
    "9223372036854775808",
    "\"\"",
    "{}",
    "[]",
    "[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":{\"a\":",
    "\\ud800",
    "\\u0000",
    "\\\"",
    "\u{feff}",
    "ü",
    "𝄞",
    "data:",
    "data: ",
    "data: [DONE]\n\n",
    "event: error\n",
    "event: ",
    "id: 1\n",
    ": comment\n",
    "\n\n",
    "\r\n\r\n",
    "\r",
    "Bearer ",
    "base64,",
    "data:image/png;base64,AAAA",
    "${",
    "${HOME}",
    "*",
    "&a",
    "*a",
    "<<: *a",
    "---\n",
    "|\n",
    "!!binary ",
];

/// An input made out of one or two of the pool.
pub fn mutated(pool: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut input = rng.pick(pool).cloned().unwrap_or_default();
    for _ in 0..=rng.skewed(6) {
        let other = rng.pick(pool).cloned().unwrap_or_default();
        if rng.one_in(2) && of_json(&mut input, &other, rng) {
            continue;
        }
        of_bytes(&mut input, &other, rng);
    }
    input
}

/// Mutates the tree of a JSON text, or of one of the lines of a stream of them. Returns whether there was one.
fn of_json(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) -> bool {
    let (start, end) = json_in(input, rng);
    let Some(Ok(mut tree)) = input.get(start..end).map(serde_json::from_slice::<Value>) else { return false };
    let (from, to) = json_in(other, rng);
    let donor = other.get(from..to).and_then(|text| serde_json::from_slice::<Value>(text).ok()).unwrap_or(Value::Null);
    let with = match rng.below(4) {
        0 => serde_json::from_str(rng.pick(PIECES).copied().unwrap_or("null")).unwrap_or(Value::Null),
        _ => node(&donor, rng).clone(),
    };
    change(&mut tree, with, rng);
    input.splice(start..end, tree.to_string().into_bytes());
    true
}

/// The whole input, or the JSON of one of its lines.
fn json_in(input: &[u8], rng: &mut Rng) -> (usize, usize) {
    if matches!(input.first(), Some(b'{' | b'[')) {
        return (0, input.len());
    }
    let starts: Vec<usize> =
        input.windows(7).enumerate().filter(|(_, window)| *window == b"data: {").map(|(at, _)| at + 6).collect();
    let start = rng.pick(&starts).copied().unwrap_or(input.len());
    let length = input[start..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(input.len() - start);
    (start, start + length)
}

/// Any value in the tree.
fn node<'v>(mut value: &'v Value, rng: &mut Rng) -> &'v Value {
    loop {
        let below = match value {
            Value::Object(fields) if !fields.is_empty() => fields.values().nth(rng.below(fields.len())),
            Value::Array(items) if !items.is_empty() => rng.pick(items),
            _ => None,
        };
        match below {
            Some(below) if !rng.one_in(4) => value = below,
            _ => return value,
        }
    }
}

/// Replaces, removes, adds or copies somewhere in the tree.
fn change(value: &mut Value, with: Value, rng: &mut Rng) {
    let deeper = !rng.one_in(4);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let key = fields.keys().nth(rng.below(fields.len())).cloned().unwrap_or_default();
            match rng.below(6) {
                _ if deeper => change(&mut fields[&key], with, rng),
                0 => drop(fields.remove(&key)),
                1 => drop(fields.insert(with.as_str().unwrap_or("x").to_owned(), Value::Null)),
                2 => {
                    if let (Value::Object(more), fields) = (with, fields) {
                        fields.extend(more);
                    }
                }
                _ => fields[&key] = with,
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = rng.below(items.len());
            match rng.below(5) {
                _ if deeper => change(&mut items[at], with, rng),
                0 => drop(items.remove(at)),
                1 => items.insert(at, with),
                2 => {
                    let copy = items[at].clone();
                    items.extend(vec![copy; rng.skewed(20)]);
                }
                _ => items[at] = with,
            }
        }
        other => *other = with,
    }
}

fn of_bytes(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let at = rng.below(input.len() + 1);
    let length = rng.skewed(input.len() - at + 1);
    match rng.below(9) {
        0 if at < input.len() => input[at] ^= 1 << rng.below(8),
        1 if at < input.len() => input[at] = rng.pick(BYTES).copied().unwrap_or_default(),
        2 => drop(input.drain(at..at + length)),
        3 => {
            let copy = input[at..at + length].to_vec();
            input.splice(at..at, copy);
        }
        4 => {
            let copy = input[at..at + length.min(8)].repeat(rng.skewed(1_000));
            input.splice(at..at, copy);
        }
        5 => {
            let from = rng.below(other.len() + 1);
            let piece = &other[from..from + rng.skewed(other.len() - from + 1)];
            input.splice(at..at + length, piece.iter().copied());
        }
        6 => input.truncate(at),
        7 => drop(input.splice(at..at + length.min(16), rng.pick(PIECES).copied().unwrap_or_default().bytes())),
        _ => drop(input.splice(at..at, rng.pick(PIECES).copied().unwrap_or_default().bytes())),
    }
}
