//! A request on its way to one provider: its dialect, its credential, and every header that any attempt could have touched.
//!
//! Header changes of one attempt leak into the next one in Envoy, so each attempt states the value of every name that it or another
//! attempt of the same route may set or remove. It always starts from the client's own request, never from what Envoy shows.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TE, TRAILER};
use http::{HeaderName, HeaderValue};

use super::fields::Edits;
use super::shared::{Original, Shared};
use crate::auth::GATEWAY_KEY;
use crate::auth::certificate::FORWARDED;
use crate::rejection::{Kind, Rejection};
use crate::route::Choice;
use crate::translate::{self, Family, Incoming, Rendered, Target, Task};
use crate::upstream::{ACCOUNT_HEADERS, CREDENTIAL_HEADERS, Credential, Signable, Unproven, caller};

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

/// Headers that belong to one family's APIs: sent only where the provider is asked in the client's own format.
static FAMILY_HEADERS: [(HeaderName, Family); 5] = [
    (HeaderName::from_static("anthropic-version"), Family::Anthropic),
    (HeaderName::from_static("anthropic-beta"), Family::Anthropic),
    (HeaderName::from_static("anthropic-dangerous-direct-browser-access"), Family::Anthropic),
    (HeaderName::from_static("openai-beta"), Family::OpenAi),
    (HeaderName::from_static("x-goog-api-client"), Family::Gemini),
];

/// Headers of the connection with the gateway that Envoy leaves: a request that is not read has nothing of them, either.
static HOP_HEADERS: [HeaderName; 2] = [TE, TRAILER];

/// Parameters of a query that hold the caller's key, which no provider sees.
const KEY_PARAMETERS: [&str; 3] = ["key", "access_token", "oauth_token"];

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The prefix of the gateway's own headers.
pub const OWN_PREFIX: &str = "x-kanmon-";

/// Makes the request for a choice. `first`: for the first attempt, on the gate stream, where Envoy still has the client's headers.
pub fn forward(
    shared: &Shared,
    original: &Original,
    incoming: &Incoming<'_>,
    choice: &Choice,
    first: bool,
) -> Result<Forward, Rejection> {
    let provider = &choice.provider;
    let target = Target {
        dialect: provider.dialect,
        format: provider.format_for(shared.api),
        hosting: &provider.hosting,
        provider: &provider.name,
        model: choice.model.as_deref().unwrap_or(&shared.facts.model),
        stream: shared.facts.stream,
        path_prefix: &provider.endpoint.path_prefix,
        default_max_tokens: provider.default_max_tokens,
        overrides: &choice.overrides,
    };
    let rendered = translate::request(incoming, &shared.facts, &target)?;
    let same_format = translate::passes(shared.api, &target) && provider.hosting.takes_what_clients_send();
    let path = path(original, &rendered, same_format);
    let authority = provider.endpoint.authority();
    let request = Signable {
        method: original.fields.get(":method").unwrap_or("POST"),
        authority: &authority,
        path: &path,
        headers: &[(CONTENT_TYPE, content_type(&rendered).unwrap_or(JSON))],
        body: rendered.body.as_ref().unwrap_or(&original.body),
        now: jiff::Timestamp::now(),
    };
    let credential = match &provider.credential {
        Credential::Caller => own_key(shared, original, choice)?,
        credential => credential.headers(&request).map_err(|error| unproven(choice, &error))?,
    };
    let content_length = rendered.body.as_ref().map_or(original.body.len(), Bytes::len);
    let mut headers = Headers { shared, original, choice, rendered: &rendered, same_format, first, edits: Edits::default() };
    headers.state_pseudo(":path", path);
    headers.state_pseudo(":authority", authority);
    let edits = headers.state_all(&credential, content_length);
    let body = rendered.body.or_else(|| (!first).then(|| original.body.clone()));
    Ok(Forward { edits, body, content_length, dropped: rendered.dropped })
}

fn unproven(choice: &Choice, error: &Unproven) -> Rejection {
    Rejection::new(Kind::NoCredential, format!("provider `{}`: {error}", choice.provider.name))
}

/// The caller's own key for this provider. The one that let the caller in here never goes on.
fn own_key(shared: &Shared, original: &Original, choice: &Choice) -> Result<Vec<(HeaderName, HeaderValue)>, Rejection> {
    let dialect = choice.provider.dialect;
    let apart = original.fields.get(GATEWAY_KEY).is_some_and(|key| !key.trim().is_empty());
    let own = (apart || shared.snapshot.callers.anyone_may())
        .then(|| caller::own_key(dialect, |name| original.fields.raw(name.as_str())))
        .flatten();
    own.map(|header| vec![header]).ok_or_else(|| {
        let (name, place) = (&choice.provider.name, caller::key_place(dialect));
        let gateways = if shared.snapshot.callers.anyone_may() {
            String::new()
        } else {
            format!(", and the gateway's key as `{GATEWAY_KEY}: KEY`")
        };
        let message = format!("provider `{name}` is asked with your own key for it: send that as `{place}`{gateways}");
        Rejection::new(Kind::OwnKeyMissing, message)
    })
}

/// The path at the provider. A query is the client's business with its own format only, and keys in it are never.
fn path(original: &Original, rendered: &Rendered, same_format: bool) -> String {
    match original.fields.get(":path").and_then(|path| path.split_once('?')) {
        Some((_, query)) if same_format && !rendered.path.contains('?') => match without_keys(query) {
            query if query.is_empty() => rendered.path.clone(),
            query => format!("{}?{query}", rendered.path),
        },
        _ => rendered.path.clone(),
    }
}

