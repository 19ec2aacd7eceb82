//! What is taken, what is refused, and how it is answered.

use serde_json::{Value, json};

use super::super::Script;
use super::super::sealed;
use super::super::tests::direct::{Direct, at, changed};

fn path(action: &str) -> Direct {
    at(&format!("/v1beta/models/gemini-2.5-flash:{action}"))
}

fn third() -> Direct {
    at("/v1beta/models/gemini-3-pro-preview:generateContent")
}

fn request(changes: Value) -> Value {
    changed(json!({"contents": [user(json!({"text": "hi there"}))]}), &changes)
}

fn user(part: Value) -> Value {
    json!({"role": "user", "parts": [part]})
}

fn model(parts: Value) -> Value {
    json!({"role": "model", "parts": parts})
}

fn call(name: &str) -> Value {
    json!({"functionCall": {"name": name, "args": {"city": "Paris"}}})
}

fn signed(name: &str) -> Value {
    changed(call(name), &json!({"thoughtSignature": sealed::seal("x")}))
}

fn response(name: &str) -> Value {
    json!({"functionResponse": {"name": name, "response": {"output": "sunny"}}})
}

fn tools() -> Value {
    let schema = json!({"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]});
    json!([{"functionDeclarations": [{"name": "weather", "description": "d", "parameters": schema}]}])
}

fn refused(changes: Value) -> String {
    let (status, message) = path("generateContent").refused(&request(changes));
    assert_eq!(status, 400);
    message
}

fn refused_contents(list: Value) -> String {
    refused(json!({"contents": list}))
}

fn taken(direct: &Direct, contents: Value) -> bool {
    direct.send(request(json!({"contents": contents})).to_string().as_bytes()).is_ok()
}

#[test]
fn a_request_with_everything_is_understood() {
    let body = json!({
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "look"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
                {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://a/b.pdf"}}]},
            model(json!([{"text": "hm", "thought": true}, signed("weather"), call("weather")])),
            {"role": "user", "parts": [response("weather"), {"functionResponse": {"name": "weather", "response": {"error": "no"}}}]},
        ],
        "tools": tools(), "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "generationConfig": {"temperature": 1.5, "topP": 0.5, "topK": 3, "seed": 7, "maxOutputTokens": 50, "stopSequences": ["END"],
            "thinkingConfig": {"includeThoughts": true, "thinkingBudget": 100}},
    });
    let answer = path("generateContent").json(&body);
    let parts = &answer["candidates"][0]["content"]["parts"];
    assert_eq!(parts[0], json!({"text": "The person said: look", "thought": true}));
    assert_eq!(parts[1]["text"], "The tool said: sunny; The tool failed: no [1 image] [1 document] [system: be brief]");
    let usage = &answer["usageMetadata"];
    assert_eq!((&usage["thoughtsTokenCount"], &usage["candidatesTokenCount"]), (&json!(4), &json!(15)));
    assert_eq!((&answer["candidates"][0]["finishReason"], &answer["modelVersion"]), (&json!("STOP"), &json!("gemini-2.5-flash")));
}

#[test]
fn a_turn_of_the_model_may_come_in_several_contents() {
    let contents = json!([user(json!({"text": "x"})), model(json!([signed("f")])), model(json!([call("g")])),
        {"role": "user", "parts": [response("f"), response("g")]}]);
    assert!(taken(&third(), contents));
}

#[test]
fn an_answer_that_was_cut_ends_with_a_chunk_without_parts() {
    let events = path("streamGenerateContent?alt=sse").data(&request(json!({"generation_config": {"max_output_tokens": 2}})));
    let last = &events[events.len() - 1]["candidates"][0];
    assert_eq!((&last["content"], &last["finishReason"]), (&json!({"role": "model"}), &json!("MAX_TOKENS")));
}

#[test]
fn every_version_of_the_api_has_the_same_paths() {
    for version in ["v1", "v1alpha", "v1beta"] {
        let answer = at(&format!("/{version}/models/m:generateContent")).json(&request(json!({})));
        assert_eq!(answer["modelVersion"], "m");
    }
}

#[test]
fn a_stream_is_events_or_an_array_of_the_same_chunks() {
    let body = request(json!({}));
    let events = path("streamGenerateContent?alt=sse").data(&body);
    let array = path("streamGenerateContent").json(&body);
    assert_eq!(json!(events), array);
    let text: String = events.iter().filter_map(|event| event["candidates"][0]["content"]["parts"][0]["text"].as_str()).collect();
    assert_eq!(text, "You said: hi there");
    let last = events.last().unwrap();
    assert_eq!((&last["candidates"][0]["finishReason"], &last["usageMetadata"]["totalTokenCount"]), (&json!("STOP"), &json!(6)));
    assert!(events[0]["candidates"][0].get("finishReason").is_none());
}

#[test]
fn functions_are_called_and_the_third_generation_signs_the_first_call() {
    let script = || Script { tool_calls: Some(2), ..Script::default() };
    let answer = path("generateContent").script(script()).json(&request(json!({"tools": tools()})));
    let parts = answer["candidates"][0]["content"]["parts"].as_array().unwrap();
    assert_eq!(parts[1], json!({"functionCall": {"name": "weather", "args": {"city": "city"}}}));
    assert_eq!((&parts[0].get("thoughtSignature"), &answer["candidates"][0]["finishReason"]), (&None, &json!("STOP")));
    let answer = third().script(script()).json(&request(json!({"tools": tools()})));
    let parts = answer["candidates"][0]["content"]["parts"].as_array().unwrap();
    assert!(sealed::is_sealed(parts[0]["thoughtSignature"].as_str().unwrap()) && parts[1].get("thoughtSignature").is_none());
    assert_ne!(parts[0]["functionCall"]["id"], parts[1]["functionCall"]["id"]);
}

#[test]
fn a_signature_must_come_back_in_the_turn_that_goes_on() {
    let contents = |first: Value| json!([user(json!({"text": "x"})), model(json!([first, call("f")])), {"role": "user", "parts": [response("f"), response("f")]}]);
    assert!(taken(&third(), contents(signed("f"))));
    assert!(taken(&path("generateContent"), contents(call("f"))));
    let (status, message) = third().refused(&request(json!({"contents": contents(call("f"))})));
    assert!(status == 400 && message.contains("thought_signature"), "{message}");
    let foreign = changed(call("f"), &json!({"thoughtSignature": "skip_thought_signature_validator"}));
    assert!(taken(&third(), contents(foreign)));
    let forged = changed(call("f"), &json!({"thoughtSignature": "aGk="}));
    assert!(refused_contents(contents(forged)).contains("Corrupted thought signature."));
    let mut over = contents(call("f"));
    over.as_array_mut().unwrap().extend([model(json!([{"text": "y"}])), user(json!({"text": "z"}))]);
    assert!(taken(&third(), over));
    let url_safe = changed(call("f"), &json!({"thoughtSignature": sealed::seal("???>>>").replace('+', "-").replace('/', "_")}));
    assert!(taken(&third(), contents(url_safe)));
}

#[test]
fn every_call_has_its_response_at_once() {
    let begin = [user(json!({"text": "x"})), model(json!([call("f"), call("g")]))];
    let with = |rest: &[Value]| json!([&begin, rest].concat());
    let both = json!({"role": "user", "parts": [response("g"), response("f")]});
    assert!(taken(&path("generateContent"), with(&[both])));
    for rest in [vec![], vec![user(json!({"text": "y"}))], vec![user(response("f"))], vec![model(json!([{"text": "y"}]))]] {
        assert!(refused_contents(with(&rest)).contains("equal to the number of function call parts"));
    }
    assert!(refused_contents(json!([user(response("f"))])).contains("comes immediately after a function call turn"));
    let other = json!({"role": "user", "parts": [response("f"), response("h")]});
    assert!(refused_contents(with(&[other])).contains("has no function call"));
    let nameless = json!({"role": "user", "parts": [{"functionResponse": {"name": "", "response": {}}}, response("f")]});
    assert!(refused_contents(with(&[nameless])).contains("Name cannot be empty."));
}

#[test]
fn contents_are_of_the_user_or_the_model_and_say_something() {
    assert!(refused_contents(json!([{"role": "assistant", "parts": [{"text": "x"}]}])).contains("valid role: user, model"));
    assert!(refused_contents(json!([{"role": "function", "parts": [response("f")]}])).contains("valid role: user, model"));
    assert!(refused_contents(json!([{"role": "user", "parts": []}])).contains("must not be empty"));
    assert!(refused_contents(json!([])).contains("contents is not specified"));
    assert!(refused_contents(json!([user(json!({"text": ""}))])).contains("empty text parameter"));
    assert!(refused_contents(json!([user(json!({"thought": true}))])).contains("required oneof field 'data'"));
    let two = json!({"text": "x", "inlineData": {"mimeType": "image/png", "data": "aGk="}});
    assert!(refused_contents(json!([user(two)])).contains("is already set"));
    assert!(refused(json!({"systemInstruction": {"parts": [response("f")]}})).contains("only supports text"));
}

#[test]
fn a_body_in_another_dialect_is_refused_where_it_differs() {
    assert_eq!(refused(json!({"messages": []})), "Invalid JSON payload received. Unknown name \"messages\": Cannot find field.");
    let unknown = refused(json!({"generationConfig": {"max_tokens": 5}}));
    assert_eq!(unknown, "Invalid JSON payload received. Unknown name \"maxTokens\" at 'generationConfig': Cannot find field.");
    assert!(
        refused(json!({"contents": [user(json!({"type": "text", "text": "x"}))]}))
            .contains("Unknown name \"type\" at 'contents[0].parts[0]'")
    );
}

#[test]
fn schemas_are_googles_own() {
    let with = |schema: Value| json!({"generationConfig": {"responseMimeType": "application/json", "responseSchema": schema}});
    let good = json!({"type": "object", "properties": {"a": {"type": "string", "nullable": true}}, "required": ["a"]});
    let answer = path("generateContent").json(&request(with(good)));
    assert_eq!(answer["candidates"][0]["content"]["parts"][0]["text"], "{\"a\":\"a\"}");
    assert!(
        refused(with(json!({"type": "object", "additionalProperties": false}))).contains("Unknown name \"additionalProperties\"")
    );
    assert!(refused(with(json!({"$ref": "#/x"}))).contains("Unknown name \"$ref\""));
    assert!(refused(with(json!({"type": ["string", "null"]}))).contains("expected a string, found an array"));
    assert!(refused(with(json!({"type": "array"}))).contains("items: missing field."));
    assert!(refused(with(json!({"type": "object", "properties": {}, "required": ["a"]}))).contains("property is not defined"));
    assert!(refused(with(json!({"type": "string", "format": "uri"}))).contains("only 'enum' and 'date-time'"));
    assert!(refused(with(json!({"type": "integer", "enum": [1]}))).contains("expected a string"));
    let plain = json!({"generationConfig": {"responseSchema": {"type": "string"}}});
    assert!(refused(plain).contains("needs the response_mime_type"));
    let free = json!({"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": {"$ref": "#/$defs/a", "$defs": {"a": {"const": 5}}}}});
    assert_eq!(path("generateContent").json(&request(free))["candidates"][0]["content"]["parts"][0]["text"], "5");
}

