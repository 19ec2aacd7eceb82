use serde_json::Value;

use super::*;

fn json_of(context: &AnswerContext, status: u16, body: &str) -> Value {
    let answer = provider_error(context, status, body.as_bytes());
    serde_json::from_slice(answer.body.as_deref().unwrap_or(body.as_bytes())).unwrap()
}

#[test]
fn what_azure_leaves_out_of_an_error_is_added_and_what_it_adds_stays() {
    let filtered = r#"{"error":{"message":"filtered","type":null,"param":"prompt","code":"content_filter","status":400,
        "innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true}}}}}"#;
    for api in [Api::OpenAiChat, Api::OpenAiResponses, Api::Call(calls::Call::Embeddings)] {
        let call = calls::Back::of(api, Dialect::Azure, &Hosting::Owner);
        let format = api.format().unwrap_or(Format::Chat);
        let context = AnswerContext { format, call, ..context(api, Dialect::Azure) };
        let told = json_of(&context, 404, r#"{"error":{"code":"DeploymentNotFound","message":"no such deployment"}}"#);
        let expected = json!({"message": "no such deployment", "type": "invalid_request_error", "param": null,
            "code": "DeploymentNotFound"});
        assert_eq!(told, json!({"error": expected}));
        // What stands before Azure (API management) has another shape.
        let told = json_of(&context, 429, r#"{"statusCode":429,"message":"Rate limit is exceeded."}"#);
        let expected = json!({"message": "Rate limit is exceeded.", "type": "rate_limit_error", "param": null, "code": null});
        assert_eq!(told, json!({"error": expected}));
        let told = json_of(&context, 400, filtered);
        let mut expected: Value = serde_json::from_str(filtered).unwrap();
        expected["error"]["type"] = json!("invalid_request_error");
        assert_eq!(told, expected);
    }
}

#[test]
fn a_code_that_is_a_number_becomes_text_as_openais_sdks_have_it() {
    let context = context(Api::OpenAiChat, Dialect::OpenAi);
    let told = json_of(&context, 500, r#"{"error":{"code":500,"message":"no","metadata":{"x":1}},"user_id":"u"}"#);
    let expected = json!({"code": "500", "message": "no", "metadata": {"x": 1}, "type": "server_error", "param": null});
    assert_eq!(told, json!({"error": expected, "user_id": "u"}));
}

#[test]
fn an_error_that_is_too_deep_or_says_a_thing_twice_is_written_anew() {
    let context = context(Api::OpenAiChat, Dialect::OpenAi);
    let deep = format!(r#"{{"error":{{"message":"no","x":{}1{}}}}}"#, "[".repeat(100), "]".repeat(100));
    for body in [deep.as_str(), r#"{"error":{"message":"yes","message":"no"}}"#] {
        let told = json_of(&context, 500, body);
        let fields: Vec<&String> = told["error"].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["message", "type", "param", "code"], "{body}");
    }
}

/// AWS tells the type of an error and the id of the request in headers only.
#[test]
fn what_a_header_says_of_an_error_stands_in_the_clients_shape() {
    let headers = ErrorHeaders::of(|name| match name {
        "x-amzn-errortype" => Some("ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/"),
        "x-amzn-requestid" => Some("r-1"),
        _ => None,
    });
    let told = |api| {
        let context = AnswerContext { headers: headers.clone(), ..context(api, Dialect::Bedrock) };
        json_of(&context, 429, r#"{"message":"slow"}"#)
    };
    let openai = json!({"message": "slow (request id: r-1)", "type": "rate_limit_error", "param": null,
        "code": "ThrottlingException"});
    assert_eq!(told(Api::OpenAiChat)["error"], openai);
    let anthropic = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}, "request_id": "r-1"});
    assert_eq!(told(Api::AnthropicMessages), anthropic);
    let details = &told(Api::GeminiGenerate)["error"]["details"];
    assert_eq!((&details[0]["reason"], &details[1]["requestId"]), (&json!("ThrottlingException"), &json!("r-1")));
}

/// Field note 46: an error of a token count is translated like any other.
#[test]
fn an_error_of_a_token_count_has_the_shape_of_whoever_counts() {
    for (call, expected) in [
        (
            calls::Call::CountTokens,
            json!({"type": "error", "error": {"type": "not_found_error", "message": "no such model"}, "request_id": null}),
        ),
        (
            calls::Call::InputTokens,
            json!({"error": {"message": "no such model", "type": "invalid_request_error", "param": null, "code": null}}),
        ),
    ] {
        let call_back = calls::Back::of(Api::Call(call), Dialect::Bedrock, &Hosting::Owner);
        let context = AnswerContext { call: call_back, ..context(Api::Call(call), Dialect::Bedrock) };
        assert_eq!(json_of(&context, 404, r#"{"message":"no such model"}"#), expected);
    }
}

#[test]
fn a_credential_that_is_refused_is_known_whatever_the_status() {
    let refuses = |dialect, status, kind: &str, body: &str| {
        let headers = ErrorHeaders { kind: Some(kind.to_owned()).filter(|kind| !kind.is_empty()), request_id: None };
        let context = AnswerContext { headers, ..context(Api::OpenAiChat, dialect) };
        provider_error(&context, status, body.as_bytes()).refuses_credential
    };
    assert!(refuses(Dialect::OpenAi, 401, "", "{}"));
    assert!(refuses(Dialect::Bedrock, 403, "InvalidSignatureException", r#"{"message":"does not match"}"#));
    assert!(refuses(Dialect::Bedrock, 403, "", r#"{"__type":"ExpiredTokenException","message":"expired"}"#));
    let google = r#"{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT","details":[
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#;
    assert!(refuses(Dialect::Gemini, 400, "", google));
    assert!(!refuses(Dialect::Bedrock, 403, "AccessDeniedException", r#"{"message":"no access to the model"}"#));
    assert!(!refuses(Dialect::Gemini, 400, "", r#"{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}"#));
}

/// OpenAI's SDKs raise an error for an event with an `error`, and for no other: a flat one they hand on like any event.
#[test]
fn an_error_event_that_openais_sdks_would_pass_over_gets_what_they_look_for() {
    let flat = r#"{"type":"error","code":"rate_limit_exceeded","message":"slow","param":null,"sequence_number":3}"#;
    let responses = AnswerContext { format: Format::Responses, ..context(Api::OpenAiResponses, Dialect::OpenAi) };
    let mut told: Value = serde_json::from_str(flat).unwrap();
    told["error"] = json!({"message": "slow", "type": "rate_limit_error", "param": null, "code": "rate_limit_exceeded"});
    let stream = format!("event: error\r\ndata: {flat}\r\n\r\n");
    for size in [1, 7, 1000] {
        let out = passed(&responses, stream.as_bytes(), size);
        assert_eq!(serde_json::from_str::<Value>(out.strip_prefix("event: error\ndata: ").unwrap()).unwrap(), told);
    }
    // Servers that are compatible with OpenAI tell errors flat, too.
    let chat = context(Api::OpenAiChat, Dialect::OpenAi);
    let out = passed(&chat, b"data: {\"object\":\"error\",\"message\":\"no\",\"type\":\"Bad\",\"code\":400}\n\n", 9);
    assert!(out.contains(r#""error":{"message":"no","type":"invalid_request_error","param":null,"code":"400"}"#), "{out}");
    // What they raise as it is stays as it is, and so does a response that failed.
    for (context, event) in [
        (&responses, "data: {\"type\":\"error\",\"error\":{\"message\":\"no\"}}\n\n"),
        (&responses, "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"no\"}}}\n\n"),
        (&chat, "data: {\"error\":{\"message\":\"no\"}}\n\n"),
    ] {
        assert_eq!(passed(context, event.as_bytes(), 11), event);
    }
}

/// What the client gets of a stream that passes, which is seen to have an error.
fn passed(context: &AnswerContext, stream: &[u8], size: usize) -> String {
    let mut passing = Stream::new(context.clone());
    let mut got = Vec::new();
    for piece in stream.chunks(size) {
        let mut out = Vec::new();
        match passing.push(piece, &mut out).unwrap() {
            Kept::AsIs => got.extend_from_slice(piece),
            Kept::Rewritten => got.extend(out),
        }
    }
    assert_eq!(passing.end(&mut got), End::Cut);
    assert!(passing.seen().error.is_some());
    String::from_utf8(got).unwrap()
}