fn without_keys(query: &str) -> Cow<'_, str> {
    let is_key = |parameter: &str| KEY_PARAMETERS.contains(&parameter.split('=').next().unwrap_or_default());
    if !query.split('&').any(is_key) {
        return query.into();
    }
    query.split('&').filter(|parameter| !is_key(parameter)).collect::<Vec<_>>().join("&").into()
}

fn content_type(rendered: &Rendered) -> Option<HeaderValue> {
    rendered.headers.iter().find(|(name, _)| name == CONTENT_TYPE).map(|(_, value)| value.clone())
}

/// The headers of one attempt in the making.
struct Headers<'a> {
    shared: &'a Shared,
    original: &'a Original,
    choice: &'a Choice,
    rendered: &'a Rendered,
    same_format: bool,
    first: bool,
    edits: Edits,
}

impl Headers<'_> {
    fn state_all(mut self, credential: &[(HeaderName, HeaderValue)], content_length: usize) -> Edits {
        let unread = self.shared.api.task() == Task::Opaque;
        // Where there is no body there need be no length of it, either.
        let length = if unread && content_length == 0 { self.of_client(&CONTENT_LENGTH) } else { Some(content_length.into()) };
        self.state(&CONTENT_LENGTH, length);
        for name in &CREDENTIAL_HEADERS {
            let own = credential.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
            let value = own.or_else(|| self.made(name));
            self.state(name, value);
        }
        let own_account = matches!(self.choice.provider.credential, Credential::Caller);
        for name in &ACCOUNT_HEADERS {
            let value = self.made(name).or_else(|| if own_account { self.of_client(name) } else { None });
            self.state(name, value);
        }
        for (name, family) in &FAMILY_HEADERS {
            let same = self.same_format && *family == self.shared.api.family();
            let own = if same && self.rule(name).is_none() { self.of_client(name) } else { None };
            let value = own.or_else(|| self.made(name));
            self.state(name, value);
        }
        let accept = self.rule(&ACCEPT).unwrap_or_else(|| self.of_format(&ACCEPT).or_else(|| self.of_client(&ACCEPT)));
        self.state(&ACCEPT, accept);
        for name in self.shared.route.touched_headers.iter().filter(|name| !is_stated_anyway(name)) {
            let value = self.rule(name).unwrap_or_else(|| self.of_client(name));
            self.state(name, value);
        }
        for (name, value) in self.shared.snapshot.callers.forward_headers(&self.shared.principal) {
            self.state(&name, value);
        }
        self.state(&ACCEPT_ENCODING, None);
        for name in HOP_HEADERS.iter().filter(|_| unread) {
            self.state(name, None);
        }
        let content_type = content_type(self.rendered);
        self.state(&CONTENT_TYPE, if unread { content_type } else { content_type.or(Some(JSON)) });
        self.remove_forged();
        self.edits
    }

    /// Whether Envoy has it so already. On the first attempt it has what the client sent, and only a change is said; later it has what
    /// the attempts before have left, and everything is said.
    fn stands(&self, name: &str, value: Option<&[u8]>) -> bool {
        self.first && self.original.fields.raw(name) == value
    }

    /// States what a pseudo-header shall be.
    fn state_pseudo(&mut self, name: &'static str, value: String) {
        if !self.stands(name, Some(value.as_bytes())) {
            self.edits.pseudo(name, value);
        }
    }

    /// States what a header shall be.
    fn state(&mut self, name: &HeaderName, value: Option<HeaderValue>) {
        if self.stands(name.as_str(), value.as_ref().map(HeaderValue::as_bytes)) {
            return;
        }
        match value {
            Some(value) => self.edits.set(name.clone(), value),
            None => self.edits.remove(name.as_str()),
        }
    }

    /// What the config or the provider's format says of a header.
    fn made(&self, name: &HeaderName) -> Option<HeaderValue> {
        self.rule(name).unwrap_or_else(|| self.of_format(name))
    }

    /// What the provider's format says of a header.
    fn of_format(&self, name: &HeaderName) -> Option<HeaderValue> {
        self.rendered.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    }

    /// What the config says of a header: the choice's word counts more than the provider's. `Some(None)`: remove it.
    fn rule(&self, name: &HeaderName) -> Option<Option<HeaderValue>> {
        let mut rules = self.choice.headers.iter().chain(&self.choice.provider.headers);
        rules.find(|(own, _)| own == name).map(|(_, value)| value.clone())
    }

    fn of_client(&self, name: &HeaderName) -> Option<HeaderValue> {
        self.original.fields.raw(name.as_str()).and_then(|value| HeaderValue::from_bytes(value).ok())
    }

    /// No client speaks in the gateway's name; and what proxies tell us of the client's certificate is told to us alone.
    fn remove_forged(&mut self) {
        for name in self.original.fields.names().filter(|name| name.starts_with(OWN_PREFIX) || *name == FORWARDED) {
            if !self.edits.set.iter().any(|(own, _)| own == name) {
                self.edits.remove.push(name.to_owned());
            }
        }
    }
}

fn is_stated_anyway(name: &HeaderName) -> bool {
    CREDENTIAL_HEADERS.contains(name)
        || ACCOUNT_HEADERS.contains(name)
        || FAMILY_HEADERS.iter().any(|(own, _)| own == name)
        || name == CONTENT_TYPE
        || name == ACCEPT
}
