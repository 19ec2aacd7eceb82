//! Requests on their way from the client to the provider: the body in the provider's format, at the provider's place.
//!
//! Always made from the client's original body, so that each attempt of a fallback begins anew. Overrides of the config come last:
//! they hold in every format, and whatever the client has sent.

use super::fault::{Fault, name_target};
use super::{Api, ClientFormat, Facts, Format, Incoming, Rendered, RequestError, Target, Task, calls, opaque};
use crate::codec::json::{Splice, TopLevel};

/// The depth of a body was bounded when it came in, so what is made of it needs no bound.
const ANY_DEPTH: usize = usize::MAX;

/// A request for the target. The same format on both sides changes only what must be changed: the model where its name differs,
/// `stream_options.include_usage` where the gateway needs it and the caller did not ask, and the config's overrides.
///
/// # Errors
/// [`RequestError`], naming the field.
pub fn request(incoming: &Incoming<'_>, facts: &Facts, target: &Target<'_>) -> Result<Rendered, RequestError> {
    match incoming.api.task() {
        Task::Conversation(format) if format.format() == target.format => pass_through(format, incoming, facts, target),
        Task::Conversation(format) => translate(format, incoming, facts, target),
        Task::Call(call) => calls::request(call, incoming, facts, target),
        Task::Opaque => opaque::request(incoming, target),
    }
}

/// Whether a request for the target passes through.
pub fn passes(api: Api, target: &Target<'_>) -> bool {
    match api.task() {
        Task::Conversation(format) => format.format() == target.format,
        Task::Call(call) => calls::passes(call, target),
        Task::Opaque => true,
    }
}

fn translate(
    format: ClientFormat,
    incoming: &Incoming<'_>,
    facts: &Facts,
    target: &Target<'_>,
) -> Result<Rendered, RequestError> {
    let conversation = format.parse_request(incoming, facts).map_err(|error| name_target(error, target))?;
    let mut rendered = target.format.render_request(&conversation, target)?;
    rendered.dropped.extend(conversation.ignored.iter().cloned());
    rendered.path = target.hosting.path(target);
    fit_rendered(&mut rendered, target)?;
    Ok(rendered)
}

/// What the host wants otherwise in a body that was rendered as for the format's owner, and what the config overrides.
pub(super) fn fit_rendered(rendered: &mut Rendered, target: &Target<'_>) -> Result<(), RequestError> {
    let as_it_is = target.overrides.is_empty() && target.hosting.keeps_bodies_of(target.format);
    if let (false, Some(body)) = (as_it_is, &rendered.body) {
        let top = TopLevel::scan(body, ANY_DEPTH)?;
        let mut splice = Splice::new(body, &top);
        target.hosting.place((&mut splice, &top), target.format, &mut rendered.headers, &mut rendered.dropped, None);
        override_fields(&mut splice, target);
        if let Some(changed) = splice.finish() {
            rendered.body = Some(changed);
        }
    }
    Ok(())
}

/// What the config overrides in a body that was rendered.
pub(super) fn override_rendered(rendered: &mut Rendered, target: &Target<'_>) -> Result<(), RequestError> {
    if let (false, Some(body)) = (target.overrides.is_empty(), &rendered.body) {
        let top = TopLevel::scan(body, ANY_DEPTH)?;
        let mut splice = Splice::new(body, &top);
        override_fields(&mut splice, target);
        if let Some(changed) = splice.finish() {
            rendered.body = Some(changed);
        }
    }
    Ok(())
}

fn pass_through(
    format: ClientFormat,
    incoming: &Incoming<'_>,
    facts: &Facts,
    target: &Target<'_>,
) -> Result<Rendered, RequestError> {
    let top = incoming.parsed.json()?;
    let mut splice = Splice::new(incoming.body, top);
    let mut dropped = format.pass_request(&mut splice, top, facts, target)?;
    let mut headers = Vec::new();
    target.hosting.place((&mut splice, top), target.format, &mut headers, &mut dropped, Some(incoming));
    override_fields(&mut splice, target);
    Ok(Rendered { path: target.hosting.path(target), headers, body: splice.finish(), dropped })
}

/// A format that is only passed through cannot be made of a conversation.
pub(super) fn passes_only(format: Format, target: &Target<'_>) -> RequestError {
    let message = format!("the format `{}` is passed through only, never made of another one", format.name());
    Fault::new("model", message).unsupported(target)
}

/// Names the target's model, where the model is a field of the body.
pub(super) fn set_model(splice: &mut Splice<'_>, facts: &Facts, target: &Target<'_>) {
    if facts.model != target.model {
        splice.set("model", serde_json::Value::from(target.model).to_string().into_bytes());
    }
}

/// Sets and removes what the config says.
pub(super) fn override_fields<'a>(splice: &mut Splice<'a>, target: &Target<'a>) {
    for (field, value) in target.overrides {
        match value {
            Some(json) => splice.set(field, json.get().as_bytes()),
            None => splice.remove(field),
        }
    }
}
