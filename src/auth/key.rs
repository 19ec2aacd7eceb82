//! API keys: made here, and known by their SHA-256 ever after.

use std::fmt::{self, Write as _};

use secrecy::SecretString;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a key.
pub type Digest = [u8; 32];

/// What every key that the gateway makes begins with, so that scanners for leaked keys can tell one.
pub const PREFIX: &str = "kmn_";

/// Characters after the prefix: 43 out of 62 are more than 256 bits.
const LENGTH: usize = 43;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new key.
#[derive(Debug)]
pub struct NewKey {
    /// The key itself, for its owner. It is kept nowhere.
    pub text: SecretString,
    /// Its SHA-256 in hex, for the config.
    pub sha256: String,
}

/// Makes a key out of the operating system's randomness. Fails where there is none.
pub fn generate() -> Result<NewKey, getrandom::Error> {
    let mut text = String::with_capacity(PREFIX.len() + LENGTH);
    text.push_str(PREFIX);
    while text.len() < PREFIX.len() + LENGTH {
        let mut random = [0; 64];
        getrandom::fill(&mut random)?;
        // Bytes from 248 up would make some characters likelier than others.
        let fair = random.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        let missing = PREFIX.len() + LENGTH - text.len();
        text.extend(fair.take(missing));
    }
    let sha256 = hex(&digest(&text));
    Ok(NewKey { text: text.into(), sha256 })
}

/// Which of a caller's keys it was: the first 8 hex digits of its SHA-256. Enough to tell two keys of one name apart, and no help in
/// finding the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// The id of the key with this digest.
    pub fn of(digest: &Digest) -> Self {
        let [a, b, c, d, ..] = *digest;
        Self([a, b, c, d])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// SHA-256 of a key.
pub fn digest(key: &str) -> Digest {
    Sha256::digest(key.as_bytes()).into()
}

/// A digest as 64 hex digits.
pub fn hex(digest: &Digest) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads 64 hex digits, in upper or lower case.
pub fn parse_hex(text: &str) -> Option<Digest> {
    let digits = text.as_bytes();
    let mut digest = [0; 32];
    if digits.len() != 2 * digest.len() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? << 4 | low?).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_new_key_is_long_plain_and_never_the_same() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        let text = one.text.expose_secret();
        assert!(text.starts_with(PREFIX) && text.len() == 47);
        assert!(text[PREFIX.len()..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(text, other.text.expose_secret());
        assert_eq!(parse_hex(&one.sha256), Some(digest(text)));
        assert!(!format!("{one:?}").contains(text));
    }

    #[test]
    fn the_digest_is_sha_256() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&digest("abc")), known);
        assert_eq!(parse_hex(&known.to_uppercase()), Some(digest("abc")));
        assert_eq!(KeyId::of(&digest("abc")).to_string(), "ba7816bf");
    }

    #[test]
    fn what_is_not_64_hex_digits_is_no_digest() {
        for text in ["", "ba78", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66), &"é".repeat(32), &"+1".repeat(32)] {
            assert_eq!(parse_hex(text), None, "{text}");
        }
    }
}
