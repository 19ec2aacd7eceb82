//! Where budgets are kept.

use std::path::Path as FilePath;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use crate::config::errors::Check;
use crate::config::model::{LimitStore, RedisStore};
use crate::config::node::Path;

/// How long a request may wait for the store.
const TIMEOUT: std::ops::RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(10);
/// The longest prefix of keys, in bytes.
const LONGEST_PREFIX: usize = 64;

/// Validates the store.
pub(super) fn limit_store(check: &mut Check<'_>, store: LimitStore, directory: &FilePath) -> LimitStore {
    match store {
        LimitStore::Memory => LimitStore::Memory,
        LimitStore::Redis(mut config) => {
            redis(check, &Path::Root.field("limit_store").field("redis"), &config);
            config.password_file = config.password_file.map(|file| directory.join(file));
            config.ca_file = config.ca_file.map(|file| directory.join(file));
            LimitStore::Redis(config)
        }
    }
}

fn redis(check: &mut Check<'_>, path: &Path<'_>, config: &RedisStore) {
    let url = config.url.expose_secret();
    if let Err(message) = check_url(url) {
        check.error(&path.field("url"), message);
    }
    let twice = config.password_file.is_some() && has_password(url);
    check.require(!twice, &path.field("password_file"), "stands beside a password in `url`: keep one of them");
    let over_tls = url.starts_with("rediss://") || url.starts_with("valkeys://");
    check.require(config.ca_file.is_none() || over_tls, &path.field("ca_file"), "is for `rediss://` only");
    let prefix = &config.prefix;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    let fits = (1..=LONGEST_PREFIX).contains(&prefix.len()) && prefix.bytes().all(plain);
    check.require(fits, &path.field("prefix"), "must have 1 to 64 letters, digits, `-`, `_`, `.` or `:`");
    check.require(TIMEOUT.contains(&config.timeout.0), &path.field("timeout"), "must be from 1ms to 10s");
    check.require(config.gateways > 0, &path.field("gateways"), "must be at least 1");
}

fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()).unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(feature = "redis")]
fn check_url(url: &str) -> Result<(), &'static str> {
    crate::limit::check_url(url)
}

#[cfg(not(feature = "redis"))]
fn check_url(_: &str) -> Result<(), &'static str> {
    Err("this build of Kanmon has no Redis: build it with the cargo feature `redis`, or keep budgets in memory")
}