#[test]
fn tools_and_generation_are_held_to_their_rules() {
    let function = |name: &str| json!({"name": name});
    assert!(refused(json!({"tools": [{"functionDeclarations": [function("1a")]}]})).contains("Invalid function name"));
    assert!(refused(json!({"tools": [{"functionDeclarations": [function("a"), function("a")]}]})).contains("Duplicate function"));
    let twice = json!([{"functionDeclarations": [function("a")]}, {"functionDeclarations": [function("b")]}]);
    assert!(refused(json!({"tools": twice})).contains("Multiple tools are supported only"));
    let choose = |mode: &str| json!({"tools": tools(), "toolConfig": {"functionCallingConfig": {"mode": mode, "allowedFunctionNames": ["weather"]}}});
    assert!(refused(choose("AUTO")).contains("only be set when"));
    assert_eq!(
        path("generateContent").json(&request(choose("ANY")))["candidates"][0]["content"]["parts"][0]["functionCall"]["name"],
        "weather"
    );
    assert!(refused(choose("any")).contains("Valid values are"));
    let config = |config: Value| refused(json!({"generationConfig": config}));
    assert!(
        config(json!({"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}})).contains("only one of thinking budget")
    );
    assert!(config(json!({"thinkingConfig": {"thinkingLevel": "LOW"}})).contains("not supported for this model"));
    assert!(config(json!({"logprobs": 3})).contains("response_logprobs"));
    assert!(config(json!({"stopSequences": ["a", "b", "c", "d", "e", "f"]})).contains("at most 5"));
    assert!(config(json!({"seed": 4_294_967_296_u64})).contains("out of range"));
    assert!(
        refused(json!({"tools": tools(), "generationConfig": {"responseMimeType": "application/json"}}))
            .contains("is unsupported")
    );
}

#[test]
fn an_answer_may_end_early_or_not_begin() {
    let script = |finish: &str| Script { finish: Some(finish.into()), ..Script::default() };
    let safety = path("generateContent").script(script("SAFETY")).json(&request(json!({})));
    assert_eq!(safety["candidates"][0]["finishReason"], "SAFETY");
    let blocked = path("generateContent").script(script("blocked")).json(&request(json!({})));
    assert!(blocked["promptFeedback"]["blockReason"].is_string() && blocked.get("candidates").is_none());
    let short = path("generateContent").json(&request(json!({"generationConfig": {"maxOutputTokens": 2, "candidateCount": 2}})));
    assert_eq!(
        (&short["candidates"][1]["finishReason"], &short["usageMetadata"]["candidatesTokenCount"]),
        (&json!("MAX_TOKENS"), &json!(4))
    );
}

#[test]
fn tokens_are_counted_and_texts_embedded() {
    assert_eq!(path("countTokens").json(&request(json!({})))["totalTokens"], 2);
    let whole = json!({"generateContentRequest": request(json!({"model": "models/gemini-2.5-flash", "tools": tools()}))});
    assert_eq!(path("countTokens").json(&whole)["totalTokens"], 12);
    assert!(
        path("countTokens")
            .refused(&json!({"generateContentRequest": request(json!({"model": "models/x"}))}))
            .1
            .contains("that of the path")
    );
    let content = json!({"content": {"parts": [{"text": "a b"}]}, "outputDimensionality": 3});
    let one = path("embedContent").json(&content);
    assert_eq!(one["embedding"]["values"].as_array().unwrap().len(), 3);
    let request = changed(content.clone(), &json!({"model": "models/gemini-2.5-flash"}));
    let batch = path("batchEmbedContents").json(&json!({"requests": [request, request]}));
    assert_eq!(batch["embeddings"][1]["values"], one["embedding"]["values"]);
    assert!(path("batchEmbedContents").refused(&json!({"requests": [content]})).1.contains("model"));
    assert!(path("embedContent").refused(&changed(content, &json!({"title": "t"}))).1.contains("only applicable"));
}

#[test]
fn the_key_stands_in_its_own_header_or_in_the_query() {
    let with = |mut direct: Direct| {
        direct.options.require_key = Some("k".into());
        direct
    };
    let body = request(json!({}));
    assert_eq!(with(path("generateContent")).refused(&body).0, 403);
    assert_eq!(with(path("generateContent")).header("authorization", "Bearer k").refused(&body).0, 403);
    assert_eq!(with(path("generateContent")).header("x-goog-api-key", "no").refused(&body).0, 400);
    assert!(with(path("generateContent")).header("x-goog-api-key", "k").send(body.to_string().as_bytes()).is_ok());
    assert!(with(path("generateContent?key=k")).send(body.to_string().as_bytes()).is_ok());
}
