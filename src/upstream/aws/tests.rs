use jiff::{SignedDuration, Timestamp};

use super::*;

const ARN_PATH: &str =
    "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-sonnet-4-5-v1%3A0/converse";

fn signer(token: Option<&str>) -> Signer {
    Signer::new(keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token).unwrap(), "us-east-1")
}

fn json() -> [(HeaderName, HeaderValue); 3] {
    [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static("x-request-id"), HeaderValue::from_static("not signed")),
        (HeaderName::from_static("accept"), HeaderValue::from_static("*/*")),
    ]
}

fn request<'a>(path: &'a str, headers: &'a [(HeaderName, HeaderValue)], body: &'a [u8]) -> Signable<'a> {
    // 2015-08-30T12:36:00Z, the day of AWS's published examples.
    let now = Timestamp::from_second(1_440_938_160).unwrap();
    Signable { method: "POST", authority: "bedrock-runtime.us-east-1.amazonaws.com", path, headers, body, now }
}

fn value<'h>(headers: &'h [(HeaderName, HeaderValue)], name: &str) -> &'h str {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_str().unwrap()).unwrap()
}

fn signature(request: &Signable<'_>) -> String {
    let headers = signer(None).headers(request).unwrap();
    value(&headers, "authorization").rsplit_once("Signature=").unwrap().1.to_owned()
}

/// Field note 48.
#[test]
fn the_session_token_is_among_the_signed_headers() {
    let headers = signer(Some("token")).headers(&request("/model/m/converse", &json(), b"{}")).unwrap();
    assert_eq!(value(&headers, "x-amz-security-token"), "token");
    assert_eq!(value(&headers, "x-amz-date"), "20150830T123600Z");
    let authorization = value(&headers, "authorization");
    let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/bedrock/aws4_request, \
                    SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=";
    assert!(authorization.starts_with(expected), "{authorization}");
    assert_eq!(headers.len(), 3);
}

#[test]
fn without_a_token_there_is_no_header_for_it() {
    let headers = signer(None).headers(&request("/model/m/converse", &json(), b"{}")).unwrap();
    assert!(value(&headers, "authorization").contains("SignedHeaders=content-type;host;x-amz-date,"));
    assert_eq!(headers.len(), 2);
}

#[test]
fn whatever_is_sent_is_signed() {
    let headers = json();
    let good = request(ARN_PATH, &headers, b"{}");
    let known = signature(&good);
    let text = [(CONTENT_TYPE, HeaderValue::from_static("text/plain"))];
    for other in [
        Signable { body: b"{ }", ..good },
        Signable { path: "/model/m/converse", ..good },
        Signable { method: "GET", ..good },
        Signable { authority: "localhost:8080", ..good },
        Signable { headers: &text, ..good },
        Signable { now: good.now + SignedDuration::from_secs(1), ..good },
        Signable { path: &format!("{ARN_PATH}?a=b"), ..good },
    ] {
        assert_ne!(signature(&other), known, "{other:?}");
    }
    // What Envoy adds and changes is not.
    assert_eq!(signature(&Signable { headers: &headers[..1], ..good }), known);
}

#[test]
fn a_secret_is_never_printed() {
    let signer = Signer::new(keys("AKIDSECRET", "very-secret", Some("token-secret")).unwrap(), "us-east-1");
    let headers = signer.headers(&request("/model/m/converse", &json(), b"{}")).unwrap();
    let printed = format!("{signer:?} {headers:?}");
    for secret in ["AKIDSECRET", "very-secret", "token-secret", "Signature"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("20150830T123600Z") && printed.contains("us-east-1"), "{printed}");
}

#[test]
fn keys_that_aws_cannot_have_given_are_refused_without_being_repeated() {
    for ((id, secret, token), field) in [
        (("", "s", None), "access_key_id"),
        (("a", "", None), "secret_access_key"),
        (("a", "s\n", None), "secret_access_key"),
        (("a", "s", Some("")), "session_token"),
        (("a", "s", Some("ü")), "session_token"),
    ] {
        let refused = keys(id, secret, token).unwrap_err();
        assert_eq!(refused, KeyError(field));
        assert_eq!(refused.to_string(), format!("`{field}` has a character that belongs into no key"));
    }
}

#[test]
fn what_is_no_http_is_an_error() {
    let headers = json();
    let good = request("/", &headers, b"");
    assert!(signer(None).headers(&Signable { authority: "a b", ..good }).is_err());
    assert!(signer(None).headers(&Signable { path: "/a b", ..good }).is_err());
}

/// Both signatures were computed by botocore's `SigV4Auth` of the same request.
#[test]
fn an_arn_that_is_escaped_in_the_path_is_escaped_once_more_in_what_is_signed() {
    let headers = json();
    let request = request(ARN_PATH, &headers, br#"{"messages":[]}"#);
    for (token, expected) in [
        (None, "38619a6d3edf3d1d1bd3ea11c71ce424815d25d0b8d2e020b3dc10ea04a6056d"),
        (Some("token"), "4036057abbd548591a27cb06218bbb4e19924a434eedd2cbfe0d9262ac65b183"),
    ] {
        let headers = signer(token).headers(&request).unwrap();
        let signature = value(&headers, "authorization").rsplit_once("Signature=").unwrap().1;
        assert_eq!(signature, expected);
    }
}
