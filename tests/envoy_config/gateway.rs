//! Snapshots as the config would make them, for tests of the Envoy configuration alone.

use std::net::SocketAddr;
use std::sync::Arc;

use kanmon::auth::Callers;
use kanmon::config::{Bounds, Snapshot};
use kanmon::route::{Choice, Fallback, Order, Route, Routes};
use kanmon::translate::{Dialect, Hosting};
use kanmon::upstream::{Credential, Endpoint, Provider};

/// The secret of every provider: it must never be found in a configuration.
pub(crate) const SECRET: &str = "sk-secret-of-a-provider";

/// A provider in plain text, at an address.
pub(crate) fn provider(name: &str, address: SocketAddr) -> Provider {
    provider_at(name, false, &address.ip().to_string(), address.port())
}

/// A provider.
pub(crate) fn provider_at(name: &str, tls: bool, host: &str, port: u16) -> Provider {
    Provider {
        name: name.into(),
        dialect: Dialect::OpenAi,
        serves: Default::default(),
        hosting: Hosting::Owner,
        endpoint: Endpoint { tls, host: host.to_owned(), port, path_prefix: "/v1".to_owned() },
        credential: Credential::bearer(SECRET).unwrap(),
        headers: Vec::new(),
        ca_file: None,
        http2: None,
        default_max_tokens: 4096,
        peek: false,
        passthrough: false,
        credential_ends: false,
        rest: Default::default(),
    }
}

/// Everything is a failure, nothing is bounded in time.
pub(crate) fn fallback() -> Fallback {
    Fallback {
        statuses: vec![429],
        server_errors: true,
        connect: true,
        reset: true,
        first_byte_timeout: None,
        timeout: true,
        repeats: 0,
    }
}

/// A route over providers, with an order for each that may be first.
pub(crate) fn route(model: &str, providers: &[&Arc<Provider>], fallback: Fallback) -> Route {
    let choices: Vec<Choice> = providers.iter().map(|provider| choice(provider)).collect();
    let orders = (0..choices.len()).map(|first| order(model, &choices, first)).collect();
    Route { name: model.into(), model: model.to_owned(), choices, fallback, orders, touched_headers: Vec::new() }
}

fn choice(provider: &Arc<Provider>) -> Choice {
    Choice {
        target: Arc::clone(&provider.name),
        provider: Arc::clone(provider),
        model: None,
        weight: None,
        headers: Vec::new(),
        overrides: Vec::new(),
    }
}

fn order(model: &str, choices: &[Choice], first: usize) -> Order {
    let others = (0..choices.len()).filter(|index| *index != first);
    let choices_in_order: Vec<usize> = std::iter::once(first).chain(others).collect();
    let targets: Vec<&str> = choices_in_order.iter().map(|index| &*choices[*index].target).collect();
    Order {
        cluster: format!("order:{}", targets.join(",")).into(),
        envoy_route: format!("{model}:{}", targets.join(",")).into(),
        choices: choices_in_order,
    }
}

/// A snapshot with these routes and all of their providers.
pub(crate) fn snapshot(routes: Vec<Route>) -> Snapshot {
    let mut providers: Vec<Arc<Provider>> =
        routes.iter().flat_map(|route| &route.choices).map(|choice| Arc::clone(&choice.provider)).collect();
    providers.sort_by(|one, other| one.name.cmp(&other.name));
    providers.dedup_by(|one, other| one.name == other.name);
    Snapshot {
        callers: Callers::default(),
        providers,
        routes: Routes::new(routes.into_iter().map(Arc::new).collect()),
        rate_limit_service: None,
        limits: Default::default(),
        limit_store: Default::default(),
        prices: Default::default(),
        bounds: Bounds::default(),
        usage: Default::default(),
    }
}
