//! Turns, texts, media, thinking and cache points.

use serde_json::json;

use super::*;

fn turns(messages: Value, model: &str) -> Value {
    body(json!({ "messages": messages }), model)["messages"].clone()
}

fn user(content: Value) -> Value {
    json!([{ "role": "user", "content": content }])
}

/// An Anthropic message of the user with these blocks.
fn blocks(content: Value, model: &str) -> Result<Rendered, RequestError> {
    rendered_messages(&messages(json!({ "messages": user(content) })), model)
}

#[test]
fn messages_of_one_role_become_one_and_empty_ones_are_left_out() {
    let given = json!([
        { "role": "user", "content": "a" }, { "role": "user", "content": [{ "type": "text", "text": " \n" }] },
        { "role": "user", "content": "b" }, { "role": "assistant", "content": "" }, { "role": "user", "content": "c" },
    ]);
    assert_eq!(turns(given, NOVA), json!([{ "role": "user", "content": [{ "text": "a" }, { "text": "b" }, { "text": "c" }] }]));
}

#[test]
fn system_messages_stand_in_system_and_a_later_one_is_listed() {
    let given = json!([
        { "role": "system", "content": "be brief" }, { "role": "user", "content": "Hi" },
        { "role": "developer", "content": "be kind" },
    ]);
    let rendered = rendered(&request(json!({ "messages": given })), NOVA).unwrap();
    assert_eq!(body_of(&rendered)["system"], json!([{ "text": "be brief" }, { "text": "be kind" }]));
    assert_eq!(rendered.dropped, ["messages[] (place of a system message)"]);
}

#[test]
fn the_user_begins() {
    assert_eq!(refused(json!({ "messages": [{ "role": "assistant", "content": "Hi" }] }), NOVA).0, "messages");
    assert_eq!(refused(json!({ "messages": [{ "role": "system", "content": "x" }] }), NOVA).0, "messages");
}

