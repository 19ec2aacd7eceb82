//! Why a request may not go on: a limit is reached, or nobody can tell whether one is.

use std::sync::Arc;
use std::time::Duration;

use super::exceeded::Exceeded;
use crate::rejection::{Kind, Rejection};

/// When to come back who was turned away because the store is away: by then it has been looked for again.
const SOON: Duration = Duration::from_secs(1);

/// The request may not go on. Nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A limit is reached.
    #[error(transparent)]
    Exceeded(Exceeded),
    /// The store of the budgets is away, and this limit lets nobody through then.
    #[error("This gateway cannot tell what is left of its limit `{0}`: the store of its budgets is away. Try again later.")]
    Away(Arc<str>),
}

impl Refused {
    /// A refusal always has a limit that refuses.
    pub(super) fn exceeded(exceeded: Option<Exceeded>) -> Self {
        exceeded.map_or_else(|| Self::away(None), Self::Exceeded)
    }

    pub(super) fn away(rule: Option<Arc<str>>) -> Self {
        Self::Away(rule.unwrap_or_default())
    }
}

impl From<Exceeded> for Refused {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

impl From<Refused> for Rejection {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Exceeded(exceeded) => exceeded.into(),
            Refused::Away(_) => {
                let mut rejection = Self::new(Kind::LimitsAway, refused.to_string());
                rejection.retry_after = Some(SOON);
                rejection
            }
        }
    }
}
