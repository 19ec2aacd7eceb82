//! Content parts: text, pictures, recordings, files and refusals.
//!
//! A part that cannot stand where it stands, or whose type nobody here knows, is an error that names it, never left out.

use super::tools::brief;
use super::wire;
use crate::translate::conversation::{Audio, CacheHint, Content, Document, Image, Media, Part};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::media::{PDF, data_uri, is_data_uri, web};
use crate::translate::openai::request::{missing, refuse_unknown};
use crate::translate::text::Str;

/// Whose parts these are: it decides which types are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// System and developer messages, and the user's.
    Input,
    /// The model, in an earlier answer.
    Assistant,
    /// A tool.
    Tool,
}

impl Speaker {
    fn types(self) -> &'static [&'static str] {
        match self {
            Self::Input => &["input_text", "input_image", "input_file", "input_audio"],
            // The SDKs' short form of a message has `input_text` for every role.
            Self::Assistant => &["output_text", "refusal", "input_text"],
            Self::Tool => &["input_text", "input_image", "input_file"],
        }
    }
}

/// Reads `content` or `output`.
pub(super) fn parts<'a>(said: wire::Said<'a>, speaker: Speaker, ignored: &mut Hints) -> Result<Vec<Part<'a>>, Fault> {
    let list = match said {
        wire::Said::Text(text) => return Ok(vec![Content::Text(text).into()]),
        wire::Said::Parts(list) => list,
        wire::Said::Other => return Err(Fault::new("", "is neither a string nor an array of parts")),
    };
    if list.is_empty() && speaker == Speaker::Input {
        return Err(Fault::new("", "must have at least one part"));
    }
    let mut parts = Vec::with_capacity(list.len());
    for (at, wire) in list.into_iter().enumerate() {
        parts.push(part(wire, speaker, ignored).map_err(|fault| fault.within(format_args!("[{at}]")))?);
    }
    Ok(parts)
}

fn part<'a>(mut part: wire::Part<'a>, speaker: Speaker, ignored: &mut Hints) -> Result<Part<'a>, Fault> {
    let kind = part.kind.take().ok_or_else(|| missing("type"))?;
    let allowed = speaker.types();
    if !allowed.contains(&&*kind) {
        let message = format!("`{}` is not a type of part that can stand here ({})", brief(&kind), allowed.join(", "));
        return Err(Fault::new("type", message));
    }
    match speaker {
        Speaker::Assistant => ignored.all("input[].content[].", &part.rest),
        Speaker::Input | Speaker::Tool => refuse_unknown(&part.rest)?,
    }
    let cache = part.prompt_cache_breakpoint.take().map(|hint| cache_hint(&hint)).transpose();
    let cache = cache.map_err(|fault| fault.within("prompt_cache_breakpoint"))?;
    let content = match &*kind {
        "input_image" => image(part)?,
        "input_file" => file(part, ignored)?,
        "input_audio" => audio(part.input_audio.ok_or_else(|| missing("input_audio"))?).map_err(|f| f.within("input_audio"))?,
        "refusal" => Content::Refusal(part.refusal.ok_or_else(|| missing("refusal"))?),
        _ => text(part, ignored)?,
    };
    Ok(Part { content, cache })
}

/// What an earlier answer pointed at, and how likely its words were: the text that the model reads again is whole without.
fn text<'a>(part: wire::Part<'a>, ignored: &mut Hints) -> Result<Content<'a>, Fault> {
    for (field, raw) in [("annotations", part.annotations), ("logprobs", part.logprobs)] {
        if raw.is_some_and(|raw| raw.get() != "[]") {
            ignored.add(&format!("input[].content[].{field}"));
        }
    }
    Ok(Content::Text(part.text.ok_or_else(|| missing("text"))?))
}

fn image(part: wire::Part<'_>) -> Result<Content<'_>, Fault> {
    let source = match (part.image_url, part.file_id) {
        (Some(url), None) if is_data_uri(&url) => data_uri(url).map_err(|f| f.within("image_url"))?,
        (Some(url), None) => web(url).map_err(|f| f.within("image_url"))?,
        (None, Some(id)) => Media::FileId(id),
        (Some(_), Some(_)) => return Err(Fault::new("file_id", "and `image_url` exclude each other")),
        (None, None) => return Err(Fault::new("image_url", "or `file_id` is missing")),
    };
    Ok(Content::Image(Image { source, detail: part.detail }))
}

/// A file's `detail` is how closely its pages are looked at: a hint.
fn file<'a>(part: wire::Part<'a>, ignored: &mut Hints) -> Result<Content<'a>, Fault> {
    if part.detail.is_some_and(|detail| detail != "auto") {
        ignored.add("input[].content[].detail");
    }
    let is_pdf = part.filename.as_deref().is_some_and(|name| name.to_ascii_lowercase().ends_with(".pdf"));
    let source = match (part.file_data, part.file_url, part.file_id) {
        (Some(data), None, None) if is_data_uri(&data) => data_uri(data).map_err(|f| f.within("file_data"))?,
        // The API reference says "base64", its examples show data URIs; only a name tells the type of the former.
        (Some(data), None, None) if is_pdf => Media::Base64 { media_type: PDF.into(), data },
        (Some(_), None, None) => {
            return Err(Fault::new("file_data", "is not a data URI (`data:application/pdf;base64,…`)"));
        }
        (None, Some(url), None) => web(url).map_err(|f| f.within("file_url"))?,
        (None, None, Some(id)) => Media::FileId(id),
        (None, None, None) => return Err(Fault::new("file_data", "or `file_url` or `file_id` is missing")),
        _ => return Err(Fault::new("file_data", "`file_url` and `file_id` exclude each other")),
    };
    Ok(Content::Document(Document { source, title: part.filename, context: None, citations: false }))
}

fn audio(audio: wire::InputAudio<'_>) -> Result<Content<'_>, Fault> {
    refuse_unknown(&audio.rest)?;
    let format = audio.format.ok_or_else(|| missing("format"))?;
    Ok(Content::Audio(Audio { format, data: audio.data.ok_or_else(|| missing("data"))? }))
}

/// OpenAI's lifetimes begin at 30 minutes, so one that is named is more than the five minutes that others have by default.
fn cache_hint(hint: &wire::CacheBreakpoint<'_>) -> Result<CacheHint, Fault> {
    refuse_unknown(&hint.rest)?;
    match (hint.mode.as_deref(), &hint.ttl) {
        (Some("explicit"), None) => Ok(CacheHint::Default),
        (Some("explicit"), Some(_)) => Ok(CacheHint::OneHour),
        _ => Err(Fault::new("mode", "is not `explicit`")),
    }
}

/// All text of these parts, for a place that takes text only.
pub(super) fn joined<'a>(texts: impl Iterator<Item = Str<'a>>) -> Str<'a> {
    let mut texts: Vec<Str<'a>> = texts.filter(|text| !text.is_empty()).collect();
    if texts.len() > 1 {
        return texts.iter().map(|text| &**text).collect::<Vec<_>>().join("\n\n").into();
    }
    texts.pop().unwrap_or_default()
}
