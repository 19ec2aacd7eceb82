//! A streamed answer on its way from the provider to the client: passed through, or read and written anew.
//!
//! Invariants: any split of the provider's bytes gives the client the same; every event is forwarded as soon as it is complete; a
//! stream that was cut, or that cannot be read on, ends with an error in the client's own shape, and that error is the last thing
//! in it.

use super::answer::Delta;
use super::citation::Spoken;
use super::conversation::Content;
use super::custom::Unwrapping;
use super::dialects::Writer;
use super::passthrough::PassThrough;
use super::reading::Reading;
use super::seen::Progress;
use super::{AnswerContext, AnswerError, ClientFormat, End, Frames, Kept, Seen};
use crate::rejection::{Kind, Rejection};
use crate::usage::Tokens;

const CUT: &str = "the provider's stream ended before the answer was complete";

/// A streamed answer: takes the provider's bytes in any pieces, gives the client's.
#[derive(Debug)]
pub struct Stream {
    frames: Frames,
    reader: Reading,
    telling: Telling,
    /// Nothing is written by `writer` but an error.
    pass: Option<PassThrough>,
    /// Nothing more goes to the client.
    over: bool,
}

impl Stream {
    /// An answer that begins.
    pub fn new(context: AnswerContext) -> Self {
        let client = context.api.format_of_failures();
        let pass = context.is_pass_through().then_some(PassThrough { client, hides_usage: !context.wants_usage });
        let frames = if pass.is_some() { Frames::to_pass } else { Frames::new };
        Self {
            frames: frames(context.framing, context.event_bytes),
            reader: Reading::of(context.api, context.format),
            telling: Telling {
                progress: Progress::new(context.format),
                spoken: Spoken::new(context.format),
                writer: Writer::new(client, &context),
                client,
                input_estimate: context.input_estimate,
                custom: Unwrapping::new(context.custom_tools),
            },
            pass,
            over: false,
        }
    }

    /// Takes the next bytes of the provider's body. Unless they are kept as they are, what the client gets is appended to `out`.
    ///
    /// # Errors
    /// [`AnswerError`] when the stream cannot go on: [`Stream::fail`] is next, and what stands in `out` already is good.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<Kept, AnswerError> {
        if self.over {
            return Ok(Kept::Rewritten);
        }
        let Self { frames, reader, telling, pass, .. } = self;
        match pass {
            Some(pass) => pass.push(frames, (reader, &mut telling.progress), chunk, out),
            None => {
                let mut rest = chunk;
                while !rest.is_empty() {
                    let known = reader.known(rest, frames.room(), &mut |delta| telling.tell(delta, out));
                    rest = rest.get(known..).unwrap_or_default();
                    let read =
                        frames.push_event(rest, &mut |event| reader.event(&event, &mut |delta| telling.tell(delta, out)))?;
                    rest = rest.get(read..).unwrap_or_default();
                }
                telling.note_untold();
                Ok(Kept::Rewritten)
            }
        }
    }

    /// The provider's body has ended. A client whose answer is not whole gets an error in its own shape, never a clean end.
    pub fn end(&mut self, out: &mut Vec<u8>) -> End {
        if !self.over {
            let before = out.len();
            let readable = self.last_event(out);
            if readable && self.telling.progress.settle() {
                self.complete(out);
            } else {
                if self.pass.is_some() {
                    self.end_passed(out.len() > before, out);
                }
                if self.telling.progress.seen.error.is_none() {
                    self.tell_failure(&Rejection::new(Kind::BadAnswer, CUT), out);
                }
            }
            self.over = true;
        }
        if self.telling.progress.seen.complete { End::Complete } else { End::Cut }
    }

    /// Ends what has passed, so that an event can follow.
    fn end_passed(&self, without_blank_line: bool, out: &mut Vec<u8>) {
        if without_blank_line {
            out.extend_from_slice(b"\n\n");
        } else if self.frames.residue() == b"\n" {
            // The second half of a CRLF, whose first half has ended the last event.
            out.push(b'\n');
        }
    }

    /// An event without the blank line behind it, as some providers end.
    fn last_event(&mut self, out: &mut Vec<u8>) -> bool {
        let Self { frames, reader, telling, pass, .. } = self;
        let read = frames.finish(&mut |event| match pass {
            Some(pass) => {
                pass.event(&event, reader, &mut telling.progress, out);
                Ok(())
            }
            None => reader.event(&event, &mut |delta| telling.tell(delta, out)),
        });
        telling.note_untold();
        read.is_ok()
    }

    fn complete(&mut self, out: &mut Vec<u8>) {
        match &self.pass {
            Some(_) => out.extend_from_slice(self.frames.residue()),
            // Writes nothing where the provider has announced the end.
            None => self.telling.end(out),
        }
    }

    /// Ends the client's stream with an error of the gateway, unless it has ended.
    pub fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        let told = self.over || self.telling.progress.seen.complete || self.telling.progress.seen.error.is_some();
        if !told {
            self.tell_failure(rejection, out);
        }
        self.over = true;
    }

    /// The events of a stream that passes are not the writer's: it does not know how many there are.
    fn tell_failure(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        if let Some(number) = self.reader.next_number().filter(|_| self.pass.is_some()) {
            self.telling.writer.go_on_from(number);
        }
        self.telling.writer.fail(rejection, out);
    }

    /// What was seen of the answer so far.
    pub fn seen(&self) -> &Seen {
        &self.telling.progress.seen
    }
}

/// What the provider says, on its way to the client.
#[derive(Debug)]
struct Telling {
    progress: Progress,
    spoken: Spoken,
    custom: Unwrapping,
    writer: Writer,
    client: ClientFormat,
    /// What the prompt was estimated at.
    input_estimate: u64,
}

impl Telling {
    fn tell(&mut self, mut delta: Delta<'_>, out: &mut Vec<u8>) {
        self.progress.observe(&delta);
        if let Delta::Media { media_type, data, .. } = &delta {
            self.progress.seen.untold(self.client, &Content::medium(media_type.reborrow(), data.reborrow()));
        }
        // Nothing but zeros is no report: vendors write it where they have not counted.
        if matches!(delta, Delta::Usage(tokens) if tokens == Tokens::default()) {
            return;
        }
        if matches!(delta, Delta::End) {
            self.end(out);
        } else if self.spoken.follow(&mut delta) {
            let Self { custom, writer, .. } = self;
            custom.follow(&delta, &mut |delta| writer.delta(delta, out));
        }
    }

    /// The answer is whole. What the provider has not told of its usage is told as the usage record has it.
    fn end(&mut self, out: &mut Vec<u8>) {
        if self.client.demands_usage() {
            let tokens = self.progress.seen.told_tokens(self.input_estimate);
            self.writer.delta(&Delta::Usage(tokens), out);
        }
        self.writer.delta(&Delta::End, out);
    }

    fn note_untold(&mut self) {
        if self.writer.gave_up() {
            self.progress.untold();
        }
    }
}
