//! Providers: where they are and how the gateway proves itself to them.

mod aws;
#[cfg(feature = "azure")]
mod azure;
mod credential;
#[cfg(feature = "gcp")]
mod google;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::credential::{Subject, credential};
use super::{Outside, places, rules};
use crate::config::errors::Check;
use crate::config::model;
use crate::config::node::Path;
use crate::translate::{Dialect, Hosting};
use crate::upstream::{Endpoint, Preset, Provider, Serves};

/// Where OpenAI itself is.
const OPENAI_HOST: &str = "api.openai.com";
/// The longest name of a provider, in bytes: Envoy's cluster names are made of several.
const LONGEST_NAME: usize = 64;

/// The providers by name; `None` for one that has errors, so that nobody is told that it does not exist.
pub(super) type Providers = BTreeMap<String, Option<Arc<Provider>>>;

/// Validates the providers.
pub(super) fn providers(
    check: &mut Check<'_>,
    written: BTreeMap<String, model::Provider>,
    outside: &mut Outside<'_>,
) -> Providers {
    let path = Path::Root.field("providers");
    check.require(!written.is_empty(), &path, "there is no provider: add one");
    let mut providers = Providers::new();
    for (name, provider) in written {
        let validated = self::provider(check, &path.field(&name), &name, provider, outside);
        providers.insert(name, validated.map(Arc::new));
    }
    providers
}

fn provider(
    check: &mut Check<'_>,
    path: &Path<'_>,
    name: &str,
    written: model::Provider,
    outside: &mut Outside<'_>,
) -> Option<Provider> {
    let message = "a provider's name must have 1 to 64 letters, digits, `-`, `_` or `.`, and begin with a letter or digit";
    check.require(is_name(name), path, message);
    let dialect = dialect(check, path, &written)?;
    let hosting = places::hosting(check, path, &written, dialect);
    aws::region(check, path, &written, dialect);
    let endpoint = endpoint(check, path, &written, dialect, hosting.as_ref());
    let subject = Subject { name, written: &written, dialect, endpoint: endpoint.as_ref() };
    let credential = credential(check, path, subject, outside);
    let headers = rules::headers(check, &path.field("headers"), &written.headers);
    check.require(written.default_max_tokens > 0, &path.field("default_max_tokens"), "must be at least 1");
    rest(check, &path.field("rest"), &written.rest);
    let message = "is for the dialects `openai`, `anthropic`, `gemini` and `cohere`: other hosts have paths of their own";
    check.require(!written.passthrough || dialect.opaque().is_some(), &path.field("passthrough"), message);
    Some(Provider {
        name: name.into(),
        dialect,
        serves: serves(check, path, &written, hosting.as_ref(), endpoint.as_ref()),
        hosting: hosting?,
        endpoint: endpoint?,
        credential: credential?,
        credential_ends: credential::ends(&written.credential),
        headers,
        ca_file: written.ca_file.map(|file| outside.directory.join(file)),
        http2: written.http2,
        default_max_tokens: written.default_max_tokens,
        peek: written.peek,
        passthrough: written.passthrough,
        rest: written.rest,
    })
}

/// OpenAI itself serves all of its APIs, and one that is compatible with it may serve chat completions only; of vendors it is known.
fn serves(
    check: &mut Check<'_>,
    path: &Path<'_>,
    written: &model::Provider,
    hosting: Option<&Hosting>,
    endpoint: Option<&Endpoint>,
) -> Serves {
    let model::Serves { responses, completions, tokenize } = written.serves;
    let is_openais = written.preset.is_some() || matches!(written.dialect, Some(Dialect::OpenAi | Dialect::Azure));
    if !is_openais && (responses == Some(true) || completions == Some(true) || tokenize) {
        check
            .error(&path.field("serves"), "is for providers of the dialects `openai` and `azure`: others do not have these APIs");
    }
    let by_default = match (written.preset.map(Preset::facts), written.dialect, hosting) {
        (Some(facts), ..) => Serves { responses: facts.responses, completions: facts.completions },
        // The dated API has had responses only since its last previews, and completions for a model that is gone.
        (_, _, Some(Hosting::Azure(azure))) => Serves { responses: !azure.is_dated(), completions: false },
        (_, Some(Dialect::OpenAi), _) => {
            let own = endpoint.is_some_and(|endpoint| endpoint.host == OPENAI_HOST);
            Serves { responses: own, completions: own }
        }
        _ => Serves::default(),
    };
    Serves { responses: responses.unwrap_or(by_default.responses), completions: completions.unwrap_or(by_default.completions) }
}

/// Names of providers become parts of names in Envoy, where `,`, `:`, `#` and `~` separate them.
fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// A preset is a provider of the dialect `openai`.
fn dialect(check: &mut Check<'_>, path: &Path<'_>, written: &model::Provider) -> Option<Dialect> {
    if written.preset.is_some() {
        let message = "must be `openai`, or left out: a preset speaks OpenAI's API";
        check.require(written.dialect.is_none_or(|dialect| dialect == Dialect::OpenAi), &path.field("dialect"), message);
        return Some(Dialect::OpenAi);
    }
    if written.dialect.is_none() {
        check.error(path, "has no `dialect`: say which API it speaks, or which vendor it is with `preset`");
    }
    written.dialect
}

/// Where it is: as the config says, or as follows from the preset, from the place, from the dialect.
fn endpoint(
    check: &mut Check<'_>,
    path: &Path<'_>,
    written: &model::Provider,
    dialect: Dialect,
    hosting: Option<&Hosting>,
) -> Option<Endpoint> {
    let field = path.field("endpoint");
    let preset = written.preset.map(|preset| preset.facts().endpoint.to_owned());
    let place = || aws::endpoint(written, dialect).or_else(|| hosting?.endpoint());
    let known = || preset.or_else(place).or_else(|| dialect.owner().map(str::to_owned));
    let Some(url) = written.endpoint.clone().or_else(known) else {
        // Where the place is wrong, that is told already.
        if hosting.is_some() && !aws::is_aws(dialect) {
            check.error(path, format!("has no `endpoint`: a provider of the dialect `{}` needs one", dialect.name()));
        }
        return None;
    };
    let endpoint = match Endpoint::parse(&url, dialect) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            check.error(&field, error.to_string());
            return None;
        }
    };
    let proves_itself = !matches!(written.credential, model::Credential::None);
    if !endpoint.tls && proves_itself && !endpoint.is_private() && !written.allow_plaintext {
        let message = "would send the credential unencrypted over the internet: use `https://`, or say `allow_plaintext: true`";
        check.error(&field, message);
    }
    check.require(endpoint.tls || written.ca_file.is_none(), &path.field("ca_file"), "is of no use with `http://`");
    Some(endpoint)
}

fn rest(check: &mut Check<'_>, path: &Path<'_>, rest: &model::Rest) {
    let failures = "must be at least 1; with `for: 0s` failures never make it rest";
    check.require(rest.after_failures > 0, &path.field("after_failures"), failures);
}
