//! A call whose provider has the same endpoint: the body as it came, but for the model and what the config overrides.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};

use super::{Call, google, place};
use crate::codec::json::{Splice, TopLevel};
use crate::codec::multipart::Form;
use crate::translate::{Facts, Incoming, Parsed, Rendered, RequestError, Target, outbound};

/// The call for the target.
///
/// # Errors
/// [`RequestError::Invalid`] for a form that cannot hold what has to be written into it.
pub(super) fn request(call: Call, incoming: &Incoming<'_>, facts: &Facts, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let (body, headers) = match &incoming.parsed {
        Parsed::Json(top) => (json(call, incoming.body, top, facts, target), Vec::new()),
        Parsed::Form(form) => (self::form(form, facts, target)?, same_boundary(incoming)),
        Parsed::Unread => (None, same_boundary(incoming)),
    };
    Ok(Rendered { path: place::passed(call, target), headers, body, dropped: Vec::new() })
}

/// The boundary of a form stands in the client's `content-type`.
fn same_boundary(incoming: &Incoming<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let own = incoming.content_type.and_then(|own| HeaderValue::from_str(own).ok());
    own.map(|own| (header::CONTENT_TYPE, own)).into_iter().collect()
}

fn json(call: Call, body: &[u8], top: &TopLevel<'_>, facts: &Facts, target: &Target<'_>) -> Option<Bytes> {
    let mut splice = Splice::new(body, top);
    if call.method().is_some() {
        google::set_model(&mut splice, top, facts, target);
    } else if facts.model != target.model || top.get("model").is_none() {
        splice.set("model", serde_json::Value::from(target.model).to_string().into_bytes());
    }
    outbound::override_fields(&mut splice, target);
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
