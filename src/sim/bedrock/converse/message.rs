//! The messages of a conversation, and what may follow what.

use std::collections::HashSet;

use super::super::super::check::{Fault, Node};
use super::super::super::prompt::Prompt;
use super::super::super::sealed;
use super::block;

const BLOCKS: &[&str] = &[
    "audio",
    "cachePoint",
    "citationsContent",
    "document",
    "guardContent",
    "image",
    "reasoningContent",
    "searchResult",
    "text",
    "toolResult",
    "toolUse",
    "video",
];

/// What the model cannot say.
const OF_USER: &[&str] = &["audio", "document", "guardContent", "image", "searchResult", "toolResult", "video"];

/// What the user cannot say.
const OF_MODEL: &[&str] = &["citationsContent", "reasoningContent", "toolUse"];

/// The most places up to which a prompt may be cached.
const MOST_CACHE_POINTS: usize = 4;

/// Reads messages into a prompt.
pub(super) struct Messages<'a> {
    prompt: &'a mut Prompt,
    has_tools: bool,
    /// Whether thinking has a budget. Then the last turn of the model, if it called tools, must have begun with thinking.
    thinks: bool,
    /// Ids of the previous message's tool uses.
    pending: Vec<String>,
    begins_with_thinking: bool,
    cache_points: usize,
}

impl<'a> Messages<'a> {
    pub(super) fn new(prompt: &'a mut Prompt, has_tools: bool, thinks: bool) -> Self {
        Self { prompt, has_tools, thinks, pending: Vec::new(), begins_with_thinking: false, cache_points: 0 }
    }

    pub(super) fn read(mut self, node: &Node<'_>) -> Result<(), Fault> {
        let messages = node.array()?;
        let mut before = "";
        for message in &messages {
            let fields = message.object(&["role", "content"])?;
            let role = fields.need("role")?.one_of(&["user", "assistant"])?;
            if before.is_empty() && role != "user" {
                return Err(said(
                    "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
                ));
            }
            if role == before {
                return Err(said(
                    "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user \
                     and assistant roles and try again.",
                ));
            }
            before = role;
            let content = fields.need("content")?;
            let blocks = content.array()?;
            if blocks.is_empty() {
                let path = message.rule("").path.replace('[', ".").replace(']', "");
                return Err(said(&format!(
                    "The content field in the Message object at {path} is empty. Add a ContentBlock object to the content field and try \
                     again."
                )));
            }
            if role == "user" { self.user(&content, &blocks)? } else { self.assistant(&blocks)? }
        }
        if before.is_empty() {
            return Err(said(
                "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
            ));
        }
        if !self.pending.is_empty() {
            return Err(said(
                "A conversation must end with a user message when the last assistant message uses tools. Add toolResult blocks and try \
                 again.",
            ));
        }
        match self.cache_points {
            0..=MOST_CACHE_POINTS => Ok(()),
            many => Err(said(&format!("You can use at most {MOST_CACHE_POINTS} cachePoint blocks, and there are {many}."))),
        }
    }

