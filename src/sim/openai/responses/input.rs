//! The items of a request's input, and what may follow what.

use std::collections::HashSet;

use serde_json::Value;

use super::super::super::check::{Fault, Node, Object};
use super::super::super::prompt::Prompt;
use super::super::super::sealed;
use super::super::message::{audio, data_url, look_for_json};

const ITEMS: &[&str] = &["message", "function_call", "function_call_output", "reasoning", "item_reference"];

/// Items that the provider's own tools left behind; the simulator has none.
const FOREIGN: &[&str] = &[
    "apply_patch_call",
    "apply_patch_call_output",
    "code_interpreter_call",
    "compaction",
    "computer_call",
    "computer_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "file_search_call",
    "image_generation_call",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "shell_call",
    "shell_call_output",
    "web_search_call",
];

const STATUSES: &[&str] = &["in_progress", "completed", "incomplete"];

/// The longest id of a call.
const LONGEST_CALL_ID: usize = 64;

/// Reads input into a prompt.
pub(super) struct Input<'a> {
    prompt: &'a mut Prompt,
    called: HashSet<String>,
    /// Calls without an output, in order.
    pending: Vec<String>,
    /// The id of reasoning that nothing of the model followed yet.
    reasoning: Option<String>,
    /// Whether the item before was of the model too.
    in_turn: bool,
    mentions_json: bool,
}

impl<'a> Input<'a> {
    pub(super) fn new(prompt: &'a mut Prompt) -> Self {
        let (called, pending) = (HashSet::new(), Vec::new());
        Self { prompt, called, pending, reasoning: None, in_turn: false, mentions_json: false }
    }

    /// Whether the word stands in any message, as the format `json_object` demands.
    pub(super) fn mentions_json(&self) -> bool {
        self.mentions_json
    }

    pub(super) fn read(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        if let Ok(text) = node.string() {
            self.prompt.begin_user();
            self.user_text(text);
            return Ok(());
        }
        let items = node.array().map_err(|_| node.type_fault("one of a string or array of objects"))?;
        for item in &items {
            self.item(item)?;
        }
        if let Some(id) = &self.reasoning {
            return Err(node.rule(alone(id)));
        }
        match self.pending.first() {
            Some(call) => Err(node.rule(format!("No tool output found for function call {call}."))),
            None => Ok(()),
        }
    }

    fn item(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let item = node.any_object()?;
        let kind = item.optional("type", |node| node.string())?.unwrap_or("message");
        if FOREIGN.contains(&kind) {
            self.reasoning = None;
            return Ok(());
        }
        if !ITEMS.contains(&kind) {
            return item.need("type")?.one_of(ITEMS).map(drop);
        }
        let role = if kind == "message" { item.need("role")?.string()? } else { kind };
        let is_models = matches!(role, "assistant" | "function_call" | "reasoning");
        if let (false, Some(id)) = (is_models, &self.reasoning) {
            return Err(node.rule(alone(id)));
        }
        if is_models && !std::mem::replace(&mut self.in_turn, is_models) {
            self.prompt.begin_assistant();
        }
        self.in_turn = is_models;
        match kind {
            "message" => self.message(node),
            "function_call" => self.call(node),
            "function_call_output" => self.output(node),
            "reasoning" => self.reasoning(node),
            _ => {
                let id = node.object(&["type", "id"])?.need("id")?.string()?;
                Err(node.rule(format!("Item with id '{id}' not found.")))
            }
        }
    }

    fn message(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let item = node.object(&["type", "id", "role", "content", "status", "phase"])?;
        let role = item.need("role")?.one_of(&["user", "assistant", "system", "developer"])?;
        id_begins(&item, "msg")?;
        item.optional("status", |node| node.one_of(STATUSES))?;
        item.optional("phase", |node| node.one_of(&["commentary", "final_answer"]))?;
        let content = item.need("content")?;
        match role {
            "user" => self.user(&content),
            "assistant" => self.assistant(&content),
            _ => self.system(&content),
        }
    }

