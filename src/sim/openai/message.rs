//! The messages of a chat completion request, and the order in which they may come.

use serde_json::Value;

use super::super::check::{Fault, Node, Object};
use super::super::prompt::Prompt;

/// Reads messages into a prompt.
pub(super) struct Messages<'a> {
    prompt: &'a mut Prompt,
    /// Ids of the last assistant message's tool calls that no tool has answered, and that message.
    pending: Vec<String>,
    caller: Option<Node<'a>>,
    mentions_json: bool,
}

/// The longest id of a tool call.
const LONGEST_ID: usize = 40;

impl<'a> Messages<'a> {
    pub(super) fn new(prompt: &'a mut Prompt) -> Self {
        Self { prompt, pending: Vec::new(), caller: None, mentions_json: false }
    }

    /// Whether the word stands in any message, as the response format `json_object` demands.
    pub(super) fn mentions_json(&self) -> bool {
        self.mentions_json
    }

    pub(super) fn read(&mut self, node: &Node<'a>) -> Result<(), Fault> {
        let messages = node.array()?;
        if messages.is_empty() {
            return Err(node.rule("empty array. Expected an array with minimum length 1, but got an empty array instead."));
        }
        for message in messages {
            self.message(&message)?;
        }
        self.all_answered()
    }

    fn message(&mut self, node: &Node<'a>) -> Result<(), Fault> {
        let role = node.any_object()?.need("role")?.one_of(&["system", "developer", "user", "assistant", "tool"])?;
        if role == "tool" {
            return self.tool(node);
        }
        self.all_answered()?;
        match role {
            "user" => self.user(node),
            "assistant" => self.assistant(node),
            _ => self.system(node),
        }
    }

    fn all_answered(&self) -> Result<(), Fault> {
        match &self.caller {
            Some(caller) if !self.pending.is_empty() => Err(caller.rule(format!(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. \
                 The following tool_call_ids did not have response messages: {}",
                self.pending.join(", ")
            ))),
            _ => Ok(()),
        }
    }

    fn system(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let message = node.object(&["role", "content", "name"])?;
        message.optional("name", |node| node.string())?;
        let text = self.texts(&message.need("content")?)?;
        self.prompt.add_system(&text);
        Ok(())
    }

    fn user(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let message = node.object(&["role", "content", "name"])?;
        message.optional("name", |node| node.string())?;
        self.prompt.begin_user();
        let content = message.need("content")?;
        if let Ok(text) = content.string() {
            self.user_text(text);
            return Ok(());
        }
        for part in parts(&content)? {
            self.part(&part)?;
        }
        Ok(())
    }

    fn user_text(&mut self, text: &str) {
        self.look_for_json(text);
        self.prompt.add_user_text(text);
    }

    fn part(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        match node.any_object()?.need("type")?.one_of(&["text", "image_url", "input_audio", "file"])? {
            "text" => self.user_text(text_part(node)?),
            "image_url" => {
                image(&part_object(node, "image_url")?)?;
                self.prompt.add_image();
            }
            "input_audio" => {
                audio(&part_object(node, "input_audio")?)?;
                self.prompt.add_recording();
            }
            _ => {
                file(&part_object(node, "file")?)?;
                self.prompt.add_document();
            }
        }
        Ok(())
    }

    fn assistant(&mut self, node: &Node<'a>) -> Result<(), Fault> {
        // `annotations`, and a `function_call` of null, stand in answers as the SDKs have them, and come back as they are.
        let known = ["role", "content", "refusal", "name", "audio", "tool_calls", "annotations", "function_call"];
        let message = node.object(&known)?;
        if let Some(call) = message.get("function_call") {
            return Err(call.type_fault("null"));
        }
        self.prompt.begin_assistant();
        message.optional("name", |node| node.string())?;
        message.optional("audio", |node| node.object(&["id"])?.need("id")?.string())?;
        let refusal = message.optional("refusal", |node| node.string())?;
        let said = match message.get("content") {
            Some(content) => Some(self.assistant_content(&content)?),
            None => refusal.map(str::to_owned),
        };
        self.prompt.count_text(said.as_deref().unwrap_or_default());
        self.pending.clear();
        match message.get("tool_calls") {
            Some(calls) => self.calls(node, &calls),
            None if said.is_none() && message.get("audio").is_none() => {
                Err(message.need("content").map_or_else(|missing| missing, |content| content.type_fault("a string")))
            }
            None => Ok(()),
        }
    }

    fn assistant_content(&mut self, content: &Node<'_>) -> Result<String, Fault> {
        if let Ok(text) = content.string() {
            self.look_for_json(text);
            return Ok(text.to_owned());
        }
        let mut texts = Vec::new();
        for part in parts(content)? {
            let text = match part.any_object()?.need("type")?.one_of(&["text", "refusal"])? {
                "text" => text_part(&part)?,
                _ => part.object(&["type", "refusal"])?.need("refusal")?.string()?,
            };
            self.look_for_json(text);
            texts.push(text);
        }
        Ok(texts.join(" "))
    }

