//! Reads the events of a provider's stream.
//!
//! Events that nobody here knows are passed over: tools that OpenAI runs have dozens. An error may come as `error`, flat or nested,
//! and as `response.failed`; nothing is read behind it. Events are numbered by the provider: the number is taken from those that are
//! read anyway, and counted on over the others.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::sse::Event;
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, ProviderError};
use crate::translate::openai::error;
use crate::translate::responses::malformed;
use crate::translate::responses::response::{OutputItem, Response};
use crate::translate::text::Str;

/// The most tool calls of one stream. No model makes nearly as many.
const CALLS: usize = 1024;

type Emit<'e> = &'e mut dyn FnMut(Delta<'_>);

/// What is known of a stream so far.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    ended: bool,
    /// The output index of each tool call.
    calls: Vec<u64>,
    /// The number of the next event.
    next: u64,
}

#[derive(Debug, Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
}

/// An event with a whole response in it.
#[derive(Debug, Deserialize)]
struct Lifecycle<'a> {
    #[serde(borrow)]
    sequence_number: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Response<'a>,
}

#[derive(Debug, Deserialize)]
struct ItemAdded<'a> {
    output_index: Option<u64>,
    #[serde(borrow)]
    item: Option<OutputItem<'a>>,
}

#[derive(Debug, Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    sequence_number: Option<&'a RawValue>,
    output_index: Option<u64>,
    #[serde(borrow)]
    delta: Option<Str<'a>>,
}

#[derive(Debug, Deserialize)]
struct Reported<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<Str<'a>>,
    #[serde(borrow)]
    message: Option<Str<'a>>,
    #[serde(borrow)]
    param: Option<Str<'a>>,
}

impl Reader {
    /// Takes an event and emits what it says.
    ///
    /// # Errors
    /// [`AnswerError::Malformed`] for a known event that cannot be read. The reader may be used on.
    pub fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        let data = event.data.trim_ascii();
        if self.ended || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        self.next = self.next.saturating_add(1);
        match event.name.filter(|name| name.starts_with(b"response.") || *name == b"error") {
            Some(name) => self.known(name, data, emit),
            None => {
                let Kind { kind } = read(data)?;
                match kind {
                    Some(kind) => self.known(kind.as_bytes(), data, emit),
                    // What stands before the provider tells an error without a type.
                    None => self.error(data, emit),
                }
            }
        }
    }

    /// The number of an event that follows on those taken so far.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// An event tells its number; what is none is passed over.
    fn numbered(&mut self, number: Option<&RawValue>) {
        if let Some(number) = number.and_then(|raw| raw.get().parse::<u64>().ok()) {
            self.next = number.saturating_add(1);
        }
    }

    fn known(&mut self, kind: &[u8], data: &[u8], emit: Emit<'_>) -> Result<(), AnswerError> {
        match kind {
            b"response.created" | b"response.in_progress" | b"response.queued" => {
                let response = self.lifecycle(data)?;
                self.start(&response, emit);
            }
            b"response.output_item.added" => self.item(read(data)?, emit)?,
            b"response.output_text.delta" => self.text(data, emit, |text| Delta::Text { choice: 0, text })?,
            b"response.refusal.delta" => self.text(data, emit, |text| Delta::Refusal { choice: 0, text })?,
            b"response.reasoning_summary_text.delta" | b"response.reasoning_text.delta" => {
                self.text(data, emit, |text| Delta::Thinking { choice: 0, text })?;
            }
            b"response.function_call_arguments.delta" | b"response.custom_tool_call_input.delta" => {
                let Piece { sequence_number, output_index, delta } = read(data)?;
                self.numbered(sequence_number);
                let index = self.calls.iter().position(|call| Some(*call) == output_index);
                if let (Some(index), Some(json)) = (index, delta.filter(|json| !json.is_empty())) {
                    emit(Delta::ToolArguments { choice: 0, index: u32::try_from(index).unwrap_or(u32::MAX), json });
                }
            }
            b"response.completed" | b"response.incomplete" => {
                let response = self.lifecycle(data)?;
                self.start(&response, emit);
                emit(Delta::Finish { choice: 0, finish: response.finish() });
                usage(&response, emit);
                self.ended = true;
                emit(Delta::End);
            }
            b"response.failed" | b"response.cancelled" => {
                let response = self.lifecycle(data)?;
                usage(&response, emit);
                let mut error = response.error.map(error::of_value).unwrap_or_default();
                if error.message.is_empty() {
                    error.message = "the response failed without a message".into();
                }
                self.fail(error, emit);
            }
            b"error" => self.error(data, emit)?,
            _ => {}
        }
        Ok(())
    }

    fn lifecycle<'d>(&mut self, data: &'d [u8]) -> Result<Response<'d>, AnswerError> {
        let Lifecycle { sequence_number, response } = read(data)?;
        self.numbered(sequence_number);
        Ok(response)
    }

    fn text<'d>(&mut self, data: &'d [u8], emit: Emit<'_>, of: impl FnOnce(Str<'d>) -> Delta<'d>) -> Result<(), AnswerError> {
        let Piece { sequence_number, delta, .. } = read(data)?;
        self.numbered(sequence_number);
        if let Some(text) = delta.filter(|text| !text.is_empty()) {
            emit(of(text));
        }
        Ok(())
    }

    fn start(&mut self, response: &Response<'_>, emit: Emit<'_>) {
        if !self.started {
            self.started = true;
            emit(Delta::Start { id: response.id.clone(), model: response.model.clone(), created: response.created() });
        }
    }

    fn item(&mut self, added: ItemAdded<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let (Some(output_index), Some(item)) = (added.output_index, added.item.filter(OutputItem::is_call)) else {
            return Ok(());
        };
        if self.calls.len() >= CALLS {
            return Err(malformed(format!("it has more than {CALLS} tool calls")));
        }
        let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        self.calls.push(output_index);
        let (id, name) = (item.call_id.unwrap_or_default(), item.name.unwrap_or_default());
        emit(Delta::ToolCall { choice: 0, index, id, name, signature: None });
        Ok(())
    }

    fn error(&mut self, data: &[u8], emit: Emit<'_>) -> Result<(), AnswerError> {
        let Reported { error, code, message, param } = read(data)?;
        let mut error = match error {
            Some(raw) if error::says_something(raw) => error::of_value(raw),
            // Neither an error nor anything that is known.
            _ if code.is_none() && message.is_none() => return Ok(()),
            _ => ProviderError { code, message: message.unwrap_or_default(), param, ..ProviderError::default() },
        };
        if error.message.is_empty() {
            error.message = "the provider reports an error without a message".into();
        }
        self.fail(error, emit);
        Ok(())
    }

    fn fail(&mut self, error: ProviderError<'_>, emit: Emit<'_>) {
        self.ended = true;
        emit(Delta::Error(error));
    }
}

fn usage(response: &Response<'_>, emit: Emit<'_>) {
    if let Some(tokens) = response.tokens() {
        emit(Delta::Usage(tokens));
    }
}

fn read<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<T, AnswerError> {
    serde_json::from_slice(data).map_err(|error| malformed(format!("an event of its stream: {error}")))
}
