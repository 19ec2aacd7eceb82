//! The top-level fields of a request for content, and how it is to be generated.

use super::super::check::{Fault, Node, Object};
use super::super::error::Api;
use super::super::prompt::{Format, Prompt, Thinking};
use super::content::Contents;
use super::{content, is_third, schema, tool};

const FIELDS: &[&str] = &[
    "cachedContent",
    "contents",
    "generateContentRequest",
    "generationConfig",
    "labels",
    "model",
    "safetySettings",
    "serviceTier",
    "store",
    "systemInstruction",
    "toolConfig",
    "tools",
];

const CONFIG_FIELDS: &[&str] = &[
    "audioTimestamp",
    "candidateCount",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "routingConfig",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];

/// The most texts at which an answer stops.
const MOST_STOPS: usize = 5;

pub(super) fn read(body: &Node<'_>, api: Api, model: &str) -> Result<Prompt, Fault> {
    let body = body.object(FIELDS)?;
    let mut prompt = Prompt { model: model.to_owned(), parallel: true, choices: 1, ..Prompt::default() };
    if let Some(system) = body.get("systemInstruction") {
        content::system(&system, &mut prompt)?;
    }
    Contents::new(&mut prompt, api, is_third(model)).read(&body.need("contents")?)?;
    tool::read(&body, api, &mut prompt)?;
    body.optional("generationConfig", |node| config(&node, api, &mut prompt))?;
    for setting in body.optional("safetySettings", |node| node.array())?.into_iter().flatten() {
        let setting = setting.object(&["category", "threshold", "method"])?;
        setting.need("category")?.one_of(tool::CATEGORIES)?;
        setting.need("threshold")?.one_of(tool::THRESHOLDS)?;
    }
    body.optional("model", |node| node.string())?;
    body.optional("labels", |node| node.any_object())?;
    body.optional("serviceTier", |node| node.string())?;
    body.optional("store", |node| node.boolean())?;
    if let Some(cached) = body.get("cachedContent") {
        return Err(cached.rule("CachedContent not found (or permission denied)"));
    }
    Ok(prompt)
}

fn config(node: &Node<'_>, api: Api, prompt: &mut Prompt) -> Result<(), Fault> {
    let config = node.object(CONFIG_FIELDS)?;
    config.optional("temperature", |node| node.number(0.0..=2.0))?;
    config.optional("topP", |node| node.number(0.0..=1.0))?;
    config.optional("topK", |node| node.number(1.0..=1000.0))?;
    config.optional("seed", |node| node.integer(i64::from(i32::MIN)..=i64::from(i32::MAX)))?;
    for penalty in ["presencePenalty", "frequencyPenalty"] {
        config.optional(penalty, |node| node.number(-2.0..=1.999_999_9))?;
    }
    let limit = config.optional("maxOutputTokens", |node| node.integer(1..=i64::from(i32::MAX)))?;
    prompt.max_tokens = limit.and_then(|limit| u64::try_from(limit).ok());
    let count = config.optional("candidateCount", |node| node.integer(1..=8))?;
    prompt.choices = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
    prompt.stop = config.optional("stopSequences", |node| stops(&node))?.unwrap_or_default();
    logprobs(&config, prompt)?;
    for modality in config.optional("responseModalities", |node| node.array())?.into_iter().flatten() {
        modality.one_of(&["TEXT", "IMAGE", "AUDIO"])?;
    }
    for object in ["imageConfig", "routingConfig", "speechConfig"] {
        config.optional(object, |node| node.any_object())?;
    }
    config.optional("audioTimestamp", |node| node.boolean())?;
    config.optional("enableEnhancedCivicAnswers", |node| node.boolean())?;
    config.optional("mediaResolution", |node| node.one_of(RESOLUTIONS))?;
    config.optional("thinkingConfig", |node| thinking(&node, prompt))?;
    format(&config, api, prompt)
}

