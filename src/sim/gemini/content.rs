//! Contents: turns of the user and of the model, and what may follow what.

use super::super::check::{Fault, Node, Object};
use super::super::error::Api;
use super::super::prompt::Prompt;
use super::super::sealed;
use super::tool;

/// What a part may hold; exactly one of it.
const DATA: &[&str] =
    &["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"];

/// What may stand beside it.
const BESIDE: &[&str] = &["thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"];

/// Signatures that any model takes, for calls that another one made (Google's guide to thought signatures).
const FOREIGN: &[&str] = &["context_engineering_is_the_way_to_go", "skip_thought_signature_validator"];

/// Reads contents into a prompt.
pub(super) struct Contents<'a> {
    prompt: &'a mut Prompt,
    api: Api,
    is_third: bool,
    /// Names and ids of the previous turn's calls.
    called: Vec<Called>,
    /// Whether the model has called something in the turn that goes on; its contents may come one by one.
    in_calls: bool,
    /// The first call of a turn that has no signature: 400 unless the user has said something since.
    unsigned: Option<(String, Fault)>,
}

struct Called {
    name: String,
    id: Option<String>,
}

/// The system instruction: text only.
pub(super) fn system(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let content = node.object(&["role", "parts"])?;
    content.optional("role", |node| node.string())?;
    let mut texts = Vec::new();
    for part in parts(&content)? {
        if part.any_object()?.get("text").is_none() {
            return Err(part.rule("the system instruction only supports text"));
        }
        texts.push(part.object(&["text"])?.need("text")?.string()?);
    }
    prompt.add_system(&texts.join(" "));
    Ok(())
}

impl<'a> Contents<'a> {
    pub(super) fn new(prompt: &'a mut Prompt, api: Api, is_third: bool) -> Self {
        Self { prompt, api, is_third, called: Vec::new(), in_calls: false, unsigned: None }
    }

    pub(super) fn read(mut self, node: &Node<'_>) -> Result<(), Fault> {
        let contents = node.array()?;
        if contents.is_empty() {
            return Err(node.rule("contents is not specified"));
        }
        for content in &contents {
            self.content(content)?;
        }
        if !self.called.is_empty() {
            return Err(node.rule(EQUAL_NUMBER));
        }
        // Only the turn that is still going on is checked.
        match self.unsigned {
            Some((_, fault)) => Err(fault),
            None => Ok(()),
        }
    }

    fn content(&mut self, node: &Node<'_>) -> Result<(), Fault> {
        let content = node.object(&["role", "parts"])?;
        const ROLE: &str = "Please use a valid role: user, model.";
        let role = match content.get("role") {
            Some(role) => role.string().ok().filter(|role| ["user", "model"].contains(role)).ok_or_else(|| role.rule(ROLE))?,
            None if self.api == Api::Vertex => return Err(node.rule(ROLE)),
            None => "user",
        };
        let parts = parts(&content)?;
        let kinds: Result<Vec<&str>, Fault> = parts.iter().map(kind).collect();
        let kinds = kinds?;
        if role == "model" { self.model(&parts, &kinds) } else { self.user(node, &parts, &kinds) }
    }

