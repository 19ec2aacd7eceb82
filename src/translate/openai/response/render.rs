//! Writes a chat completion.
//!
//! Fields that OpenAI always writes are there even when they are null: clients with typed models expect them. Thinking is told as
//! `reasoning_content`, and as `thinking_blocks` with the signatures that a later request has to bring back.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::answer::{Answer, Choice};
use crate::translate::conversation::{Content, Image, Media, Thinking};
use crate::translate::openai::annotation::Annotation;
use crate::translate::openai::call::Call;
use crate::translate::openai::picture::Picture;
use crate::translate::openai::{self, usage, words};

#[derive(Debug, Serialize)]
struct Completion<'c> {
    id: &'c str,
    object: &'static str,
    created: i64,
    model: &'c str,
    choices: Vec<WireChoice<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<usage::Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_fingerprint: Option<&'c str>,
}

#[derive(Debug, Serialize)]
struct WireChoice<'c> {
    index: usize,
    message: Message<'c>,
    logprobs: Option<&'c RawValue>,
    finish_reason: &'static str,
}

/// `content` and `refusal` are there even when they are null: clients with typed models expect them.
#[derive(Debug, Default, Serialize)]
struct Message<'c> {
    role: &'static str,
    content: Option<String>,
    refusal: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    thinking_blocks: Vec<ThinkingBlock<'c>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Picture<'c>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'c>>,
}

/// A block of thinking as the client has to send it back. Streamed ones have an index: OpenAI's SDK joins no list without.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::translate::openai) enum ThinkingBlock<'c> {
    Thinking {
        #[serde(skip_serializing_if = "Option::is_none")]
        index: Option<u32>,
        thinking: &'c str,
        #[serde(skip_serializing_if = "Option::is_none")]
        signature: Option<&'c str>,
    },
    RedactedThinking {
        #[serde(skip_serializing_if = "Option::is_none")]
        index: Option<u32>,
        data: &'c str,
    },
}

/// Writes a chat completion. `asked_model` stands in where the provider does not say which model answered.
pub fn render(answer: &Answer<'_>, asked_model: &str) -> Vec<u8> {
    let made;
    let id = match &answer.id {
        Some(id) => &**id,
        None => {
            made = openai::made_id();
            &made
        }
    };
    let completion = Completion {
        id,
        object: "chat.completion",
        created: answer.created.unwrap_or_else(openai::now),
        model: answer.model.as_deref().unwrap_or(asked_model),
        choices: answer.choices.iter().enumerate().map(|(index, choice)| self::choice(index, choice)).collect(),
        usage: answer.usage.map(Into::into),
        service_tier: answer.service_tier.as_deref().map(words::served_tier),
        system_fingerprint: answer.system_fingerprint.as_deref(),
    };
    // Serializing plain structs with string keys cannot fail.
    serde_json::to_vec(&completion).unwrap_or_default()
}

fn choice<'c>(index: usize, choice: &'c Choice<'c>) -> WireChoice<'c> {
    let annotations = choice.citations.iter().filter_map(Annotation::of).collect();
    let mut message = Message { role: "assistant", annotations, ..Message::default() };
    for part in &choice.parts {
        match &part.content {
            Content::Text(text) => message.content.get_or_insert_default().push_str(text),
            Content::Refusal(text) => message.refusal.get_or_insert_default().push_str(text),
            Content::Thinking(Thinking { text, signature }) => {
                message.reasoning_content.get_or_insert_default().push_str(text);
                message.thinking_blocks.push(ThinkingBlock::Thinking {
                    index: None,
                    thinking: text,
                    signature: signature.as_deref(),
                });
            }
            Content::RedactedThinking(data) => {
                message.thinking_blocks.push(ThinkingBlock::RedactedThinking { index: None, data })
            }
            Content::ToolCall(call) => message.tool_calls.push(Call::new(call, call.signature.as_deref())),
            Content::CustomCall(call) => message.tool_calls.push(Call::custom(call)),
            Content::Image(Image { source: Media::Base64 { media_type, data }, .. }) => {
                let index = u32::try_from(message.images.len()).unwrap_or(u32::MAX);
                message.images.extend(Picture::of(index, media_type, data));
            }
            // The usage record says that they are left out.
            Content::Image(_) | Content::Audio(_) | Content::Document(_) | Content::ToolResult(_) => {}
        }
    }
    if message.refusal.is_none() && message.tool_calls.is_empty() {
        message.content.get_or_insert_default();
    }
    WireChoice { index, message, logprobs: choice.logprobs.as_deref(), finish_reason: words::finish_word(choice.finish.reason) }
}
