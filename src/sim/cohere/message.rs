//! The messages of a chat request, and what may follow what.

use serde_json::Value;

use super::super::check::{Fault, Node};
use super::super::prompt::Prompt;

/// Reads messages into a prompt.
pub(super) struct Messages<'a> {
    prompt: &'a mut Prompt,
    /// Ids of the last tool calls that no tool has answered.
    pending: Vec<String>,
}

impl<'a> Messages<'a> {
    pub(super) fn new(prompt: &'a mut Prompt) -> Self {
        Self { prompt, pending: Vec::new() }
    }

    pub(super) fn read(mut self, node: &Node<'_>) -> Result<(), Fault> {
        let messages = node.array()?;
        if messages.is_empty() {
            return Err(node.rule("messages must contain at least one message"));
        }
        for message in &messages {
            let role = message.any_object()?.need("role")?.one_of(&["user", "assistant", "system", "tool"])?;
            match role {
                "tool" => self.tool(message)?,
                _ if !self.pending.is_empty() => return Err(self.unanswered(message)),
                "user" => self.user(message)?,
                "assistant" => self.assistant(message)?,
                _ => self.system(message)?,
            }
        }
        if self.pending.is_empty() { Ok(()) } else { Err(self.unanswered(node)) }
    }

    fn unanswered(&self, node: &Node<'_>) -> Fault {
        node.rule(format!("all tool calls must be answered by tool messages, missing: {}", self.pending.join(", ")))
    }

    fn system(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let content = node.object(&["role", "content"])?.need("content")?;
        let text = match content.string() {
            Ok(text) => text.to_owned(),
            Err(_) => content.array()?.iter().map(text).collect::<Result<Vec<_>, Fault>>()?.join(" "),
        };
        self.prompt.add_system(&text);
        Ok(())
    }

    fn user(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let content = node.object(&["role", "content"])?.need("content")?;
        self.prompt.begin_user();
        const EMPTY: &str = "message must be at least 1 token long or tool results must be specified.";
        if let Ok(said) = content.string() {
            if said.is_empty() {
                return Err(content.rule(EMPTY));
            }
            self.prompt.add_user_text(said);
            return Ok(());
        }
        let parts = content.array()?;
        if parts.is_empty() {
            return Err(content.rule(EMPTY));
        }
        for part in &parts {
            match part.any_object()?.need("type")?.one_of(&["text", "image_url"])? {
                "text" => self.prompt.add_user_text(text(part)?),
                _ => {
                    image(part)?;
                    self.prompt.add_image();
                }
            }
        }
        Ok(())
    }

    fn assistant(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let message = node.object(&["role", "content", "tool_calls", "tool_plan", "citations"])?;
        self.prompt.begin_assistant();
        message.optional("tool_plan", |node| node.string())?;
        message.optional("citations", |node| node.array())?;
        let calls = message.optional("tool_calls", |node| node.array())?.unwrap_or_default();
        let content = message.get("content");
        if calls.is_empty() && content.is_none() {
            return Err(node.rule("all elements in history must have a message"));
        }
        match content.as_ref().map(|content| (content, content.string())) {
            Some((_, Ok(said))) => self.prompt.count_text(said),
            Some((content, Err(_))) => {
                for part in content.array()? {
                    match part.any_object()?.need("type")?.one_of(&["text", "thinking"])? {
                        "text" => self.prompt.count_text(text(&part)?),
                        _ => drop(part.object(&["type", "thinking"])?.need("thinking")?.string()?),
                    }
                }
            }
            None => {}
        }
        for call in &calls {
            self.call(call)?;
        }
        Ok(())
    }

    fn call(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let call = node.object(&["id", "type", "function"])?;
        let id = call.need("id")?;
        if id.string()?.is_empty() {
            return Err(id.rule("tool calls must have an id"));
        }
        call.need("type")?.one_of(&["function"])?;
        let function = call.need("function")?.object(&["name", "arguments"])?;
        function.need("name")?.string()?;
        let arguments = function.need("arguments")?;
        match serde_json::from_str::<Value>(arguments.string()?) {
            Ok(value @ Value::Object(_)) => self.prompt.add_call(&value),
            _ => return Err(arguments.rule("the arguments of a tool call must be a JSON object")),
        }
        self.pending.push(id.string()?.to_owned());
        Ok(())
    }

    fn tool(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let message = node.object(&["role", "tool_call_id", "content"])?;
        let id = message.need("tool_call_id")?;
        let wanted = id.string()?;
        let Some(position) = self.pending.iter().position(|pending| pending == wanted) else {
            return Err(id.rule(format!("tool call id not found in previous tool calls: {wanted}")));
        };
        self.pending.remove(position);
        let content = message.need("content")?;
        let said = match content.string() {
            Ok(said) => said.to_owned(),
            Err(_) => content.array()?.iter().map(result).collect::<Result<Vec<_>, Fault>>()?.join(" "),
        };
        self.prompt.add_result(&said, false);
        Ok(())
    }
}

fn text<'a>(node: &Node<'a>) -> Result<&'a str, Fault> {
    let part = node.object(&["type", "text"])?;
    part.need("type")?.one_of(&["text"])?;
    part.need("text")?.string()
}

fn result(node: &Node<'_>) -> Result<String, Fault> {
    if node.any_object()?.need("type")?.one_of(&["text", "document"])? == "text" {
        return text(node).map(str::to_owned);
    }
    let document = node.object(&["type", "document"])?.need("document")?.object(&["id", "data"])?;
    document.optional("id", |node| node.string())?;
    let data = document.need("data")?;
    Ok(data.string().map_or_else(|_| data.value().to_string(), str::to_owned))
}

fn image(node: &Node<'_>) -> Result<(), Fault> {
    let image = node.object(&["type", "image_url"])?.need("image_url")?.object(&["url", "detail"])?;
    image.optional("detail", |node| node.one_of(&["auto", "low", "high"]))?;
    let url = image.need("url")?;
    let place = url.string()?;
    if place.starts_with("https://") || place.starts_with("http://") {
        return Ok(());
    }
    let data = place.strip_prefix("data:image/").and_then(|rest| rest.split_once(";base64,"));
    match data {
        Some((kind, data)) if ["png", "jpeg", "webp", "gif"].contains(&kind) => url.base64(data),
        _ => Err(url.rule("invalid image url: must be an http(s) URL or a base64 data URI of a png, jpeg, webp or gif")),
    }
}
