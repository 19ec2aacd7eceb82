//! OpenAI's completions: a text in, more text out.

use serde_json::{Map, Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node};
use super::super::error::ApiError;
use super::super::prompt::Prompt;
use super::super::reply::{Finish, Reply};
use super::super::script::Script;
use super::super::sse::Event;
use super::super::tokens;
use super::CREATED;
use super::request::{model, stop, streaming};
use super::write::token_usage;

const FIELDS: &[&str] = &[
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "model",
    "n",
    "presence_penalty",
    "prompt",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
];

/// The most prompts of a request, and the most choices of an answer.
const MOST: usize = 128;

/// How long an answer is where the request says nothing, in tokens.
const DEFAULT_LIMIT: u64 = 16;

/// What is asked for, with what only this API has.
struct Asked {
    /// One for each prompt.
    prompts: Vec<Prompt>,
    /// The texts to repeat before the answers.
    echo: Vec<String>,
    stream: bool,
}

/// `POST /v1/completions`.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let asked = ask.read(read)?;
    // The bytes of text that the script asks for are those of all answers.
    let text_bytes = ask.script.text_bytes.map(|bytes| bytes / asked.prompts.len().max(1));
    let script = Script { text_bytes, ..ask.script.clone() };
    let each = Ask { script: &script, ..*ask };
    let replies: Result<Vec<Reply>, ApiError> = asked.prompts.iter().map(|prompt| each.reply(prompt)).collect();
    let writer = Writer { asked: &asked, replies: replies?, script: ask.script, seed: ask.seed };
    Ok(if asked.stream { Output::events(writer.events()) } else { Output::json(writer.whole()) })
}

fn read(body: &Node<'_>) -> Result<Asked, Fault> {
    let body = body.object(FIELDS)?;
    let mut common = Prompt { model: model(&body)?, ..Prompt::default() };
    let limit = body.optional("max_tokens", |node| node.integer(0..=i64::MAX))?;
    common.max_tokens = Some(limit.and_then(|limit| u64::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT));
    common.stop = body.optional("stop", |node| stop(&node))?.unwrap_or_default();
    let choices = body.optional("n", |node| node.integer(1..=128))?.unwrap_or(1);
    common.choices = usize::try_from(choices).unwrap_or(1);
    let best = body.optional("best_of", |node| node.integer(1..=20))?;
    if let Some(node) = body.get("best_of").filter(|_| best.is_some_and(|best| best < choices)) {
        return Err(node.rule("'best_of' must be at least 'n'"));
    }
    common.logprobs = body.optional("logprobs", |node| node.integer(0..=5))?.is_some();
    body.optional("temperature", |node| node.number(0.0..=2.0))?;
    body.optional("top_p", |node| node.number(0.0..=1.0))?;
    body.optional("presence_penalty", |node| node.number(-2.0..=2.0))?;
    body.optional("frequency_penalty", |node| node.number(-2.0..=2.0))?;
    body.optional("seed", |node| node.integer(i64::MIN..=i64::MAX))?;
    body.optional("logit_bias", |node| node.any_object())?;
    body.optional("suffix", |node| node.string())?;
    body.optional("user", |node| node.string())?;
    streaming(&body, &mut common)?;
    let echo = body.optional("echo", |node| node.boolean())?.unwrap_or(false);
    let texts = prompts(&body.need("prompt")?)?;
    let stream = common.stream;
    let prompts = texts.iter().map(|text| {
        let mut prompt = common.clone();
        prompt.begin_user();
        prompt.add_user_text(text);
        prompt
    });
    Ok(Asked { prompts: prompts.collect(), echo: if echo { texts.clone() } else { Vec::new() }, stream })
}

/// A text, several, a list of tokens, or several of those.
fn prompts(node: &Node<'_>) -> Result<Vec<String>, Fault> {
    if let Ok(one) = node.string() {
        return Ok(vec![one.to_owned()]);
    }
    let list = node.array().map_err(|_| node.type_fault("a string or an array"))?;
    if list.is_empty() || list.len() > MOST && !is_number(&list) {
        return Err(node.rule(format!("expected 1 to {MOST} prompts")));
    }
    if is_number(&list) {
        return Ok(vec![of_tokens(&list)?]);
    }
    let each = list.iter().map(|node| match node.string() {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => of_tokens(&node.array().map_err(|_| node.type_fault("a string or an array of integers"))?),
    });
    each.collect()
}

