//! Parts of instructions, of what the user says, and of what the model said.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::contents::Calls;
use super::{foreign, missing, refuse_unknown};
use crate::translate::conversation::{Audio, Content, Document, Image, Media, Part as Said, Thinking, ToolResult};
use crate::translate::fault::Fault;
use crate::translate::gemini::carried::{self, Carried};
use crate::translate::gemini::wire::{self, Blob, FileData, FunctionResponse, Part, ResponsePart};
use crate::translate::hints::Hints;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;
use crate::translate::{plain, signature};

/// Instructions are text.
pub(super) fn instruction(content: wire::Content<'_>) -> Result<Vec<Said<'_>>, Wrong> {
    let mut list = Vec::new();
    for (at, part) in content.parts.unwrap_or_default().into_iter().enumerate() {
        refuse_unknown(&part.rest).map_err(|wrong| wrong.within(format_args!("parts[{at}]")))?;
        match part.text {
            Some(text) if text.is_empty() => {}
            Some(text) => list.push(Content::Text(text).into()),
            None => return Err(Fault::new(format!("parts[{at}].text"), "is missing: instructions are text").into()),
        }
    }
    Ok(list)
}

/// What the user says.
pub(super) fn user<'a>(
    part: Part<'a>,
    calls: &mut Calls<'a>,
    list: &mut Vec<Said<'a>>,
    ignored: &mut Hints,
) -> Result<(), Wrong> {
    refuse_unknown(&part.rest)?;
    if part.media_resolution.is_some() {
        ignored.add("contents[].parts[].mediaResolution");
    }
    if part.function_call.is_some() {
        return Err(Fault::new("functionCall", "cannot stand in a content of the role `user`").into());
    }
    let content = if let Some(response) = part.function_response {
        Content::ToolResult(result(response, calls).map_err(|wrong| wrong.within("functionResponse"))?)
    } else if let Some(blob) = part.inline_data {
        inline(blob).map_err(|wrong| wrong.within("inlineData"))?
    } else if let Some(file) = part.file_data {
        self::file(file).map_err(|wrong| wrong.within("fileData"))?
    } else {
        Content::Text(part.text.ok_or_else(|| missing("text"))?)
    };
    list.push(content.into());
    Ok(())
}

/// What the model said, as the client sends it back. A signature goes with the call that it stands on, or as thinking.
pub(super) fn model<'a>(
    part: Part<'a>,
    calls: &mut Calls<'a>,
    list: &mut Vec<Said<'a>>,
    ignored: &mut Hints,
) -> Result<(), Wrong> {
    ignored.all("contents[].parts[].", &part.rest);
    if part.executable_code.is_some() || part.code_execution_result.is_some() {
        return Err(foreign("executableCode", "code that Google ran can only be read by Google: remove it"));
    }
    let own = part.thought_signature.as_deref().filter(|text| !text.is_empty()).map(carried::read);
    if let Some(call) = part.function_call {
        let own = match own {
            Some(Carried::Google(own)) => Some(own.into_owned().into()),
            other => {
                list.extend(other.map(|other| carried(Str::default(), other)));
                None
            }
        };
        let call = calls.call(call, own).map_err(|fault| fault.within("functionCall"))?;
        list.push(Content::ToolCall(call).into());
        return Ok(());
    }
    if part.inline_data.is_some() || part.file_data.is_some() {
        return Err(foreign("inlineData", "media that the model made cannot be told to another: describe them in text"));
    }
    let text = part.text.unwrap_or_default();
    match (part.thought == Some(true), own) {
        (true, Some(own)) => list.push(carried(text, own)),
        (true, None) => list.push(Content::Thinking(Thinking { text, signature: None }).into()),
        (false, own) => {
            if !text.is_empty() {
                list.push(Content::Text(text).into());
            }
            list.extend(own.map(|own| carried(Str::default(), own)));
        }
    }
    Ok(())
}

fn carried<'a>(text: Str<'a>, carried: Carried<'_>) -> Said<'a> {
    let signature = match carried {
        Carried::Redacted(data) => return Content::RedactedThinking(data.into()).into(),
        Carried::Foreign(signature) => signature.into(),
        Carried::Google(own) => signature::seal(&own),
    };
    Content::Thinking(Thinking { text, signature: Some(signature) }).into()
}

