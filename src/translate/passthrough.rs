//! A stream whose client speaks the provider's dialect: every event is observed and forwarded as it came, readable or not.
//!
//! Two things are not forwarded as they came. The usage chunk that the gateway asked for and the client did not is left out (the
//! `"usage":null` that the request for it puts into all other chunks stays: clients know it). And the bytes of an event that is not
//! complete wait for the rest of it, so that an error can be told in place of an event that a cut stream never completes.

use super::answer::Delta;
use super::dialects::Reader;
use super::seen::Progress;
use super::{AnswerError, Kept, openai};
use crate::codec::sse::{Event, Parser};

/// What is done to a stream that passes.
#[derive(Debug)]
pub(super) struct PassThrough {
    /// Whether OpenAI's usage chunk is left out.
    pub(super) without_usage_chunk: bool,
}

impl PassThrough {
    pub(super) fn push(
        &self,
        parser: &mut Parser,
        (reader, progress): (&mut Reader, &mut Progress),
        chunk: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Kept, AnswerError> {
        let (before, mut as_is) = (out.len(), parser.residue().is_empty());
        parser.push::<AnswerError>(chunk, &mut |event| {
            as_is &= self.event(&event, reader, progress, out);
            Ok(())
        })?;
        if as_is && parser.residue().is_empty() {
            out.truncate(before);
            return Ok(Kept::AsIs);
        }
        Ok(Kept::Rewritten)
    }

    /// Returns whether the event is forwarded.
    pub(super) fn event(&self, event: &Event<'_>, reader: &mut Reader, progress: &mut Progress, out: &mut Vec<u8>) -> bool {
        let (mut usage, mut other) = (false, false);
        // An event that the observer cannot read is the client's to judge (field note 27).
        let _ = reader.event(event, &mut |delta| {
            progress.observe(&delta);
            match delta {
                Delta::Usage(_) => usage = true,
                _ => other = true,
            }
        });
        let left_out = self.without_usage_chunk && usage && !other && openai::stream::is_usage_chunk(event);
        if !left_out {
            out.extend_from_slice(event.raw);
        }
        !left_out
    }
}