    fn user(&mut self, content: &Node<'_>) -> Result<(), Fault> {
        self.prompt.begin_user();
        if let Ok(text) = content.string() {
            self.user_text(text);
            return Ok(());
        }
        for part in parts(content)? {
            if let Some(text) = self.input_part(&part, &["input_text", "input_image", "input_file", "input_audio"])? {
                self.user_text(text);
            }
        }
        Ok(())
    }

    fn user_text(&mut self, text: &str) {
        self.mentions_json |= look_for_json(text);
        self.prompt.add_user_text(text);
    }

    fn system(&mut self, content: &Node<'_>) -> Result<(), Fault> {
        let mut texts = Vec::new();
        if let Ok(text) = content.string() {
            texts.push(text);
        } else {
            for part in parts(content)? {
                texts.extend(self.input_part(&part, &["input_text"])?);
            }
        }
        let text = texts.join(" ");
        self.mentions_json |= look_for_json(&text);
        self.prompt.add_system(&text);
        Ok(())
    }

    fn assistant(&mut self, content: &Node<'_>) -> Result<(), Fault> {
        self.reasoning = None;
        if let Ok(text) = content.string() {
            self.prompt.count_text(text);
            return Ok(());
        }
        for part in parts(content)? {
            let text = match part.any_object()?.need("type")?.one_of(&["output_text", "refusal"])? {
                "output_text" => {
                    let part = part.object(&["type", "text", "annotations", "logprobs"])?;
                    part.optional("annotations", |node| node.array())?;
                    part.optional("logprobs", |node| node.array())?;
                    part.need("text")?.string()?
                }
                _ => part.object(&["type", "refusal"])?.need("refusal")?.string()?,
            };
            self.mentions_json |= look_for_json(text);
            self.prompt.count_text(text);
        }
        Ok(())
    }

    fn call(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let item = node.object(&["type", "id", "call_id", "name", "namespace", "arguments", "status", "caller"])?;
        id_begins(&item, "fc")?;
        item.optional("status", |node| node.one_of(STATUSES))?;
        let id = call_id(&item)?;
        item.need("name")?.name(64)?;
        let text = item.need("arguments")?.string()?;
        // The API takes whatever a model once wrote, JSON or not.
        let arguments = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        self.prompt.add_call(&arguments);
        self.reasoning = None;
        self.called.insert(id.clone());
        self.pending.push(id);
        Ok(())
    }

    fn output(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let item = node.object(&["type", "id", "call_id", "output", "status", "caller", "name", "namespace"])?;
        item.optional("status", |node| node.one_of(STATUSES))?;
        let id = call_id(&item)?;
        if !self.called.contains(&id) {
            return Err(node.rule(format!("No tool call found for function call output with call_id {id}.")));
        }
        self.pending.retain(|pending| *pending != id);
        let output = item.need("output")?;
        let text = match output.string() {
            Ok(text) => text.to_owned(),
            Err(_) => {
                let mut texts = Vec::new();
                for part in parts(&output)? {
                    texts.extend(self.input_part(&part, &["input_text", "input_image", "input_file"])?);
                }
                texts.join(" ")
            }
        };
        self.prompt.add_result(&text, false);
        Ok(())
    }

    fn reasoning(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let item = node.object(&["type", "id", "summary", "content", "encrypted_content", "status"])?;
        item.optional("status", |node| node.one_of(STATUSES))?;
        id_begins(&item, "rs")?;
        for part in item.need("summary")?.array()? {
            let part = part.object(&["type", "text"])?;
            part.need("type")?.one_of(&["summary_text"])?;
            part.need("text")?.string()?;
        }
        for part in item.optional("content", |node| node.array())?.into_iter().flatten() {
            part.object(&["type", "text"])?.need("type")?.one_of(&["reasoning_text"])?;
        }
        let id = item.optional("id", |node| node.string())?.unwrap_or_default();
        let Some(encrypted) = item.get("encrypted_content") else {
            return Err(node.rule(format!(
                "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to \
                 true, or remove this item from your input."
            )));
        };
        if !sealed::is_sealed(encrypted.string()?) {
            return Err(encrypted.rule("The encrypted content could not be verified."));
        }
        self.reasoning = Some(id.to_owned());
        Ok(())
    }

