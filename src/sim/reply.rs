//! What the simulated model answers: a function of the prompt and the script, nothing else.
//!
//! It repeats what the person said (`You said: …`), counts pictures and the like (`[1 image]`), repeats system messages
//! (`[system: …]`), calls the first tools with arguments that fit their schemas, tells what a tool said (`The tool said: …`), and
//! fills in a JSON schema where one is asked for. Output limits and stop sequences cut the answer as they would a real one.

use serde_json::{Value, json};

use super::prompt::{Choice, Format, Media, Prompt, Thinking};
use super::script::Script;
use super::{schema, tokens};

/// An answer, in no dialect.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) thinking: Option<String>,
    pub(super) text: String,
    pub(super) calls: Vec<Call>,
    pub(super) finish: Finish,
    pub(super) usage: Usage,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// Why the answer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    StopSequence(String),
    Length,
    ToolCalls,
}

/// Tokens. Cached ones and those of thinking are part of the totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) input: u64,
    pub(super) cached: u64,
    pub(super) cache_write: u64,
    pub(super) output: u64,
    pub(super) reasoning: u64,
}

/// The longest part of a message that an answer repeats, in bytes.
const LONGEST_ECHO: usize = 1000;

/// The answer to a prompt; `seed` is what ids are made of.
pub(super) fn answer(prompt: &Prompt, script: &Script, seed: &str) -> Reply {
    let calls = calls(prompt, script, seed);
    let thinking = thinking(prompt, script);
    let reasoning = thinking.as_deref().map_or(0, tokens::of_text);
    let wants_text = calls.is_empty() || script.text_bytes.is_some();
    let full = if wants_text { text(prompt, script) } else { String::new() };
    let (text, mut finish) = shorten(full, prompt, reasoning);
    if !calls.is_empty() {
        finish = Finish::ToolCalls;
    }
    let output = reasoning + tokens::of_text(&text) + calls.iter().map(|call| tokens::of_call(&call.arguments)).sum::<u64>();
    let cached = script.cached.unwrap_or(0).min(prompt.tokens);
    let cache_write = script.cache_write.unwrap_or(0).min(prompt.tokens - cached);
    let usage = Usage { input: prompt.tokens, cached, cache_write, output, reasoning };
    Reply { thinking: thinking.and_then(|thinking| shown(thinking, prompt, script)), text, calls, finish, usage }
}

fn calls(prompt: &Prompt, script: &Script, seed: &str) -> Vec<Call> {
    let must = matches!(prompt.choice, Choice::Required | Choice::Tool(_));
    let answered = !prompt.last.results.is_empty();
    if prompt.choice == Choice::None || (answered && !must) {
        return Vec::new();
    }
    let wanted = match script.tool_calls {
        Some(count) if !prompt.parallel => count.min(1),
        Some(count) => count,
        None => 1,
    };
    let tools = prompt.tools.iter().filter(|tool| match &prompt.choice {
        Choice::Tool(name) => tool.name == *name,
        _ => true,
    });
    let call = |(number, tool): (usize, &super::prompt::Tool)| Call {
        id: format!("{seed}_{number}"),
        name: tool.name.clone(),
        arguments: schema::arguments(&tool.schema),
    };
    // The first tools, from the beginning again when more calls are wanted than there are tools.
    (0..wanted).zip(tools.cycle()).map(call).collect()
}

fn thinking(prompt: &Prompt, script: &Script) -> Option<String> {
    match script.thinking {
        Some(0) => None,
        Some(words) => Some((1..=words).map(|number| format!("thought-{number}")).collect::<Vec<_>>().join(" ")),
        None if prompt.thinking == Thinking::Off => None,
        None => Some(format!("The person said: {}", echo(&prompt.last.text))),
    }
}

/// What of the thinking the answer shows.
fn shown(thinking: String, prompt: &Prompt, script: &Script) -> Option<String> {
    match prompt.thinking {
        Thinking::Omitted => Some(String::new()),
        Thinking::Shown => Some(thinking),
        Thinking::Off | Thinking::Hidden => script.thinking.map(|_| thinking),
    }
}

fn text(prompt: &Prompt, script: &Script) -> String {
    if let Some(bytes) = script.text_bytes {
        return filler(bytes / prompt.choices.max(1));
    }
    match &prompt.format {
        Format::Schema(schema) => schema::instance(schema).to_string(),
        Format::JsonObject => json!({"said": echo(&prompt.last.text)}).to_string(),
        Format::Text => said(prompt) + &notes(prompt),
    }
}

fn said(prompt: &Prompt) -> String {
    if prompt.last.results.is_empty() {
        return format!("You said: {}", echo(&prompt.last.text));
    }
    let results = prompt.last.results.iter().map(|result| {
        let verb = if result.is_error { "failed" } else { "said" };
        format!("The tool {verb}: {}", echo(&result.text))
    });
    results.collect::<Vec<_>>().join("; ")
}

fn notes(prompt: &Prompt) -> String {
    let mut notes = String::new();
    let Media { images, documents, recordings } = prompt.media;
    let counted = [(images, "image"), (documents, "document"), (recordings, "recording")];
    for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
        let plural = if count == 1 { "" } else { "s" };
        notes += &format!(" [{count} {what}{plural}]");
    }
    if !prompt.system.is_empty() {
        notes += &format!(" [system: {}]", echo(&prompt.system.join(" | ")));
    }
    notes
}