    fn user(&mut self, node: &Node<'_>, parts: &[Node<'_>], kinds: &[&str]) -> Result<(), Fault> {
        let responses = kinds.iter().filter(|kind| **kind == "functionResponse").count();
        let called = std::mem::take(&mut self.called);
        if responses > 0 && called.is_empty() {
            return Err(node.rule("Please ensure that function response turn comes immediately after a function call turn."));
        }
        if responses != called.len() {
            return Err(node.rule(EQUAL_NUMBER));
        }
        self.prompt.begin_user();
        self.in_calls = false;
        if responses == 0 {
            self.unsigned = None;
        }
        let mut left = called;
        for (part, kind) in parts.iter().zip(kinds) {
            match *kind {
                "functionResponse" => self.response(part, &mut left)?,
                "functionCall" | "executableCode" | "codeExecutionResult" => {
                    return Err(part.rule(
                        "Please ensure that function call turn contains at least one function_call part which can not \
                                          be mixed with function_response parts, and is of the model.",
                    ));
                }
                kind => self.data(part, kind, true)?,
            }
        }
        Ok(())
    }

    fn model(&mut self, parts: &[Node<'_>], kinds: &[&str]) -> Result<(), Fault> {
        self.prompt.begin_assistant();
        for (part, kind) in parts.iter().zip(kinds) {
            let object = part.any_object()?;
            let signed = object.optional("thoughtSignature", |node| signature(&node))?.is_some();
            match *kind {
                "functionCall" => {
                    let name = self.call(part)?;
                    if !self.in_calls && !signed && self.is_third && self.unsigned.is_none() {
                        let fault = part.rule(format!(
                            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work \
                             correctly, and missing thought_signature may lead to degraded model performance. Function call `{name}`."
                        ));
                        self.unsigned = Some((name, fault));
                    }
                    self.in_calls = true;
                }
                "functionResponse" => {
                    return Err(part.rule("Please use a valid role: function responses are of the user."));
                }
                kind => self.data(part, kind, false)?,
            }
        }
        Ok(())
    }

    fn call(&mut self, part: &Node<'_>) -> Result<String, Fault> {
        let call = part.any_object()?.need("functionCall")?;
        let call = call.object(&["id", "name", "args"])?;
        let name = tool::name(&call.need("name")?)?.to_owned();
        let id = call.optional("id", |node| node.string())?.map(str::to_owned);
        let arguments = call.get("args");
        if let Some(arguments) = &arguments {
            arguments.any_object()?;
        }
        self.prompt.add_call(arguments.map_or(&serde_json::json!({}), |node| node.value()));
        self.called.push(Called { name: name.clone(), id });
        Ok(name)
    }

    fn response(&mut self, part: &Node<'_>, left: &mut Vec<Called>) -> Result<(), Fault> {
        let node = part.any_object()?.need("functionResponse")?;
        let response = node.object(&["id", "name", "response", "parts", "willContinue", "scheduling"])?;
        let name = tool::name(&response.need("name")?)?;
        let id = response.optional("id", |node| node.string())?;
        let body = response.need("response")?;
        let fields = body.any_object()?;
        let fits = |called: &Called| called.name == name && (id.is_none() || called.id.is_none() || called.id.as_deref() == id);
        let Some(position) = left.iter().position(fits) else {
            return Err(node.rule(format!("the function response `{name}` has no function call in the turn before")));
        };
        left.remove(position);
        let error = fields.get("error");
        let told =
            error.as_ref().map_or_else(|| fields.get("output").or_else(|| fields.get("result")), |node| Some(node.clone()));
        let text = told.as_ref().map_or_else(
            || body.value().to_string(),
            |node| match node.string() {
                Ok(text) => text.to_owned(),
                Err(_) => node.value().to_string(),
            },
        );
        self.prompt.add_result(&text, error.is_some());
        for part in response.optional("parts", |node| node.array())?.into_iter().flatten() {
            inline(&part.object(&["inlineData"])?.need("inlineData")?)?;
            self.prompt.add_image();
        }
        Ok(())
    }

    fn data(&mut self, part: &Node<'_>, kind: &str, of_user: bool) -> Result<(), Fault> {
        let object = part.any_object()?;
        match kind {
            "text" => {
                let text = object.need("text")?;
                let is_thought = object.optional("thought", |node| node.boolean())?.unwrap_or(false);
                match text.string()? {
                    "" if object.get("thoughtSignature").is_none() => {
                        return Err(text.rule(
                            "Unable to submit request because it has an empty text parameter. Add a value to the parameter and try again.",
                        ));
                    }
                    said if of_user => self.prompt.add_user_text(said),
                    _ if is_thought => {}
                    said => self.prompt.count_text(said),
                }
            }
            "inlineData" => {
                let media = inline(&object.need("inlineData")?)?;
                self.medium(media);
            }
            "fileData" => {
                let file = object.need("fileData")?.object(&["mimeType", "fileUri", "displayName"])?;
                let uri = file.need("fileUri")?;
                let place = uri.string()?;
                if !["https://", "http://", "gs://"].iter().any(|scheme| place.starts_with(scheme)) {
                    return Err(uri.rule("Invalid or unsupported file uri"));
                }
                let media = match file.get("mimeType") {
                    Some(kind) => kind.string()?,
                    None if self.api == Api::Vertex => return file.need("mimeType").map(drop),
                    None => "application/octet-stream",
                };
                self.medium(media);
            }
            _ => {}
        }
        Ok(())
    }

    fn medium(&mut self, media_type: &str) {
        match media_type.split('/').next() {
            Some("image") => self.prompt.add_image(),
            Some("audio") => self.prompt.add_recording(),
            _ => self.prompt.add_document(),
        }
    }
}

const EQUAL_NUMBER: &str = "Please ensure that the number of function response parts is equal to the number of function call parts of \
                            the function call turn.";

fn parts<'a>(content: &Object<'a>) -> Result<Vec<Node<'a>>, Fault> {
    let node = content.need("parts")?;
    let parts = node.array()?;
    if parts.is_empty() { Err(node.rule("contents.parts must not be empty.")) } else { Ok(parts) }
}

/// The one field of data that a part has.
fn kind(part: &Node<'_>) -> Result<&'static str, Fault> {
    let object = part.object(&[DATA, BESIDE].concat())?;
    let mut found = DATA.iter().filter(|name| object.get(name).is_some());
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Fault {
            path: format!("{}.data", part.rule("").path),
            ..part.rule("required oneof field 'data' must have one initialized field")
        }),
        (Some(one), Some(other)) => Err(part.rule(format!("oneof field 'data' is already set: '{one}'. Cannot set '{other}'"))),
    }
}

/// Type of bytes that came with the request.
fn inline<'a>(node: &Node<'a>) -> Result<&'a str, Fault> {
    let blob = node.object(&["mimeType", "data", "displayName"])?;
    let data = blob.need("data")?;
    // Both alphabets of base64 are taken.
    data.base64(&data.string()?.replace('-', "+").replace('_', "/"))?;
    let kind = blob.need("mimeType")?;
    match kind.string()?.split_once('/') {
        Some((_, _)) => kind.string(),
        None => Err(kind.rule(format!("Unsupported MIME type: {}", kind.string()?))),
    }
}

fn signature(node: &Node<'_>) -> Result<(), Fault> {
    let text = node.string()?;
    if FOREIGN.contains(&text) || sealed::is_sealed(text) {
        return Ok(());
    }
    Err(node.rule("Corrupted thought signature."))
}
