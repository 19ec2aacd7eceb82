//! Speech: bytes that begin as their format does and are no sound, whole or as events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::super::super::ask::{Ask, Output};
use super::super::super::check::{Fault, Node};
use super::super::super::error::ApiError;
use super::super::super::sse::Event;
use super::super::super::tokens;
use super::super::request::model;

const FIELDS: &[&str] = &["input", "instructions", "model", "response_format", "speed", "stream_format", "voice"];

const FORMATS: &[&str] = &["mp3", "opus", "aac", "flac", "wav", "pcm"];

/// The longest text, in characters.
const LONGEST: usize = 4096;

/// Bytes of speech for each token of text.
const BYTES_PER_TOKEN: usize = 1000;

/// Bytes of speech in an event.
const PIECE: usize = 1500;

struct Asked {
    model: String,
    input: String,
    format: String,
    events: bool,
}

/// `POST /v1/audio/speech`.
pub(in super::super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let asked = ask.read(read)?;
    ask.serves(&asked.model)?;
    let words = tokens::of_text(&asked.input);
    let length = usize::try_from(words).unwrap_or(1).max(1) * BYTES_PER_TOKEN;
    let (content_type, sound) = sound(&asked.format, ask.script.text_bytes.unwrap_or(length));
    if !asked.events {
        return Ok(Output::bytes(content_type, sound));
    }
    let mut events: Vec<Event> = sound
        .chunks(PIECE)
        .map(|piece| Event::data(&json!({"type": "speech.audio.delta", "audio": STANDARD.encode(piece)})))
        .collect();
    let spoken = u64::try_from(sound.len() / 100).unwrap_or(u64::MAX);
    let usage = json!({"input_tokens": words, "output_tokens": spoken, "total_tokens": words.saturating_add(spoken)});
    let usage = if ask.script.no_usage { json!(null) } else { usage };
    events.push(Event::data(&json!({"type": "speech.audio.done", "usage": usage})));
    Ok(Output::events(events))
}

/// Content type and bytes: the format's first bytes, then every byte value in turn, so that nobody takes it for text.
fn sound(format: &str, length: usize) -> (&'static str, Vec<u8>) {
    let (content_type, beginning): (&str, &[u8]) = match format {
        "opus" => ("audio/ogg", b"OggS"),
        "aac" => ("audio/aac", b"\xff\xf1"),
        "flac" => ("audio/flac", b"fLaC"),
        "wav" => ("audio/wav", b"RIFF\xff\xff\xff\xffWAVE"),
        "pcm" => ("audio/pcm", b""),
        _ => ("audio/mpeg", b"ID3"),
    };
    (content_type, beginning.iter().copied().chain((0..=u8::MAX).cycle()).take(length).collect())
}

fn read(body: &Node<'_>) -> Result<Asked, Fault> {
    let body = body.object(FIELDS)?;
    let model = model(&body)?;
    let input = body.need("input")?;
    if !(1..=LONGEST).contains(&input.string()?.chars().count()) {
        return Err(input.rule(format!("expected a string with 1 to {LONGEST} characters")));
    }
    let voice = body.need("voice")?;
    if voice.string().is_err() {
        voice.object(&["id"])?.need("id")?.string()?;
    }
    body.optional("instructions", |node| node.string())?;
    body.optional("speed", |node| node.number(0.25..=4.0))?;
    let format = body.optional("response_format", |node| node.one_of(FORMATS))?.unwrap_or("mp3");
    let stream = body.optional("stream_format", |node| node.one_of(&["sse", "audio"]))?;
    if let Some(node) = body.get("stream_format").filter(|_| stream == Some("sse") && model.starts_with("tts-1")) {
        return Err(node.rule(format!("'sse' is not supported for '{model}'")));
    }
    Ok(Asked { model, input: input.string()?.to_owned(), format: format.to_owned(), events: stream == Some("sse") })
}