fn echo(text: &str) -> String {
    if text.len() <= LONGEST_ECHO {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST_ECHO);
    format!("{}… ({} bytes)", text.get(..end).unwrap_or_default(), text.len())
}

/// Words to a length: `lorem lorem …`.
fn filler(bytes: usize) -> String {
    let mut text = "lorem ".repeat(bytes / 6 + 1);
    text.truncate(bytes);
    text
}

/// The text as far as output limit and stop sequences let it go.
fn shorten(mut text: String, prompt: &Prompt, reasoning: u64) -> (String, Finish) {
    let mut finish = Finish::Stop;
    let met = prompt.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| Some((text.find(stop.as_str())?, stop)));
    if let Some((at, stop)) = met.min_by_key(|(at, _)| *at) {
        finish = Finish::StopSequence(stop.clone());
        text.truncate(at);
    }
    let left = prompt.max_tokens.map(|limit| limit.saturating_sub(reasoning));
    if let Some(first) = left.and_then(|left| tokens::first_words(&text, left)) {
        return (first.to_owned(), Finish::Length);
    }
    (text, finish)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(text: &str) -> Prompt {
        let mut prompt = Prompt { parallel: true, ..Prompt::default() };
        prompt.add_user_text(text);
        prompt
    }

    #[test]
    fn the_answer_repeats_what_was_said_and_what_came_with_it() {
        let mut asked = prompt("look");
        asked.add_image();
        asked.add_document();
        asked.add_document();
        asked.add_system("be brief");
        let reply = answer(&asked, &Script::default(), "x");
        assert_eq!(reply.text, "You said: look [1 image] [2 documents] [system: be brief]");
        assert_eq!(reply.usage.input, 1 + 300 + 2);
        assert_eq!(reply.usage.output, 10);
        assert_eq!(reply.finish, Finish::Stop);
    }

    #[test]
    fn limit_and_stop_sequence_cut_the_answer() {
        let limited = Prompt { max_tokens: Some(3), ..prompt("one two three") };
        let reply = answer(&limited, &Script::default(), "x");
        assert_eq!((reply.text.as_str(), reply.finish, reply.usage.output), ("You said: one", Finish::Length, 3));

        let stopped = Prompt { stop: vec!["zzz".into(), "two".into(), "one".into()], ..prompt("one two") };
        let reply = answer(&stopped, &Script::default(), "x");
        assert_eq!((reply.text.as_str(), reply.finish), ("You said: ", Finish::StopSequence("one".into())));
    }

    #[test]
    fn tools_are_called_unless_they_have_answered() {
        let mut asked = prompt("weather?");
        asked.add_tool("a", Some(&json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})));
        asked.add_tool("b", None);
        let script = Script { tool_calls: Some(3), ..Script::default() };
        let reply = answer(&asked, &script, "x");
        let names: Vec<_> = reply.calls.iter().map(|call| (call.id.as_str(), call.name.as_str())).collect();
        assert_eq!(names, [("x_0", "a"), ("x_1", "b"), ("x_2", "a")]);
        assert_eq!(reply.calls[0].arguments, json!({"city": "city"}));
        assert_eq!((reply.text.as_str(), &reply.finish), ("", &Finish::ToolCalls));

        asked.parallel = false;
        assert_eq!(answer(&asked, &script, "x").calls.len(), 1);
        asked.choice = Choice::Tool("b".into());
        assert_eq!(answer(&asked, &script, "x").calls[0].name, "b");
        asked.choice = Choice::None;
        assert_eq!(answer(&asked, &script, "x").calls, []);
        asked.choice = Choice::Auto;
        asked.add_result("sunny", false);
        asked.add_result("no", true);
        assert_eq!(answer(&asked, &script, "x").text, "The tool said: sunny; The tool failed: no");
    }

    #[test]
    fn a_prompt_that_says_more_after_a_result_is_answered_itself() {
        let mut asked = prompt("weather?");
        asked.add_result("sunny", false);
        asked.begin_user();
        asked.add_user_text("thanks");
        assert_eq!(answer(&asked, &Script::default(), "x").text, "You said: thanks");
    }

    #[test]
    fn hidden_thinking_is_counted_and_not_shown() {
        let hidden = Prompt { thinking: Thinking::Hidden, ..prompt("hi") };
        let reply = answer(&hidden, &Script::default(), "x");
        assert_eq!((reply.thinking, reply.usage.reasoning, reply.usage.output), (None, 4, 7));
        let script = Script { thinking: Some(2), ..Script::default() };
        assert_eq!(answer(&hidden, &script, "x").thinking.as_deref(), Some("thought-1 thought-2"));
    }

    #[test]
    fn cached_tokens_never_exceed_the_prompt() {
        let script = Script { cached: Some(2), cache_write: Some(u64::MAX), ..Script::default() };
        let usage = answer(&prompt("a b c"), &script, "x").usage;
        assert_eq!((usage.input, usage.cached, usage.cache_write), (3, 2, 1));
    }

    #[test]
    fn a_long_prompt_is_repeated_in_part() {
        let reply = answer(&prompt(&"é".repeat(1000)), &Script::default(), "x");
        assert!(reply.text.ends_with("… (2000 bytes)") && reply.text.len() < 1100);
    }
}
