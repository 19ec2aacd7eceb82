//! A request on its way to one provider: its dialect, its credential, and every header that any attempt could have touched.
//!
//! Header changes of one attempt leak into the next one in Envoy, so each attempt states the value of every name that it or another
//! attempt of the same route may set or remove. It always starts from the client's own request, never from what Envoy shows.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use super::fields::Edits;
use super::shared::{Original, Shared};
use crate::codec::json::TopLevel;
use crate::rejection::Rejection;
use crate::route::Choice;
use crate::translate::{self, Dialect, Rendered, Target};
use crate::upstream::CREDENTIAL_HEADERS;

/// A request in the provider's dialect, with its credential.
#[derive(Debug)]
pub struct Forward {
    /// Header changes, relative to what Envoy has.
    pub edits: Edits,
    /// The body; `None`: the client's own.
    pub body: Option<Bytes>,
    /// Length of the body that the provider gets, in bytes.
    pub content_length: usize,
    /// Hints that were dropped because the provider has no place for them.
    pub dropped: Vec<String>,
}

/// Headers that belong to one dialect: never sent to a provider of another one.
static DIALECT_HEADERS: [(HeaderName, Dialect); 4] = [
    (HeaderName::from_static("anthropic-version"), Dialect::Anthropic),
    (HeaderName::from_static("anthropic-beta"), Dialect::Anthropic),
    (HeaderName::from_static("anthropic-dangerous-direct-browser-access"), Dialect::Anthropic),
    (HeaderName::from_static("openai-beta"), Dialect::OpenAi),
];

/// Headers that choose an account at the provider: they go with the caller's key, which the provider never sees.
static ACCOUNT_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("openai-organization"), HeaderName::from_static("openai-project")];

/// The prefix of the gateway's own headers.
pub const OWN_PREFIX: &str = "x-kanmon-";

/// Makes the request for a choice. `first`: for the first attempt, on the gate stream, where Envoy still has the client's headers.
pub fn forward(
    shared: &Shared,
    original: &Original,
    top: &TopLevel<'_>,
    choice: &Choice,
    first: bool,
) -> Result<Forward, Rejection> {
    let provider = &choice.provider;
    let target = Target {
        dialect: provider.dialect,
        provider: &provider.name,
        model: choice.model.as_deref().unwrap_or(&shared.facts.model),
        path_prefix: &provider.endpoint.path_prefix,
        default_max_tokens: provider.default_max_tokens,
        overrides: &choice.overrides,
    };
    let rendered = translate::request(shared.api, &original.body, top, &shared.facts, &target)?;
    let content_length = rendered.body.as_ref().map_or(original.body.len(), Bytes::len);
    let mut headers = Headers { shared, original, choice, rendered: &rendered, first, edits: Edits::default() };
    headers.state(&CONTENT_LENGTH, Some(HeaderValue::from(content_length)));
    let mut edits = headers.state_all();
    edits.pseudo(":path", path(shared, original, choice, &rendered));
    edits.pseudo(":authority", provider.endpoint.authority());
    let body = rendered.body.or_else(|| (!first).then(|| original.body.clone()));
    Ok(Forward { edits, body, content_length, dropped: rendered.dropped })
}

/// The path at the provider. A query is the client's business with its own dialect only.
fn path(shared: &Shared, original: &Original, choice: &Choice, rendered: &Rendered) -> String {
    let same_dialect = shared.api.dialect() == choice.provider.dialect;
    match original.fields.get(":path").and_then(|path| path.split_once('?')) {
        Some((_, query)) if same_dialect && !rendered.path.contains('?') => format!("{}?{query}", rendered.path),
        _ => rendered.path.clone(),
    }
}

/// The headers of one attempt in the making.
struct Headers<'a> {
    shared: &'a Shared,
    original: &'a Original,
    choice: &'a Choice,
    rendered: &'a Rendered,
    first: bool,
    edits: Edits,
}

impl Headers<'_> {
    fn state_all(mut self) -> Edits {
        let credential = self.choice.provider.credential.header();
        for name in CREDENTIAL_HEADERS.iter().chain(&ACCOUNT_HEADERS) {
            let own = credential.as_ref().filter(|(own, _)| own == name).map(|(_, value)| value.clone());
            let value = own.or_else(|| self.made(name));
            self.state(name, value);
        }
        for (name, dialect) in &DIALECT_HEADERS {
            let same_dialect = *dialect == self.choice.provider.dialect && *dialect == self.shared.api.dialect();
            let own = if same_dialect && self.rule(name).is_none() { self.of_client(name) } else { None };
            let value = own.or_else(|| self.made(name));
            self.state(name, value);
        }
        for name in self.shared.route.touched_headers.iter().filter(|name| !is_stated_anyway(name)) {
            let value = self.rule(name).unwrap_or_else(|| self.of_client(name));
            self.state(name, value);
        }
        for (name, value) in self.shared.snapshot.callers.forward_headers(&self.shared.principal) {
            self.state(&name, value);
        }
        self.state(&ACCEPT_ENCODING, None);
        self.state(&CONTENT_TYPE, Some(HeaderValue::from_static("application/json")));
        self.remove_forged();
        self.edits
    }

    /// States what a header shall be. On the first attempt Envoy has what the client sent, and only a change is said; later it has
    /// what the attempts before have left, and everything is said.
    fn state(&mut self, name: &HeaderName, value: Option<HeaderValue>) {
        let now = self.original.fields.raw(name.as_str());
        if self.first && now == value.as_ref().map(HeaderValue::as_bytes) {
            return;
        }
        match value {
            Some(value) => self.edits.set(name.clone(), value),
            None => self.edits.remove(name.as_str()),
        }
    }

    /// What the config or the dialect says of a header.
    fn made(&self, name: &HeaderName) -> Option<HeaderValue> {
        self.rule(name)
            .unwrap_or_else(|| self.rendered.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()))
    }

    /// What the config says of a header: the choice's word counts more than the provider's. `Some(None)`: remove it.
    fn rule(&self, name: &HeaderName) -> Option<Option<HeaderValue>> {
        let mut rules = self.choice.headers.iter().chain(&self.choice.provider.headers);
        rules.find(|(own, _)| own == name).map(|(_, value)| value.clone())
    }

    fn of_client(&self, name: &HeaderName) -> Option<HeaderValue> {
        self.original.fields.raw(name.as_str()).and_then(|value| HeaderValue::from_bytes(value).ok())
    }

    /// No client speaks in the gateway's name.
    fn remove_forged(&mut self) {
        for name in self.original.fields.names().filter(|name| name.starts_with(OWN_PREFIX)) {
            if !self.edits.set.iter().any(|(own, _)| own == name) {
                self.edits.remove.push(name.to_owned());
            }
        }
    }
}

fn is_stated_anyway(name: &HeaderName) -> bool {
    CREDENTIAL_HEADERS.contains(name)
        || ACCOUNT_HEADERS.contains(name)
        || DIALECT_HEADERS.iter().any(|(own, _)| own == name)
        || name == CONTENT_TYPE
}