    /// A part of a message to the model; its text, if it is one.
    fn input_part<'b>(&mut self, node: &Node<'b>, kinds: &'static [&'static str]) -> Result<Option<&'b str>, Fault> {
        match node.any_object()?.need("type")?.one_of(kinds)? {
            "input_text" => {
                let part = node.object(&["type", "text", "prompt_cache_breakpoint"])?;
                return part.need("text")?.string().map(Some);
            }
            "input_image" => {
                image(node)?;
                self.prompt.add_image();
            }
            "input_audio" => {
                audio(&node.object(&["type", "input_audio"])?.need("input_audio")?)?;
                self.prompt.add_recording();
            }
            _ => {
                file(node)?;
                self.prompt.add_document();
            }
        }
        Ok(None)
    }
}

fn alone(id: &str) -> String {
    format!("Item '{id}' of type 'reasoning' was provided without its required following item.")
}

fn parts<'a>(content: &Node<'a>) -> Result<Vec<Node<'a>>, Fault> {
    content.array().map_err(|_| content.type_fault("one of a string or array of objects"))
}

/// Ids tell what they are ids of.
fn id_begins(item: &Object<'_>, beginning: &str) -> Result<(), Fault> {
    let Some(node) = item.get("id") else { return Ok(()) };
    let id = node.string()?;
    if id.starts_with(beginning) {
        return Ok(());
    }
    Err(node.rule(format!("'{id}'. Expected an ID that begins with '{beginning}'.")))
}

fn call_id(item: &Object<'_>) -> Result<String, Fault> {
    let node = item.need("call_id")?;
    let id = node.string()?;
    if (1..=LONGEST_CALL_ID).contains(&id.len()) {
        return Ok(id.to_owned());
    }
    let long = format!("string too long. Expected a string with 1 to {LONGEST_CALL_ID} characters, but got {}.", id.len());
    Err(node.rule(long))
}

fn image(node: &Node<'_>) -> Result<(), Fault> {
    let part = node.object(&["type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"])?;
    part.optional("detail", |node| node.one_of(&["auto", "low", "high", "original"]))?;
    if part.optional("file_id", |node| node.string())?.is_some() {
        return Ok(());
    }
    let node = part.need("image_url")?;
    web_or_data(&node, &["image/png", "image/jpeg", "image/gif", "image/webp"])
}

fn web_or_data(node: &Node<'_>, types: &[&str]) -> Result<(), Fault> {
    let url = node.string()?;
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(());
    }
    data_url(node, url, types)
}

fn file(node: &Node<'_>) -> Result<(), Fault> {
    let part = node.object(&["type", "file_id", "file_url", "file_data", "filename", "detail", "prompt_cache_breakpoint"])?;
    part.optional("detail", |node| node.one_of(&["auto", "low", "high"]))?;
    let name = part.optional("filename", |node| node.string())?;
    let given: Vec<_> = ["file_id", "file_url", "file_data"].into_iter().filter_map(|field| part.get(field)).collect();
    let [one] = given.as_slice() else {
        return Err(node.rule("Provide exactly one of 'file_id', 'file_url' or 'file_data'."));
    };
    one.string()?;
    match part.get("file_data") {
        Some(_) if name.is_none() => Err(node.rule("'filename' is required with 'file_data'")),
        Some(data) => data_url(&data, data.string()?, &["application/pdf", "text/plain", "text/markdown", "text/csv"]),
        None => Ok(()),
    }
}