const RESOLUTIONS: &[&str] = &[
    "MEDIA_RESOLUTION_UNSPECIFIED",
    "MEDIA_RESOLUTION_LOW",
    "MEDIA_RESOLUTION_MEDIUM",
    "MEDIA_RESOLUTION_HIGH",
    "MEDIA_RESOLUTION_ULTRA_HIGH",
];

fn stops(node: &Node<'_>) -> Result<Vec<String>, Fault> {
    let list = node.array()?;
    if list.len() > MOST_STOPS {
        return Err(node.rule(format!("the number of stop sequences must be at most {MOST_STOPS}")));
    }
    list.iter().map(|stop| stop.string().map(str::to_owned)).collect()
}

fn logprobs(config: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    prompt.logprobs = config.optional("responseLogprobs", |node| node.boolean())?.unwrap_or(false);
    config.optional("logprobs", |node| node.integer(0..=20))?;
    match config.get("logprobs") {
        Some(node) if !prompt.logprobs => Err(node.rule("logprobs is only valid if response_logprobs is true")),
        _ => Ok(()),
    }
}

fn thinking(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let config = node.object(&["includeThoughts", "thinkingBudget", "thinkingLevel"])?;
    let shows = config.optional("includeThoughts", |node| node.boolean())?.unwrap_or(false);
    let budget = config.optional("thinkingBudget", |node| node.integer(-1..=i64::from(i32::MAX)))?;
    let levels: &[&str] = &["MINIMAL", "LOW", "MEDIUM", "HIGH", "minimal", "low", "medium", "high"];
    let level = config.optional("thinkingLevel", |node| node.one_of(levels))?;
    if budget.is_some() && level.is_some() {
        return Err(node.rule("You can only set only one of thinking budget and thinking level."));
    }
    if let Some(level) = config.get("thinkingLevel").filter(|_| is_older(&prompt.model)) {
        return Err(level.rule("Thinking level is not supported for this model."));
    }
    prompt.thinking = match (budget, shows) {
        (Some(0), true) => {
            return Err(node.rule("Thinking_config.include_thoughts is only enabled when thinking is enabled."));
        }
        (Some(0), false) => Thinking::Off,
        (_, true) => Thinking::Shown,
        (_, false) => Thinking::Hidden,
    };
    Ok(())
}

/// A model of a generation that knows budgets of thinking and no levels. A name that says no generation may be of any.
fn is_older(model: &str) -> bool {
    ["gemini-1", "gemini-2"].iter().any(|generation| model.contains(generation))
}

fn format(config: &Object<'_>, api: Api, prompt: &mut Prompt) -> Result<(), Fault> {
    let kinds: &[&str] = &["text/plain", "application/json", "text/x.enum"];
    let kind = config.optional("responseMimeType", |node| node.one_of(kinds))?.unwrap_or("text/plain");
    let (older, newer) = (config.get("responseSchema"), config.get("responseJsonSchema"));
    if let (Some(_), Some(newer)) = (&older, &newer) {
        return Err(newer.rule("response_json_schema must not be set together with response_schema"));
    }
    if let Some(schema) = older.as_ref().or(newer.as_ref()).filter(|_| kind == "text/plain") {
        return Err(schema.rule("a response schema needs the response_mime_type application/json or text/x.enum"));
    }
    if kind == "application/json" && !prompt.tools.is_empty() && !is_third(&prompt.model) {
        let node = config.need("responseMimeType")?;
        return Err(node.rule("Function calling with a response mime type: 'application/json' is unsupported"));
    }
    if let Some(schema) = &older {
        schema::check(schema, api)?;
    }
    if let Some(schema) = &newer {
        schema.any_object()?;
    }
    prompt.format = match older.or(newer) {
        Some(schema) => Format::Schema(schema::lowered(schema.value())),
        None if kind == "application/json" => Format::JsonObject,
        None => Format::Text,
    };
    Ok(())
}
