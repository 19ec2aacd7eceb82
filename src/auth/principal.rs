//! Who calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::key::KeyId;
use crate::route::glob::Glob;

/// The longest name of a key, tenant, provider, route or limit, in bytes.
const LONGEST_NAME: usize = 128;

/// Whether this can be a name, which is told to people: it must fit into a header and a log line.
pub fn is_name(name: &str) -> bool {
    let is_printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && name.trim() == name;
    !name.is_empty() && name.len() <= LONGEST_NAME && is_printable
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The name of the key, or of whoever has the token or certificate.
    pub key: Arc<str>,
    /// Which of the key's digests it was. `None`: it was no key.
    pub key_id: Option<KeyId>,
    /// Who the key belongs to.
    pub tenant: Option<Arc<str>>,
    /// The models that it may use. `None`: all.
    pub models: Option<Vec<Glob>>,
    /// The providers that it may ask for what the gateway does not know.
    pub passthrough: Vec<Glob>,
    /// Claims of its token that the config wants to be kept.
    pub claims: BTreeMap<Arc<str>, Arc<str>>,
}

impl Principal {
    /// Somebody who may use every model, and nothing that the gateway does not know.
    pub fn new(key: &str, tenant: Option<&str>) -> Self {
        let (key, tenant) = (key.into(), tenant.map(Into::into));
        Self { key, key_id: None, tenant, models: None, passthrough: Vec::new(), claims: BTreeMap::new() }
    }

    /// Whether this key may use a model, by the name that clients know.
    pub fn may_use(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|globs| globs.iter().any(|glob| glob.matches(model)))
    }

    /// Whether this key may ask a provider for what the gateway does not know.
    pub fn may_pass_to(&self, provider: &str) -> bool {
        self.passthrough.iter().any(|glob| glob.matches(provider))
    }
}
