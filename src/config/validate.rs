//! From a config as written to a [`Snapshot`]: everything is checked here, so that nothing has to be checked per request.
//!
//! All errors are collected. A part that is wrong is left out and validation goes on; a snapshot comes out only when nothing was.

mod auth;
mod bounds;
mod limit_store;
mod limits;
mod places;
mod prices;
mod providers;
mod routes;
mod rules;
mod service;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::Path as FilePath;
use std::sync::Arc;

use secrecy::SecretString;

use super::beside::Beside;
use super::errors::{Check, Report, Source};
use super::interpolate::Environment;
use super::model::{Config, Unpriced};
use super::node::{Path, Shown};
use super::{Snapshot, model};
use crate::limit::Rules;
use crate::upstream::Shelf;

/// A config as written, with what its errors point at.
pub(super) struct Written<'a> {
    pub(super) config: Config,
    pub(super) source: &'a Source,
    /// What stands in other files.
    pub(super) beside: &'a Beside,
    pub(super) outside: Outside<'a>,
}

/// What a config refers to that does not stand in it.
pub(super) struct Outside<'a> {
    /// Where paths that are not absolute begin.
    pub(super) directory: &'a FilePath,
    /// The environment's variables.
    pub(super) environment: Environment<'a>,
    /// Reads the secret in a file, or says what is wrong with the file.
    pub(super) read: &'a mut dyn FnMut(&FilePath) -> Result<SecretString, String>,
    /// The credentials that are kept fresh already.
    #[cfg_attr(
        not(any(feature = "aws", feature = "azure", feature = "gcp")),
        expect(dead_code, reason = "without these, none is kept fresh")
    )]
    pub(super) shelf: &'a Shelf,
}

/// Validates a config. What is wrong is in the report.
pub(super) fn validate(written: Written<'_>, report: &mut Report) -> Snapshot {
    let Written { config, source, beside, mut outside } = written;
    let directory = outside.directory;
    let opaque = config.providers.iter().filter(|(_, provider)| provider.passthrough).map(|(name, _)| name.clone()).collect();
    let callers = auth::callers(&config.auth, beside, opaque, directory, source, report);
    let prices = beside.prices.as_ref();
    let prices = prices.map(|(table, source)| prices::prices(&mut Check { source, report }, table)).unwrap_or_default();
    let mut check = Check { source, report };
    let providers = providers::providers(&mut check, config.providers, &mut outside);
    let routes = routes::routes(&mut check, config.routes, &providers);
    limits::limits(&mut check, &config.limits);
    let limit_store = limit_store::limit_store(&mut check, config.limit_store, directory);
    let rate_limit_service = config.rate_limit_service.and_then(|written| service::service(&mut check, written));
    bounds::bounds(&mut check, &config.bounds);
    Snapshot {
        callers,
        providers: providers.into_values().flatten().collect(),
        routes,
        limit_store,
        limits: Rules::new(&config.limits).priced(&prices.currency, config.prices.unpriced == Unpriced::Deny),
        prices: Arc::new(prices),
        rate_limit_service,
        bounds: config.bounds,
        usage: model::Usage { file: config.usage.file.map(|file| outside.directory.join(file)) },
    }
}

/// Checks a name that is told to people: it must fit into a header and a log line.
fn name(check: &mut Check<'_>, path: &Path<'_>, name: &str) {
    let fits = crate::auth::is_name(name);
    check.require(fits, path, "must be a name of 1 to 128 printable ASCII characters, without a space at its ends");
}

/// Checks that a name stands in a list only once; `earlier` are the names before it.
fn unique(check: &mut Check<'_>, path: &Path<'_>, name: &str, earlier: &mut HashSet<String>) {
    if !earlier.insert(name.to_owned()) {
        check.error(path, format!("the name `{}` stands here twice: names must differ", Shown(name)));
    }
}
