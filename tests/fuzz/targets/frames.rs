//! AWS event streams: the frames themselves, and what Bedrock says in them.
//!
//! A mutated frame does not get past its checksum, so what stands in the frames is fuzzed as text: a line for each, with the type and
//! the payload, `!` before the type of an exception; a line of JSON alone is an event of Anthropic's inside a frame.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kanmon::codec::aws_events::{FrameError, Parser, write_event, write_exception};
use kanmon::codec::sse::Event;
use kanmon::translate::Dialect;
use serde_json::Value;

use super::{pieces, streams};
use crate::seeds;

/// Name and data of an event, and whether it is an exception.
type Seen = Vec<(Option<Vec<u8>>, Vec<u8>, bool)>;

/// Any split gives the same events, or the same error behind them; events and residue together are the input.
pub fn codec(input: &[u8]) -> String {
    let (whole, split) = (read(&[input]), read(&pieces(input)));
    assert_eq!(whole, split);
    match whole {
        Ok((events, raw)) => {
            assert!(raw == input, "no byte is lost");
            format!("{} {}", events.len().min(4), events.iter().filter(|(.., exception)| *exception).count().min(2))
        }
        Err((events, error)) => format!("{} {error}", events.len().min(4)),
    }
}

fn read(pieces: &[&[u8]]) -> Result<(Seen, Vec<u8>), (Seen, FrameError)> {
    let (mut parser, mut seen, mut raw) = (Parser::new(1 << 12), Seen::new(), Vec::new());
    let mut keep = |event: Event<'_>| {
        seen.push((event.name.map(<[u8]>::to_vec), event.data.to_vec(), event.exception));
        raw.extend_from_slice(event.raw);
        Ok(())
    };
    let read = pieces.iter().try_for_each(|piece| parser.push::<FrameError>(piece, &mut keep));
    if let Err(error) = read {
        return Err((seen, error));
    }
    raw.extend_from_slice(parser.residue());
    Ok((seen, raw))
}

pub fn seeds() -> Vec<Vec<u8>> {
    lines("bedrock").iter().map(|lines| frames(lines)).collect()
}

pub fn bedrock(input: &[u8]) -> String {
    streams::of_provider(Dialect::Bedrock, &frames(input))
}

pub fn anthropic_bedrock(input: &[u8]) -> String {
    streams::of_provider(Dialect::AnthropicBedrock, &frames(input))
}

fn frames(lines: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let at = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let (name, data) = (String::from_utf8_lossy(&line[..at]), line.get(at + 1..).unwrap_or_default());
        match name.strip_prefix('!') {
            Some(kind) => write_exception(&mut stream, kind, data),
            None if name.starts_with('{') => {
                let chunk = format!("{{\"bytes\":\"{}\",\"p\":\"abc\"}}", STANDARD.encode(line));
                write_event(&mut stream, "chunk", chunk.as_bytes());
            }
            None => write_event(&mut stream, &name, data),
        }
    }
    stream
}

/// The golden streams as lines.
pub fn lines(provider: &str) -> Vec<Vec<u8>> {
    let line = |event: &Value| match (event["event"].as_str(), event["exception"].as_str()) {
        (Some(name), _) => format!("{name} {}\n", event["data"]),
        (_, Some(kind)) => format!("!{kind} {}\n", event["data"]),
        _ => format!("{}\n", event["chunk"]),
    };
    let streams = seeds::provider(provider, "stream.");
    let streams = streams.iter().map(|stream| serde_json::from_slice::<Vec<Value>>(stream).unwrap());
    streams.map(|events| events.iter().map(line).collect::<String>().into_bytes()).collect()
}
