//! The public keys of an issuer: a JWK set (RFC 7517), of which only what verifies signatures is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::algorithm::Algorithm;

/// The most keys that are kept. Issuers have two or three.
const MOST_KEYS: usize = 100;
/// The smallest RSA key, in bytes of its modulus: 2,048 bits.
const SMALLEST_RSA: usize = 256;

/// The keys of an issuer.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    /// Equal for equal documents.
    pub(super) version: u64,
}

/// Why a document is no JWK set that could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// It is something else.
    #[error("it is no JWK set: an object with a list `keys`")]
    NotASet,
    /// It has too many keys.
    #[error("it has more than {MOST_KEYS} keys")]
    TooMany,
    /// Nothing in it verifies signatures.
    #[error("it has no key that could verify a signature (RSA from 2048 bits, P-256, P-384 or Ed25519)")]
    NoKey,
}

/// A key that verifies signatures.
#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

/// A key as it is written. What is no text is read as an error and the key is left out: issuers publish keys for other uses, too.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a document.
    ///
    /// # Errors
    /// [`KeySetError`]; a set without any key that could be used is one, too.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        let Document { keys } = serde_json::from_slice(document).map_err(|_| KeySetError::NotASet)?;
        if keys.len() > MOST_KEYS {
            return Err(KeySetError::TooMany);
        }
        let keys: Vec<_> = keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).filter_map(Key::of).collect();
        if keys.is_empty() {
            return Err(KeySetError::NoKey);
        }
        let version = Sha256::digest(document).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        Ok(Self { keys, version })
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that a token with this algorithm and this `kid` may be signed with. A token without one fits if only one key does.
    pub(super) fn fitting<'a>(&'a self, algorithm: Algorithm, id: Option<&'a str>) -> impl Iterator<Item = &'a Key> {
        let fits = move |key: &&Key| key.algorithms.contains(&algorithm) && (id.is_none() || key.id.as_deref() == id);
        let most = if id.is_none() && self.keys.iter().filter(fits).count() > 1 { 0 } else { usize::MAX };
        self.keys.iter().filter(fits).take(most)
    }
}

impl Key {
    fn of(jwk: Jwk) -> Option<Self> {
        let is_for_signatures = jwk.usage.as_ref().is_none_or(|usage| usage == "sig");
        let may_verify = jwk.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !is_for_signatures || !may_verify {
            return None;
        }
        let (possible, key): (&[Algorithm], _) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => (&Algorithm::RSA, rsa(jwk.n?, jwk.e?)?),
            ("EC", Some("P-256")) => (&[Algorithm::ES256], DecodingKey::from_ec_components(&jwk.x?, &jwk.y?).ok()?),
            ("EC", Some("P-384")) => (&[Algorithm::ES384], DecodingKey::from_ec_components(&jwk.x?, &jwk.y?).ok()?),
            ("OKP", Some("Ed25519")) => (&[Algorithm::EdDSA], DecodingKey::from_ed_components(&jwk.x?).ok()?),
            _ => return None,
        };
        let algorithms = match jwk.alg {
            None => possible.to_vec(),
            Some(name) => vec![Algorithm::of_header(&name).filter(|algorithm| possible.contains(algorithm))?],
        };
        Some(Self { id: jwk.kid, algorithms, key })
    }

    /// Whether a signature is that of this key. The algorithm is one of the key's own.
    pub(super) fn verifies(&self, signed: &str, signature: &str, algorithm: Algorithm) -> bool {
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.key, algorithm.into()).unwrap_or(false)
    }
}

fn rsa(modulus: String, exponent: String) -> Option<DecodingKey> {
    let bytes = URL_SAFE_NO_PAD.decode(&modulus).ok()?;
    let significant = bytes.iter().skip_while(|byte| **byte == 0).count();
    (significant >= SMALLEST_RSA).then(|| DecodingKey::from_rsa_components(&modulus, &exponent).ok())?
}
