//! An assistant's message, or a piece of one, as OpenAI and compatible vendors write it: the same fields in whole answers and in
//! streams.
//!
//! Vendors agree on text and tool calls and differ on thinking: four names, two of them often at once for the same words. What is
//! said is told once, in the order thinking, text.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::call;
use super::picture;
use crate::translate::text::Str;
use crate::translate::text_or::TextOr;

/// A message (`message`) or a piece of it (`delta`). Fields that nobody here knows are of no interest.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) content: Option<TextOr<'a, AnswerPart<'a>>>,
    /// [`super::annotation`].
    #[serde(borrow)]
    pub(super) annotations: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) refusal: Option<Str<'a>>,
    /// DeepSeek's, vLLM's and many others' word for thinking.
    #[serde(borrow)]
    reasoning_content: Option<Str<'a>>,
    /// OpenRouter's and newer vLLM's word for the same. Some vendors put an object there.
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow)]
    thinking_blocks: Option<Vec<ThinkingBlock<'a>>>,
    /// [`super::picture`].
    #[serde(borrow)]
    images: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tool_calls: Option<Vec<ToolCall<'a>>>,
}

/// A part of `content` where it is an array, as Mistral's reasoning models write it.
#[derive(Debug, Deserialize)]
pub(super) struct AnswerPart<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
    #[serde(borrow)]
    thinking: Option<TextOr<'a, TextPart<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TextPart<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
}

/// A block of thinking with its signature, or of encrypted thinking.
#[derive(Debug, Deserialize)]
pub(super) struct ThinkingBlock<'a> {
    #[serde(borrow)]
    thinking: Option<Str<'a>>,
    #[serde(borrow)]
    signature: Option<Str<'a>>,
    #[serde(borrow)]
    data: Option<Str<'a>>,
}

/// A tool call, or a piece of one.
#[derive(Debug, Deserialize)]
pub(super) struct ToolCall<'a> {
    pub(super) index: Option<u32>,
    #[serde(borrow)]
    pub(super) id: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) function: Option<CalledFunction<'a>>,
    #[serde(borrow)]
    extra_content: Option<&'a RawValue>,
}

impl<'a> ToolCall<'a> {
    /// Google's signature of the thinking behind the call.
    pub(super) fn signature(&self) -> Option<Str<'a>> {
        self.extra_content.and_then(call::signature)
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct CalledFunction<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Str<'a>>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

impl<'a> CalledFunction<'a> {
    /// The arguments as text. Some vendors write the object itself instead of a string that holds it.
    pub(super) fn arguments(&self) -> Option<Str<'a>> {
        let raw = self.arguments?.get();
        if raw.starts_with('"') { serde_json::from_str(raw).ok() } else { Some(raw.into()) }
    }
}

/// What is said in a message, in order.
#[derive(Debug)]
pub(super) enum Said<'a> {
    Thinking(Str<'a>),
    /// Ends the thinking before it.
    Signature(Str<'a>),
    Redacted(Str<'a>),
    Text(Str<'a>),
    Picture {
        media_type: Str<'a>,
        data: Str<'a>,
    },
}

impl<'a> Message<'a> {
    /// Thinking, text and pictures, taken out of the message, nothing of it empty.
    pub(super) fn take_said(&mut self) -> Vec<Said<'a>> {
        let mut said = Vec::new();
        let reasoning = self.reasoning_content.take().filter(|text| !text.is_empty()).or_else(|| self.reasoning());
        // Vendors that write both say the same twice; only the blocks have signatures.
        let whole =
            self.thinking_blocks.as_ref().is_some_and(|blocks| blocks.iter().any(|block| !is_empty(block.thinking.as_ref())));
        if !whole {
            said.extend(reasoning.map(Said::Thinking));
        }
        for block in self.thinking_blocks.take().unwrap_or_default() {
            said.extend(block.thinking.map(Said::Thinking));
            said.extend(block.signature.map(Said::Signature));
            said.extend(block.data.map(Said::Redacted));
        }
        match self.content.take() {
            Some(TextOr::Text(text)) => said.push(Said::Text(text)),
            Some(TextOr::List(parts)) => parts.into_iter().for_each(|part| part.say(&mut said)),
            None => {}
        }
        if let Some(raw) = self.images.take() {
            said.extend(picture::read(raw).map(|(media_type, data)| Said::Picture { media_type, data }));
        }
        said.retain(|said| !said.is_empty());
        said
    }

    fn reasoning(&self) -> Option<Str<'a>> {
        let text: Str<'a> = serde_json::from_str(self.reasoning?.get()).ok()?;
        (!text.is_empty()).then_some(text)
    }
}

impl<'a> AnswerPart<'a> {
    fn say(self, said: &mut Vec<Said<'a>>) {
        match self.thinking {
            Some(TextOr::Text(text)) => said.push(Said::Thinking(text)),
            Some(TextOr::List(parts)) => said.extend(parts.into_iter().filter_map(|part| part.text).map(Said::Thinking)),
            None => {}
        }
        said.extend(self.text.map(Said::Text));
    }
}

impl Said<'_> {
    fn is_empty(&self) -> bool {
        let (Self::Thinking(text)
        | Self::Signature(text)
        | Self::Redacted(text)
        | Self::Text(text)
        | Self::Picture { data: text, .. }) = self;
        text.is_empty()
    }
}

fn is_empty(text: Option<&Str<'_>>) -> bool {
    text.is_none_or(|text| text.is_empty())
}

/// An id for a tool call whose provider gave none. Random, because ids that count from one collide with those of earlier turns.
pub(super) fn made_call_id<'a>() -> Str<'a> {
    Str(Cow::Owned(format!("call_{:032x}", rand::random::<u128>())))
}
