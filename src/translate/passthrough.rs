//! A stream whose client speaks the provider's format: every event is observed and forwarded as it came, readable or not.
//!
//! Three things are not forwarded as they came. An error that is told in a way that the client's SDK passes over is told as one. The usage chunk that the gateway asked for and the client did not is left out (the
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
    /// The client's format.
    pub(super) client: ClientFormat,
    /// Whether the chunk that tells nothing but usage is left out.
    pub(super) hides_usage: bool,
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
        let mut rest = chunk;
        let mut pushed = Ok(0);
        while pushed.is_ok() && !rest.is_empty() {
            let known = reader.known(rest, frames.room(), &mut |delta| progress.observe(&delta));
            let (whole, after) = rest.split_at(known);
            if as_is {
                passed += known;
            } else {
                out.extend_from_slice(whole);
            }
            pushed = frames.push_event(after, &mut |event| {
                let shown = self.observe(&event, reader, progress);
                if as_is && matches!(shown, Shown::AsItIs) {
                    passed += event.raw.len();
                    return Ok(());
                }
                if as_is {
                    as_is = false;
                    out.extend_from_slice(chunk.get(..passed).unwrap_or_default());
                }
                out.extend_from_slice(shown.bytes(&event));
                Ok(())
            });
            rest = after.get(*pushed.as_ref().unwrap_or(&0)..).unwrap_or_default();
        }
        if as_is && pushed.is_ok() && frames.residue().is_empty() {
            return Ok(Kept::AsIs);
        }
        if as_is {
            out.extend_from_slice(chunk.get(..passed).unwrap_or_default());
        }
        pushed.map(|_| Kept::Rewritten)
    }

    /// Observes and forwards an event.
    pub(super) fn event(&self, event: &Event<'_>, reader: &mut Reading, progress: &mut Progress, out: &mut Vec<u8>) {
        out.extend_from_slice(self.observe(event, reader, progress).bytes(event));
    }

    fn observe(&self, event: &Event<'_>, reader: &mut Reading, progress: &mut Progress) -> Shown {
        let (mut usage, mut other, mut instead) = (false, false, None);
        // An event that the observer cannot read is the client's to judge (field note 27).
        let _ = reader.event(event, &mut |delta| {
            progress.observe(&delta);
            match delta {
                Delta::Usage(_) => usage = true,
                Delta::Error(error) => instead = self.client.retold_error(event, &error),
                _ => other = true,
            }
        });
        match instead {
            Some(instead) => Shown::Instead(instead),
            None if usage && !other && self.hides_usage && self.client.is_usage_chunk(event) => Shown::Hidden,
            None => Shown::AsItIs,
        }
    }
}

/// What the client gets of an event.
enum Shown {
    AsItIs,
    Hidden,
    Instead(Vec<u8>),
}

impl Shown {
    fn bytes<'e>(&'e self, event: &Event<'e>) -> &'e [u8] {
        match self {
            Self::AsItIs => event.raw,
            Self::Hidden => &[],
            Self::Instead(bytes) => bytes,
        }
    }
}
