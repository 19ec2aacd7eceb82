//! Identity providers.

use core::net::IpAddr;
use std::collections::HashSet;
use std::path::Path as FilePath;
use std::sync::Arc;

use http::Uri;

use super::{Leave, leave};
use crate::auth::is_name;
use crate::auth::jwt::{ClaimPath, Identity, Issuer, KeySet, KeySource, Location, Models, Tenant};
use crate::config::beside::Beside;
use crate::config::errors::Check;
use crate::config::model::Jwt;
use crate::config::node::Path;

/// The most issuers: each has a task of its own.
const MOST_ISSUERS: usize = 100;
/// The most leeway, in seconds.
const MOST_LEEWAY: u64 = 300;
/// The longest text in the config of an issuer, in bytes.
const LONGEST: usize = 1024;
/// Characters in the names of callers that the prefix leaves to them.
const LONGEST_PREFIX: usize = 32;

pub(super) fn issuers(
    check: &mut Check<'_>,
    path: &Path<'_>,
    written: &[Jwt],
    beside: &Beside,
    opaque: &[String],
    directory: &FilePath,
) -> Vec<Issuer> {
    check.require(written.len() <= MOST_ISSUERS, path, "has more than 100 issuers");
    distinct(check, path, written);
    let mut sources: Vec<Arc<KeySource>> = Vec::new();
    let mut issuers = Vec::with_capacity(written.len());
    for (index, issuer) in written.iter().enumerate().take(MOST_ISSUERS) {
        let path = path.item(index);
        let leave = leave(check, &path, (issuer.tenant.as_ref(), issuer.models.as_ref(), &issuer.passthrough), opaque);
        texts(check, &path, issuer);
        let file = beside.key_sets.get(index).and_then(Option::as_deref);
        let Some(keys) = keys(check, &path, issuer, file, directory, &mut sources) else { continue };
        issuers.push(Issuer {
            name: issuer.issuer.clone(),
            audiences: issuer.audiences.clone(),
            algorithms: issuer.algorithms.clone(),
            leeway: issuer.leeway.0,
            keys,
            identity: identity(check, &path, issuer, leave),
        });
    }
    issuers
}

/// Callers of two issuers must not share names, and with them budgets.
fn distinct(check: &mut Check<'_>, path: &Path<'_>, written: &[Jwt]) {
    let (mut names, mut prefixes) = (HashSet::new(), HashSet::new());
    for (index, issuer) in written.iter().enumerate() {
        let path = path.item(index);
        check.require(names.insert(&issuer.issuer), &path.field("issuer"), "stands here twice: give it all its `audiences` once");
        let message = "is that of another issuer, too: give each its own, so that their callers do not share names";
        check.require(prefixes.insert(&issuer.name_prefix), &path.field("name_prefix"), message);
    }
}

fn texts(check: &mut Check<'_>, path: &Path<'_>, issuer: &Jwt) {
    let fits = |text: &str| !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control);
    let message = "must be a text of 1 to 1024 bytes, without control characters";
    check.require(fits(&issuer.issuer), &path.field("issuer"), message);
    let audiences = path.field("audiences");
    check.require(!issuer.audiences.is_empty(), &audiences, "is empty, so no token would be meant for this gateway");
    for (index, audience) in issuer.audiences.iter().enumerate() {
        check.require(fits(audience), &audiences.item(index), message);
    }
    check.require(!issuer.algorithms.is_empty(), &path.field("algorithms"), "is empty, so no token would be accepted");
    check.require(issuer.leeway.0.as_secs() <= MOST_LEEWAY, &path.field("leeway"), "must be at most 5m");
    let prefix =
        issuer.name_prefix.is_empty() || (is_name(issuer.name_prefix.trim_end()) && issuer.name_prefix.len() <= LONGEST_PREFIX);
    check.require(prefix, &path.field("name_prefix"), "must have at most 32 printable ASCII characters");
}

