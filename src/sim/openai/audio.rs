//! OpenAI's audio: speech out of text, text out of speech.

mod speech;
mod transcribe;

pub(super) use speech::serve as speech;
pub(super) use transcribe::{transcribe, translate};
