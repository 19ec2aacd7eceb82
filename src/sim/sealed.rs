//! What only the provider can read, and must get back as it gave it: signatures of thinking, encrypted reasoning, redacted thinking,
//! signatures of thoughts.
//!
//! All of it is made of the text alone, so that any simulator knows what another one gave.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sha2::{Digest as _, Sha256};

/// The signature of a text.
pub(super) fn signature(of: &str) -> String {
    STANDARD.encode(Sha256::new().chain_update("simulated thinking:").chain_update(of).finalize())
}

/// A text that only the provider can read.
pub(super) fn seal(text: &str) -> String {
    STANDARD.encode(format!("{MARK}{text}"))
}

/// Whether a simulator sealed it, in either alphabet of base64: Google's clients change it.
pub(super) fn is_sealed(data: &str) -> bool {
    STANDARD.decode(data).or_else(|_| URL_SAFE.decode(data)).is_ok_and(|bytes| bytes.starts_with(MARK.as_bytes()))
}

const MARK: &str = "redacted thinking:";
