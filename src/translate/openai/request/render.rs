//! A conversation as a chat completion request, for OpenAI or a compatible vendor.
//!
//! Written are: `max_completion_tokens` for the output limit (`max_tokens` is deprecated at OpenAI and refused by its reasoning
//! models), `user` for the end user, `stream_options.include_usage` for every stream, and the nearest `reasoning_effort` for a
//! budget of thinking. Dropped and listed, because they change how an answer comes about but not what was asked for: `top_k`,
//! prompt caching hints (OpenAI caches by itself), "do not think", and a `user` of more than [`USER_BYTES`]. An error: tools that
//! another provider runs itself, files uploaded to another provider, citations, and fields that bind the request to Anthropic.

mod answer_format;
mod messages;
mod parts;
mod tools;

use http::{HeaderValue, header};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::translate::conversation::{Conversation, Effort, Reasoning, Thought, ToolChoice};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::openai::words;
use crate::translate::text::Str;
use crate::translate::{Rendered, RequestError, Target};

/// The longest `user` that OpenAI takes; it answers 400 (`string_above_max_length`) to a longer one.
const USER_BYTES: usize = 64;

/// Up to this many tokens of thinking are `low`, and so on. OpenAI has no budgets, so the steps are ours.
const LOW_BUDGET: u64 = 4_096;
const MEDIUM_BUDGET: u64 = 16_384;

/// Anthropic's top-level fields whose loss is no change of meaning: automatic prompt caching, the clearing of old tool results
/// from the context, and how fast the answer shall come.
const ANTHROPIC_HINTS: [&str; 3] = ["cache_control", "context_management", "speed"];
/// Anthropic's top-level fields without which the answer would be a different one, or come from where it must not.
const ANTHROPIC_ONLY: [&str; 3] = ["mcp_servers", "container", "inference_geo"];

/// What is written from the hub's own fields. A client of another API that sends one of these as an unknown field of its own would
/// say it twice, or say what nobody has counted (`n`): it has to use its API's word.
const OWN: [&str; 26] = [
    "model",
    "messages",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "max_completion_tokens",
    "max_tokens",
    "reasoning_effort",
    "temperature",
    "top_p",
    "top_k",
    "n",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "stream",
    "stream_options",
    "service_tier",
    "user",
    "safety_identifier",
    "metadata",
];

/// The path of chat completions at a provider.
pub fn path(target: &Target<'_>) -> String {
    format!("{}/chat/completions", target.path_prefix)
}

/// Writes a chat completion request.
///
/// # Errors
/// [`RequestError::Unsupported`] for what OpenAI has no place for.
pub fn render(conversation: &Conversation<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let mut dropped = Hints::default();
    let body = Body::new(conversation, target.model, &mut dropped)
        .and_then(|body| serde_json::to_vec(&body).map_err(|error| Fault::new("", error.to_string())))
        .map_err(|fault| fault.unsupported(target))?;
    Ok(Rendered {
        path: path(target),
        headers: vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body: Some(body.into()),
        dropped: dropped.into_names(),
    })
}

/// Everything that is decided before the first byte is written.
struct Body<'c> {
    conversation: &'c Conversation<'c>,
    model: &'c str,
    messages: Vec<messages::Message<'c>>,
    tools: Vec<tools::Tool<'c>>,
    effort: Option<&'static str>,
    user: Option<&'c Str<'c>>,
    extras: Vec<(&'c str, &'c serde_json::value::RawValue)>,
}

impl<'c> Body<'c> {
    fn new(conversation: &'c Conversation<'c>, model: &'c str, dropped: &mut Hints) -> Result<Self, Fault> {
        if conversation.sampling.top_k.is_some() {
            dropped.add("top_k");
        }
        Ok(Self {
            conversation,
            model,
            messages: messages::messages(&conversation.messages, model, dropped)?,
            tools: tools::tools(&conversation.tools, dropped)?,
            effort: conversation.reasoning.as_ref().and_then(|reasoning| effort(reasoning, dropped)),
            user: user(conversation.end_user.as_ref(), dropped),
            extras: extras(conversation, dropped)?,
        })
    }

    /// OpenAI refuses `tool_choice` and `parallel_tool_calls` where there are no tools. Without tools all that they may say means
    /// nothing, but for a tool that must be called: that is the client's mistake, and OpenAI tells it.
    fn tool_choice(&self) -> Option<Choice<'c>> {
        let choice = self.conversation.tool_choice.as_ref()?;
        let means_nothing = self.tools.is_empty() && matches!(choice, ToolChoice::Auto | ToolChoice::None);
        (!means_nothing).then(|| tool_choice(choice))
    }
}

