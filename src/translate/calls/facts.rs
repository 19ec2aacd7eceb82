//! What the road must know of a call before it goes anywhere: the model, and whether a stream is asked for.

use super::Call;
use crate::codec::json::TopLevel;
use crate::codec::multipart::Form;
use crate::translate::fault::Fault;
use crate::translate::{Facts, Incoming, Parsed, RequestError, gemini};

/// The model that OpenAI's API reference names for moderations that name none.
const MODERATION: &str = "omni-moderation-latest";

/// What the road needs to know of a call.
///
/// # Errors
/// [`RequestError::Invalid`] for a field that is missing or of the wrong type.
pub(in crate::translate) fn facts(call: Call, incoming: &Incoming<'_>) -> Result<Facts, RequestError> {
    let (model, stream) = match &incoming.parsed {
        Parsed::Json(_) if call.method().is_some() => (gemini::request::model(incoming.path)?, false),
        Parsed::Json(top) => (of_json(call, top)?, stream_of_json(call, top)?),
        Parsed::Form(form) => (of_form(form)?, stream_of_form(form)?),
        Parsed::Unread => return Err(no_model()),
    };
    Ok(Facts { model, stream, max_output_tokens: Some(0), wants_usage: true })
}

fn of_json(call: Call, top: &TopLevel<'_>) -> Result<String, RequestError> {
    match (top.str("model")?.filter(|model| !model.is_empty()), call) {
        (Some(model), _) => Ok(model.into_owned()),
        (None, Call::Moderations) => Ok(MODERATION.to_owned()),
        (None, _) => Err(no_model()),
    }
}

fn of_form(form: &Form<'_>) -> Result<String, RequestError> {
    form.text("model")?.filter(|model| !model.is_empty()).map(str::to_owned).ok_or_else(no_model)
}

fn no_model() -> RequestError {
    Fault::new("model", "is missing: name a model").into()
}

fn stream_of_json(call: Call, top: &TopLevel<'_>) -> Result<bool, RequestError> {
    match call {
        // Sound is streamed as it is, too; only `sse` is a stream of events.
        Call::Speech => Ok(top.str("stream_format")?.is_some_and(|format| format == "sse")),
        Call::ImageGenerations | Call::ImageEdits => Ok(top.bool("stream")?.unwrap_or_default()),
        _ => Ok(false),
    }
}

/// SDKs write `true`; servers in Python take a few more words for it.
fn stream_of_form(form: &Form<'_>) -> Result<bool, RequestError> {
    let Some(word) = form.text("stream")? else { return Ok(false) };
    match word.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" | "" => Ok(false),
        _ => Err(Fault::new("stream", "is not `true` or `false`").into()),
    }
}
