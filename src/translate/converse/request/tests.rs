//! One test for each rule of Bedrock's that a request of another API could break.

mod messages;
mod options;
mod tools;

use serde_json::{Value, json};

use crate::translate::{Dialect, Format, Hosting, Rendered, RequestError, Target, anthropic, converse, openai};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "us.amazon.nova-lite-v1:0";
const LLAMA: &str = "meta.llama3-70b-instruct-v1:0";
const PROFILE: &str = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456";

fn target(model: &str) -> Target<'_> {
    Target {
        dialect: Dialect::Bedrock,
        format: Format::Converse,
        hosting: &Hosting::Owner,
        provider: "aws",
        model,
        stream: true,
        path_prefix: "",
        default_max_tokens: 4_096,
        overrides: &[],
    }
}

/// What an OpenAI request becomes.
fn rendered(request: &Value, model: &str) -> Result<Rendered, RequestError> {
    let request = request.to_string();
    let conversation = openai::request::parse(request.as_bytes()).expect("a good OpenAI request");
    converse::request::render(&conversation, &target(model))
}

/// What an Anthropic request becomes.
fn rendered_messages(request: &Value, model: &str) -> Result<Rendered, RequestError> {
    let request = request.to_string();
    let conversation = anthropic::request::parse(request.as_bytes()).expect("a good Anthropic request");
    converse::request::render(&conversation, &target(model))
}

/// An OpenAI request with one message and these fields besides.
fn request(fields: Value) -> Value {
    let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
    for (key, value) in fields.as_object().unwrap() {
        request[key] = value.clone();
    }
    request
}

/// The same of Anthropic.
fn messages(fields: Value) -> Value {
    let mut request = request(fields);
    if request.get("max_tokens").is_none() {
        request["max_tokens"] = json!(100);
    }
    request
}

fn body_of(rendered: &Rendered) -> Value {
    serde_json::from_slice(rendered.body.as_ref().unwrap()).unwrap()
}

fn body(fields: Value, model: &str) -> Value {
    body_of(&rendered(&request(fields), model).unwrap())
}

fn dropped(fields: Value, model: &str) -> Vec<String> {
    rendered(&request(fields), model).unwrap().dropped
}

/// The field that a refusal names, and its text.
fn told(refused: Result<Rendered, RequestError>) -> (String, String) {
    match refused {
        Err(RequestError::Unsupported { field, provider, message, .. }) => {
            assert_eq!(provider, "aws");
            (field, message)
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn refused(fields: Value, model: &str) -> (String, String) {
    told(rendered(&request(fields), model))
}

#[test]
fn the_model_stands_in_the_path_and_nowhere_else() {
    let rendered = rendered(&request(json!({})), PROFILE).unwrap();
    let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabcdef123456";
    assert_eq!(rendered.path, format!("/model/{arn}/converse-stream"));
    assert_eq!(body_of(&rendered), json!({ "messages": [{ "role": "user", "content": [{ "text": "Hi" }] }] }));
}
