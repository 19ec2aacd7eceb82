//! Custom tools: those of OpenAI's that take plain text instead of JSON.
//!
//! Other APIs have functions only, so to them such a tool is a function with one argument, and the text is that argument. Requests
//! are told so where they are read ([`schema`], [`wrapped`]); of an answer only the tool's name says which calls are custom, so the
//! names are taken from the client's request ([`names`]) and the calls turned back before they are written ([`unwrap`], and
//! [`Unwrapping`] for streams). What a model wrote otherwise than the schema has it is the text, as it stands.

mod text;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use self::text::Argument;
use super::answer::{Answer, Delta};
use super::conversation::{Content, Function};
use super::text::Str;
use super::{Api, ClientFormat, Format, Task};
use crate::codec::json::TopLevel;

const SCHEMA: &str = concat!(
    r#"{"type":"object","properties":{"input":{"type":"string","description":"What the tool takes, as plain text."}},"#,
    r#""required":["input"],"additionalProperties":false}"#
);

/// The function that stands for a custom tool.
pub(super) fn function<'a>(name: Str<'a>, description: Option<Str<'a>>) -> Function<'a> {
    Function { name, description, parameters: schema().map(Cow::Borrowed), strict: None, cache: None }
}

fn schema() -> Option<&'static RawValue> {
    serde_json::from_str(SCHEMA).ok()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments<'a> {
    #[serde(borrow)]
    input: Str<'a>,
}

/// The arguments of the function, for a call that was made with this text.
pub(super) fn wrapped(input: Str<'_>) -> String {
    // A text: nothing that JSON cannot say.
    serde_json::to_string(&Arguments { input }).unwrap_or_default()
}

/// The text that a model calls the tool with.
fn text_of(arguments: Str<'_>) -> Str<'_> {
    match serde_json::from_str::<Arguments<'_>>(&arguments) {
        Ok(Arguments { input }) => input.into_owned(),
        Err(_) => arguments,
    }
}

/// The custom tools of a request whose answer is translated.
pub fn names(api: Api, format: Format, body: &[u8]) -> Vec<String> {
    let has_some = |client| matches!(client, ClientFormat::Chat | ClientFormat::Responses);
    match api.task() {
        Task::Conversation(client) if client.format() != format && has_some(client) => of_body(body).unwrap_or_default(),
        Task::Conversation(_) | Task::Call(_) | Task::Opaque => Vec::new(),
    }
}

/// Of `{"type":"custom","custom":{"name":…}}`, or flat, as responses have it.
fn of_body(body: &[u8]) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Tool<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<Str<'a>>,
        #[serde(borrow)]
        name: Option<Str<'a>>,
        #[serde(borrow)]
        custom: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        name: Option<Str<'a>>,
    }
    // Few requests have any, and none of the others is worth a look at its fields.
    memchr::memmem::find(body, b"\"custom\"")?;
    let top = TopLevel::scan(body, usize::MAX).ok()?;
    let tools: Vec<&RawValue> = serde_json::from_str(top.text("tools")?).ok()?;
    let tools = tools.into_iter().filter_map(|raw| serde_json::from_str::<Tool<'_>>(raw.get()).ok());
    let custom = tools.filter(|tool| tool.kind.as_deref() == Some("custom"));
    let nested = |raw: &RawValue| serde_json::from_str::<Named<'_>>(raw.get()).ok()?.name.map(|name| name.to_string());
    Some(custom.filter_map(|tool| tool.name.map(|name| name.to_string()).or_else(|| nested(tool.custom?))).collect())
}

/// Turns the calls of custom tools back in a whole answer.
pub(super) fn unwrap(answer: &mut Answer<'_>, names: &[String]) {
    if names.is_empty() {
        return;
    }
    for part in answer.choices.iter_mut().flat_map(|choice| &mut choice.parts) {
        if let Content::ToolCall(call) = &mut part.content
            && names.iter().any(|name| call.name == *name.as_str())
        {
            let mut call = std::mem::take(call);
            call.arguments = text_of(call.arguments);
            part.content = Content::CustomCall(call);
        }
    }
}

/// Turns the calls of custom tools back in a stream.
#[derive(Debug, Default)]
pub(super) struct Unwrapping {
    names: Vec<String>,
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    choice: u32,
    index: u32,
    argument: Argument,
}

impl Unwrapping {
    pub(super) fn new(names: Vec<String>) -> Self {
        Self { names, calls: Vec::new() }
    }

