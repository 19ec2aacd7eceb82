//! Requests of clients: for every provider they are a body that can be sent, or an error that names a field; and what their own
//! dialect writes of what it has read, it reads and writes again as it was.

use bytes::Bytes;
use kanmon::codec::json::TopLevel;
use kanmon::codec::multipart::Form;
use kanmon::translate::{self, Api, Dialect, Incoming, Parsed, Rendered, RequestError, anthropic, facts, request};

use super::{CLIENTS, PROVIDERS, of, target};

pub fn openai(input: &[u8]) -> String {
    let (parse, render) = (translate::openai::request::parse, translate::openai::request::render);
    stable(input, |body| render(&parse(body)?, &target(Api::OpenAiChat, of(Dialect::OpenAi))));
    of_client(Api::OpenAiChat, input)
}

pub fn anthropic(input: &[u8]) -> String {
    let (parse, render) = (anthropic::request::parse, anthropic::request::render);
    stable(input, |body| render(&parse(body)?, &target(Api::AnthropicMessages, of(Dialect::Anthropic))));
    of_client(Api::AnthropicMessages, input)
}

pub fn gemini(input: &[u8]) -> String {
    let (parse, render) = (translate::gemini::request::parse, translate::gemini::request::render);
    let again = |body: &[u8]| render(&parse(body)?, &target(Api::GeminiGenerate, of(Dialect::Gemini)));
    // Messages of the same speaker become one, whose texts are one text when they are read again: so it is not the same twice.
    if let Ok(Rendered { body: Some(once), .. }) = again(input) {
        again(&once).expect("what has been written can be read");
    }
    of_client(Api::GeminiGenerate, input)
}

pub fn responses(input: &[u8]) -> String {
    of_client(Api::OpenAiResponses, input)
}

pub fn completions(input: &[u8]) -> String {
    of_client(Api::OpenAiCompletions, input)
}

fn stable(input: &[u8], again: impl Fn(&[u8]) -> Result<Rendered, RequestError>) {
    let Ok(Rendered { body: Some(once), .. }) = again(input) else { return };
    let twice = again(&once).expect("what has been written can be read").body.expect("it is written");
    assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
}

fn of_client(api: Api, input: &[u8]) -> String {
    let path = CLIENTS.iter().find(|client| client.api == api).expect("a client").path;
    sent(api, path, "application/json", input)
}

/// What becomes of a request at every provider.
pub fn sent(api: Api, path: &str, content_type: &str, input: &[u8]) -> String {
    let (body, betas) = (Bytes::copy_from_slice(input), String::from_utf8_lossy(&input[..input.len().min(64)]));
    let incoming = match Incoming::read(api, path, Some(content_type), &body, 64) {
        Ok(incoming) => incoming.with_betas(Some(&betas)),
        Err(error) => return told(&error),
    };
    let facts = match facts(&incoming) {
        Ok(facts) => facts,
        Err(error) => return told(&error),
    };
    let mut saw = String::new();
    for provider in &PROVIDERS {
        match request(&incoming, &facts, &target(api, provider)) {
            Ok(rendered) => {
                let sent = rendered.body.as_ref().unwrap_or(&body);
                match &incoming.parsed {
                    Parsed::Form(_) => drop(Form::scan(sent, "kanmon").expect("what is sent is a form")),
                    _ => drop(TopLevel::scan(sent, 80).expect("what is sent is a JSON object without duplicate keys")),
                }
                assert!(rendered.path.starts_with('/') && rendered.path.is_ascii(), "{}", rendered.path);
                saw.push_str(&rendered.dropped.join(","));
            }
            Err(error) => saw.push_str(&told(&error)),
        }
        saw.push(';');
    }
    saw
}

/// The field that an error names. Its message is for a person, and not endless.
pub fn told(error: &RequestError) -> String {
    let (RequestError::Invalid { field, message } | RequestError::Unsupported { field, message, .. }) = error;
    assert!(!message.is_empty() && message.len() < 4_096, "a message is for a person: {} bytes", message.len());
    assert!(error.to_string().len() < 16_384);
    field.chars().filter(char::is_ascii_lowercase).take(64).collect()
}
