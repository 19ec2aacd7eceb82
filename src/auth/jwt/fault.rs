//! Why a token is refused, in words for whoever sent it. Nothing is told of which keys there are.

use std::time::Duration;

use jiff::Timestamp;

use crate::auth::refusal;
use crate::config::Shown;
use crate::rejection::{Kind, Rejection};

/// When to come back while the keys are being fetched.
const SOON: Duration = Duration::from_secs(1);
/// When to come back while the issuer cannot be reached.
const LATER: Duration = Duration::from_secs(5);

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("This token cannot be read: {0}.")]
    Malformed(&'static str),
    #[error("This token is of an issuer (`iss`) that this gateway does not know.")]
    UnknownIssuer,
    #[error("This token is signed with an algorithm (`alg`) that this gateway does not accept of its issuer.")]
    Algorithm,
    #[error("The signature of this token fits no key of its issuer.")]
    Signature,
    #[error("This token expired on {0}. Get a new one.")]
    Expired(Timestamp),
    #[error("This token is valid from {0} on, and not before.")]
    NotYet(Timestamp),
    #[error("This token is not meant for this gateway: its audience (`aud`) is another.")]
    Audience,
    #[error("This token does not have what this gateway asks for: {}.", Shown(.0))]
    Lacks(String),
    #[error("The name in this token is that of another caller of this gateway.")]
    NameTaken,
    #[error("The keys of this token's issuer could not be fetched yet: the identity provider is not reachable. Try again later.")]
    Unreachable,
    #[error("The keys of this token's issuer are being fetched anew. Try again.")]
    Refreshing,
}

impl From<Fault> for Rejection {
    fn from(fault: Fault) -> Self {
        let message = fault.to_string();
        let invalid = |message, description| refusal::invalid(Kind::TokenInvalid, message, description);
        match fault {
            Fault::Malformed(_) => invalid(message, "the token is malformed"),
            Fault::UnknownIssuer => invalid(message, "the issuer is not known"),
            Fault::Algorithm => invalid(message, "the algorithm is not accepted"),
            Fault::Signature => invalid(message, "the signature is not valid"),
            Fault::NotYet(_) => invalid(message, "the token is not yet valid"),
            Fault::Audience => invalid(message, "the audience is another"),
            Fault::Expired(_) => refusal::invalid(Kind::TokenExpired, message, "the token has expired"),
            Fault::Lacks(_) | Fault::NameTaken => refusal::insufficient(message),
            Fault::Unreachable => Self { retry_after: Some(LATER), ..Self::new(Kind::IssuerUnreachable, message) },
            Fault::Refreshing => Self { retry_after: Some(SOON), ..Self::new(Kind::IssuerUnreachable, message) },
        }
    }
}
