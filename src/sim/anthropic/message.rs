//! The messages of a messages request, and what may follow what.

use std::collections::HashSet;

use super::super::check::{Fault, Node};
use super::super::prompt::Prompt;
use super::super::sealed;
use super::{Version, block};

const USER_BLOCKS: &[&str] = &["text", "image", "document", "search_result", "tool_result", "container_upload"];

const ASSISTANT_BLOCKS: &[&str] = &[
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "document",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
];

/// Reads messages into a prompt.
pub(super) struct Messages<'a> {
    prompt: &'a mut Prompt,
    version: Version,
    /// Whether thinking has a budget. Then the last turn of the model, if it called tools, must have begun with thinking.
    manual_thinking: bool,
    /// Ids of the previous message's tool calls.
    pending: Vec<String>,
    ids: HashSet<String>,
    marks: usize,
}

impl<'a> Messages<'a> {
    pub(super) fn new(prompt: &'a mut Prompt, version: Version, manual_thinking: bool) -> Self {
        prompt.parallel = true;
        Self { prompt, version, manual_thinking, pending: Vec::new(), ids: HashSet::new(), marks: 0 }
    }

    /// Reads all of them. Returns their cache marks.
    pub(super) fn read(mut self, node: &Node<'_>) -> Result<usize, Fault> {
        let messages = node.array()?;
        let last = messages.len().checked_sub(1).ok_or_else(|| node.rule("at least one message is required"))?;
        let mut begun = false;
        for (number, message) in messages.iter().enumerate() {
            let role = message.any_object()?.need("role")?.one_of(&["user", "assistant", "system"])?;
            if role == "assistant" && !begun {
                return Err(node.rule("first message must use the \"user\" role"));
            }
            begun = begun || role == "user";
            self.message(message, role, number == last)?;
        }
        self.pending_answered(node)?;
        self.check_last_turn(&messages)?;
        Ok(self.marks)
    }

    fn message(&mut self, node: &Node<'_>, role: &str, is_last: bool) -> Result<(), Fault> {
        let content = node.object(&["role", "content"])?.need("content")?;
        if role != "user" {
            self.pending_answered(node)?;
        }
        match role {
            "system" => {
                self.marks += block::system(&content, self.prompt)?;
                Ok(())
            }
            "user" => self.user(node, &content),
            _ => self.assistant(node, &content, is_last),
        }
    }

    /// Nothing may come between a tool call and its result.
    fn pending_answered(&self, node: &Node<'_>) -> Result<(), Fault> {
        if self.pending.is_empty() {
            return Ok(());
        }
        Err(node.rule(format!(
            "`tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a \
             corresponding `tool_result` block in the next message.",
            self.pending.join(", ")
        )))
    }

    fn user(&mut self, node: &Node<'_>, content: &Node<'_>) -> Result<(), Fault> {
        self.prompt.begin_user();
        if let Ok(text) = content.string() {
            self.pending_answered(node)?;
            if text.is_empty() {
                return Err(node.rule("user messages must have non-empty content"));
            }
            self.prompt.add_user_text(text);
            return Ok(());
        }
        let blocks = blocks(node, content, "user messages must have non-empty content")?;
        let mut called = std::mem::take(&mut self.pending);
        let mut results_may_come = true;
        for block in &blocks {
            let kind = block.any_object()?.need("type")?.one_of(USER_BLOCKS)?;
            if kind == "tool_result" {
                if !results_may_come {
                    return Err(block.rule("`tool_result` blocks must come first in the content of a message"));
                }
                self.tool_result(block, &mut called)?;
            } else {
                results_may_come = false;
                self.user_block(block, kind)?;
            }
            self.marks += block::mark(block)?;
        }
        self.pending = called;
        self.pending_answered(node)
    }

    fn user_block(&mut self, node: &Node<'_>, kind: &str) -> Result<(), Fault> {
        match kind {
            "text" => {
                let text = block::text(node)?;
                let cites =
                    node.value().get("citations").and_then(serde_json::Value::as_array).is_some_and(|list| !list.is_empty());
                if self.version == Version::V2026 && cites {
                    return Err(node.rule("citations are not supported in user messages"));
                }
                self.prompt.add_user_text(text);
            }
            "image" => {
                block::image(node)?;
                self.prompt.add_image();
            }
            "document" => {
                block::document(node)?;
                self.prompt.add_document();
            }
            "search_result" => {
                let text = block::search_result(node)?;
                self.prompt.count_text(&text);
            }
            _ => {
                node.object(&["type", "file_id", "cache_control"])?.need("file_id")?.string()?;
            }
        }
        Ok(())
    }

    fn tool_result(&mut self, node: &Node<'_>, called: &mut Vec<String>) -> Result<(), Fault> {
        let result = node.object(&["type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name"])?;
        let id = result.need("tool_use_id")?.string()?;
        let Some(position) = called.iter().position(|call| call == id) else {
            return Err(node.rule(format!(
                "unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding \
                 `tool_use` block in the previous message."
            )));
        };
        called.swap_remove(position);
        let is_error = result.optional("is_error", |node| node.boolean())?.unwrap_or(false);
        let text = match result.get("content") {
            Some(content) => self.result_text(&content)?,
            None => String::new(),
        };
        self.prompt.add_result(&text, is_error);
        Ok(())
    }