    /// Hands a step of the answer on, or what it is for a custom tool. `each` may be called more than once, or not at all.
    pub(super) fn follow(&mut self, delta: &Delta<'_>, each: &mut dyn FnMut(&Delta<'_>)) {
        if self.names.is_empty() {
            return each(delta);
        }
        match delta {
            Delta::ToolCall { choice, index, id, name, signature } if self.names.iter().any(|own| *name == *own.as_str()) => {
                self.calls.push(Call { choice: *choice, index: *index, argument: Argument::default() });
                each(&Delta::CustomCall {
                    choice: *choice,
                    index: *index,
                    id: id.reborrow(),
                    name: name.reborrow(),
                    signature: signature.as_ref().map(Str::reborrow),
                });
            }
            Delta::ToolArguments { choice, index, json } => {
                match self.calls.iter_mut().find(|call| (call.choice, call.index) == (*choice, *index)) {
                    Some(call) => call.tell(|argument| argument.feed(json), each),
                    None => each(delta),
                }
            }
            Delta::Finish { choice, .. } => {
                for call in self.calls.iter_mut().filter(|call| call.choice == *choice) {
                    call.tell(Argument::finish, each);
                }
                each(delta);
            }
            other => each(other),
        }
    }
}

impl Call {
    fn tell(&mut self, step: impl FnOnce(&mut Argument) -> String, each: &mut dyn FnMut(&Delta<'_>)) {
        let text = step(&mut self.argument);
        if !text.is_empty() {
            each(&Delta::CustomInput { choice: self.choice, index: self.index, text: text.into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_found_in_both_shapes_and_only_where_the_answer_is_translated() {
        let chat = json!({"tools": [
            {"type": "custom", "custom": {"name": "a"}}, {"type": "function", "function": {"name": "f"}}, {"type": "custom"},
        ]});
        let responses = json!({"tools": [{"type": "custom", "name": "b"}, {"type": "function", "name": "f"}]});
        let of = |api, format, body: &serde_json::Value| names(api, format, body.to_string().as_bytes());
        assert_eq!(of(Api::OpenAiChat, Format::Messages, &chat), ["a"]);
        assert_eq!(of(Api::OpenAiResponses, Format::Chat, &responses), ["b"]);
        assert!(of(Api::OpenAiChat, Format::Chat, &chat).is_empty());
        assert!(of(Api::AnthropicMessages, Format::Chat, &chat).is_empty());
        assert!(of(Api::OpenAiChat, Format::Messages, &json!({"tools": "\"custom\""})).is_empty());
    }

    #[test]
    fn a_text_comes_back_as_it_was_and_what_is_no_argument_is_the_text() {
        let text = "line\n\"quoted\" \\ é 🎈";
        assert_eq!(text_of(wrapped(text.into()).into()), *text);
        for odd in ["", "{}", "plain", r#"{"input":5}"#, r#"{"input":"a","more":1}"#] {
            assert_eq!(text_of(odd.into()), *odd);
        }
    }

    #[test]
    fn only_calls_of_custom_tools_are_turned_back_in_a_stream() {
        let call =
            |index, name: &'static str| Delta::ToolCall { choice: 0, index, id: "i".into(), name: name.into(), signature: None };
        let arguments = |index, json: &'static str| Delta::ToolArguments { choice: 0, index, json: json.into() };
        let finish = Delta::Finish { choice: 0, finish: super::super::answer::Finish::default() };
        let deltas = [
            call(0, "custom"),
            call(1, "f"),
            arguments(0, r#"{"inp"#),
            arguments(1, r#"{"a":1}"#),
            arguments(0, r#"ut": "a\"#),
            arguments(0, r#"nb" }"#),
            finish,
        ];
        let mut told = Vec::new();
        let mut unwrapping = Unwrapping::new(vec!["custom".to_owned()]);
        for delta in &deltas {
            unwrapping.follow(delta, &mut |delta| {
                told.push(match delta {
                    Delta::CustomCall { index, .. } => format!("custom {index}"),
                    Delta::CustomInput { index, text, .. } => format!("input {index} {text}"),
                    Delta::ToolCall { index, .. } => format!("call {index}"),
                    Delta::ToolArguments { index, json, .. } => format!("arguments {index} {json}"),
                    _ => "finish".to_owned(),
                });
            });
        }
        assert_eq!(told, ["custom 0", "call 1", r#"arguments 1 {"a":1}"#, "input 0 a", "input 0 \nb", "finish"]);
    }
}
