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
        let as_is = (frames.are_sse() && frames.residue().is_empty()).then_some(0);
        let mut forwarded = Forwarded { chunk, as_is, out };
        let mut rest = chunk;
        while !rest.is_empty() {
            let known = reader.known(rest, frames.room(), &mut |delta| progress.observe(&delta));
            let (known, after) = rest.split_at(known);
            forwarded.pass(known);
            let pushed = frames.push_event(after, &mut |event| {
                match self.observe(&event, reader, progress) {
                    Shown::AsItIs => forwarded.pass(event.raw),
                    shown => forwarded.write(shown.bytes(&event)),
                }
                Ok(())
            });
            match pushed {
                Ok(read) => rest = after.get(read..).unwrap_or_default(),
                Err(error) => {
                    forwarded.copy();
                    return Err(error);
                }
            }
        }
        if forwarded.as_is.is_some() && frames.residue().is_empty() {
            return Ok(Kept::AsIs);
        }
        forwarded.copy();
        Ok(Kept::Rewritten)
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

/// What the client gets of a chunk. While all of it is forwarded as it came, and lies in this chunk, nothing is copied.
struct Forwarded<'c> {
    chunk: &'c [u8],
    /// How much of the chunk was forwarded, as long as nothing else was.
    as_is: Option<usize>,
    out: &'c mut Vec<u8>,
}

impl Forwarded<'_> {
    /// Forwards what the provider has sent.
    fn pass(&mut self, bytes: &[u8]) {
        match &mut self.as_is {
            Some(passed) => *passed += bytes.len(),
            None => self.out.extend_from_slice(bytes),
        }
    }

    /// Forwards something else.
    fn write(&mut self, bytes: &[u8]) {
        self.copy();
        self.out.extend_from_slice(bytes);
    }

    /// From now on all is copied.
    fn copy(&mut self) {
        if let Some(passed) = self.as_is.take() {
            self.out.extend_from_slice(self.chunk.get(..passed).unwrap_or_default());
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
