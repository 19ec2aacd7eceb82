//! A call whose provider has the same endpoint: the body as it came, but for the model and what the config overrides.

use bytes::Bytes;

use super::standin::{Parsed, Target};
use super::{Call, place};
use crate::codec::json::{Splice, TopLevel};
use crate::codec::multipart::Form;
use crate::translate::{Facts, Rendered, RequestError};

/// The call for the target.
///
/// # Errors
/// [`RequestError::Invalid`] for a form that cannot hold what has to be written into it.
pub(super) fn request(
    call: Call,
    body: &Bytes,
    parsed: &Parsed<'_>,
    facts: &Facts,
    target: &Target<'_>,
) -> Result<Rendered, RequestError> {
    let body = match parsed {
        Parsed::Json(top) => json(call, body, top, facts, target),
        Parsed::Form(form) => self::form(form, facts, target)?,
    };
    Ok(Rendered { path: place::passed(call, target), headers: Vec::new(), body, dropped: Vec::new() })
}

fn json(call: Call, body: &[u8], top: &TopLevel<'_>, facts: &Facts, target: &Target<'_>) -> Option<Bytes> {
    let mut splice = Splice::new(body, top);
    // Gemini's model stands in the path.
    let is_named = call != Call::GeminiCountTokens;
    if is_named && (facts.model != target.model || top.get("model").is_none()) {
        splice.set("model", super::json_string(target.model));
    }
    for (field, value) in target.overrides {
        match value {
            Some(json) => splice.set(field, json.get().as_bytes()),
            None => splice.remove(field),
        }
    }
    splice.finish()
}

/// A form's fields are text: an override that is text goes in as it is, anything else as its JSON.
fn form(form: &Form<'_>, facts: &Facts, target: &Target<'_>) -> Result<Option<Bytes>, RequestError> {
    let overrides: Vec<(&str, Option<String>)> = target
        .overrides
        .iter()
        .map(|(field, value)| {
            let text = |json: &str| serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned());
            (field.as_str(), value.as_ref().map(|json| text(json.get())))
        })
        .collect();
    let mut edits = Vec::with_capacity(overrides.len() + 1);
    if facts.model != target.model && overrides.iter().all(|(field, _)| *field != "model") {
        edits.push(("model", Some(target.model)));
    }
    edits.extend(overrides.iter().map(|(field, value)| (*field, value.as_deref())));
    Ok(form.splice(&edits)?)
}
