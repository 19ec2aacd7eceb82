//! Routes: which providers serve a model.

use std::sync::Arc;

use http::HeaderName;

use super::providers::Providers;
use super::{name, rules};
use crate::config::errors::Check;
use crate::config::model::{self, DetailedChoice};
use crate::config::node::{Path, Shown};
use crate::route::glob::Glob;
use crate::route::suggest::nearest;
use crate::route::{Choice, Fallback, Route, Routes, order};
use crate::upstream::{Credential, Provider};

/// The most routes.
const MOST_ROUTES: usize = 5_000;

/// The most providers in a route: Envoy is given an order for each that may be first.
const MOST_CHOICES: usize = 16;

/// The most repeats of the last provider.
const MOST_REPEATS: u32 = 10;

/// Validates the routes.
pub(super) fn routes(check: &mut Check<'_>, written: Vec<model::Route>, providers: &Providers) -> Routes {
    let path = Path::Root.field("routes");
    check.require(!written.is_empty(), &path, "there is no route: add one for each model, or one for all with `model: \"*\"`");
    check.require(written.len() <= MOST_ROUTES, &path, "has more than 5000 routes: use globs");
    let mut earlier = Vec::with_capacity(written.len());
    let mut routes = Vec::with_capacity(written.len());
    for (index, route) in written.into_iter().take(MOST_ROUTES).enumerate() {
        let path = path.item(index);
        reachable(check, &path.field("model"), &route.model, &mut earlier);
        routes.extend(self::route(check, &path, route, providers).map(Arc::new));
    }
    Routes::new(routes).with_opaque(providers.values().flatten().filter(|provider| provider.passthrough).map(opaque))
}

/// To one provider, at most once.
fn opaque(provider: &Arc<Provider>) -> Route {
    let fallback = Fallback {
        statuses: Vec::new(),
        server_errors: false,
        connect: false,
        reset: false,
        first_byte_timeout: None,
        timeout: false,
        repeats: 0,
    };
    let choices: Vec<_> = order::targets([&*provider.name])
        .into_iter()
        .map(|target| Choice {
            target,
            provider: Arc::clone(provider),
            model: None,
            weight: None,
            headers: Vec::new(),
            overrides: Vec::new(),
        })
        .collect();
    let orders = order::orders(&choices, &fallback);
    let name: Arc<str> = format!("{}/*", provider.name).into();
    Route { model: name.to_string(), name, touched_headers: touched(&choices), choices, fallback, orders }
}

/// Checks the pattern, and that no earlier route takes all of its models.
fn reachable(check: &mut Check<'_>, path: &Path<'_>, model: &str, earlier: &mut Vec<Glob>) {
    match Glob::parse(model) {
        Err(error) => check.error(path, error.to_string()),
        Ok(glob) => {
            if let Some(before) = earlier.iter().find(|before| before.covers(&glob)) {
                let message = format!("is never reached: the earlier route `{before}` takes all of it; put this one before it");
                check.error(path, message);
            }
            earlier.push(glob);
        }
    }
}

fn route(check: &mut Check<'_>, path: &Path<'_>, written: model::Route, providers: &Providers) -> Option<Route> {
    if let Some(text) = &written.name {
        name(check, &path.field("name"), text);
    }
    let list = path.field("providers");
    check.require(!written.providers.is_empty(), &list, "there is no provider in this route: name at least one");
    check.require(written.providers.len() <= MOST_CHOICES, &list, "has more than 16 providers: split the route");
    weights(check, &list, &written.providers);
    let fallback = fallback(check, &path.field("fallback"), &written.fallback);
    let choices: Vec<_> = written
        .providers
        .into_iter()
        .take(MOST_CHOICES)
        .enumerate()
        .map(|(index, choice)| self::choice(check, &list.item(index), choice, providers))
        .collect();
    let mut choices: Vec<Choice> = choices.into_iter().collect::<Option<_>>()?;
    alone(check, &list, &choices);
    let targets = order::targets(choices.iter().map(|choice| &*choice.provider.name));
    for (choice, target) in choices.iter_mut().zip(targets) {
        choice.target = target;
    }
    let orders = order::orders(&choices, &fallback);
    let name = written.name.unwrap_or_else(|| written.model.clone()).into();
    let touched_headers = touched(&choices);
    Some(Route { name, model: written.model, choices, fallback, orders, touched_headers })
}

/// The caller's own key is for one provider, so that there must be no other to fall back to.
fn alone(check: &mut Check<'_>, list: &Path<'_>, choices: &[Choice]) {
    let is_own = |choice: &Choice| matches!(choice.provider.credential, Credential::Caller);
    let Some((index, own)) = choices.iter().enumerate().find(|(_, choice)| is_own(choice)) else { return };
    if choices.iter().any(|choice| choice.provider.name != own.provider.name) {
        let message = "is asked with the caller's own key (`credential: caller`), which no other provider may get: give it a route \
                       of its own";
        check.error(&list.item(index), message);
    }
}