fn is_number(list: &[Node<'_>]) -> bool {
    list.first().is_some_and(|node| node.value().is_number())
}

/// The simulator's tokens are words; their numbers stand for themselves.
pub(super) fn of_tokens(list: &[Node<'_>]) -> Result<String, Fault> {
    let words: Result<Vec<String>, Fault> = list.iter().map(|node| Ok(node.integer(0..=1_000_000)?.to_string())).collect();
    Ok(words?.join(" "))
}

struct Writer<'a> {
    asked: &'a Asked,
    replies: Vec<Reply>,
    script: &'a Script,
    seed: &'a str,
}

impl Writer<'_> {
    fn whole(&self) -> Value {
        let texts = self.choices().map(|(reply, prompt)| (format!("{}{}", self.echo(prompt), reply.text), reply));
        let choices = texts.enumerate().map(|(index, (text, reply))| self.choice(index, &text, json!(self.reason(reply))));
        let mut answer = self.envelope(choices.collect());
        if !self.script.no_usage {
            answer.insert("usage".to_owned(), self.usage());
        }
        answer.into()
    }

    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (index, (reply, prompt)) in self.choices().enumerate() {
            let echo = self.echo(prompt);
            let echo = Some(echo).filter(|echo| !echo.is_empty());
            for piece in echo.into_iter().chain(tokens::pieces(&reply.text, self.script.pieces)) {
                events.push(self.chunk(vec![self.choice(index, piece, Value::Null)], Value::Null));
            }
            events.push(self.chunk(vec![self.choice(index, "", json!(self.reason(reply)))], Value::Null));
        }
        if self.wants_usage() && !self.script.no_usage {
            events.push(self.chunk(Vec::new(), self.usage()));
        }
        events.push(Event::text(None, "[DONE]"));
        events
    }

    /// The answers, each as often as asked for, and the number of the prompt that each answers.
    fn choices(&self) -> impl Iterator<Item = (&Reply, usize)> {
        let each = self.asked.prompts.iter().zip(&self.replies).enumerate();
        each.flat_map(|(number, (prompt, reply))| std::iter::repeat_n((reply, number), prompt.choices))
    }

    fn echo(&self, prompt: usize) -> &str {
        self.asked.echo.get(prompt).map_or("", String::as_str)
    }

    fn wants_usage(&self) -> bool {
        self.asked.prompts.first().is_some_and(|prompt| prompt.stream_usage)
    }

    fn choice(&self, index: usize, text: &str, reason: Value) -> Value {
        let wants_logprobs = self.asked.prompts.first().is_some_and(|prompt| prompt.logprobs);
        let logprobs = wants_logprobs.then(|| logprobs(text));
        json!({"text": text, "index": index, "logprobs": logprobs, "finish_reason": reason})
    }

    fn reason(&self, reply: &Reply) -> String {
        let reason = if reply.finish == Finish::Length { "length" } else { "stop" };
        self.script.finish.clone().unwrap_or_else(|| reason.to_owned())
    }

    fn usage(&self) -> Value {
        let mut all = super::super::reply::Usage::default();
        for (prompt, reply) in self.asked.prompts.iter().zip(&self.replies) {
            let choices = u64::try_from(prompt.choices).unwrap_or(u64::MAX);
            all.input = all.input.saturating_add(reply.usage.input);
            all.cached = all.cached.saturating_add(reply.usage.cached);
            all.output = all.output.saturating_add(reply.usage.output.saturating_mul(choices));
        }
        token_usage(&all, 1)
    }

    fn chunk(&self, choices: Vec<Value>, usage: Value) -> Event {
        let mut chunk = self.envelope(choices);
        if self.wants_usage() {
            chunk.insert("usage".to_owned(), usage);
        }
        Event::data(&chunk.into())
    }

    fn envelope(&self, choices: Vec<Value>) -> Map<String, Value> {
        let model = self.asked.prompts.first().map(|prompt| prompt.model.as_str());
        let fields = [
            ("id", json!(format!("cmpl-{}", self.seed))),
            ("object", json!("text_completion")),
            ("created", json!(CREATED)),
            ("model", json!(model)),
            ("choices", choices.into()),
            ("system_fingerprint", json!("fp_sim")),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn logprobs(text: &str) -> Value {
    let pieces = tokens::pieces(text, None);
    let offsets: Vec<usize> = pieces
        .iter()
        .scan(0, |at, piece| {
            let here = *at;
            *at += piece.len();
            Some(here)
        })
        .collect();
    let top: Vec<Value> = pieces.iter().map(|piece| json!({*piece: -0.25})).collect();
    json!({"tokens": pieces, "token_logprobs": vec![-0.25; offsets.len()], "top_logprobs": top, "text_offset": offsets})
}

#[cfg(test)]
mod tests;