/// The issuer's keys, or where they are. Two issuers with the same URL share what is fetched.
fn keys(
    check: &mut Check<'_>,
    path: &Path<'_>,
    issuer: &Jwt,
    file: Option<&str>,
    directory: &FilePath,
    sources: &mut Vec<Arc<KeySource>>,
) -> Option<Arc<KeySource>> {
    match (&issuer.jwks_uri, &issuer.jwks_file) {
        (Some(uri), None) => {
            if let Err(message) = reachable(uri) {
                check.error(&path.field("jwks_uri"), message);
                return None;
            }
            let ca_file = issuer.ca_file.as_ref().map(|file| directory.join(file));
            let location = Location { uri: uri.clone(), ca_file };
            if let Some(known) = sources.iter().find(|known| known.location() == Some(&location)) {
                return Some(Arc::clone(known));
            }
            let source = KeySource::at(location);
            sources.push(Arc::clone(&source));
            Some(source)
        }
        (None, Some(_)) => {
            check.require(issuer.ca_file.is_none(), &path.field("ca_file"), "is for `jwks_uri` only: remove it");
            let set = KeySet::parse(file?.as_bytes());
            set.map_err(|error| check.error(&path.field("jwks_file"), error.to_string())).ok().map(KeySource::fixed)
        }
        _ => {
            check.error(path, "must have exactly one of `jwks_uri` and `jwks_file`");
            None
        }
    }
}

/// Whether keys may be fetched there: whoever can change them on the way lets in whom they like.
fn reachable(uri: &str) -> Result<(), &'static str> {
    let message = "must be a URL that begins with `https://`, without a user name or password";
    let parsed: Uri = uri.parse().map_err(|_| message)?;
    let authority = parsed.authority().ok_or(message)?;
    if authority.as_str().contains('@') || authority.host().is_empty() || uri.contains('#') {
        return Err(message);
    }
    match parsed.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(authority.host()) => Ok(()),
        Some("http") => Err(
            "must begin with `https://`: keys that came in plain text could be anybody's (`http://` is for this machine only)",
        ),
        _ => Err(message),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

fn identity(check: &mut Check<'_>, path: &Path<'_>, issuer: &Jwt, leave: Leave) -> Identity {
    let both = |one: bool, other: bool| !(one && other);
    let tenant = both(issuer.tenant.is_some(), issuer.tenant_claim.is_some());
    check.require(tenant, &path.field("tenant_claim"), "stands beside `tenant`: keep one of them");
    let models = both(issuer.models.is_some(), issuer.models_claim.is_some());
    check.require(models, &path.field("models_claim"), "stands beside `models`: keep one of them");
    let name = claim(check, &path.field("name_claim"), &issuer.name_claim);
    let tenant_claim = issuer.tenant_claim.as_ref().map(|written| claim(check, &path.field("tenant_claim"), written));
    let models_claim = issuer.models_claim.as_ref().map(|written| claim(check, &path.field("models_claim"), written));
    let list = path.field("claims");
    let kept = issuer.claims.iter().enumerate().map(|(index, written)| claim(check, &list.item(index), written)).collect();
    let map = path.field("required_claims");
    let mut required = Vec::with_capacity(issuer.required_claims.len());
    for (written, values) in &issuer.required_claims {
        let path = map.field(written);
        check.require(!values.is_empty(), &path, "is empty: list the values of which the claim must have one");
        required.push((claim(check, &path, written), values.clone()));
    }
    Identity {
        name,
        prefix: issuer.name_prefix.clone(),
        tenant: tenant_claim.map_or(Tenant::Fixed(leave.tenant), Tenant::Claim),
        models: models_claim.map_or(Models::Fixed(leave.models), Models::Claim),
        passthrough: leave.passthrough,
        kept,
        required,
    }
}

fn claim(check: &mut Check<'_>, path: &Path<'_>, written: &str) -> ClaimPath {
    let fits = !written.is_empty() && written.len() <= LONGEST && !written.contains(char::is_control);
    check.require(fits, path, "must be the name of a claim, or a JSON pointer to one (`/realm_access/team`)");
    ClaimPath::new(written)
}
