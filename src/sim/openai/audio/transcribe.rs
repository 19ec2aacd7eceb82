//! Transcriptions and translations: a form in; JSON, a text, subtitles or events out. What is heard is the length of the recording.

use serde_json::{Value, json};

use super::super::super::ask::{Ask, Output};
use super::super::super::check::{Fault, Node, Object};
use super::super::super::error::ApiError;
use super::super::super::form::Part;
use super::super::super::sse::Event;
use super::super::super::tokens;
use super::super::request::model;
use super::super::write::token_logprobs;

const FIELDS: &[&str] = &[
    "chunking_strategy",
    "include",
    "keywords",
    "known_speaker_names",
    "known_speaker_references",
    "language",
    "languages",
    "model",
    "prompt",
    "response_format",
    "stream",
    "temperature",
    "timestamp_granularities",
];

const TRANSLATION_FIELDS: &[&str] = &["model", "prompt", "response_format", "temperature"];

const FORMATS: &[&str] = &["json", "text", "srt", "verbose_json", "vtt"];

const ENDINGS: [&str; 10] = ["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"];

/// Bytes of a recording that take a second.
const BYTES_PER_SECOND: usize = 32_000;

struct Asked {
    model: String,
    format: String,
    stream: bool,
    logprobs: bool,
    words: bool,
}

/// What was heard.
struct Heard {
    text: String,
    seconds: u64,
}

/// `POST /v1/audio/transcriptions`.
pub(in super::super) fn transcribe(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let (asked, heard) = hear(ask, FIELDS)?;
    let usage = usage(&asked, &heard);
    if asked.stream {
        return Ok(Output::events(events(ask, &asked, &heard, usage)));
    }
    Ok(write(ask, &asked, &heard, "transcribe", usage))
}

/// `POST /v1/audio/translations`.
pub(in super::super) fn translate(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let (asked, heard) = hear(ask, TRANSLATION_FIELDS)?;
    Ok(write(ask, &asked, &heard, "translate", Value::Null))
}

fn hear(ask: &Ask<'_>, fields: &[&str]) -> Result<(Asked, Heard), ApiError> {
    let (parts, body) = ask.form(&["temperature"], &["stream"])?;
    let asked = read(&Node::root(&body), fields).map_err(|fault| ApiError::fault(ask.api, fault))?;
    ask.serves(&asked.model)?;
    let length = recording(&parts)?;
    let seconds = u64::try_from(length.div_ceil(BYTES_PER_SECOND)).unwrap_or(u64::MAX);
    let text = match ask.script.text_bytes {
        Some(bytes) => "lorem ".chars().cycle().take(bytes).collect(),
        None => format!("You recorded {length} bytes."),
    };
    Ok((asked, Heard { text, seconds }))
}

/// The length of the one file of a form.
fn recording(parts: &[Part<'_>]) -> Result<usize, ApiError> {
    let files: Vec<&Part<'_>> = parts.iter().filter(|part| part.filename.is_some()).collect();
    let [file] = files.as_slice() else {
        return Err(ApiError { param: Some("file".into()), ..ApiError::bad("Missing required parameter: 'file'.") });
    };
    let name = file.filename.as_deref().unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if file.name != "file" {
        let message = format!("Unknown parameter: '{}'.", file.name);
        return Err(ApiError { param: Some(file.name.clone()), ..ApiError::bad(message) });
    }
    if !ENDINGS.contains(&ending.as_str()) || file.data.is_empty() {
        return Err(ApiError {
            param: Some("file".into()),
            ..ApiError::bad(format!("Invalid file format. Supported formats: {ENDINGS:?}"))
        });
    }
    Ok(file.data.len())
}

fn read(body: &Node<'_>, fields: &[&str]) -> Result<Asked, Fault> {
    let body = body.object(fields)?;
    let model = model(&body)?;
    for text in ["language", "prompt", "chunking_strategy"] {
        body.optional(text, |node| node.string())?;
    }
    for list in ["keywords", "languages", "known_speaker_names", "known_speaker_references"] {
        body.optional(list, |node| node.array())?;
    }
    body.optional("temperature", |node| node.number(0.0..=1.0))?;
    let format = format(&body, &model)?;
    let stream = body.optional("stream", |node| node.boolean())?.unwrap_or(false);
    let mut logprobs = false;
    for include in body.optional("include", |node| node.array())?.into_iter().flatten() {
        include.one_of(&["logprobs"])?;
        logprobs = true;
    }
    let mut words = false;
    for granularity in body.optional("timestamp_granularities", |node| node.array())?.into_iter().flatten() {
        words |= granularity.one_of(&["word", "segment"])? == "word";
        if format != "verbose_json" {
            return Err(granularity.rule("timestamp granularities need the response format 'verbose_json'"));
        }
    }
    // "Streaming is not supported for the whisper-1 model and will be ignored."
    let stream = stream && !model.starts_with("whisper");
    Ok(Asked { model, format: format.to_owned(), stream, logprobs, words })
}

/// The newer models write JSON and texts only.
fn format<'a>(body: &Object<'a>, model: &str) -> Result<&'a str, Fault> {
    let Some(node) = body.get("response_format") else { return Ok("json") };
    let format = node.one_of(FORMATS)?;
    if model.starts_with("gpt-") && !["json", "text"].contains(&format) {
        let message = format!("response_format '{format}' is not compatible with model '{model}'. Use 'json' or 'text' instead.");
        return Err(node.rule(message));
    }
    Ok(format)
}

