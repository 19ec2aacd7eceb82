use super::*;
use crate::rejection::Kind;

fn message(body: &str) -> String {
    parse(500, body.as_bytes()).message.to_string()
}

#[test]
fn every_vendors_shape_gives_its_message() {
    for body in [
        r#"{"error":{"message":"no","type":"t","code":"c","param":null}}"#,
        r#"{"error":"no"}"#,
        r#"{"object":"error","message":"no","type":"BadRequestError","param":null,"code":400}"#,
        r#"{"detail":"no"}"#,
        r#"[{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}]"#,
        r#"{"error":{"message":"no"},"user_id":"x"}"#,
        "no",
        "<html><head><TITLE>no</TITLE></head><body>yes</body></html>",
        "<p>no</p>",
    ] {
        assert_eq!(message(body), "no", "{body}");
    }
}

#[test]
fn what_says_nothing_is_told_by_its_status() {
    for body in ["", "  ", "{\"error\":null}"] {
        let message = message(body);
        assert!(message.contains("500") || message == body, "{body:?}: {message}");
    }
}

#[test]
fn a_list_of_what_is_wrong_stays_json() {
    assert_eq!(message(r#"{"detail":[{"loc":["body"]}]}"#), r#"[{"loc":["body"]}]"#);
}

#[test]
fn a_long_message_is_cut_between_characters() {
    for long in ["é".repeat(5000), format!("x{}", "é".repeat(5000)), "<".repeat(99_999)] {
        let body = serde_json::json!({"error": {"message": long}}).to_string();
        for message in [message(&body), message(&long)] {
            assert!(message.len() <= plain::MESSAGE, "{}", message.len());
        }
    }
}

#[test]
fn hostile_bodies_are_only_text() {
    for body in [
        &b"\xff\xfe"[..],
        b"[",
        b"[[[[",
        b"{\"error\":{\"error\":{\"error\":1}}}",
        b"[1]",
        b"null",
        b"<title>",
        b"<title></title",
        b"</title><title>",
    ] {
        assert!(!parse(502, body).message.is_empty(), "{body:?}");
    }
}

#[test]
fn anthropics_type_becomes_the_code() {
    let error = ProviderError {
        kind: Some("overloaded_error".into()),
        message: "Overloaded".into(),
        request_id: Some("req_1".into()),
        ..ProviderError::default()
    };
    let rendered: serde_json::Value = serde_json::from_slice(&render(503, &error)).unwrap();
    let expected = serde_json::json!({"error": {
        "message": "Overloaded (request id: req_1)", "type": "server_error", "param": null, "code": "overloaded_error",
    }});
    assert_eq!(rendered, expected);
}

#[test]
fn a_rejection_takes_its_words_from_the_table() {
    let rendered: serde_json::Value =
        serde_json::from_slice(&rejection(&Rejection::new(Kind::RateLimited, "say \"please\"\n").param("model"))).unwrap();
    let expected = serde_json::json!({"error": {
        "message": "say \"please\"\n", "type": "rate_limit_error", "param": "model", "code": "gateway_rate_limit_exceeded",
    }});
    assert_eq!(rendered, expected);
}
