//! Writes a client's stream.
//!
//! A chunk for each piece of text or thinking. Function calls come whole at Google, so they are kept, within a bound, until the
//! answer is complete, and so is what the text cites, as Google tells it; the last chunk has them, the reasons to stop, and the usage. A stream that fails ends with an error and has
//! no such chunk.

use serde::Serialize;

use crate::codec::sse;
use crate::rejection::{Kind, Rejection};
use crate::translate::answer::{Delta, FinishReason};
use crate::translate::gemini::part::{Args, FunctionCall, Part};
use crate::translate::gemini::response::Candidate;
use crate::translate::gemini::{carried, error, grounding, logprobs, usage, words};
use crate::translate::verdict;
use crate::usage::Tokens;

/// The most that is kept of all function calls of a stream, in bytes.
const KEPT: usize = 8 << 20;
/// What a call counts for besides its text, so that their number is bounded, too.
const CALL: usize = 1 << 10;

/// Writes the stream of one answer.
#[derive(Debug)]
pub struct Writer {
    model: String,
    id: Option<String>,
    choices: Vec<Open>,
    usage: Option<Tokens>,
    begun: bool,
    over: bool,
    gave_up: bool,
    kept: usize,
    /// The JSON of an event, kept for its capacity.
    json: Vec<u8>,
}

#[derive(Debug, Default)]
struct Open {
    choice: u32,
    calls: Vec<Call>,
    reason: FinishReason,
    cited: grounding::Written,
}

#[derive(Debug)]
struct Call {
    index: u32,
    id: String,
    name: String,
    signature: Option<String>,
    arguments: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'c> {
    candidates: Vec<Candidate<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_metadata: Option<usage::Written>,
    model_version: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_id: Option<&'c str>,
}

impl Writer {
    /// A writer for one stream. `asked_model` stands where the provider does not name its model. A stream of this API always tells
    /// its usage, so `wants_usage` changes nothing.
    pub fn new(asked_model: &str, _wants_usage: bool) -> Self {
        Self {
            model: asked_model.to_owned(),
            id: None,
            choices: Vec::new(),
            usage: None,
            begun: false,
            over: false,
            gave_up: false,
            kept: 0,
            json: Vec::new(),
        }
    }

    /// Writes what a step of the answer becomes; often nothing yet.
    pub fn delta(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        self.begun |= !matches!(delta, Delta::Usage(_) | Delta::Error(_) | Delta::End);
        match delta {
            Delta::Start { id, model, .. } => {
                self.id = id.as_deref().map(str::to_owned);
                if let Some(model) = model {
                    self.model = model.to_string();
                }
            }
            Delta::Text { text, .. } | Delta::Refusal { text, .. } | Delta::Thinking { text, .. } if text.is_empty() => {}
            Delta::Text { choice, text } | Delta::Refusal { choice, text } => self.say(*choice, Part::text(&**text), out),
            Delta::Thinking { choice, text } => self.say(*choice, Part::thought(&**text), out),
            Delta::TextBlock { .. } | Delta::Media { .. } | Delta::CustomCall { .. } | Delta::CustomInput { .. } => {}
            Delta::Citation { choice, citation } => {
                self.open(*choice).cited.add(citation, &[]);
                self.keep(CALL.saturating_add(citation.size()), out);
            }
            Delta::Signature { choice, signature } => {
                let thought_signature = Some(carried::signed(signature));
                self.say(*choice, Part { thought_signature, ..Part::thought("") }, out);
            }
            Delta::RedactedThinking { choice, data } => {
                let thought_signature = Some(carried::redacted(data).into());
                self.say(*choice, Part { thought_signature, ..Part::thought("") }, out);
            }
            Delta::ToolCall { choice, index, id, name, signature } => {
                let signature = signature.as_deref().map(str::to_owned);
                let call =
                    Call { index: *index, id: id.to_string(), name: name.to_string(), signature, arguments: String::new() };
                let size = CALL.saturating_add(id.len()).saturating_add(name.len());
                self.open(*choice).calls.push(call);
                self.keep(size, out);
            }
            Delta::ToolArguments { choice, index, json } => self.arguments(*choice, *index, json, out),
            Delta::Logprobs { choice, raw } => {
                self.open(*choice);
                let logprobs_result = logprobs::to_google(raw);
                if logprobs_result.is_some() {
                    self.send(vec![Candidate { logprobs_result, ..Candidate::new(*choice, Vec::new()) }], None, out);
                }
            }
            Delta::Finish { choice, finish } => self.open(*choice).reason = finish.reason,
            Delta::Usage(tokens) => self.usage = Some(self.usage.unwrap_or_default().merge(*tokens)),
            Delta::Error(reported) => {
                self.over = true;
                sse::write(out, None, &error::render(verdict::status(reported), reported));
            }
            Delta::End => self.end(out),
        }
    }