fn result<'a>(mut response: FunctionResponse<'a>, calls: &mut Calls<'a>) -> Result<ToolResult<'a>, Wrong> {
    refuse_unknown(&response.rest)?;
    let call_id = calls.id(&mut response)?;
    let raw = response.response.ok_or_else(|| missing("response"))?;
    let (text, is_error) = outcome(raw);
    let mut parts = vec![Content::Text(text).into()];
    for (at, ResponsePart { inline_data, file_data, rest }) in response.parts.unwrap_or_default().into_iter().enumerate() {
        let within = |wrong: Wrong| wrong.within(format_args!("parts[{at}]"));
        refuse_unknown(&rest).map_err(within)?;
        let content = match (inline_data, file_data) {
            (Some(blob), _) => inline(blob).map_err(within)?,
            (None, Some(file)) => self::file(file).map_err(within)?,
            (None, None) => return Err(within(missing("inlineData").into())),
        };
        parts.push(content.into());
    }
    Ok(ToolResult { call_id, parts, is_error })
}

/// The text of a response: what stands under Google's own words alone (`output`, `error`; its SDKs write `result`), where that is
/// text, or else the object as it came.
fn outcome(raw: &RawValue) -> (Str<'_>, bool) {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Only<'a> {
        #[serde(borrow)]
        output: Option<Str<'a>>,
        #[serde(borrow)]
        result: Option<Str<'a>>,
        #[serde(borrow)]
        error: Option<Str<'a>>,
    }
    match serde_json::from_str(raw.get()) {
        Ok(Only { output: Some(text), result: None, error: None })
        | Ok(Only { output: None, result: Some(text), error: None }) => (text, false),
        Ok(Only { output: None, result: None, error: Some(text) }) => (text, true),
        _ => (raw.get().into(), false),
    }
}

/// By the type of the bytes.
fn inline(blob: Blob<'_>) -> Result<Content<'_>, Wrong> {
    refuse_unknown(&blob.rest)?;
    let media_type = blob.mime_type.ok_or_else(|| missing("mimeType"))?;
    let data = blob.data.ok_or_else(|| missing("data"))?;
    let data = standard(data);
    if media_type.starts_with("image/") {
        return Ok(Content::Image(Image { source: Media::Base64 { media_type, data }, detail: None }));
    }
    if let Some(format) = media_type.strip_prefix("audio/") {
        // OpenAI's names, which are the hub's.
        let format = match format {
            "mpeg" | "mp3" => "mp3",
            "wav" | "x-wav" | "wave" => "wav",
            other => other,
        };
        return Ok(Content::Audio(Audio { format: format.to_owned().into(), data }));
    }
    if media_type == "application/pdf" || media_type.starts_with("text/") {
        let source = Media::Base64 { media_type, data };
        return Ok(Content::Document(Document { source, title: blob.display_name, context: None, citations: false }));
    }
    let brief = plain::brief(&media_type, plain::QUOTATION);
    Err(foreign("mimeType", &format!("media of the type `{brief}` can only be read by Google: leave them out")))
}

/// Google's SDKs write base64 in the alphabet for addresses; other providers read the standard one only.
fn standard(data: Str<'_>) -> Str<'_> {
    if memchr::memchr2(b'-', b'_', data.as_bytes()).is_some() { data.replace('-', "+").replace('_', "/").into() } else { data }
}

/// What anybody can fetch is an address; what only Google can is a file that was uploaded there.
fn file(file: FileData<'_>) -> Result<Content<'_>, Wrong> {
    refuse_unknown(&file.rest)?;
    let uri = file.file_uri.ok_or_else(|| missing("fileUri"))?;
    let media_type = file.mime_type.unwrap_or_default();
    let public = uri.starts_with("https://") && !uri.starts_with("https://generativelanguage.googleapis.com/");
    let source = if public { Media::Url(uri) } else { Media::FileId(uri) };
    if media_type.starts_with("image/") {
        return Ok(Content::Image(Image { source, detail: None }));
    }
    if media_type == "application/pdf" {
        return Ok(Content::Document(Document { source, title: file.display_name, context: None, citations: false }));
    }
    let message = "only images and PDFs at an address can be translated: say which it is, or send the content";
    Err(foreign("mimeType", message))
}
