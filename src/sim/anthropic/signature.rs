//! Signatures of thinking: given with it, and checked when it comes back.
//!
//! A real provider takes thinking back only unmodified. The signature is made of the text alone, so that any simulator knows what
//! another one signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// What the signature of a thinking block must be.
pub(super) fn of(thinking: &str) -> String {
    STANDARD.encode(Sha256::new().chain_update("simulated thinking:").chain_update(thinking).finalize())
}

/// What only the provider can read.
pub(super) fn redact(thinking: &str) -> String {
    STANDARD.encode(format!("{MARK}{thinking}"))
}

/// Whether it was redacted by a simulator.
pub(super) fn is_redacted(data: &str) -> bool {
    STANDARD.decode(data).is_ok_and(|bytes| bytes.starts_with(MARK.as_bytes()))
}

const MARK: &str = "redacted thinking:";
