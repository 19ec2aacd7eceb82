//! Golden requests, and one test for each rule of Anthropic's that a request could break.

mod hostile;
mod rules;

use crate::translate::anthropic::golden::{golden, pretty, told};
use crate::translate::{Dialect, Format, Hosting, Rendered, RequestError, Target, anthropic, openai};

const TARGET: Target<'static> = Target {
    dialect: Dialect::Anthropic,
    format: Format::Messages,
    hosting: &Hosting::Owner,
    stream: false,
    provider: "claude",
    model: "claude-sonnet-4-5",
    path_prefix: "/v1",
    default_max_tokens: 4_096,
    overrides: &[],
};

/// What an OpenAI request becomes for a model of Anthropic's.
fn rendered(openai: &str, model: &str) -> Result<Rendered, RequestError> {
    let conversation = openai::request::parse(openai.as_bytes()).expect("a good OpenAI request");
    anthropic::request::render(&conversation, &Target { model, ..TARGET })
}

#[test]
fn requests_of_anthropics_clients_become_what_the_golden_files_say() {
    golden("request_from_client", |input| told(anthropic::request::parse(input)));
}

#[test]
fn requests_of_openais_clients_become_what_the_golden_files_say() {
    golden("request_to_provider", |input| {
        let Rendered { path, headers, body, dropped } = rendered(std::str::from_utf8(input).unwrap(), TARGET.model).unwrap();
        format!("POST {path}\n{headers:#?}\n{}dropped: {dropped:#?}\n", pretty(&body.unwrap()))
    });
}
