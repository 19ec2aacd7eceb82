//! A broken rule in each API's own words.

use super::super::check::{Fault, What};
use super::Api;

/// The message, and the code where the API has one.
pub(super) fn of(api: Api, fault: &Fault) -> (String, Option<&'static str>) {
    match api {
        Api::OpenAi | Api::Responses | Api::Azure | Api::AzureResponses => openai(fault),
        Api::Anthropic | Api::AnthropicVertex => (anthropic(fault), None),
        Api::Gemini | Api::Vertex => (google(fault), None),
        Api::Bedrock => aws(fault),
        Api::Cohere => (cohere(fault), None),
    }
}

fn openai(fault: &Fault) -> (String, Option<&'static str>) {
    let path = &fault.path;
    match &fault.what {
        What::Missing => (format!("Missing required parameter: '{path}'."), Some("missing_required_parameter")),
        What::Unknown => (format!("Unknown parameter: '{path}'."), Some("unknown_parameter")),
        What::Type { expected, found } => {
            (format!("Invalid type for '{path}': expected {expected}, but got {found} instead."), Some("invalid_type"))
        }
        What::Choice { allowed, found } => {
            (format!("Invalid value: '{found}'. Supported values are: {}.", listed(allowed, ", ")), Some("invalid_value"))
        }
        What::Rule(message) => (format!("Invalid '{path}': {message}"), Some("invalid_value")),
    }
}

fn anthropic(fault: &Fault) -> String {
    let path = dotted(&fault.path);
    match &fault.what {
        What::Missing => format!("{path}: Field required"),
        What::Unknown => format!("{path}: Extra inputs are not permitted"),
        What::Type { expected, .. } => format!("{path}: Input should be {expected}"),
        What::Choice { allowed, .. } => format!("{path}: Input should be {}", listed(allowed, " or ")),
        What::Rule(message) => format!("{path}: {message}"),
    }
}

/// Protobuf's JSON reader tells fields that it does not know; the service tells the rest.
fn google(fault: &Fault) -> String {
    let path = &fault.path;
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    match &fault.what {
        What::Missing => format!("* GenerateContentRequest.{path}: {name} is not specified\n"),
        What::Unknown if parent.is_empty() => {
            format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field.")
        }
        What::Unknown => format!("Invalid JSON payload received. Unknown name \"{name}\" at '{parent}': Cannot find field."),
        What::Type { expected, found } => format!("Invalid value at '{path}': expected {expected}, found {found}"),
        What::Choice { allowed, found } => {
            format!("Invalid value at '{path}': \"{found}\". Valid values are: {}", listed(allowed, ", "))
        }
        What::Rule(message) => format!("* GenerateContentRequest.{path}: {message}"),
    }
}

fn aws(fault: &Fault) -> (String, Option<&'static str>) {
    let path = dotted(&fault.path);
    let message = match &fault.what {
        What::Missing => {
            let null = "Value null at";
            format!("1 validation error detected: {null} '{path}' failed to satisfy constraint: Member must not be null")
        }
        What::Unknown => {
            format!(
                "Malformed input request: #: extraneous key [{path}] is not permitted, please reformat your input and try again."
            )
        }
        What::Type { expected, found } => {
            return (format!("Unexpected token at {path}: expected {expected}, found {found}"), Some("SerializationException"));
        }
        What::Choice { allowed, found } => format!(
            "1 validation error detected: Value '{found}' at '{path}' failed to satisfy constraint: Member must satisfy enum value \
             set: [{}]",
            allowed.join(", ")
        ),
        What::Rule(message) if path.is_empty() => message.clone(),
        What::Rule(message) => format!("{message} (at {path})"),
    };
    (message, Some("ValidationException"))
}

fn cohere(fault: &Fault) -> String {
    let path = dotted(&fault.path);
    match &fault.what {
        What::Missing => format!("invalid request: {path} is required"),
        What::Unknown => format!("unknown field: parameter '{path}' is not a valid field"),
        What::Type { expected, found } => {
            format!("invalid type: parameter '{path}' should be {expected}, but {found} was sent")
        }
        What::Choice { allowed, found } => {
            format!("invalid request: '{found}' is not a valid value of '{path}', must be one of {}", listed(allowed, ", "))
        }
        What::Rule(message) => format!("invalid request: {path}: {message}"),
    }
}

fn listed(words: &[&str], between: &str) -> String {
    words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(between)
}

fn dotted(path: &str) -> String {
    path.replace('[', ".").replace(']', "")
}
