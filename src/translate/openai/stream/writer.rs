//! Writes a stream of chunks.
//!
//! Invariant: every tool call's arguments are JSON when their pieces are joined (`{}` where the model gave none).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::rejection::Rejection;
use crate::translate::answer::Delta;
use crate::translate::openai::annotation::Annotation;
use crate::translate::openai::call::ExtraContent;
use crate::translate::openai::chunks::{Chunks, Named};
use crate::translate::openai::picture::Picture;
use crate::translate::openai::response::ThinkingBlock;
use crate::translate::openai::{made_id, words};

/// The most text of one block of thinking that is kept to be sent once more with its signature, in bytes. A longer block is sent
/// as `reasoning_content` only: what has no signature is not sent back by a client.
const KEPT_THINKING: usize = 4 << 20;

/// What is known of a stream so far.
#[derive(Debug)]
pub struct Writer {
    chunks: Chunks,
    choices: Vec<Open>,
}

/// One of the answers.
#[derive(Debug, Default)]
struct Open {
    choice: u32,
    /// The block of thinking that has not been signed yet.
    thinking: String,
    /// How many blocks of thinking have been sent.
    blocks: u32,
    /// How many pictures have been sent.
    pictures: u32,
    /// Tool calls that have no arguments so far.
    without_arguments: Vec<u32>,
}

#[derive(Serialize)]
struct Piece<'c> {
    index: u32,
    delta: Said<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<&'c RawValue>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Said<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<[Annotation<'c>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_blocks: Option<[ThinkingBlock<'c>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<[Picture<'c>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[Call<'c>; 1]>,
}

#[derive(Serialize)]
struct Call<'c> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'c str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Function<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom: Option<Custom<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_content: Option<ExtraContent<'c>>,
}

#[derive(Serialize)]
struct Function<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    arguments: &'c str,
}

#[derive(Serialize)]
struct Custom<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    input: &'c str,
}

impl Call<'_> {
    /// A piece of this call.
    fn of(index: u32) -> Self {
        Self { index, id: None, kind: None, function: None, custom: None, extra_content: None }
    }
}

impl Writer {
    /// A writer for one stream. `asked_model` stands in where the provider does not say which model answers.
    pub fn new(asked_model: &str, wants_usage: bool) -> Self {
        let named = Named { object: "chat.completion.chunk", made_id };
        Self { chunks: Chunks::new(named, asked_model, wants_usage), choices: Vec::new() }
    }

    /// Writes what a delta says, as complete events.
    pub fn delta(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        if self.chunks.ended() {
            return;
        }
        match delta {
            Delta::Start { id, model, created } => {
                self.chunks.start(id.as_deref(), model.as_deref(), *created);
                self.open(0, out);
            }
            Delta::Text { choice, text } => self.say(*choice, Said { content: Some(text), ..Said::default() }, out),
            Delta::TextBlock { .. } => {}
            Delta::Citation { choice, citation } => {
                if let Some(annotation) = Annotation::of(citation) {
                    self.say(*choice, Said { annotations: Some([annotation]), ..Said::default() }, out);
                }
            }
            Delta::Refusal { choice, text } => self.say(*choice, Said { refusal: Some(text), ..Said::default() }, out),
            Delta::Thinking { choice, text } => self.thinking(*choice, text, out),
            Delta::Signature { choice, signature } => self.signature(*choice, signature, out),
            Delta::RedactedThinking { choice, data } => {
                let index = Some(self.next_block(*choice, out));
                self.block(*choice, ThinkingBlock::RedactedThinking { index, data }, out);
            }
            Delta::Media { choice, media_type, data } => self.picture(*choice, media_type, data, out),
            Delta::ToolCall { choice, index, id, name, signature } => {
                self.open(*choice, out).without_arguments.push(*index);
                let function = Some(Function { name: Some(name), arguments: "" });
                let extra_content = signature.as_deref().map(ExtraContent::new);
                let kind = Some("function");
                self.tool_call(*choice, Call { id: Some(id), kind, function, extra_content, ..Call::of(*index) }, out);
            }
            Delta::CustomCall { choice, index, id, name, signature } => {
                let custom = Some(Custom { name: Some(name), input: "" });
                let extra_content = signature.as_deref().map(ExtraContent::new);
                let kind = Some("custom");
                self.tool_call(*choice, Call { id: Some(id), kind, custom, extra_content, ..Call::of(*index) }, out);
            }
            Delta::CustomInput { choice, index, text } => {
                let custom = Some(Custom { name: None, input: text });
                self.tool_call(*choice, Call { custom, ..Call::of(*index) }, out);
            }
            Delta::ToolArguments { choice, index, json } => self.arguments(*choice, *index, json, out),
            Delta::Logprobs { choice, raw } => {
                self.open(*choice, out);
                self.chunks
                    .piece(&Piece { index: *choice, delta: Said::default(), logprobs: Some(raw), finish_reason: None }, out);
            }
            Delta::Finish { choice, finish } => {
                self.complete_arguments(*choice, out);
                let finish_reason = Some(words::finish_word(finish.reason));
                self.chunks.piece(&Piece { index: *choice, delta: Said::default(), logprobs: None, finish_reason }, out);
            }
            Delta::Usage(tokens) => self.chunks.usage(*tokens),
            Delta::Error(reported) => self.chunks.error(reported, out),
            Delta::End => self.chunks.end(out),
        }
    }

