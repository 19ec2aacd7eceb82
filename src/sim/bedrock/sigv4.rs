//! AWS Signature Version 4, checked from its description (IAM user guide, "Create a signed AWS API request") and not with the library
//! that the gateway signs with: what both agree on is right.

use std::time::SystemTime;

use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::super::ask::Ask;
use super::super::error::ApiError;
use super::super::path;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far the clocks may be apart, in seconds.
const SKEW: i64 = 300;

/// What an `authorization` header claims.
#[derive(Debug)]
struct Claim<'a> {
    access_key: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed: Vec<&'a str>,
    signature: &'a str,
}

/// The time now, for [`check`].
pub(super) fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Whether the request is signed with the secret that this simulator knows.
pub(super) fn check(ask: &Ask<'_>, now: Timestamp) -> Result<(), ApiError> {
    let header = ask.header("authorization").unwrap_or_default();
    let claim = claim(header).ok_or_else(|| {
        let parts = "Credential, SignedHeaders and Signature";
        refused("IncompleteSignatureException", format!("Authorization header requires {ALGORITHM} with {parts}."))
    })?;
    let signed_at = ask.header("x-amz-date").unwrap_or_default();
    check_time(signed_at, now)?;
    check_scope(ask, &claim, signed_at)?;
    let payload = hex(&Sha256::digest(ask.body));
    if ask.header("x-amz-content-sha256").is_some_and(|told| told != payload) {
        return Err(wrong("The provided 'x-amz-content-sha256' header does not match what was computed.".to_owned()));
    }
    let canonical = canonical(ask, &claim, &payload);
    if sign(&ask.options.aws_secret_key, &claim, signed_at, &canonical) == claim.signature {
        return Ok(());
    }
    Err(wrong(format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing \
         method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'{canonical}'"
    )))
}

fn refused(code: &'static str, message: String) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, message).code(code)
}

fn wrong(message: String) -> ApiError {
    refused("InvalidSignatureException", message)
}

fn claim(header: &str) -> Option<Claim<'_>> {
    let fields = header.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
    let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
    let scope: Vec<&str> = field("Credential")?.split('/').collect();
    let [access_key, date, region, service, "aws4_request"] = scope.as_slice() else { return None };
    let signed = field("SignedHeaders")?.split(';').collect();
    Some(Claim { access_key, date, region, service, signed, signature: field("Signature")? })
}

fn check_time(signed_at: &str, now: Timestamp) -> Result<(), ApiError> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", signed_at).ok().and_then(|time| TimeZone::UTC.to_timestamp(time).ok());
    let Some(time) = time else {
        return Err(refused("IncompleteSignatureException", format!("'{signed_at}' is no date for 'x-amz-date'.")));
    };
    match time.as_second().saturating_sub(now.as_second()) {
        ..=-301 => Err(wrong(format!("Signature expired: {signed_at} is now earlier than {now} (- 5 min.)"))),
        SKEW.. => Err(wrong(format!("Signature not yet current: {signed_at} is still later than {now} (+ 5 min.)"))),
        _ => Ok(()),
    }
}

fn check_scope(ask: &Ask<'_>, claim: &Claim<'_>, signed_at: &str) -> Result<(), ApiError> {
    let options = ask.options;
    let token = ask.header("x-amz-security-token");
    if claim.access_key != options.aws_access_key || token != options.aws_session_token.as_deref() {
        return Err(refused("UnrecognizedClientException", "The security token included in the request is invalid.".to_owned()));
    }
    if claim.service != "bedrock" {
        return Err(wrong("Credential should be scoped to correct service: 'bedrock'.".to_owned()));
    }
    if !signed_at.starts_with(claim.date) {
        return Err(wrong(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: {}",
            claim.date
        )));
    }
    let of_aws = ask.parts.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-"));
    if let Some(missing) = ["host"].into_iter().chain(of_aws).find(|name| !claim.signed.contains(name)) {
        return Err(wrong(format!("'{missing}' must be a 'SignedHeader' in the AWS Authorization.")));
    }
    if claim.signed.is_sorted() { Ok(()) } else { Err(wrong("SignedHeaders must be sorted.".to_owned())) }
}

fn canonical(ask: &Ask<'_>, claim: &Claim<'_>, payload: &str) -> String {
    let uri = &ask.parts.uri;
    let mut query: Vec<String> = path::pairs(uri.query().unwrap_or_default())
        .map(|(key, value)| format!("{}={}", path::encode(&path::decode(key), b""), path::encode(&path::decode(value), b"")))
        .collect();
    query.sort();
    let headers: String = claim.signed.iter().map(|name| format!("{name}:{}\n", value(ask, name))).collect();
    let signed = claim.signed.join(";");
    // All services but S3 encode the path as it was sent once more.
    let path = path::encode(uri.path(), b"/");
    format!("{}\n{path}\n{}\n{headers}\n{signed}\n{payload}", ask.parts.method, query.join("&"))
}

/// All values of a header, trimmed, with single spaces. HTTP/2 has the host in the request's target.
fn value(ask: &Ask<'_>, name: &str) -> String {
    let all = ask.parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let values: Vec<String> = all.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    match ask.parts.uri.authority() {
        Some(authority) if name == "host" && values.is_empty() => authority.to_string(),
        _ => values.join(","),
    }
}

fn sign(secret: &str, claim: &Claim<'_>, signed_at: &str, canonical: &str) -> String {
    let Claim { date, region, service, .. } = claim;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let text = format!("{ALGORITHM}\n{signed_at}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = [*date, region, service, "aws4_request", &text]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part.as_bytes()).to_vec());
    hex(&key)
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0_u8; BLOCK];
    let hashed = Sha256::digest(key);
    let key = if key.len() > BLOCK { hashed.as_slice() } else { key };
    block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
