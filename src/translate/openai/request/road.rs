//! What the road needs of a chat completion request that it does not read as a whole.

use std::borrow::Cow;

use serde::Deserialize;

use crate::codec::json::{Splice, TopLevel};
use crate::translate::RequestError;
use crate::translate::facts::{self, Facts};
use crate::translate::fault::read_raw;

/// The depth of a body was bounded when it came in, so what is made of it needs no bound.
const ANY_DEPTH: usize = usize::MAX;

/// What the road needs to know.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field.
pub fn facts(top: &TopLevel<'_>) -> Result<Facts, RequestError> {
    let (model, stream) = (facts::model(top)?, facts::stream(top)?);
    let wants_usage = !stream || asks_for_usage(top)?;
    Ok(Facts { model, stream, max_output_tokens: output_limit(top)?, wants_usage })
}

/// What a pass-through changes besides the model: the gateway needs the usage of a stream whether the caller asked or not.
///
/// # Errors
/// [`RequestError::Invalid`]: `stream_options` is no object.
pub fn pass(splice: &mut Splice<'_>, top: &TopLevel<'_>, facts: &Facts) -> Result<(), RequestError> {
    if facts.stream && !facts.wants_usage {
        splice.set("stream_options", stream_options(top)?);
    }
    Ok(())
}

fn output_limit(top: &TopLevel<'_>) -> Result<Option<u64>, RequestError> {
    let limit = top.u64("max_completion_tokens")?.or(top.u64("max_tokens")?);
    let choices = top.u64("n")?.unwrap_or(1);
    Ok(limit.map(|limit| limit.saturating_mul(choices)))
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

fn asks_for_usage(top: &TopLevel<'_>) -> Result<bool, RequestError> {
    let Some(raw) = top.get("stream_options") else { return Ok(false) };
    let options: Option<StreamOptions> = read_raw(raw).map_err(|fault| fault.within("stream_options"))?;
    Ok(options.and_then(|options| options.include_usage).unwrap_or_default())
}

/// The caller's stream options, with usage asked for.
fn stream_options(top: &TopLevel<'_>) -> Result<Cow<'static, [u8]>, RequestError> {
    const ONLY_USAGE: &[u8] = br#"{"include_usage":true}"#;
    let Some(given) = top.text("stream_options").filter(|given| *given != "null") else {
        return Ok(ONLY_USAGE.into());
    };
    let fields = TopLevel::scan(given.as_bytes(), ANY_DEPTH)?;
    let mut splice = Splice::new(given.as_bytes(), &fields);
    splice.set("include_usage", &b"true"[..]);
    Ok(splice.finish().map_or_else(|| Cow::Owned(given.as_bytes().to_vec()), |options| Cow::Owned(options.into())))
}