    fn result_text(&mut self, content: &Node<'_>) -> Result<String, Fault> {
        if let Ok(text) = content.string() {
            return Ok(text.to_owned());
        }
        let mut texts = Vec::new();
        for block in content.array().map_err(|_| content.type_fault("a valid string or list"))? {
            let kinds = &["text", "image", "document", "search_result", "tool_reference"];
            match block.any_object()?.need("type")?.one_of(kinds)? {
                "text" => texts.push(block::text(&block)?.to_owned()),
                "search_result" => texts.push(block::search_result(&block)?),
                "image" => {
                    block::image(&block)?;
                    self.prompt.add_image();
                }
                "document" => {
                    block::document(&block)?;
                    self.prompt.add_document();
                }
                _ => {}
            }
        }
        Ok(texts.join(" "))
    }

    fn assistant(&mut self, node: &Node<'_>, content: &Node<'_>, is_last: bool) -> Result<(), Fault> {
        self.prompt.begin_assistant();
        const EMPTY: &str = "all messages must have non-empty content except for the optional final assistant message";
        if let Ok(text) = content.string() {
            if text.is_empty() && !is_last {
                return Err(node.rule(EMPTY));
            }
            self.prompt.count_text(text);
            return trailing(node, text, is_last);
        }
        let blocks = blocks(node, content, EMPTY)?;
        for block in &blocks {
            let kind = block.any_object()?.need("type")?.one_of(ASSISTANT_BLOCKS)?;
            self.assistant_block(block, kind)?;
            self.marks += block::mark(block)?;
        }
        match blocks.last() {
            Some(last) if kind_of(last).ends_with("thinking") => {
                Err(last.rule("The final block in an assistant message cannot be `thinking`."))
            }
            Some(last) if kind_of(last) == "text" => trailing(last, block::text(last)?, is_last),
            _ => Ok(()),
        }
    }

    fn assistant_block(&mut self, node: &Node<'_>, kind: &str) -> Result<(), Fault> {
        match kind {
            "text" => self.prompt.count_text(block::text(node)?),
            "thinking" => {
                let thinking = node.object(&["type", "thinking", "signature"])?;
                let text = thinking.need("thinking")?.string()?;
                if thinking.need("signature")?.string()? != sealed::signature(text) {
                    return Err(node.rule("Invalid `signature` in `thinking` block"));
                }
            }
            "redacted_thinking" => {
                let data = node.object(&["type", "data"])?.need("data")?;
                if !sealed::is_sealed(data.string()?) {
                    return Err(node.rule("Invalid `data` in `redacted_thinking` block"));
                }
            }
            "tool_use" => self.tool_use(node)?,
            "document" if self.version == Version::V2026 => {
                return Err(node.rule("`document` blocks are not supported in assistant messages"));
            }
            "document" => {
                block::document(node)?;
                self.prompt.add_document();
            }
            // What the provider's own tools said; the simulator has none.
            _ => {}
        }
        Ok(())
    }

    fn tool_use(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let call = node.object(&["type", "id", "name", "input", "cache_control", "caller", "toolset_name"])?;
        let id = call.need("id")?.name(256)?.to_owned();
        call.need("name")?.name(200)?;
        let input = call.need("input")?;
        input.any_object()?;
        if !self.ids.insert(id.clone()) {
            return Err(node.rule("`tool_use` ids must be unique"));
        }
        self.pending.push(id);
        self.prompt.add_call(input.value());
        Ok(())
    }

    /// With a budget for thinking, the turn that tool results go back to must have begun with thinking.
    fn check_last_turn(&self, messages: &[Node<'_>]) -> Result<(), Fault> {
        if !self.manual_thinking || self.prompt.last.results.is_empty() {
            return Ok(());
        }
        let is_assistant = |node: &&Node<'_>| node.value().get("role").is_some_and(|role| role == "assistant");
        let Some(turn) = messages.iter().rfind(is_assistant) else { return Ok(()) };
        let first = turn.value().get("content").and_then(|content| content.get(0)).and_then(|block| block.get("type"));
        match first.and_then(serde_json::Value::as_str) {
            Some("thinking" | "redacted_thinking") => Ok(()),
            first => Err(turn.rule(format!(
                "Expected `thinking` or `redacted_thinking`, but found `{}`. When `thinking` is enabled, a final `assistant` message \
                 must start with a thinking block.",
                first.unwrap_or("text")
            ))),
        }
    }
}

fn blocks<'a>(node: &Node<'_>, content: &Node<'a>, empty: &str) -> Result<Vec<Node<'a>>, Fault> {
    let blocks = content.array().map_err(|_| content.type_fault("a valid string or list"))?;
    if blocks.is_empty() { Err(node.rule(empty)) } else { Ok(blocks) }
}

fn kind_of<'a>(block: &Node<'a>) -> &'a str {
    block.value().get("type").and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// A beginning of the answer that the model is to continue must not end in whitespace.
fn trailing(node: &Node<'_>, text: &str, is_last: bool) -> Result<(), Fault> {
    if is_last && text.ends_with(char::is_whitespace) {
        return Err(node.rule("final assistant content cannot end with trailing whitespace"));
    }
    Ok(())
}
