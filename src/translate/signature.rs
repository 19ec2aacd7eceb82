//! Whose a signature of thinking is.
//!
//! A signature is good only at the provider that made it: another one refuses the whole request for it. In [`Thinking`] and
//! [`Delta::Signature`] those of Google's models are sealed, that is, they begin with a word that no provider's own signature can
//! begin with (they are base64). So a conversation may go from one provider to another: each takes back its own and leaves the
//! other's out. On a tool call the field is Google's alone and is not sealed.
//!
//! [`Thinking`]: super::conversation::Thinking
//! [`Delta::Signature`]: super::answer::Delta::Signature

use super::text::Str;

const GOOGLE: &str = "google:";
/// How a sealed signature begins in JSON.
pub(super) const IN_JSON: &str = "\"google:";

/// A signature of Google's, for the hub.
pub(super) fn seal(signature: &str) -> Str<'static> {
    format!("{GOOGLE}{signature}").into()
}

/// The signature as Google wrote it, if it is Google's.
pub(super) fn open(sealed: &str) -> Option<&str> {
    sealed.strip_prefix(GOOGLE).filter(|signature| !signature.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_is_googles() {
        assert_eq!(open(&seal("Cg==")), Some("Cg=="));
        assert_eq!(open("ErUBCkYIBhgCIkD="), None);
        assert_eq!(open("google:"), None);
    }
}
