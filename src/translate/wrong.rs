//! Two ways in which a client's body cannot be read: it breaks the rules of its API, or it asks for what no other API has.

use std::fmt;

use crate::translate::RequestError;
use crate::translate::fault::Fault;

/// A fault, and whose it is.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// The body breaks the rules of the client's API.
    Invalid(Fault),
    /// The body may be good, but only a provider of the client's own API can serve it.
    Foreign(Fault),
}

impl Wrong {
    /// The same, seen from further out.
    pub(crate) fn within(self, outer: impl fmt::Display) -> Self {
        match self {
            Self::Invalid(fault) => Self::Invalid(fault.within(outer)),
            Self::Foreign(fault) => Self::Foreign(fault.within(outer)),
        }
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self::Invalid(fault)
    }
}

impl From<Wrong> for RequestError {
    /// Which provider the request goes to is not known while it is read, only that its dialect is another one.
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Invalid(fault) => fault.into(),
            Wrong::Foreign(fault) => fault.untranslatable(),
        }
    }
}