    /// What the provider says cannot be told in this API.
    fn give_up(&mut self, message: impl Into<String>, out: &mut Vec<u8>) {
        self.gave_up = true;
        self.fail(&Rejection::new(Kind::BadAnswer, message), out);
    }

    /// Whether the client was told of an error that is neither the provider's nor the gateway's, but that what the provider says
    /// cannot be told.
    pub fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// Ends the stream with an error of the gateway.
    pub fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        if !self.over {
            self.over = true;
            sse::write(out, None, &error::rejection(rejection));
        }
    }

    fn open(&mut self, choice: u32) -> &mut Open {
        let at = match self.choices.iter().position(|open| open.choice == choice) {
            Some(at) => at,
            None => {
                self.choices.push(Open { choice, ..Open::default() });
                self.choices.len() - 1
            }
        };
        &mut self.choices[at]
    }

    fn say(&mut self, choice: u32, part: Part<'_>, out: &mut Vec<u8>) {
        self.open(choice);
        self.send(vec![Candidate::new(choice, vec![part])], None, out);
    }

    fn arguments(&mut self, choice: u32, index: u32, json: &str, out: &mut Vec<u8>) {
        match self.open(choice).calls.iter_mut().find(|call| call.index == index) {
            Some(call) => {
                call.arguments.push_str(json);
                self.keep(json.len(), out);
            }
            None => {
                let message = "the provider's stream has arguments for a tool call that has not begun";
                self.give_up(message, out);
            }
        }
    }

    fn keep(&mut self, bytes: usize, out: &mut Vec<u8>) {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > KEPT {
            let message = format!("the provider's stream calls tools with more than {KEPT} bytes of arguments");
            self.give_up(message, out);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.begun {
            let message = "the provider's stream ended before it began";
            return self.give_up(message, out);
        }
        self.over = true;
        self.open(0);
        self.choices.sort_by_key(|open| open.choice);
        let mut choices = std::mem::take(&mut self.choices);
        self.send(choices.iter_mut().map(Open::last).collect(), self.usage, out);
    }

    fn send(&mut self, candidates: Vec<Candidate<'_>>, usage: Option<Tokens>, out: &mut Vec<u8>) {
        let usage_metadata = usage.map(Into::into);
        let chunk = Chunk { candidates, usage_metadata, model_version: &self.model, response_id: self.id.as_deref() };
        self.json.clear();
        // Text, numbers and JSON that has been read: nothing here that JSON cannot say, and a vector takes all that is written.
        if serde_json::to_writer(&mut self.json, &chunk).is_ok() {
            sse::write(out, None, &self.json);
        }
    }
}

impl Open {
    fn last(&mut self) -> Candidate<'_> {
        let cited = std::mem::take(&mut self.cited);
        let mut candidate = Candidate::new(self.choice, self.calls.iter().map(Call::part).collect());
        candidate.finish_reason = Some(words::finish_word(self.reason));
        candidate.grounding_metadata = cited.some();
        candidate
    }
}

impl Call {
    fn part(&self) -> Part<'_> {
        Part {
            function_call: Some(FunctionCall { id: &self.id, name: &self.name, args: Args::written(&self.arguments) }),
            thought_signature: self.signature.as_deref().map(Into::into),
            ..Part::default()
        }
    }
}
