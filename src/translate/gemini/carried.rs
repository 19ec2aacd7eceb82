//! Signatures in `thoughtSignature`, Google's own and those of others.
//!
//! The field holds bytes in base64, and Google's SDKs decode and encode it again, in the other alphabet if they like. So another
//! provider's signature or encrypted thinking is base64 once more, behind a word that says what it is; Google's own stays as it is,
//! but for the alphabet.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use crate::translate::signature;

const SIGNATURE: &str = "kanmon-signature:";
const REDACTED: &str = "kanmon-redacted:";
/// What Google takes in place of a signature that there never was (thought signatures, calls made by others).
pub(super) const NONE: &str = "skip_thought_signature_validator";

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a `thoughtSignature` of a client holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Carried<'a> {
    /// Google's own.
    Google(Cow<'a, str>),
    /// Another provider's, as that provider wrote it.
    Foreign(String),
    /// Another provider's encrypted thinking.
    Redacted(String),
}

/// Reads the `thoughtSignature` of a client.
pub(super) fn read(text: &str) -> Carried<'_> {
    if text == NONE {
        return Carried::Google(text.into());
    }
    let standard = match text.contains(['-', '_']) {
        true => Cow::Owned(text.replace('-', "+").replace('_', "/")),
        false => Cow::Borrowed(text),
    };
    let decoded = LENIENT.decode(standard.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded {
        Some(text) if text.starts_with(SIGNATURE) => Carried::Foreign(text[SIGNATURE.len()..].to_owned()),
        Some(text) if text.starts_with(REDACTED) => Carried::Redacted(text[REDACTED.len()..].to_owned()),
        _ => Carried::Google(standard),
    }
}

/// A signature of the hub's, for a client.
pub(super) fn signed(signature: &str) -> Cow<'_, str> {
    match signature::open(signature) {
        Some(own) => own.into(),
        None => STANDARD.encode(format!("{SIGNATURE}{signature}")).into(),
    }
}

/// Encrypted thinking, for a client.
pub(super) fn redacted(data: &str) -> String {
    STANDARD.encode(format!("{REDACTED}{data}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_googles_sdk_sends_it_back(text: &str) -> String {
        text.replace('+', "-").replace('/', "_")
    }

    #[test]
    fn another_providers_signature_survives_googles_sdk() {
        for original in ["ErUBCk+YIB/hgCIkD=", "", "ü?>~~~"] {
            let back = as_googles_sdk_sends_it_back(&signed(original));
            assert_eq!(read(&back), Carried::Foreign(original.to_owned()));
            assert_eq!(read(back.trim_end_matches('=')), Carried::Foreign(original.to_owned()));
            let back = as_googles_sdk_sends_it_back(&redacted(original));
            assert_eq!(read(&back), Carried::Redacted(original.to_owned()));
        }
    }

    #[test]
    fn googles_own_stays_as_it_is() {
        assert_eq!(signed(&signature::seal("Cg+/==")), "Cg+/==");
        assert_eq!(read("Cg-_=="), Carried::Google("Cg+/==".into()));
        assert_eq!(read(NONE), Carried::Google(NONE.into()));
    }
}
