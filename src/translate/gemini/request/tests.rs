mod back;
mod hostile;
mod read;
mod rules;

use serde_json::Value;

use crate::translate::conversation::Conversation;
use crate::translate::{Dialect, Format, Hosting, Rendered, RequestError, Target, anthropic, openai};

fn target(model: &str) -> Target<'_> {
    Target {
        dialect: Dialect::Gemini,
        format: Format::Gemini,
        hosting: &Hosting::Owner,
        provider: "google",
        model,
        stream: false,
        path_prefix: "/v1beta",
        default_max_tokens: 4096,
        overrides: &[],
    }
}

fn rendered(conversation: &Conversation<'_>, model: &str) -> Result<Rendered, RequestError> {
    super::render(conversation, &target(model))
}

fn body(rendered: &Rendered) -> Value {
    serde_json::from_slice(rendered.body.as_ref().unwrap()).unwrap()
}

/// What Google gets from a client of OpenAI's API, and what is dropped.
fn from_openai(request: &Value, model: &str) -> Result<(Value, Vec<String>), RequestError> {
    let request = request.to_string();
    let rendered = rendered(&openai::request::parse(request.as_bytes())?, model)?;
    Ok((body(&rendered), rendered.dropped))
}

/// What Google gets from a client of Anthropic's API, and what is dropped.
fn from_anthropic(request: &Value, model: &str) -> Result<(Value, Vec<String>), RequestError> {
    let request = request.to_string();
    let rendered = rendered(&anthropic::request::parse(request.as_bytes())?, model)?;
    Ok((body(&rendered), rendered.dropped))
}

/// The field that an error names.
fn field<T: std::fmt::Debug>(result: Result<T, RequestError>) -> String {
    match result.unwrap_err() {
        RequestError::Invalid { field, .. } => format!("invalid {field}"),
        RequestError::Unsupported { field, .. } => field,
    }
}
