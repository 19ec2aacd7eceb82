//! Which content block the pieces of an answer go to.
//!
//! Anthropic's blocks come one after the other; other providers' pieces may interleave. One block is open at a time. A tool call
//! whose arguments are not complete stays open, and what comes meanwhile waits in a bounded queue, in its order; text and thinking
//! end as soon as something else begins. So blocks have the right order and the right bytes, and tool calls that come one after the
//! other stream without waiting.

use std::collections::VecDeque;

use crate::translate::complete::Complete;

/// The most that may wait behind an open block, in bytes.
const WAITING: usize = 4 << 20;
/// What a block that waits counts for besides its text, so that their number is bounded, too.
const BLOCK: usize = 1 << 10;
/// The most tool calls of one answer.
const CALLS: usize = 1 << 10;

/// What happens to the blocks of the stream. The index of a block is counted by who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Text,
    Thinking,
    Redacted(&'a str),
    Call { id: &'a str, name: &'a str },
    TextPiece(&'a str),
    ThinkingPiece(&'a str),
    Signature(&'a str),
    Arguments(&'a str),
    Stop,
}

/// The provider's stream cannot be told as blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tangled {
    /// Arguments for a call that has not begun, or has ended.
    NoSuchCall,
    /// A call that has begun before.
    SameCall,
    /// More waits, or more is called, than may.
    TooMuch,
}

/// A block that is open.
#[derive(Debug)]
enum Open {
    Text,
    Thinking,
    Call { index: u32, arguments: Complete },
}

/// A block that waits.
#[derive(Debug)]
enum Waiting {
    Text(String),
    Thinking { text: String, signature: Option<String> },
    Redacted(String),
    Call { index: u32, id: String, name: String, arguments: String },
}

/// The blocks of one answer.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    open: Option<Open>,
    queue: VecDeque<Waiting>,
    /// What waits counts for so much, until nothing waits.
    waiting: usize,
    calls: Vec<u32>,
}

type Each<'e> = &'e mut dyn FnMut(Step<'_>);

impl Lanes {
    pub(super) fn text(&mut self, piece: &str, each: Each<'_>) -> Result<(), Tangled> {
        if self.must_wait() {
            if let Some(Waiting::Text(text)) = self.queue.back_mut() {
                text.push_str(piece);
                return self.waits(piece.len());
            }
            return self.wait(Waiting::Text(piece.to_owned()), piece.len());
        }
        if !self.is_text() {
            self.replace(Open::Text, Step::Text, each);
        }
        each(Step::TextPiece(piece));
        Ok(())
    }

    /// What comes now is another block of text.
    pub(super) fn text_ends(&mut self, each: Each<'_>) {
        if self.is_text() {
            self.close(each);
        }
    }

    /// Whether a block of text is open, so that it can be cited.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.open, Some(Open::Text))
    }

    pub(super) fn thinking(&mut self, piece: &str, each: Each<'_>) -> Result<(), Tangled> {
        if self.must_wait() {
            if let Some(Waiting::Thinking { text, signature: None }) = self.queue.back_mut() {
                text.push_str(piece);
                return self.waits(piece.len());
            }
            return self.wait(Waiting::Thinking { text: piece.to_owned(), signature: None }, piece.len());
        }
        self.open_thinking(each);
        each(Step::ThinkingPiece(piece));
        Ok(())
    }

    /// Ends the thinking before it, or is a block of thinking of which only the signature is told.
    pub(super) fn signature(&mut self, piece: &str, each: Each<'_>) -> Result<(), Tangled> {
        if self.must_wait() {
            if let Some(Waiting::Thinking { signature: signature @ None, .. }) = self.queue.back_mut() {
                *signature = Some(piece.to_owned());
                return self.waits(piece.len());
            }
            let thinking = Waiting::Thinking { text: String::new(), signature: Some(piece.to_owned()) };
            return self.wait(thinking, piece.len());
        }
        self.open_thinking(each);
        each(Step::Signature(piece));
        self.close(each);
        Ok(())
    }

    pub(super) fn redacted(&mut self, data: &str, each: Each<'_>) -> Result<(), Tangled> {
        if self.must_wait() {
            return self.wait(Waiting::Redacted(data.to_owned()), data.len());
        }
        self.close(each);
        each(Step::Redacted(data));
        each(Step::Stop);
        Ok(())
    }

    pub(super) fn call(&mut self, index: u32, id: &str, name: &str, each: Each<'_>) -> Result<(), Tangled> {
        if self.calls.contains(&index) {
            return Err(Tangled::SameCall);
        }
        if self.calls.len() >= CALLS {
            return Err(Tangled::TooMuch);
        }
        self.calls.push(index);
        if self.must_wait() {
            let arguments = String::new();
            let call = Waiting::Call { index, id: id.to_owned(), name: name.to_owned(), arguments };
            return self.wait(call, id.len().saturating_add(name.len()));
        }
        self.replace(Open::Call { index, arguments: Complete::default() }, Step::Call { id, name }, each);
        Ok(())
    }

    pub(super) fn arguments(&mut self, call: u32, json: &str, each: Each<'_>) -> Result<(), Tangled> {
        if let Some(Open::Call { index, arguments }) = &mut self.open
            && *index == call
        {
            arguments.feed(json);
            each(Step::Arguments(json));
            if arguments.is_complete() && !self.queue.is_empty() {
                self.close(each);
                self.advance(each);
            }
            return Ok(());
        }
        for waiting in &mut self.queue {
            if let Waiting::Call { index, arguments, .. } = waiting
                && *index == call
            {
                arguments.push_str(json);
                return self.waits(json.len());
            }
        }
        // After a whole object there can be nothing but white space.
        if self.calls.contains(&call) && json.trim().is_empty() { Ok(()) } else { Err(Tangled::NoSuchCall) }
    }

    /// Nothing comes any more.
    pub(super) fn finish(&mut self, each: Each<'_>) {
        while self.open.is_some() || !self.queue.is_empty() {
            self.close(each);
            self.advance(each);
        }
    }

    fn must_wait(&self) -> bool {
        match &self.open {
            Some(Open::Call { arguments, .. }) => !arguments.is_complete(),
            Some(Open::Text | Open::Thinking) | None => false,
        }
    }

    fn wait(&mut self, block: Waiting, bytes: usize) -> Result<(), Tangled> {
        self.queue.push_back(block);
        self.waits(bytes.saturating_add(BLOCK))
    }

    fn waits(&mut self, bytes: usize) -> Result<(), Tangled> {
        self.waiting = self.waiting.saturating_add(bytes);
        if self.waiting > WAITING { Err(Tangled::TooMuch) } else { Ok(()) }
    }

    fn open_thinking(&mut self, each: Each<'_>) {
        if !matches!(self.open, Some(Open::Thinking)) {
            self.replace(Open::Thinking, Step::Thinking, each);
        }
    }

    fn replace(&mut self, open: Open, step: Step<'_>, each: Each<'_>) {
        self.close(each);
        each(step);
        self.open = Some(open);
    }

    fn close(&mut self, each: Each<'_>) {
        if self.open.take().is_some() {
            each(Step::Stop);
        }
    }

    /// Opens what waits, up to a call that is not complete or to the last.
    fn advance(&mut self, each: Each<'_>) {
        while !self.must_wait() {
            let Some(next) = self.queue.pop_front() else {
                self.waiting = 0;
                return;
            };
            self.close(each);
            self.open = resume(next, each);
        }
    }
}

/// Tells a block that has waited; returns it if it may go on.
fn resume(block: Waiting, each: Each<'_>) -> Option<Open> {
    match block {
        Waiting::Text(text) => {
            each(Step::Text);
            each(Step::TextPiece(&text));
            Some(Open::Text)
        }
        Waiting::Thinking { text, signature } => {
            each(Step::Thinking);
            if !text.is_empty() {
                each(Step::ThinkingPiece(&text));
            }
            let Some(signature) = signature else { return Some(Open::Thinking) };
            each(Step::Signature(&signature));
            each(Step::Stop);
            None
        }
        Waiting::Redacted(data) => {
            each(Step::Redacted(&data));
            each(Step::Stop);
            None
        }
        Waiting::Call { index, id, name, arguments: json } => {
            each(Step::Call { id: &id, name: &name });
            let mut arguments = Complete::default();
            arguments.feed(&json);
            if !json.is_empty() {
                each(Step::Arguments(&json));
            }
            Some(Open::Call { index, arguments })
        }
    }
}