fn choice(check: &mut Check<'_>, path: &Path<'_>, written: model::Choice, providers: &Providers) -> Option<Choice> {
    let (named, written) = match written {
        model::Choice::Name(name) => (*path, plain(name)),
        model::Choice::Detailed(detailed) => (path.field("name"), detailed),
    };
    let provider = provider(check, &named, &written.name, providers);
    if let Some(model) = &written.model {
        let fits = !model.is_empty() && model.len() <= 512 && !model.chars().any(char::is_control);
        check.require(fits, &path.field("model"), "must be a model's name, at most 512 bytes; leave it out for the client's own");
    }
    let headers = rules::headers(check, &path.field("headers"), &written.headers);
    let overrides = rules::body(check, &path.field("body"), &written.body);
    let target = written.name.as_str().into();
    Some(Choice { target, provider: provider?, model: written.model, weight: written.weight, headers, overrides })
}

fn plain(name: String) -> DetailedChoice {
    DetailedChoice { name, model: None, weight: None, headers: Default::default(), body: Default::default() }
}

fn provider(check: &mut Check<'_>, path: &Path<'_>, name: &str, providers: &Providers) -> Option<Arc<Provider>> {
    if let Some(provider) = providers.get(name) {
        return provider.clone();
    }
    let hint = match &*nearest(name, providers.keys().map(String::as_str), 1) {
        [close, ..] => format!("did you mean \"{close}\"?"),
        [] => "add it under `providers`".to_owned(),
    };
    check.error(path, format!("there is no provider \"{}\"; {hint}", Shown(name)));
    None
}

/// Weights are shares among neighbours: none may be 0, and none may stand alone.
fn weights(check: &mut Check<'_>, path: &Path<'_>, choices: &[model::Choice]) {
    let weight = |index: Option<usize>| match choices.get(index?)? {
        model::Choice::Detailed(choice) => choice.weight,
        model::Choice::Name(_) => None,
    };
    for index in 0..choices.len() {
        let item = path.item(index);
        let field = item.field("weight");
        match weight(Some(index)) {
            None => {}
            Some(0) => check.error(&field, "must be at least 1; leave the provider out to give it nothing"),
            Some(_) => {
                let equals = weight(index.checked_sub(1)).or(weight(index.checked_add(1)));
                check.require(equals.is_some(), &field, "has no effect: no provider next to this one has a weight");
            }
        }
    }
}

fn fallback(check: &mut Check<'_>, path: &Path<'_>, written: &model::Fallback) -> Fallback {
    let mut fallback = Fallback {
        statuses: Vec::new(),
        server_errors: false,
        connect: false,
        reset: false,
        first_byte_timeout: written.first_byte_timeout.map(|timeout| timeout.0),
        timeout: false,
        repeats: written.repeats,
    };
    for (index, on) in written.on.iter().enumerate() {
        match on.as_str() {
            "5xx" => fallback.server_errors = true,
            "connect" => fallback.connect = true,
            "reset" => fallback.reset = true,
            "timeout" => fallback.timeout = true,
            status => match status.parse() {
                Ok(status) if (400..600).contains(&status) => fallback.statuses.push(status),
                _ => {
                    let message = "must be a status from 400 to 599, `5xx`, `connect`, `reset` or `timeout`";
                    check.error(&path.field("on").item(index), message);
                }
            },
        }
    }
    fallback.statuses.sort_unstable();
    fallback.statuses.dedup();
    let timeout = fallback.first_byte_timeout.is_none_or(|timeout| !timeout.is_zero());
    check.require(timeout, &path.field("first_byte_timeout"), "must be more than 0; leave it out for no bound");
    if fallback.first_byte_timeout.is_some() && fallback.reset != fallback.timeout {
        // Envoy's retry policy has one word, `reset`, for both.
        let message =
            "with a `first_byte_timeout`, list `reset` and `timeout` together or neither: Envoy does not tell them apart";
        check.error(&path.field("on"), message);
    }
    check.require(written.repeats <= MOST_REPEATS, &path.field("repeats"), "must be at most 10");
    fallback
}

fn touched(choices: &[Choice]) -> Vec<HeaderName> {
    let all = choices.iter().flat_map(|choice| choice.provider.headers.iter().chain(&choice.headers));
    let mut names: Vec<HeaderName> = all.map(|(name, _)| name.clone()).collect();
    names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    names.dedup();
    names
}
