//! What the road needs of a messages request that it does not read as a whole.

use crate::codec::json::TopLevel;
use crate::translate::RequestError;
use crate::translate::facts::{self, Facts};

/// What the road needs to know.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field.
pub fn facts(top: &TopLevel<'_>) -> Result<Facts, RequestError> {
    let (model, stream) = (facts::model(top)?, facts::stream(top)?);
    Ok(Facts { model, stream, max_output_tokens: top.u64("max_tokens")?, wants_usage: true })
}