/// "Do not think" is dropped unless it was said in OpenAI's own word: most of OpenAI's models refuse `none`, and those that do not
/// think at all refuse every effort.
fn effort(reasoning: &Reasoning, dropped: &mut Hints) -> Option<&'static str> {
    match (reasoning.effort, reasoning.mode) {
        (Some(effort), mode) => {
            if effort == Effort::Max {
                dropped.add("effort `max` (the highest there is asked for)");
            }
            if matches!(mode, Thought::Budget(_)) {
                dropped.add("thinking.budget_tokens");
            }
            Some(words::effort_word(effort))
        }
        (None, Thought::Budget(budget)) => {
            dropped.add("thinking.budget_tokens");
            Some(words::effort_word(effort_of(budget)))
        }
        (None, Thought::Off) => {
            dropped.add("thinking");
            None
        }
        (None, Thought::Default | Thought::Adaptive) => None,
    }
}

fn effort_of(budget: u64) -> Effort {
    match budget {
        _ if budget <= LOW_BUDGET => Effort::Low,
        _ if budget <= MEDIUM_BUDGET => Effort::Medium,
        _ => Effort::High,
    }
}

fn user<'c>(end_user: Option<&'c Str<'c>>, dropped: &mut Hints) -> Option<&'c Str<'c>> {
    let user = end_user?;
    if user.len() > USER_BYTES {
        dropped.add("user");
        return None;
    }
    Some(user)
}

fn extras<'c>(
    conversation: &'c Conversation<'c>,
    dropped: &mut Hints,
) -> Result<Vec<(&'c str, &'c serde_json::value::RawValue)>, Fault> {
    let mut kept = Vec::new();
    for (key, raw) in &conversation.extras {
        if ANTHROPIC_ONLY.contains(&&**key) {
            return Err(Fault::new(
                &**key,
                "this is a feature of Anthropic's API: remove it, or ask for a model that Anthropic serves",
            ));
        }
        // OpenAI's own forms of `tool_choice` have no other place than this.
        let is_choice = key == "tool_choice" && conversation.tool_choice.is_none();
        if OWN.contains(&&**key) && !is_choice {
            return Err(Fault::new(&**key, "this is OpenAI's word: say it in the words of your own API"));
        }
        if ANTHROPIC_HINTS.contains(&&**key) {
            dropped.add(key);
        } else {
            kept.push((&**key, *raw));
        }
    }
    Ok(kept)
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let conversation = self.conversation;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("messages", &self.messages)?;
        if !self.tools.is_empty() {
            map.serialize_entry("tools", &self.tools)?;
            entry(&mut map, "parallel_tool_calls", conversation.parallel_tool_calls)?;
        }
        entry(&mut map, "tool_choice", self.tool_choice())?;
        entry(&mut map, "response_format", conversation.response_format.as_ref().map(answer_format::ResponseFormat::from))?;
        entry(&mut map, "max_completion_tokens", conversation.max_output_tokens)?;
        entry(&mut map, "reasoning_effort", self.effort)?;
        sampling(&mut map, conversation)?;
        if conversation.stream {
            map.serialize_entry("stream", &true)?;
            map.serialize_entry("stream_options", &StreamOptions { include_usage: true })?;
        }
        entry(&mut map, "service_tier", conversation.service_tier.as_deref().map(words::asked_tier))?;
        entry(&mut map, "user", self.user)?;
        entry(&mut map, "metadata", conversation.metadata)?;
        for (key, raw) in &self.extras {
            map.serialize_entry(key, raw)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

fn sampling<M: SerializeMap>(map: &mut M, conversation: &Conversation<'_>) -> Result<(), M::Error> {
    let sampling = &conversation.sampling;
    entry(map, "temperature", sampling.temperature)?;
    entry(map, "top_p", sampling.top_p)?;
    entry(map, "n", conversation.choices)?;
    if !conversation.stop.is_empty() {
        map.serialize_entry("stop", &conversation.stop)?;
    }
    entry(map, "seed", sampling.seed)?;
    entry(map, "presence_penalty", sampling.presence_penalty)?;
    entry(map, "frequency_penalty", sampling.frequency_penalty)?;
    entry(map, "logit_bias", conversation.logit_bias)?;
    entry(map, "logprobs", conversation.logprobs.map(|_| true))?;
    entry(map, "top_logprobs", conversation.logprobs.filter(|top| *top > 0))
}

fn entry<M: SerializeMap, T: Serialize>(map: &mut M, key: &str, value: Option<T>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(key, &value))
}

#[derive(Serialize)]
#[serde(untagged)]
enum Choice<'c> {
    Word(&'static str),
    Function {
        #[serde(rename = "type")]
        kind: &'static str,
        function: Named<'c>,
    },
}

#[derive(Serialize)]
struct Named<'c> {
    name: &'c str,
}

fn tool_choice<'c>(choice: &'c ToolChoice<'c>) -> Choice<'c> {
    match choice {
        ToolChoice::Auto => Choice::Word("auto"),
        ToolChoice::None => Choice::Word("none"),
        ToolChoice::Required => Choice::Word("required"),
        ToolChoice::Function(name) => Choice::Function { kind: "function", function: Named { name } },
    }
}
