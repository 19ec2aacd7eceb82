//! Signatures: AWS's own example, and everything that must not pass.

use http::Request;

use super::super::super::error::Api;
use super::super::super::{Options, Script};
use super::*;

const SCOPE: &str = "20260102/us-east-1/bedrock/aws4_request";

struct Signed {
    headers: Vec<(&'static str, String)>,
    options: Options,
    body: &'static [u8],
    path: &'static str,
}

impl Signed {
    fn new() -> Self {
        let headers =
            vec![("host", "bedrock-runtime.us-east-1.amazonaws.com".to_owned()), ("x-amz-date", "20260102T030405Z".to_owned())];
        Self { headers, options: Options::default(), body: b"{}", path: "/model/a%3A0/converse" }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The code of the error, with a header signed for these headers and this body.
    fn checked(&self, signed: &str, body: &[u8]) -> Result<(), &'static str> {
        let claimed =
            format!("{ALGORITHM} Credential={}/{SCOPE}, SignedHeaders={signed}, Signature=", self.options.aws_access_key);
        let signature = self.ask(&claimed, body, |ask| {
            let claim = claim(&claimed).unwrap();
            let canonical = canonical(ask, &claim, &hex(&Sha256::digest(body)));
            sign("simulated-secret", &claim, "20260102T030405Z", &canonical)
        });
        self.told(&format!("{claimed}{signature}"))
    }

    fn told(&self, authorization: &str) -> Result<(), &'static str> {
        let now: Timestamp = "2026-01-02T03:05:00Z".parse().unwrap();
        self.ask(authorization, self.body, |ask| check(ask, now).map_err(|error| error.aws_type()))
    }

    fn ask<T>(&self, authorization: &str, body: &[u8], use_it: impl FnOnce(&Ask<'_>) -> T) -> T {
        let mut request = Request::post(self.path).header("authorization", authorization);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let (options, script) = (&self.options, &Script::default());
        use_it(&Ask { api: Api::Bedrock, options, script, parts: &parts, body, seed: "", target: "" })
    }
}

#[test]
fn awss_example_has_awss_signature() {
    // IAM user guide, "Examples of the complete Signature Version 4 signing process".
    let canonical = "GET\n/\nAction=ListUsers&Version=2010-05-08\ncontent-type:application/x-www-form-urlencoded; charset=utf-8\n\
        host:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n\
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x";
    let signature = sign("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &claim(header).unwrap(), "20150830T123600Z", canonical);
    assert_eq!(signature, "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    // RFC 4231, test case 2 and 6.
    assert_eq!(hex(&hmac(b"Jefe", b"what do ya want for nothing?"))[..16], *"5bdcc146bf60754e");
    assert_eq!(hex(&hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"))[..16], *"60e431591ee0b67f");
}

#[test]
fn a_right_signature_passes_and_the_path_is_encoded_once_more() {
    assert_eq!(Signed::new().checked("host;x-amz-date", b"{}"), Ok(()));
    let spaced = Signed::new().with("x-amz-meta", "  a   b ");
    assert_eq!(spaced.checked("host;x-amz-date;x-amz-meta", b"{}"), Ok(()));
    Signed::new().ask("", b"", |ask| {
        let header = format!("{ALGORITHM} Credential=a/{SCOPE}, SignedHeaders=host, Signature=x");
        assert!(canonical(ask, &claim(&header).unwrap(), "x").starts_with("POST\n/model/a%253A0/converse\n\nhost:bedrock"));
    });
}

#[test]
fn what_was_changed_after_signing_is_refused() {
    assert_eq!(Signed::new().checked("host;x-amz-date", b"{} "), Err("InvalidSignatureException"));
    let other = Signed { options: Options { aws_secret_key: "other".into(), ..Options::default() }, ..Signed::new() };
    assert_eq!(other.checked("host;x-amz-date", b"{}"), Err("InvalidSignatureException"));
    let hash = Signed::new().with("x-amz-content-sha256", "00");
    assert_eq!(hash.checked("host;x-amz-content-sha256;x-amz-date", b"{}"), Err("InvalidSignatureException"));
}

#[test]
fn every_header_of_aws_must_be_signed_and_the_host_too() {
    assert_eq!(Signed::new().checked("x-amz-date", b"{}"), Err("InvalidSignatureException"));
    let token = Signed { options: Options { aws_session_token: Some("t".into()), ..Options::default() }, ..Signed::new() };
    let token = token.with("x-amz-security-token", "t");
    assert_eq!(token.checked("host;x-amz-date", b"{}"), Err("InvalidSignatureException"));
    assert_eq!(token.checked("host;x-amz-date;x-amz-security-token", b"{}"), Ok(()));
    let untold = Signed::new().with("x-amz-security-token", "t");
    assert_eq!(untold.checked("host;x-amz-date;x-amz-security-token", b"{}"), Err("UnrecognizedClientException"));
}

#[test]
fn time_scope_and_form_are_checked() {
    let told = |authorization: &str| Signed::new().told(authorization);
    let scoped = |scope: &str| format!("{ALGORITHM} Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00");
    assert_eq!(told("AWS4-HMAC-SHA256 nothing"), Err("IncompleteSignatureException"));
    assert_eq!(told(&scoped("AKIAOTHER/20260102/us-east-1/bedrock/aws4_request")), Err("UnrecognizedClientException"));
    assert_eq!(told(&scoped("AKIASIMULATED/20260102/us-east-1/s3/aws4_request")), Err("InvalidSignatureException"));
    assert_eq!(told(&scoped("AKIASIMULATED/20260103/us-east-1/bedrock/aws4_request")), Err("InvalidSignatureException"));
    let signed = Signed::new();
    for (now, right) in [("2026-01-02T03:09:04Z", true), ("2026-01-02T03:09:10Z", false), ("2026-01-02T02:59:00Z", false)] {
        assert_eq!(check_time("20260102T030405Z", now.parse().unwrap()).is_ok(), right, "{now}");
    }
    assert!(check_time("yesterday", now()).is_err());
    assert_eq!(signed.checked("x-amz-date;host", b"{}"), Err("InvalidSignatureException"));
}
