//! The config of a gateway without a config file: a provider for each API key in the environment, or the simulated provider.

use std::collections::BTreeMap;

use super::Snapshot;
use super::beside::Beside;
use super::errors::{Errors, Report, Source};
use super::interpolate::Environment;
use super::load::built_in_prices;
use super::model::credential::Secret;
use super::model::{
    Auth, Bounds, Choice, Config, Credential, DetailedChoice, Digests, Key, LimitStore, Provider, Route, Usage,
    default_max_tokens,
};
use super::validate::{Outside, Written, validate};
use crate::translate::Dialect;
use crate::upstream::Shelf;

/// Where errors say that they are.
const ORIGIN: &str = "environment";

/// Names of models that OpenAI serves.
const OPENAI_MODELS: [&str; 3] = ["gpt-*", "o*", "chatgpt-*"];

/// Names of models that Anthropic serves.
const ANTHROPIC_MODELS: [&str; 1] = ["claude-*"];

/// Makes a config: a provider for each of `OPENAI_API_KEY` and `ANTHROPIC_API_KEY` (at `OPENAI_BASE_URL` and `ANTHROPIC_BASE_URL`),
/// or, without either, the simulated provider at the URL `simulator`, as one provider in each dialect. One API key, `demo`, may
/// call, known by its SHA-256.
pub fn auto(environment: Environment<'_>, simulator: Option<&str>, demo_key_sha256: &str) -> Result<Snapshot, Errors> {
    let (providers, routes) = match (from_keys(environment), simulator) {
        (found, _) if !found.0.is_empty() => found,
        (_, Some(url)) => simulated(url),
        (_, None) => {
            let message = "there is no config file and no provider: set OPENAI_API_KEY or ANTHROPIC_API_KEY, or write a config";
            return Err(Errors::one(ORIGIN, "", message));
        }
    };
    let demo = Key {
        name: "demo".to_owned(),
        tenant: Some("demo".to_owned()),
        sha256: Digests::One(demo_key_sha256.to_owned()),
        models: None,
        passthrough: Vec::new(),
        expires: None,
        disabled: false,
    };
    let auth = Auth { keys: vec![demo], ..Auth::default() };
    let config = Config {
        auth,
        providers,
        routes,
        limits: Vec::new(),
        limit_store: LimitStore::default(),
        prices: Default::default(),
        rate_limit_service: None,
        usage: Usage::default(),
        bounds: Bounds::default(),
    };
    let source = Source::without_places(ORIGIN);
    let mut report = Report::default();
    let mut read = |_: &std::path::Path| Err("there are no files here".to_owned());
    let shelf = Shelf::default();
    let outside = Outside { directory: std::path::Path::new(""), environment, read: &mut read, shelf: &shelf };
    let beside = Beside { prices: built_in_prices(&mut report), ..Beside::default() };
    let snapshot = validate(Written { config, source: &source, beside: &beside, outside }, &mut report);
    report.into_result(Some(snapshot)).map_err(|errors| errors.with_paths(variable))
}

type Parts = (BTreeMap<String, Provider>, Vec<Route>);

fn from_keys(environment: Environment<'_>) -> Parts {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    let (mut providers, mut routes) = (BTreeMap::new(), Vec::new());
    if let Some(key) = variable("OPENAI_API_KEY") {
        let endpoint = variable("OPENAI_BASE_URL").unwrap_or_else(|| "https://api.openai.com/v1".to_owned());
        providers.insert("openai".to_owned(), provider(Dialect::OpenAi, endpoint, Credential::Bearer(Secret::Text(key.into()))));
        routes.extend(OPENAI_MODELS.map(|model| route(model, [named("openai")])));
    }
    if let Some(key) = variable("ANTHROPIC_API_KEY") {
        let endpoint = variable("ANTHROPIC_BASE_URL").map_or_else(|| "https://api.anthropic.com/v1".to_owned(), with_version);
        providers.insert(
            "anthropic".to_owned(),
            provider(Dialect::Anthropic, endpoint, Credential::XApiKey(Secret::Text(key.into()))),
        );
        routes.extend(ANTHROPIC_MODELS.map(|model| route(model, [named("anthropic")])));
    }
    let first = if providers.contains_key("openai") { "openai" } else { "anthropic" };
    routes.push(route("*", [named(first)]));
    (providers, routes)
}

/// Anthropic's SDKs put `/v1` behind the base URL themselves; OpenAI's expect it to be in there.
fn with_version(base: String) -> String {
    let base = base.trim_end_matches('/');
    if base.ends_with("/v1") { base.to_owned() } else { format!("{base}/v1") }
}

fn simulated(url: &str) -> Parts {
    const OPENAI: &str = "sim-openai";
    const ANTHROPIC: &str = "sim-anthropic";
    let credential = || Secret::Text("simulated".into());
    let providers = BTreeMap::from([
        (OPENAI.to_owned(), provider(Dialect::OpenAi, url.to_owned(), Credential::Bearer(credential()))),
        (ANTHROPIC.to_owned(), provider(Dialect::Anthropic, url.to_owned(), Credential::XApiKey(credential()))),
    ]);
    let pairs = [("gpt-4o-mini", "claude-haiku-4-5"), ("gpt-4o", "claude-sonnet-4-5")];
    let gpt = pairs.map(|(gpt, claude)| route(gpt, [named(OPENAI), renamed(ANTHROPIC, claude)]));
    let claude = pairs.map(|(gpt, claude)| route(claude, [named(ANTHROPIC), renamed(OPENAI, gpt)]));
    let any = [route("claude-*", [named(ANTHROPIC), named(OPENAI)]), route("*", [named(OPENAI), named(ANTHROPIC)])];
    (providers, gpt.into_iter().chain(claude).chain(any).collect())
}

