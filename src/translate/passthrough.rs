//! A stream whose client speaks the provider's format: every event is observed and forwarded as it came, readable or not.
//!
//! Two things are not forwarded as they came. The usage chunk that the gateway asked for and the client did not is left out (the
//! `"usage":null` that the request for it puts into all other chunks stays: clients know it). And the bytes of an event that is not
//! complete wait for the rest of it, so that an error can be told in place of an event that a cut stream never completes.

use super::answer::Delta;
use super::reading::Reading;
use super::seen::Progress;
use super::{AnswerError, ClientFormat, Frames, Kept};
use crate::codec::sse::Event;

/// What is done to a stream that passes.
#[derive(Debug)]
pub(super) struct PassThrough {
    /// The client's format, where its usage chunk is left out.
    pub(super) hides_usage: Option<ClientFormat>,
}

impl PassThrough {
    pub(super) fn push(
        &self,
        frames: &mut Frames,
        (reader, progress): (&mut Reading, &mut Progress),
        chunk: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Kept, AnswerError> {
        // While every event so far is forwarded, and lies in this chunk, nothing is copied.
        let (mut as_is, mut passed) = (frames.are_sse() && frames.residue().is_empty(), 0);
        let pushed = frames.push(chunk, &mut |event| {
            let forwarded = self.observe(&event, reader, progress);
            if as_is && forwarded {
                passed += event.raw.len();
                return Ok(());
            }
            if as_is {
                as_is = false;
                out.extend_from_slice(chunk.get(..passed).unwrap_or_default());
            }
            if forwarded {
                out.extend_from_slice(event.raw);
            }
            Ok(())
        });
        if as_is && pushed.is_ok() && frames.residue().is_empty() {
            return Ok(Kept::AsIs);
        }
        if as_is {
            out.extend_from_slice(chunk.get(..passed).unwrap_or_default());
        }
        pushed.map(|()| Kept::Rewritten)
    }

    /// Observes and forwards an event.
    pub(super) fn event(&self, event: &Event<'_>, reader: &mut Reading, progress: &mut Progress, out: &mut Vec<u8>) {
        if self.observe(event, reader, progress) {
            out.extend_from_slice(event.raw);
        }
    }

    /// Returns whether the event is forwarded.
    fn observe(&self, event: &Event<'_>, reader: &mut Reading, progress: &mut Progress) -> bool {
        let (mut usage, mut other) = (false, false);
        // An event that the observer cannot read is the client's to judge (field note 27).
        let _ = reader.event(event, &mut |delta| {
            progress.observe(&delta);
            match delta {
                Delta::Usage(_) => usage = true,
                _ => other = true,
            }
        });
        let is_hidden = usage && !other && self.hides_usage.is_some_and(|format| format.is_usage_chunk(event));
        !is_hidden
    }
}