    fn calls(&mut self, message: &Node<'a>, node: &Node<'_>) -> Result<(), Fault> {
        let calls = node.array()?;
        if calls.is_empty() {
            return Err(node.rule("empty array. Expected an array with minimum length 1, but got an empty array instead."));
        }
        for call in calls {
            let (id, arguments) = call_fields(&call)?;
            self.pending.push(id.to_owned());
            self.prompt.add_call(&arguments);
        }
        self.caller = Some(message.clone());
        Ok(())
    }

    fn tool(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let message = node.object(&["role", "content", "tool_call_id"])?;
        let id_node = message.need("tool_call_id")?;
        let id = id_node.string()?;
        let Some(position) = self.pending.iter().position(|pending| pending == id) else {
            let before = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
            return Err(message.rule(before));
        };
        self.pending.swap_remove(position);
        let text = self.texts(&message.need("content")?)?;
        self.prompt.add_result(&text, false);
        Ok(())
    }

    /// Content that is text only.
    fn texts(&mut self, content: &Node<'_>) -> Result<String, Fault> {
        if let Ok(text) = content.string() {
            self.look_for_json(text);
            return Ok(text.to_owned());
        }
        let mut texts = Vec::new();
        for part in parts(content)? {
            part.any_object()?.need("type")?.one_of(&["text"])?;
            let text = text_part(&part)?;
            self.look_for_json(text);
            texts.push(text);
        }
        Ok(texts.join(" "))
    }

    fn look_for_json(&mut self, text: &str) {
        self.mentions_json |= look_for_json(text);
    }
}

/// Whether the word stands in a text.
pub(super) fn look_for_json(text: &str) -> bool {
    text.as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b"json"))
}

fn parts<'a>(content: &Node<'a>) -> Result<Vec<Node<'a>>, Fault> {
    let parts = content.array().map_err(|_| content.type_fault("one of a string or array of objects"))?;
    if parts.is_empty() {
        return Err(content.rule("empty array. Expected an array with minimum length 1, but got an empty array instead."));
    }
    Ok(parts)
}

fn text_part<'a>(part: &Node<'a>) -> Result<&'a str, Fault> {
    let part = part.object(&["type", "text", "prompt_cache_breakpoint"])?;
    part.optional("prompt_cache_breakpoint", |node| node.any_object())?;
    part.need("text")?.string()
}

fn part_object<'a>(part: &Node<'a>, kind: &str) -> Result<Node<'a>, Fault> {
    let part = part.object(&["type", kind, "prompt_cache_breakpoint"])?;
    part.optional("prompt_cache_breakpoint", |node| node.any_object())?;
    part.need(kind)
}

fn image(node: &Node<'_>) -> Result<(), Fault> {
    let image = node.object(&["url", "detail"])?;
    image.optional("detail", |node| node.one_of(&["auto", "low", "high", "original"]))?;
    let node = image.need("url")?;
    let url = node.string()?;
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(());
    }
    data_url(&node, url, &["image/png", "image/jpeg", "image/gif", "image/webp"])
}

pub(super) fn audio(node: &Node<'_>) -> Result<(), Fault> {
    let audio = node.object(&["data", "format"])?;
    audio.need("format")?.one_of(&["wav", "mp3"])?;
    let data = audio.need("data")?;
    data.base64(data.string()?)
}

fn file(node: &Node<'_>) -> Result<(), Fault> {
    let file = node.object(&["file_data", "file_id", "filename"])?;
    let name = file.optional("filename", |node| node.string())?;
    let id = file.optional("file_id", |node| node.string())?;
    if id.is_some() {
        return Ok(());
    }
    let data = file.need("file_data")?;
    if name.is_none() {
        return Err(file.rule("'filename' is required with 'file_data'"));
    }
    // "Chat Completions accepts only PDF files" (OpenAI's guide to file inputs).
    data_url(&data, data.string()?, &["application/pdf"])
}

/// `data:TYPE;base64,DATA` with one of these types.
pub(super) fn data_url(node: &Node<'_>, url: &str, types: &[&str]) -> Result<(), Fault> {
    let Some((media_type, data)) = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) else {
        return Err(node.rule("expected a URL, or base64 data as `data:<type>;base64,<data>`"));
    };
    if !types.contains(&media_type) {
        return Err(node.rule(format!("unsupported MIME type '{media_type}'. Supported types: {}", types.join(", "))));
    }
    node.base64(data)
}

/// Id and arguments of an earlier tool call.
fn call_fields<'a>(call: &Node<'a>) -> Result<(&'a str, Value), Fault> {
    let fields = call.object(&["id", "type", "function", "custom"])?;
    let id_node = fields.need("id")?;
    let id = id_node.string()?;
    if id.len() > LONGEST_ID {
        let long = format!("string too long. Expected a string with maximum length {LONGEST_ID}, but got {}.", id.len());
        return Err(id_node.rule(long));
    }
    Ok((id, arguments(&fields)?))
}

fn arguments(call: &Object<'_>) -> Result<Value, Fault> {
    if call.need("type")?.one_of(&["function", "custom"])? == "custom" {
        let custom = call.need("custom")?.object(&["name", "input"])?;
        custom.need("name")?.name(128)?;
        return Ok(Value::from(custom.need("input")?.string()?));
    }
    let function = call.need("function")?.object(&["name", "arguments"])?;
    function.need("name")?.name(64)?;
    let text = function.need("arguments")?.string()?;
    // The API takes whatever a model once wrote, JSON or not.
    Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
}