    fn user(&mut self, content: &Node<'_>, blocks: &[Node<'_>]) -> Result<(), Fault> {
        let mut called = std::mem::take(&mut self.pending);
        let expected = called.len();
        self.prompt.begin_user();
        let mut documents = 0;
        let mut texts = 0;
        let mut results = 0;
        for node in blocks {
            let kind = block::one_of(node, BLOCKS)?;
            if OF_MODEL.contains(&kind) {
                return Err(node.rule(format!("The {kind} block is only allowed in messages of the role assistant")));
            }
            match kind {
                "text" => {
                    texts += 1;
                    let text = block::text(node)?;
                    self.prompt.add_user_text(text);
                }
                "toolResult" => {
                    results += 1;
                    if results > expected {
                        return Err(said(&format!(
                            "The number of toolResult blocks at {} exceeds the number of toolUse blocks of previous turn.",
                            dotted(content)
                        )));
                    }
                    self.result(node, &mut called)?;
                }
                "cachePoint" => {
                    block::cache_point(node)?;
                    self.cache_points += 1;
                }
                kind => {
                    documents += usize::from(kind == "document");
                    block::medium(node, kind, self.prompt)?;
                }
            }
        }
        if !called.is_empty() {
            return Err(said(&format!(
                "Expected toolResult blocks at {} for the following Ids: {}",
                dotted(content),
                called.join(", ")
            )));
        }
        // "If you include a ContentBlock with a document field in the array, you must also include a ContentBlock with a text field."
        if documents > 0 && texts == 0 && results == 0 {
            return Err(content.rule("A message with a document must have a text too"));
        }
        if results > 0 && self.thinks && !self.begins_with_thinking {
            return Err(said(
                "The model returned the following errors: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When \
                 `thinking` is enabled, a final `assistant` message must start with a thinking block.",
            ));
        }
        self.tools_are_configured(results > 0)
    }

    fn tools_are_configured(&self, used: bool) -> Result<(), Fault> {
        if used && !self.has_tools {
            return Err(said("The toolConfig field must be defined when using toolUse and toolResult content blocks."));
        }
        Ok(())
    }

    fn result(&mut self, node: &Node<'_>, called: &mut Vec<String>) -> Result<(), Fault> {
        let result = node.any_object()?.need("toolResult")?.object(&["toolUseId", "content", "status", "type"])?;
        let id = result.need("toolUseId")?.name(64)?;
        let Some(position) = called.iter().position(|call| call == id) else {
            return Err(node.rule(format!("The toolResult has the toolUseId {id}, which no toolUse of the previous turn has")));
        };
        called.remove(position);
        let status = result.optional("status", |node| node.one_of(&["success", "error"]))?;
        let mut texts = Vec::new();
        for part in result.need("content")?.array()? {
            match block::one_of(&part, &["text", "json", "image", "document", "video", "searchResult"])? {
                "text" => texts.push(block::text(&part)?.to_owned()),
                "json" => {
                    let json = part.any_object()?.need("json")?;
                    json.any_object()?;
                    texts.push(json.value().to_string());
                }
                kind => block::medium(&part, kind, self.prompt)?,
            }
        }
        self.prompt.add_result(&texts.join(" "), status == Some("error"));
        Ok(())
    }

    fn assistant(&mut self, blocks: &[Node<'_>]) -> Result<(), Fault> {
        self.prompt.begin_assistant();
        let mut ids = HashSet::new();
        for (number, node) in blocks.iter().enumerate() {
            let kind = block::one_of(node, BLOCKS)?;
            if OF_USER.contains(&kind) {
                return Err(node.rule(format!("The {kind} block is only allowed in messages of the role user")));
            }
            if number == 0 {
                self.begins_with_thinking = kind == "reasoningContent";
            }
            match kind {
                "text" => self.prompt.count_text(block::text(node)?),
                "reasoningContent" => reasoning(node)?,
                "toolUse" => {
                    let call = node.any_object()?.need("toolUse")?.object(&["toolUseId", "name", "input", "type"])?;
                    let id = call.need("toolUseId")?.name(64)?;
                    call.need("name")?.name(64)?;
                    let input = call.need("input")?;
                    input.any_object()?;
                    if !ids.insert(id) {
                        return Err(node.rule(format!("The toolUseId {id} is used more than once")));
                    }
                    self.pending.push(id.to_owned());
                    self.prompt.add_call(input.value());
                }
                "cachePoint" => {
                    block::cache_point(node)?;
                    self.cache_points += 1;
                }
                _ => {}
            }
        }
        self.tools_are_configured(!self.pending.is_empty())
    }
}

/// Thinking comes back as it was given.
fn reasoning(node: &Node<'_>) -> Result<(), Fault> {
    let content = node.any_object()?.need("reasoningContent")?;
    let invalid = |what: &str| said(&format!("The model returned the following errors: {}: Invalid {what} block", dotted(node)));
    if block::one_of(&content, &["reasoningText", "redactedContent"])? == "redactedContent" {
        let data = content.any_object()?.need("redactedContent")?;
        return if sealed::is_sealed(data.string()?) { Ok(()) } else { Err(invalid("`data` in `redacted_thinking`")) };
    }
    let thought = content.any_object()?.need("reasoningText")?.object(&["text", "signature"])?;
    let text = thought.need("text")?.string()?;
    match thought.optional("signature", |node| node.string())? {
        Some(signature) if signature == sealed::signature(text) => Ok(()),
        _ => Err(invalid("`signature` in `thinking`")),
    }
}

/// An error of the whole conversation.
fn said(message: &str) -> Fault {
    Fault { path: String::new(), what: super::super::super::check::What::Rule(message.to_owned()) }
}

fn dotted(node: &Node<'_>) -> String {
    node.rule("").path.replace('[', ".").replace(']', "")
}