fn usage(asked: &Asked, heard: &Heard) -> Value {
    if asked.model.starts_with("whisper") {
        return json!({"type": "duration", "seconds": heard.seconds});
    }
    let (input, output) = (heard.seconds.saturating_mul(10), tokens::of_text(&heard.text));
    json!({
        "type": "tokens", "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
        "input_token_details": {"text_tokens": 0, "audio_tokens": input},
    })
}

fn write(ask: &Ask<'_>, asked: &Asked, heard: &Heard, task: &str, usage: Value) -> Output {
    let Heard { text, seconds } = heard;
    let mut answer = match asked.format.as_str() {
        "text" => return Output::bytes("text/plain; charset=utf-8", format!("{text}\n")),
        "srt" => {
            return Output::bytes(
                "text/plain; charset=utf-8",
                format!("1\n00:00:00,000 --> {},000\n{text}\n\n", clock(*seconds)),
            );
        }
        "vtt" => {
            let subtitles = format!("WEBVTT\n\n00:00:00.000 --> {}.000\n{text}\n\n", clock(*seconds));
            return Output::bytes("text/plain; charset=utf-8", subtitles);
        }
        "verbose_json" => verbose(asked, heard, task),
        _ => json!({"text": text}),
    };
    if asked.logprobs {
        answer["logprobs"] = token_logprobs(tokens::pieces(text, None));
    }
    if !usage.is_null() && !ask.script.no_usage {
        answer["usage"] = usage;
    }
    Output::json(answer)
}

fn verbose(asked: &Asked, heard: &Heard, task: &str) -> Value {
    let Heard { text, seconds } = heard;
    let mut answer = json!({
        "task": task, "language": "english", "duration": seconds, "text": text,
        "segments": [{
            "id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": text, "tokens": [1, 2, 3], "temperature": 0.0,
            "avg_logprob": -0.25, "compression_ratio": 1.0, "no_speech_prob": 0.01,
        }],
    });
    if asked.words {
        answer["words"] = text.split_whitespace().map(|word| json!({"word": word, "start": 0.0, "end": seconds})).collect();
    }
    answer
}

fn events(ask: &Ask<'_>, asked: &Asked, heard: &Heard, usage: Value) -> Vec<Event> {
    let mut events: Vec<Event> = tokens::pieces(&heard.text, ask.script.pieces)
        .into_iter()
        .map(|piece| {
            let mut event = json!({"type": "transcript.text.delta", "delta": piece});
            if asked.logprobs {
                event["logprobs"] = token_logprobs(vec![piece]);
            }
            Event::data(&event)
        })
        .collect();
    let mut done = json!({"type": "transcript.text.done", "text": heard.text});
    if !ask.script.no_usage {
        done["usage"] = usage;
    }
    events.push(Event::data(&done));
    events
}

fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