    /// Ends the stream with an error of the gateway.
    pub fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        self.chunks.fail(rejection, out);
    }

    /// The choice, which begins with a chunk that says whose words follow.
    fn open(&mut self, choice: u32, out: &mut Vec<u8>) -> &mut Open {
        let at = match self.choices.iter().position(|open| open.choice == choice) {
            Some(at) => at,
            None => {
                self.choices.push(Open { choice, ..Open::default() });
                let delta = Said { role: Some("assistant"), content: Some(""), ..Said::default() };
                self.chunks.piece(&Piece { index: choice, delta, logprobs: None, finish_reason: None }, out);
                self.choices.len() - 1
            }
        };
        &mut self.choices[at]
    }

    fn say(&mut self, choice: u32, delta: Said<'_>, out: &mut Vec<u8>) {
        self.open(choice, out);
        self.chunks.piece(&Piece { index: choice, delta, logprobs: None, finish_reason: None }, out);
    }

    fn thinking(&mut self, choice: u32, text: &str, out: &mut Vec<u8>) {
        let kept = &mut self.open(choice, out).thinking;
        if kept.len() <= KEPT_THINKING {
            kept.push_str(text);
        }
        self.say(choice, Said { reasoning_content: Some(text), ..Said::default() }, out);
    }

    /// The whole block once more, with its signature: that is what a client has to send back.
    fn signature(&mut self, choice: u32, signature: &str, out: &mut Vec<u8>) {
        let thinking = std::mem::take(&mut self.open(choice, out).thinking);
        if thinking.len() > KEPT_THINKING {
            return;
        }
        let index = Some(self.next_block(choice, out));
        self.block(choice, ThinkingBlock::Thinking { index, thinking: &thinking, signature: Some(signature) }, out);
    }

    fn next_block(&mut self, choice: u32, out: &mut Vec<u8>) -> u32 {
        let blocks = &mut self.open(choice, out).blocks;
        *blocks = blocks.saturating_add(1);
        *blocks - 1
    }

    fn block(&mut self, choice: u32, block: ThinkingBlock<'_>, out: &mut Vec<u8>) {
        self.say(choice, Said { thinking_blocks: Some([block]), ..Said::default() }, out);
    }

    fn picture(&mut self, choice: u32, media_type: &str, data: &str, out: &mut Vec<u8>) {
        let pictures = &mut self.open(choice, out).pictures;
        if let Some(picture) = Picture::of(*pictures, media_type, data) {
            *pictures = pictures.saturating_add(1);
            self.say(choice, Said { images: Some([picture]), ..Said::default() }, out);
        }
    }

    fn tool_call(&mut self, choice: u32, call: Call<'_>, out: &mut Vec<u8>) {
        self.say(choice, Said { tool_calls: Some([call]), ..Said::default() }, out);
    }

    fn arguments(&mut self, choice: u32, index: u32, json: &str, out: &mut Vec<u8>) {
        self.open(choice, out).without_arguments.retain(|call| *call != index);
        let function = Some(Function { name: None, arguments: json });
        self.tool_call(choice, Call { function, ..Call::of(index) }, out);
    }

    fn complete_arguments(&mut self, choice: u32, out: &mut Vec<u8>) {
        for index in std::mem::take(&mut self.open(choice, out).without_arguments) {
            self.arguments(choice, index, "{}", out);
        }
    }
}
