//! What a token says: in time, for us, and who its bearer is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::fault::Fault;
use crate::auth::{Principal, is_name};
use crate::route::glob::Glob;

/// The most models that a token may list.
const MOST_MODELS: usize = 200;

/// The claims of a token: an object.
#[derive(Debug)]
pub(super) struct Claims(pub(super) Value);

impl Claims {
    /// A claim that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Checks `exp`, which must be there, and `nbf`. Returns the second since 1970 from which on the token is expired.
    pub(super) fn check_times(&self, now: Timestamp, leeway: Duration) -> Result<i64, Fault> {
        let leeway = i64::try_from(leeway.as_secs()).unwrap_or(i64::MAX);
        let end = self.seconds("exp")?.ok_or(Fault::Malformed("it does not say when it ends (`exp`)"))?;
        let begin = self.seconds("nbf")?.unwrap_or(i64::MIN);
        let now = now.as_second();
        if now >= end.saturating_add(leeway) {
            return Err(Fault::Expired(Timestamp::from_second(end).unwrap_or(Timestamp::MIN)));
        }
        if now < begin.saturating_sub(leeway) {
            return Err(Fault::NotYet(Timestamp::from_second(begin).unwrap_or(Timestamp::MAX)));
        }
        Ok(end.saturating_add(leeway))
    }

    /// Checks that the token is meant for one of these.
    pub(super) fn check_audience(&self, audiences: &[String]) -> Result<(), Fault> {
        let is_ours = |said: &Value| said.as_str().is_some_and(|said| audiences.iter().any(|own| own == said));
        let said = match self.0.get("aud") {
            Some(Value::Array(list)) => list.iter().any(is_ours),
            Some(one) => is_ours(one),
            None => false,
        };
        if said { Ok(()) } else { Err(Fault::Audience) }
    }

    /// A time in seconds since 1970, which may have a fraction.
    fn seconds(&self, name: &str) -> Result<Option<i64>, Fault> {
        match self.0.get(name) {
            None => Ok(None),
            // Saturates, so that a time without end is one.
            Some(Value::Number(number)) => Ok(number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds.floor() as i64))),
            Some(_) => Err(Fault::Malformed("a time in it is no number")),
        }
    }
}

/// Where a claim stands: a name, or, beginning with `/`, a JSON pointer (RFC 6901) to one within another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(String);

impl ClaimPath {
    /// A path as it is written.
    pub fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    fn find<'a>(&self, claims: &'a Claims) -> Option<&'a Value> {
        if self.0.starts_with('/') { claims.0.pointer(&self.0) } else { claims.0.get(&self.0) }
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who the tenant of a token's bearer is.
#[derive(Debug)]
pub enum Tenant {
    /// The same for all, or nobody.
    Fixed(Option<Arc<str>>),
    /// As a claim says, which must be there.
    Claim(ClaimPath),
}

/// The models that a token's bearer may use.
#[derive(Debug)]
pub enum Models {
    /// The same for all. `None`: all there are.
    Fixed(Option<Vec<Glob>>),
    /// As a claim lists, which must be there.
    Claim(ClaimPath),
}

/// Who the bearer of an issuer's token is.
#[derive(Debug)]
pub struct Identity {
    /// The claim with the bearer's name.
    pub name: ClaimPath,
    /// What stands before it, so that it is nobody else's.
    pub prefix: String,
    /// The tenant.
    pub tenant: Tenant,
    /// The models.
    pub models: Models,
    /// The providers that it may ask for what the gateway does not know.
    pub passthrough: Vec<Glob>,
    /// Claims that are kept.
    pub kept: Vec<ClaimPath>,
    /// Claims that must have one of these values.
    pub required: Vec<(ClaimPath, Vec<String>)>,
}

impl Identity {
    pub(super) fn principal(&self, claims: &Claims) -> Result<Principal, Fault> {
        for (path, values) in &self.required {
            if !path.find(claims).is_some_and(|claim| has_one_of(claim, values)) {
                return Err(Fault::Lacks(format!("the claim `{path}` must have another value")));
            }
        }
        let name = format!("{}{}", self.prefix, name(claims, &self.name)?);
        if !is_name(&name) {
            return Err(unnamed(&self.name));
        }
        let tenant = match &self.tenant {
            Tenant::Fixed(tenant) => tenant.clone(),
            Tenant::Claim(path) => Some(name_of(claims, path)?),
        };
        let models = match &self.models {
            Models::Fixed(models) => models.clone(),
            Models::Claim(path) => Some(models(claims, path)?),
        };
        let kept = self.kept.iter().filter_map(|path| Some((path.0.as_str().into(), single(path.find(claims)?)?.into())));
        let claims = kept.collect::<BTreeMap<Arc<str>, Arc<str>>>();
        Ok(Principal { tenant, models, passthrough: self.passthrough.clone(), claims, ..Principal::new(&name, None) })
    }
}

fn name(claims: &Claims, path: &ClaimPath) -> Result<String, Fault> {
    path.find(claims).and_then(single).ok_or_else(|| unnamed(path))
}

fn name_of(claims: &Claims, path: &ClaimPath) -> Result<Arc<str>, Fault> {
    name(claims, path).map(Into::into)
}

fn unnamed(path: &ClaimPath) -> Fault {
    Fault::Lacks(format!("the claim `{path}` must be a name of 1 to 128 printable ASCII characters"))
}

/// Globs in a list, or in one text with spaces between them.
fn models(claims: &Claims, path: &ClaimPath) -> Result<Vec<Glob>, Fault> {
    let fault = || Fault::Lacks(format!("the claim `{path}` must list models, as a list or with spaces between them"));
    let claim = path.find(claims).filter(|claim| claim.is_string() || claim.is_array()).ok_or_else(fault)?;
    let globs: Result<Vec<_>, _> = words(claim).take(MOST_MODELS + 1).map(|model| Glob::parse(&model)).collect();
    globs.ok().filter(|globs| globs.len() <= MOST_MODELS).ok_or_else(fault)
}

/// A claim as a single word that can stand in a log, a header or the name of a budget.
fn single(claim: &Value) -> Option<String> {
    let text = match claim {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => claim.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    is_name(&text).then_some(text)
}

/// Whether a claim is one of these values, or has one among its words.
fn has_one_of(claim: &Value, values: &[String]) -> bool {
    let is_one = |word: &str| values.iter().any(|value| value == word);
    claim.as_str().is_some_and(is_one) || words(claim).any(|word| is_one(&word))
}

/// A claim as words: the items of a list, or those of a text (`scope` has spaces between them).
fn words(claim: &Value) -> impl Iterator<Item = String> + '_ {
    let (text, items) = match claim {
        Value::String(text) => (text.as_str(), &[][..]),
        Value::Array(items) => ("", items.as_slice()),
        other => ("", std::slice::from_ref(other)),
    };
    let items = items.iter().filter_map(|item| match item {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(item.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    text.split_ascii_whitespace().map(str::to_owned).chain(items)
}