#[test]
fn white_space_at_the_end_of_a_prefill_is_taken_away() {
    let given = json!([{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": "So: \n" }]);
    assert_eq!(turns(given, CLAUDE)[1]["content"], json!([{ "text": "So:" }]));
}

#[test]
fn an_image_is_bytes_with_a_format_or_stands_in_s3() {
    let image = |source: Value| blocks(json!([{ "type": "image", "source": source }]), CLAUDE);
    let bytes = |kind: &str, data: &str| json!({ "type": "base64", "media_type": kind, "data": data });
    let url = |url: &str| json!({ "type": "url", "url": url });
    let given = |source: Value| body_of(&image(source).unwrap())["messages"][0]["content"][0]["image"].clone();
    assert_eq!(given(bytes("image/jpeg", "AAAA")), json!({ "format": "jpeg", "source": { "bytes": "AAAA" } }));
    let s3 = json!({ "format": "jpeg", "source": { "s3Location": { "uri": "s3://bucket/a.JPG" } } });
    assert_eq!(given(url("s3://bucket/a.JPG")), s3);
    for source in [url("https://a.example/a.png"), url("s3://bucket/a"), bytes("image/tiff", "AAAA"), bytes("image/png", "")] {
        assert_eq!(told(image(source.clone())).0, "messages[].content[]", "{source}");
    }
}

#[test]
fn a_recording_is_bytes_with_a_format() {
    let audio = json!([{ "type": "input_audio", "input_audio": { "format": "mp3", "data": "AAAA" } }]);
    let given = turns(user(audio), NOVA)[0]["content"][0].clone();
    assert_eq!(given, json!({ "audio": { "format": "mp3", "source": { "bytes": "AAAA" } } }));
}

#[test]
fn a_document_has_a_name_of_its_own_and_a_text_beside_it() {
    let document = |title: &str| {
        json!({ "type": "document", "title": title, "context": "c", "citations": { "enabled": true },
            "source": { "type": "base64", "media_type": "application/pdf", "data": "AAAA" } })
    };
    let text = json!({ "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "hello" } });
    let body = body_of(&blocks(json!([document("a_b.pdf"), document("a b pdf"), text]), CLAUDE).unwrap());
    let content = &body["messages"][0]["content"];
    let pdf = |name: &str| {
        json!({ "document": { "format": "pdf", "name": name, "source": { "bytes": "AAAA" }, "context": "c",
            "citations": { "enabled": true } } })
    };
    assert_eq!(content[0], pdf("a b pdf"));
    assert_eq!(content[1], pdf("a b pdf (2)"));
    let txt = json!({ "document": { "format": "txt", "name": "document", "source": { "bytes": "aGVsbG8=" } } });
    assert_eq!(content[2], txt);
    assert_eq!(content[3], json!({ "text": "a b pdf" }));
}

#[test]
fn a_document_of_a_type_that_bedrock_does_not_know_is_refused() {
    for source in [
        json!({ "type": "base64", "media_type": "application/zip", "data": "AAAA" }),
        json!({ "type": "url", "url": "https://example.com/a.pdf" }),
        json!({ "type": "file", "file_id": "file_1" }),
    ] {
        assert_eq!(told(blocks(json!([{ "type": "document", "source": source }]), CLAUDE)).0, "messages[].content[]");
    }
}

#[test]
fn thinking_goes_back_with_its_signature_and_only_to_claude() {
    let given = json!({ "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": [
            { "type": "thinking", "thinking": "Hm", "signature": "sig" }, { "type": "thinking", "thinking": "no", "signature": "" },
            { "type": "redacted_thinking", "data": "AAEC" }, { "type": "redacted_thinking", "data": "not base64" },
            { "type": "text", "text": "Hello" } ] },
        { "role": "user", "content": "Go on" },
    ] });
    let rendered = rendered_messages(&messages(given.clone()), CLAUDE).unwrap();
    let expected = json!([
        { "reasoningContent": { "reasoningText": { "text": "Hm", "signature": "sig" } } },
        { "reasoningContent": { "redactedContent": "AAEC" } },
        { "text": "Hello" },
    ]);
    assert_eq!(body_of(&rendered)["messages"][1]["content"], expected);
    assert_eq!(rendered.dropped, ["thinking", "redacted_thinking"]);
    let rendered = rendered_messages(&messages(given), NOVA).unwrap();
    assert_eq!(body_of(&rendered)["messages"][1]["content"], json!([{ "text": "Hello" }]));
}

#[test]
fn a_cache_hint_is_a_point_behind_its_block_where_the_model_takes_it() {
    let hint = json!({ "type": "ephemeral", "ttl": "1h" });
    let given = json!({
        "system": [{ "type": "text", "text": "be brief", "cache_control": hint }],
        "tools": [{ "name": "t", "input_schema": { "type": "object" }, "cache_control": { "type": "ephemeral" } }],
        "messages": [
            { "role": "user", "content": [{ "type": "text", "text": "Hi", "cache_control": { "type": "ephemeral" } }] },
            { "role": "assistant", "content": [{ "type": "tool_use", "id": "t1", "name": "t", "input": {} }] },
            { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t1", "content": [
                { "type": "text", "text": "x", "cache_control": { "type": "ephemeral" } }] }] },
        ],
    });
    let point = json!({ "cachePoint": { "type": "default" } });
    let long = json!({ "cachePoint": { "type": "default", "ttl": "1h" } });
    let body = body_of(&rendered_messages(&messages(given.clone()), CLAUDE).unwrap());
    assert_eq!(body["system"], json!([{ "text": "be brief" }, long]));
    assert_eq!(body["toolConfig"]["tools"][1], point);
    assert_eq!(body["messages"][0]["content"], json!([{ "text": "Hi" }, point]));
    assert_eq!(body["messages"][2]["content"][1], point);
    let nova = rendered_messages(&messages(given.clone()), NOVA).unwrap();
    assert_eq!(body_of(&nova)["system"][1], point);
    assert_eq!(body_of(&nova)["toolConfig"]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(nova.dropped, ["cache_control", "cache_control.ttl"]);
    let llama = rendered_messages(&messages(given), LLAMA).unwrap();
    assert!(!String::from_utf8_lossy(llama.body.as_ref().unwrap()).contains("cachePoint"));
    assert_eq!(llama.dropped, ["cache_control"]);
}

#[test]
fn many_documents_and_calls_of_one_name_take_no_time_that_grows_with_their_square() {
    let document = json!({ "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "x" } });
    let many = Value::Array(vec![document; 20_000]);
    let body = body_of(&blocks(many, CLAUDE).unwrap());
    assert_eq!(body["messages"][0]["content"][19_999]["document"]["name"], "document (20000)");
}
