//! Keys and who they belong to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use http::HeaderName;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{name, rules, unique};
use crate::auth::{self, Callers, Entry, Principal, key};
use crate::config::errors::{Check, Report, Source};
use crate::config::model::{Auth, Forward, Key};
use crate::config::node::{Path, Shown};
use crate::route::glob::Glob;

/// Everybody who may call: the keys of the config and those of its keys file. `opaque` are the providers with `passthrough`.
pub(super) fn callers(
    auth: &Auth,
    opaque: Vec<String>,
    source: &Source,
    more: Option<(&[Key], &Source)>,
    report: &mut Report,
) -> Callers {
    let mut keys = Keys { opaque, ..Keys::default() };
    let path = Path::Root.field("auth");
    let list = path.field("keys");
    keys.read(&mut Check { source, report }, &list, &auth.keys);
    if let Some((more, source)) = more {
        keys.read(&mut Check { source, report }, &Path::Root, more);
    }
    let mut check = Check { source, report };
    who_comes_in(&mut check, &path, auth);
    open_paths(&mut check, &path.field("open_paths"), &auth.open_paths);
    let forward = forward(&mut check, &path.field("forward"), &auth.forward);
    let callers = if auth.anonymous { Callers::anyone() } else { Callers::with_keys(keys.entries) };
    callers.open_paths(auth.open_paths.clone()).forward(forward)
}

/// An empty keys file is somebody's decision (all keys revoked); no keys at all is an oversight.
fn who_comes_in(check: &mut Check<'_>, path: &Path<'_>, auth: &Auth) {
    let keys = !auth.keys.is_empty() || auth.keys_file.is_some();
    if auth.anonymous && keys {
        check.error(&path.field("anonymous"), "everybody comes in, so keys have no effect: leave out `anonymous` or the keys");
    } else if !auth.anonymous && !keys {
        let message = "there are no keys, so nobody could call: make one with `kanmon key` and put it under `auth.keys`, \
                       or let everybody in with `anonymous: true`";
        check.error(path, message);
    }
}

#[derive(Default)]
struct Keys {
    entries: HashMap<key::Digest, Entry>,
    names: HashSet<String>,
    opaque: Vec<String>,
}

impl Keys {
    fn read(&mut self, check: &mut Check<'_>, list: &Path<'_>, keys: &[Key]) {
        for (index, key) in keys.iter().enumerate() {
            self.key(check, &list.item(index), key);
        }
    }

    fn key(&mut self, check: &mut Check<'_>, path: &Path<'_>, key: &Key) {
        name(check, &path.field("name"), &key.name);
        unique(check, &path.field("name"), &key.name, &mut self.names);
        if let Some(tenant) = &key.tenant {
            name(check, &path.field("tenant"), tenant);
        }
        let models = key.models.as_ref().map(|models| globs(check, &path.field("models"), models));
        let passthrough = self.passthrough(check, &path.field("passthrough"), &key.passthrough);
        let expires = key.expires.as_ref().and_then(|text| expires(check, &path.field("expires"), text));
        let sha256 = path.field("sha256");
        let Some(digest) = key::parse_hex(&key.sha256) else {
            let message = "must be the SHA-256 of a key, 64 hex digits: `kanmon key` makes one. Never put a key itself here";
            return check.error(&sha256, message);
        };
        let principal = Principal { models, passthrough, ..Principal::new(&key.name, key.tenant.as_deref()) };
        let entry = Entry { principal: Arc::new(principal), expires, disabled: key.disabled };
        if let Some(earlier) = self.entries.insert(digest, entry) {
            let message = format!("this is the same key as `{}`: a key belongs to one name", Shown(&earlier.principal.key));
            check.error(&sha256, message);
        }
    }
}

impl Keys {
    /// A glob that fits no provider is an oversight: it would let the key in nowhere.
    fn passthrough(&self, check: &mut Check<'_>, path: &Path<'_>, patterns: &[String]) -> Vec<Glob> {
        let globs = globs(check, path, patterns);
        for (index, pattern) in patterns.iter().enumerate() {
            let fits = |glob: &Glob| self.opaque.iter().any(|provider| glob.matches(provider));
            if Glob::parse(pattern).is_ok_and(|glob| !fits(&glob)) {
                check.error(&path.item(index), format!("no provider with `passthrough: true` is named `{}`", Shown(pattern)));
            }
        }
        globs
    }
}

fn globs(check: &mut Check<'_>, path: &Path<'_>, patterns: &[String]) -> Vec<Glob> {
    let mut globs = Vec::with_capacity(patterns.len());
    for (index, pattern) in patterns.iter().enumerate() {
        match Glob::parse(pattern) {
            Ok(glob) => globs.push(glob),
            Err(error) => check.error(&path.item(index), error.to_string()),
        }
    }
    globs
}

fn expires(check: &mut Check<'_>, path: &Path<'_>, text: &str) -> Option<Timestamp> {
    let date = || text.parse::<Date>().ok().filter(|_| text.len() == 10)?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let time = date().or_else(|| text.parse().ok());
    check.require(time.is_some(), path, "must be a time like `2027-01-31T12:00:00Z`, or a date like `2027-01-31`");
    time
}

fn open_paths(check: &mut Check<'_>, path: &Path<'_>, paths: &[String]) {
    for (index, open) in paths.iter().enumerate() {
        let plain = open.starts_with('/') && open.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#*".contains(&byte));
        check.require(plain, &path.item(index), "must be a path that begins with `/`, without `?`, `#`, `*` or spaces");
        let is_api = open == "/v1" || open.starts_with("/v1/");
        check.require(!is_api, &path.item(index), "is a path of the API, which needs a key: `open_paths` is for health checks");
    }
}

fn forward(check: &mut Check<'_>, path: &Path<'_>, forward: &Forward) -> auth::Forward {
    let key = forward.key.as_ref().and_then(|name| header(check, &path.field("key"), name));
    let tenant = forward.tenant.as_ref().and_then(|name| header(check, &path.field("tenant"), name));
    check.require(key.is_none() || key != tenant, &path.field("tenant"), "must be another header than that of `key`");
    auth::Forward { key, tenant }
}

fn header(check: &mut Check<'_>, path: &Path<'_>, name: &str) -> Option<HeaderName> {
    let header = rules::header_name(check, path, name)?;
    match rules::reserved(&header).or_else(|| rules::credential(&header)) {
        Some(message) => check.error(path, message),
        None => return Some(header),
    }
    None
}
