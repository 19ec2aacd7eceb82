//! Stage 2, who calls: API keys, known by their SHA-256 only.

use std::sync::Arc;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key's name.
    pub key: Arc<str>,
    /// Who the key belongs to.
    pub tenant: Option<Arc<str>>,
}

/// Everybody who may call. Built by `config::validate`.
#[derive(Debug, Default)]
pub struct Callers {}
