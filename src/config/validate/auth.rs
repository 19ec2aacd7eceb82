//! Who may call: keys, tokens and certificates, and who they belong to.

mod certificates;
mod issuers;
mod keys;

use std::num::NonZeroU32;
use std::path::Path as FilePath;
use std::sync::Arc;

use http::HeaderName;

use super::{name, rules, unique};
use crate::auth::jwt::Issuers;
use crate::auth::{self, Allowance, Callers};
use crate::config::beside::Beside;
use crate::config::errors::{Check, Report, Source};
use crate::config::model::{Auth, Forward, Throttle};
use crate::config::node::{Path, Shown};
use crate::route::glob::Glob;

/// The longest time over which failures are counted.
const LONGEST_THROTTLE: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);

/// Everybody who may call. `opaque` are the providers with `passthrough`; paths of files begin at `directory`.
pub(super) fn callers(
    auth: &Auth,
    beside: &Beside,
    opaque: Vec<String>,
    directory: &FilePath,
    source: &Source,
    report: &mut Report,
) -> Callers {
    let path = Path::Root.field("auth");
    let keys = keys::keys(auth, beside, &opaque, source, report);
    let mut check = Check { source, report };
    let issuers = issuers::issuers(&mut check, &path.field("jwt"), &auth.jwt, beside, &opaque, directory);
    let certificates = auth.client_certificates.as_ref();
    let certificates =
        certificates.map(|written| certificates::certificates(&mut check, &path.field("client_certificates"), written, &opaque));
    who_comes_in(&mut check, &path, auth);
    open_paths(&mut check, &path.field("open_paths"), &auth.open_paths);
    let forward = forward(&mut check, &path.field("forward"), &auth.forward);
    let allowance = throttle(&mut check, &path.field("throttle"), auth.throttle);
    let mut callers = if auth.anonymous { Callers::anyone() } else { Callers::with_keys(keys.entries) };
    if !issuers.is_empty() {
        let named = auth.client_certificates.iter().flat_map(|written| &written.callers).filter_map(|caller| caller.name.clone());
        callers = callers.issuers(Issuers::new(issuers, keys.names.into_iter().chain(named).map(Arc::from).collect()));
    }
    if let Some(certificates) = certificates {
        callers = callers.certificates(certificates);
    }
    if let Some(allowance) = allowance {
        callers = callers.throttled(allowance);
    }
    callers.open_paths(auth.open_paths.clone()).forward(forward)
}

/// An empty keys file or directory is somebody's decision (all keys revoked); nobody at all is an oversight.
fn who_comes_in(check: &mut Check<'_>, path: &Path<'_>, auth: &Auth) {
    let keys = !auth.keys.is_empty() || auth.keys_file.is_some() || !auth.keys_dirs.is_empty();
    let others = !auth.jwt.is_empty() || auth.client_certificates.is_some();
    if auth.anonymous && (keys || others) {
        let message =
            "everybody comes in, so keys have no effect: leave out `anonymous`, or the keys, `jwt` and `client_certificates`";
        check.error(&path.field("anonymous"), message);
    } else if !auth.anonymous && !keys && !others {
        let message = "there are no keys, so nobody could call: make one with `kanmon key` and put it under `auth.keys`, \
                       or let everybody in with `anonymous: true`";
        check.error(path, message);
    }
}

/// What a caller may do, however it proves who it is.
struct Leave {
    tenant: Option<Arc<str>>,
    models: Option<Vec<Glob>>,
    passthrough: Vec<Glob>,
}

/// Checks what stands beside a caller: `tenant`, `models` and `passthrough`.
fn leave(
    check: &mut Check<'_>,
    path: &Path<'_>,
    (tenant, models, passthrough): (Option<&String>, Option<&Vec<String>>, &[String]),
    opaque: &[String],
) -> Leave {
    if let Some(tenant) = tenant {
        name(check, &path.field("tenant"), tenant);
    }
    Leave {
        tenant: tenant.map(|tenant| tenant.as_str().into()),
        models: models.map(|models| globs(check, &path.field("models"), models)),
        passthrough: self::passthrough(check, &path.field("passthrough"), passthrough, opaque),
    }
}

/// A glob that fits no provider is an oversight: it would let the caller in nowhere.
fn passthrough(check: &mut Check<'_>, path: &Path<'_>, patterns: &[String], opaque: &[String]) -> Vec<Glob> {
    let globs = globs(check, path, patterns);
    for (index, pattern) in patterns.iter().enumerate() {
        let fits = |glob: &Glob| opaque.iter().any(|provider| glob.matches(provider));
        if Glob::parse(pattern).is_ok_and(|glob| !fits(&glob)) {
            check.error(&path.item(index), format!("no provider with `passthrough: true` is named `{}`", Shown(pattern)));
        }
    }
    globs
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

fn throttle(check: &mut Check<'_>, path: &Path<'_>, throttle: Throttle) -> Option<Allowance> {
    let every = throttle.every.0;
    let fits = !every.is_zero() && every <= LONGEST_THROTTLE;
    check.require(fits, &path.field("every"), "must be more than 0 and at most 1d");
    Some(Allowance { failures: NonZeroU32::new(throttle.failures)?, every })
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