fn provider(dialect: Dialect, endpoint: String, credential: Credential) -> Provider {
    Provider {
        dialect: Some(dialect),
        preset: None,
        endpoint: Some(endpoint),
        api_version: None,
        project: None,
        location: None,
        region: None,
        output_limit: None,
        serves: Default::default(),
        allow_plaintext: false,
        credential,
        headers: Default::default(),
        ca_file: None,
        http2: None,
        default_max_tokens: default_max_tokens(),
        peek: false,
        passthrough: false,
        rest: Default::default(),
    }
}

fn route(model: &str, providers: impl IntoIterator<Item = Choice>) -> Route {
    let providers = providers.into_iter().collect();
    Route { model: model.to_owned(), name: None, providers, fallback: Default::default() }
}

fn named(provider: &str) -> Choice {
    Choice::Name(provider.to_owned())
}

fn renamed(provider: &str, model: &str) -> Choice {
    let (headers, body) = Default::default();
    Choice::Detailed(DetailedChoice { name: provider.to_owned(), model: Some(model.to_owned()), weight: None, headers, body })
}

/// The environment variable that a field was made of.
fn variable(path: &str) -> Option<&'static str> {
    match path {
        "providers.openai.endpoint" => Some("OPENAI_BASE_URL"),
        "providers.openai.credential.bearer" => Some("OPENAI_API_KEY"),
        "providers.anthropic.endpoint" => Some("ANTHROPIC_BASE_URL"),
        "providers.anthropic.credential.x_api_key" => Some("ANTHROPIC_API_KEY"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)], simulator: Option<&str>) -> Result<Snapshot, String> {
        let environment = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        auto(&environment, simulator, &"ab".repeat(32)).map_err(|errors| errors.to_string())
    }

    /// The providers of a model in the order of preference, with their names of it.
    fn served(snapshot: &Snapshot, model: &str) -> Vec<String> {
        let route = snapshot.routes.find(model).unwrap();
        let choices = route.choices.iter();
        choices.map(|choice| format!("{} {}", choice.provider.name, choice.model.as_deref().unwrap_or("="))).collect()
    }

    #[test]
    fn each_key_in_the_environment_is_a_provider() {
        let snapshot = with(&[("OPENAI_API_KEY", "sk-o"), ("ANTHROPIC_API_KEY", "sk-a")], Some("http://127.0.0.1:1")).unwrap();
        assert_eq!(served(&snapshot, "gpt-4o"), ["openai ="]);
        assert_eq!(served(&snapshot, "o3"), ["openai ="]);
        assert_eq!(served(&snapshot, "claude-haiku-4-5"), ["anthropic ="]);
        assert_eq!(served(&snapshot, "mistral"), ["openai ="]);
        let endpoints: Vec<_> = snapshot.providers.iter().map(|provider| provider.endpoint.authority()).collect();
        assert_eq!(endpoints, ["api.anthropic.com", "api.openai.com"]);
    }

    #[test]
    fn one_key_serves_every_model() {
        let snapshot = with(&[("ANTHROPIC_API_KEY", "sk-a"), ("OPENAI_API_KEY", "")], None).unwrap();
        assert_eq!((snapshot.providers.len(), served(&snapshot, "gpt-4o")), (1, vec!["anthropic =".to_owned()]));
    }

    #[test]
    fn base_urls_mean_what_they_mean_to_the_sdks() {
        let prefix = |key: &str, variable: &str, url: &str| {
            let snapshot = with(&[(key, "sk"), (variable, url)], None).unwrap();
            snapshot.providers[0].endpoint.path_prefix.clone()
        };
        assert_eq!(prefix("OPENAI_API_KEY", "OPENAI_BASE_URL", "https://a.example/openai/v1"), "/openai/v1");
        assert_eq!(prefix("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "https://a.example"), "/v1");
        assert_eq!(prefix("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "https://a.example/anthropic/"), "/anthropic/v1");
        assert_eq!(prefix("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "https://a.example/v1"), "/v1");
    }

    #[test]
    fn without_keys_the_simulated_provider_serves_in_both_dialects_with_fallback() {
        let snapshot = with(&[], Some("http://127.0.0.1:9999")).unwrap();
        assert_eq!(served(&snapshot, "gpt-4o-mini"), ["sim-openai =", "sim-anthropic claude-haiku-4-5"]);
        assert_eq!(served(&snapshot, "claude-haiku-4-5"), ["sim-anthropic =", "sim-openai gpt-4o-mini"]);
        assert_eq!(served(&snapshot, "anything"), ["sim-openai =", "sim-anthropic ="]);
        let demo = crate::auth::Principal::new("demo", None);
        assert_eq!(snapshot.routes.models(&demo).count(), 4);
    }

    #[test]
    fn what_is_wrong_is_told_by_the_name_of_the_variable_and_shows_no_secret() {
        assert!(with(&[], None).unwrap_err().contains("set OPENAI_API_KEY or ANTHROPIC_API_KEY"));
        let error =
            with(&[("OPENAI_API_KEY", "sk-secret\n"), ("OPENAI_BASE_URL", "http://api.example.com/v1")], None).unwrap_err();
        assert!(error.contains("environment: OPENAI_API_KEY: begins or ends with"), "{error}");
        assert!(error.contains("environment: OPENAI_BASE_URL: would send the credential unencrypted"), "{error}");
        assert!(!error.contains("sk-secret"), "{error}");
    }
}
