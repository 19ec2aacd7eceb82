//! Answers of providers, errors included: for every client they are a body that it can read, or an error of ours; and what a
//! dialect writes of what it has read, it reads and writes again as it was.

use kanmon::translate::calls::Back;
use kanmon::translate::{
    self, AnswerContext, AnswerError, Api, Dialect, ErrorHeaders, Format, anthropic, completions, provider_error,
    responses as of_openai, whole,
};
use serde_json::value::RawValue;

use super::{CLIENTS, Provider, of};

pub fn openai(input: &[u8]) -> String {
    let (parse, render) = (translate::openai::response::parse, translate::openai::response::render);
    stable(input, |body| Ok(render(&parse(body)?, "asked")));
    of_provider(Dialect::OpenAi, input)
}

pub fn anthropic(input: &[u8]) -> String {
    let (parse, render) = (anthropic::response::parse, anthropic::response::render);
    stable(input, |body| Ok(render(&parse(body)?, "asked")));
    of_provider(Dialect::Anthropic, input)
}

pub fn gemini(input: &[u8]) -> String {
    let (parse, render) = (translate::gemini::response::parse, translate::gemini::response::render);
    // Why an answer was held back is told in words of ours, which are text when they are read again: so it is not the same twice.
    if let Ok(answer) = parse(input) {
        parse(&render(&answer, "asked")).expect("what has been written can be read");
    }
    of_provider(Dialect::Gemini, input)
}

/// Cohere's answers are read only: no client speaks its chat.
pub fn cohere(input: &[u8]) -> String {
    of_provider(Dialect::Cohere, input)
}

/// Converse, which no client speaks.
pub fn bedrock(input: &[u8]) -> String {
    of_provider(Dialect::Bedrock, input)
}

/// OpenAI's responses, which pass and are observed; what is written of them is read again as it was.
pub fn responses(input: &[u8]) -> String {
    if let Ok(answer) = of_openai::response::parse(input) {
        of_openai::response::parse(&of_openai::response::render(&answer, "asked", ""))
            .expect("what has been written can be read");
    }
    passed(Api::OpenAiResponses, Format::Responses, input)
}

/// The same for completions.
pub fn completions(input: &[u8]) -> String {
    if let Ok(answer) = completions::response::parse(input) {
        completions::response::parse(&completions::response::render(&answer, "asked"))
            .expect("what has been written can be read");
    }
    passed(Api::OpenAiCompletions, Format::Completions, input)
}

/// An answer of a provider of the client's own format, which is kept whatever it is.
fn passed(api: Api, format: Format, input: &[u8]) -> String {
    let whole = whole(&AnswerContext { format, ..context(api, of(Dialect::OpenAi)) }, input).expect("what passes is kept");
    assert!(whole.body.is_none() && whole.seen.complete == whole.seen.error.is_none());
    format!("{:?}{}", whole.seen.finish, whole.seen.usage.is_some())
}

/// What Cohere and vLLM tell in one.
pub const RANKS: &[u8] = br#"{"id":"r","model":"m","results":[{"index":0,"relevance_score":0.9,"document":{"text":"x"}}],
"meta":{"billed_units":{"search_units":1},"tokens":{"input_tokens":5}},"usage":{"prompt_tokens":5,"total_tokens":5}}"#;

/// Ranks pass as they are, and are observed.
pub fn rerank(input: &[u8]) -> String {
    match translate::calls::rerank::answer(input) {
        Ok(ranked) => format!("{} {} {}", ranked.results.min(2), ranked.usage.is_some(), ranked.search_units.is_some()),
        Err(error) => error.to_string(),
    }
}

fn stable(input: &[u8], again: impl Fn(&[u8]) -> Result<Vec<u8>, AnswerError>) {
    let Ok(once) = again(input) else { return };
    let twice = again(&once).expect("what has been written can be read");
    assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
}

pub fn of_provider(dialect: Dialect, input: &[u8]) -> String {
    let mut saw = String::new();
    for client in CLIENTS {
        let context = context(client.api, of(dialect));
        match whole(&context, input) {
            Ok(whole) => {
                if let Some(body) = &whole.body {
                    serde_json::from_slice::<&RawValue>(body).expect("an answer is JSON");
                }
                saw.push_str(&format!("{:?}{}{};", whole.seen.finish, whole.seen.complete, whole.seen.usage.is_some()));
            }
            Err(error) => saw.push_str(&error.to_string()),
        }
        for status in [400, 429, 500] {
            let error = provider_error(&context, status, input);
            assert!((400..600).contains(&error.status) && error.message.len() <= 4_096, "{}", error.message.len());
            if let Some(body) = &error.body {
                serde_json::from_slice::<&RawValue>(body).expect("an error is JSON");
            }
        }
    }
    saw
}

pub fn context(api: Api, provider: &Provider) -> AnswerContext {
    let dialect = provider.dialect;
    AnswerContext {
        api,
        format: dialect.format_for(api),
        framing: dialect.framing(),
        asked_model: "asked".to_owned(),
        echo: String::new(),
        stream: true,
        wants_usage: true,
        call: Back::of(api, dialect, &provider.hosting),
        custom_tools: Vec::new(),
        input_estimate: 7,
        headers: ErrorHeaders::default(),
        answer_bytes: 1 << 20,
        event_bytes: 1 << 14,
    }
}
