//! The answer as Google writes it: candidates of parts, whole or chunk by chunk.

use serde_json::{Map, Value, json};

use super::super::ask::Ask;
use super::super::error::Api;
use super::super::prompt::Prompt;
use super::super::reply::{Call, Finish, Reply, Usage};
use super::super::sealed;
use super::super::tokens;
use super::is_third;

/// The word of the script for a prompt that is not answered at all.
const BLOCKED: &str = "blocked";

/// The whole answer.
pub(super) fn whole(reply: &Reply, prompt: &Prompt, ask: &Ask<'_>) -> Value {
    let writer = Writer { reply, prompt, ask };
    if writer.is_blocked() {
        return writer.envelope(Vec::new(), true);
    }
    let mut parts = Vec::new();
    parts.extend(reply.thinking.iter().map(|text| json!({"text": text, "thought": true})));
    if !reply.text.is_empty() || reply.calls.is_empty() {
        let mut part = json!({"text": reply.text});
        if writer.signs_text() {
            part["thoughtSignature"] = json!(sealed::seal("text"));
        }
        parts.push(part);
    }
    parts.extend(writer.calls());
    let candidates = (0..prompt.choices).map(|index| {
        let mut candidate = writer.candidate(index, parts.clone(), true);
        if prompt.logprobs {
            candidate["avgLogprobs"] = json!(-0.25);
            candidate["logprobsResult"] = logprobs(&reply.text);
        }
        candidate
    });
    writer.envelope(candidates.collect(), true)
}

/// The chunks of the streamed answer; the last one of each candidate has the reason.
pub(super) fn chunks(reply: &Reply, prompt: &Prompt, ask: &Ask<'_>) -> Vec<Value> {
    let writer = Writer { reply, prompt, ask };
    if writer.is_blocked() {
        return vec![writer.envelope(Vec::new(), true)];
    }
    let mut parts: Vec<Value> = Vec::new();
    let thoughts = tokens::pieces(reply.thinking.as_deref().unwrap_or_default(), None);
    parts.extend(thoughts.iter().map(|text| json!({"text": text, "thought": true})));
    parts.extend(tokens::pieces(&reply.text, ask.script.pieces).iter().map(|text| json!({"text": text})));
    parts.extend(writer.calls());
    if writer.signs_text() {
        parts.push(json!({"text": "", "thoughtSignature": sealed::seal("text")}));
    }
    // An answer that was cut ends with a chunk that has no parts at all.
    let mut contents: Vec<Vec<Value>> = parts.into_iter().map(|part| vec![part]).collect();
    if contents.is_empty() || reply.finish == Finish::Length {
        contents.push(Vec::new());
    }
    let last = contents.len() - 1;
    let chunk = |index, (number, parts): (usize, &Vec<Value>)| {
        writer.envelope(vec![writer.candidate(index, parts.clone(), number == last)], number == last)
    };
    (0..prompt.choices)
        .flat_map(|index| contents.iter().enumerate().map(move |each| (index, each)))
        .map(|(index, each)| chunk(index, each))
        .collect()
}

struct Writer<'a> {
    reply: &'a Reply,
    prompt: &'a Prompt,
    ask: &'a Ask<'a>,
}

impl Writer<'_> {
    fn is_blocked(&self) -> bool {
        self.ask.script.finish.as_deref() == Some(BLOCKED)
    }

    /// The third generation signs what it says too, not only what it calls.
    fn signs_text(&self) -> bool {
        is_third(&self.prompt.model) && self.reply.calls.is_empty()
    }

    fn calls(&self) -> Vec<Value> {
        self.reply.calls.iter().enumerate().map(|(number, call)| self.call(number, call)).collect()
    }

    /// Of several calls only the first one is signed.
    fn call(&self, number: usize, call: &Call) -> Value {
        let is_third = is_third(&self.prompt.model);
        let mut part = json!({"functionCall": {"name": call.name, "args": call.arguments}});
        if is_third {
            part["functionCall"]["id"] = json!(call.id);
        }
        if number == 0 && (is_third || self.reply.usage.reasoning > 0) {
            part["thoughtSignature"] = json!(sealed::seal(&call.name));
        }
        part
    }

    fn candidate(&self, index: usize, parts: Vec<Value>, is_last: bool) -> Value {
        let mut candidate = json!({"content": {"role": "model"}, "index": index});
        if !parts.is_empty() {
            candidate["content"]["parts"] = parts.into();
        }
        if is_last {
            candidate["finishReason"] = json!(self.reason());
            candidate["safetyRatings"] = json!([{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]);
        }
        candidate
    }

    fn reason(&self) -> &str {
        match (&self.ask.script.finish, &self.reply.finish) {
            (Some(scripted), _) => scripted,
            (None, Finish::Length) => "MAX_TOKENS",
            // A call is no reason of its own.
            (None, _) => "STOP",
        }
    }

    fn envelope(&self, candidates: Vec<Value>, is_last: bool) -> Value {
        let mut answer = Map::new();
        let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        if self.is_blocked() {
            put("promptFeedback", json!({"blockReason": "PROHIBITED_CONTENT"}));
        } else {
            put("candidates", candidates.into());
        }
        if !self.ask.script.no_usage {
            put("usageMetadata", self.usage(is_last));
        }
        put("modelVersion", json!(self.prompt.model));
        if self.ask.api == Api::Vertex {
            put("createTime", json!("2026-01-01T00:00:00.000000Z"));
        }
        put("responseId", json!(self.ask.seed));
        answer.into()
    }

    /// Before the end only what came in is known. What was thought is no part of `candidatesTokenCount`.
    fn usage(&self, is_last: bool) -> Value {
        let Usage { input, cached, output, reasoning, .. } = self.reply.usage;
        let mut usage = json!({
            "promptTokenCount": input, "totalTokenCount": input, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": input}],
        });
        if cached > 0 {
            usage["cachedContentTokenCount"] = json!(cached);
        }
        if is_last && !self.is_blocked() {
            let choices = u64::try_from(self.prompt.choices).unwrap_or(u64::MAX);
            let (said, thought) = ((output - reasoning).saturating_mul(choices), reasoning.saturating_mul(choices));
            usage["candidatesTokenCount"] = json!(said);
            if thought > 0 {
                usage["thoughtsTokenCount"] = json!(thought);
            }
            usage["totalTokenCount"] = json!(input.saturating_add(said).saturating_add(thought));
        }
        usage
    }
}

fn logprobs(text: &str) -> Value {
    let pieces = tokens::pieces(text, None);
    let one = |piece: &&str| json!({"token": piece, "tokenId": 1, "logProbability": -0.25});
    let chosen: Vec<Value> = pieces.iter().map(one).collect();
    let top: Vec<Value> = pieces.iter().map(|piece| json!({"candidates": [one(piece)]})).collect();
    json!({"chosenCandidates": chosen, "topCandidates": top})
}
