//! AWS event streams: the frames, and what Bedrock says in them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kanmon::codec::aws_events::{FrameError, Parser, write_event, write_exception};
use kanmon::translate::Dialect;
use serde_json::Value;

use super::{pieces, streams};

type Seen = Vec<(Option<Vec<u8>>, Vec<u8>, bool)>;

/// Any split gives the same frames, and every byte is in one or in the residue.
pub fn frames(input: &[u8]) -> String {
    let (whole, split) = (read(&[input]), read(&pieces(input)));
    assert_eq!(whole.is_ok(), split.is_ok(), "{whole:?} or {split:?}");
    let (Ok((whole, raw)), Ok((split, split_raw))) = (whole.clone(), split) else { return format!("{whole:?}") };
    assert_eq!(whole, split);
    assert!(raw == input && split_raw == input, "no byte is lost");
    format!("{} exceptions {}", whole.len().min(3), whole.iter().filter(|(_, _, exception)| *exception).count().min(2))
}

fn read(pieces: &[&[u8]]) -> Result<(Seen, Vec<u8>), FrameError> {
    let (mut parser, mut seen, mut raw) = (Parser::new(1 << 12), Seen::new(), Vec::new());
    for piece in pieces {
        parser.push::<FrameError>(piece, &mut |event| {
            seen.push((event.name.map(<[u8]>::to_vec), event.data.to_vec(), event.exception));
            raw.extend_from_slice(event.raw);
            Ok(())
        })?;
    }
    raw.extend_from_slice(parser.residue());
    Ok((seen, raw))
}

/// The input is a list of events as JSON, which get checksums that are right: else nothing behind the first frame is ever read.
pub fn bedrock(input: &[u8]) -> String {
    streams::of_provider(Dialect::Bedrock, &framed(input))
}

pub fn anthropic_bedrock(input: &[u8]) -> String {
    streams::of_provider(Dialect::AnthropicBedrock, &framed(input))
}

fn framed(input: &[u8]) -> Vec<u8> {
    let events: Vec<Value> = serde_json::from_slice(input).unwrap_or_default();
    let mut out = Vec::new();
    for event in events {
        let data = event.get("data").map(Value::to_string).unwrap_or_default();
        let name = |key: &str| event.get(key).and_then(Value::as_str).filter(|name| name.len() < 200);
        match (name("event"), name("exception")) {
            (Some(name), _) => write_event(&mut out, name, data.as_bytes()),
            (None, Some(name)) => write_exception(&mut out, name, data.as_bytes()),
            (None, None) => {
                let chunk = event.get("chunk").map(Value::to_string).unwrap_or_default();
                let chunk = format!(r#"{{"bytes":"{}"}}"#, STANDARD.encode(chunk));
                write_event(&mut out, "chunk", chunk.as_bytes());
            }
        }
    }
    out
}

pub fn frame_seeds() -> Vec<Vec<u8>> {
    let mut two = Vec::new();
    write_event(&mut two, "messageStart", br#"{"role":"assistant"}"#);
    write_exception(&mut two, "throttlingException", br#"{"message":"slow"}"#);
    vec![two.clone(), two[..20].to_vec(), Vec::new()]
}
