//! Byte work: JSON, events, encodings.

use std::io::Write;

use kanmon::codec::encoding::Decoder;
use kanmon::codec::json::{Splice, TopLevel};
use kanmon::codec::sse::{Parser, TooLarge};
use serde_json::value::RawValue;

use super::pieces;

/// What the scan accepts is JSON to everybody; a splice changes one field, and the others stay byte for byte.
pub fn json(input: &[u8]) -> String {
    let top = match TopLevel::scan(input, 32) {
        Ok(top) => top,
        Err(error) => return format!("{:?}", error.kind),
    };
    serde_json::from_slice::<&RawValue>(input).expect("what the scan accepts is JSON");
    let fields: Vec<(String, String)> = top.fields().map(|(key, raw)| (key.to_owned(), raw.get().to_owned())).collect();
    let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).chain(["model"]).collect();
    for key in keys.into_iter().take(4) {
        let mut splice = Splice::new(input, &top);
        splice.set(key, &b"[\"set\"]"[..]);
        let set = splice.finish().expect("no value is that one");
        let after = TopLevel::scan(&set, 32).expect("a spliced body is a body");
        assert_eq!(after.text(key), Some("[\"set\"]"));
        for (other, value) in fields.iter().filter(|(other, _)| other != key) {
            assert_eq!(after.text(other), Some(value.as_str()));
        }
        let mut splice = Splice::new(input, &top);
        splice.remove(key);
        if let Some(removed) = splice.finish() {
            let after = TopLevel::scan(&removed, 32).expect("a spliced body is a body");
            assert_eq!((after.get(key).is_none(), after.fields().count()), (true, fields.len() - 1));
        }
    }
    let typed = (top.str("model").is_ok(), top.bool("stream").is_ok(), top.u64("max_tokens").is_ok());
    format!("{} fields {typed:?}", if fields.is_empty() { "no" } else { "some" })
}

/// Names and data.
type Seen = Vec<(Option<Vec<u8>>, Vec<u8>)>;

/// Any split gives the same events; events and residue together are the input. (Where one event's bytes end and the next one's begin
/// may differ by the LF of a CRLF that was cut apart: an event does not wait for it.)
pub fn sse(input: &[u8]) -> String {
    let whole = events(&[input]);
    let split = events(&pieces(input));
    assert_eq!(whole.is_ok(), split.is_ok(), "an event is too large in any pieces or in none");
    let (Ok((whole, raw)), Ok((split, split_raw))) = (whole, split) else { return "too large".to_owned() };
    assert_eq!(whole, split);
    assert!(raw == input && split_raw == input, "no byte is lost");
    format!("{} named {}", whole.len().min(4), whole.iter().filter(|(name, _)| name.is_some()).count().min(2))
}

fn events(pieces: &[&[u8]]) -> Result<(Seen, Vec<u8>), TooLarge> {
    let (mut parser, mut seen, mut raw) = (Parser::new(1 << 12), Seen::new(), Vec::new());
    let mut keep = |event: kanmon::codec::sse::Event<'_>| {
        seen.push((event.name.map(<[u8]>::to_vec), event.data.to_vec()));
        raw.extend_from_slice(event.raw);
        Ok(())
    };
    for piece in pieces {
        parser.push::<TooLarge>(piece, &mut keep)?;
    }
    parser.finish::<TooLarge>(&mut keep)?;
    raw.extend_from_slice(parser.residue());
    Ok((seen, raw))
}

const ENCODINGS: [&str; 6] = ["gzip", "deflate", "br", "zstd", "gzip, br", "zstd, deflate"];
const MOST: u64 = 1 << 20;

/// The first byte says which encoding. Any split decodes to the same bytes, or to as many of them before the same error.
pub fn encoding(input: &[u8]) -> String {
    let Some((which, body)) = input.split_first() else { return "empty".to_owned() };
    let name = ENCODINGS[usize::from(*which) % ENCODINGS.len()];
    let (whole, outcome) = decoded(name, &[body]);
    let (split, split_outcome) = decoded(name, &pieces(body));
    assert_eq!(outcome.is_ok(), split_outcome.is_ok(), "{name}: {outcome:?} or {split_outcome:?}");
    let shared = whole.len().min(split.len());
    assert_eq!(whole[..shared], split[..shared]);
    assert!(outcome.is_err() || whole.len() == split.len());
    assert!(whole.len() as u64 <= MOST && split.len() as u64 <= MOST);
    format!("{name} {outcome:?} {}", whole.len().min(3))
}

fn decoded(name: &str, pieces: &[&[u8]]) -> (Vec<u8>, Result<(), String>) {
    let mut decoder = Decoder::new(name, MOST).expect("a known encoding").expect("an encoding");
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(error) = decoder.push(piece, &mut out) {
            return (out, Err(error.to_string()));
        }
    }
    let outcome = decoder.finish(&mut out).map_err(|error| error.to_string());
    (out, outcome)
}

/// A text in each encoding, and one that is a bomb.
pub fn encoded() -> Vec<Vec<u8>> {
    let texts = [b"data: {\"a\":1}\n\n".to_vec(), b"x".repeat(100_000)];
    let mut seeds = Vec::new();
    for text in &texts {
        for (which, name) in ENCODINGS.iter().enumerate() {
            let mut body = text.clone();
            for encoding in name.split(", ") {
                body = in_encoding(encoding, &body);
            }
            body.insert(0, u8::try_from(which).unwrap());
            seeds.push(body);
        }
    }
    seeds
}

fn in_encoding(name: &str, body: &[u8]) -> Vec<u8> {
    match name {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        "br" => {
            let mut out = Vec::new();
            brotli::CompressorWriter::new(&mut out, 4096, 5, 18).write_all(body).unwrap();
            out
        }
        _ => zstd::encode_all(body, 3).unwrap(),
    }
}
