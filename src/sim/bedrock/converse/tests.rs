//! What is taken, what is refused, and how it is answered.

use serde_json::{Value, json};

use super::super::super::Script;
use super::super::super::sealed;
use super::super::super::tests::direct::{Direct, at, changed};

fn path(action: &str) -> Direct {
    at(&format!("/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/{action}")).header("authorization", "Bearer k")
}

fn request(changes: Value) -> Value {
    changed(json!({"messages": [user(json!({"text": "hi there"}))]}), &changes)
}

fn user(block: Value) -> Value {
    json!({"role": "user", "content": [block]})
}

fn assistant(blocks: Value) -> Value {
    json!({"role": "assistant", "content": blocks})
}

fn call(id: &str) -> Value {
    json!({"toolUse": {"toolUseId": id, "name": "weather", "input": {"city": "Paris"}}})
}

fn result(id: &str) -> Value {
    json!({"toolResult": {"toolUseId": id, "content": [{"text": "sunny"}]}})
}

fn tools() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    json!({"tools": [{"toolSpec": {"name": "weather", "description": "d", "inputSchema": {"json": schema}}}]})
}

fn refused(changes: Value) -> String {
    let (status, message) = path("converse").refused(&request(changes));
    assert_eq!(status, 400, "{message}");
    message
}

fn refused_messages(list: Value) -> String {
    refused(json!({"messages": list, "toolConfig": tools()}))
}

#[test]
fn a_conversation_with_everything_is_understood() {
    let thinking = json!({"reasoningContent": {"reasoningText": {"text": "hm", "signature": sealed::signature("hm")}}});
    let failed = json!({"toolResult": {"toolUseId": "b", "content": [{"json": {"a": 1}}], "status": "error"}});
    let body = json!({
        "system": [{"text": "be brief"}, {"cachePoint": {"type": "default"}}],
        "messages": [
            {"role": "user", "content": [{"text": "look"}, {"image": {"format": "png", "source": {"bytes": "aGk="}}},
                {"document": {"format": "pdf", "name": "A (1)", "source": {"bytes": "aGk="}}}, {"cachePoint": {"type": "default", "ttl": "1h"}}]},
            assistant(json!([thinking, {"text": "well"}, call("a"), call("b")])),
            {"role": "user", "content": [result("a"), failed]},
        ],
        "inferenceConfig": {"maxTokens": 4000, "stopSequences": ["END"], "topP": 0.5},
        "toolConfig": tools(), "requestMetadata": {"a": "b"}, "serviceTier": {"type": "flex"},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    });
    let answer = path("converse").json(&body);
    let content = &answer["output"]["message"]["content"];
    assert_eq!(content[0]["reasoningContent"]["reasoningText"]["signature"], sealed::signature("The person said: look"));
    assert_eq!(content[1]["text"], "The tool said: sunny; The tool failed: {\"a\":1} [1 image] [1 document] [system: be brief]");
    assert_eq!((&answer["stopReason"], &answer["usage"]["outputTokens"]), (&json!("end_turn"), &json!(4 + 15)));
}

#[test]
fn the_stream_joins_to_the_whole_and_ends_with_usage() {
    let script = || Script { tool_calls: Some(2), text_bytes: Some(11), thinking: Some(2), cached: Some(1), ..Script::default() };
    let body = request(json!({"toolConfig": tools()}));
    let whole = path("converse").script(script()).json(&body);
    let events = path("converse-stream").script(script()).events(&body);
    let names: Vec<&str> = events.iter().filter_map(|event| event.name).collect();
    assert_eq!(names.iter().filter(|name| **name == "contentBlockStart").count(), 2);
    assert_eq!((names[0], &names[names.len() - 2..]), ("messageStart", &["messageStop", "metadata"][..]));
    let data: Vec<Value> = events.iter().map(|event| serde_json::from_str(&event.data).unwrap()).collect();
    let joined = |place: &str| -> String { data.iter().filter_map(|event| event.pointer(place)?.as_str()).collect() };
    let content = &whole["output"]["message"]["content"];
    assert_eq!(json!(joined("/delta/text")), content[1]["text"]);
    assert_eq!(json!(joined("/delta/reasoningContent/text")), content[0]["reasoningContent"]["reasoningText"]["text"]);
    assert_eq!(json!(joined("/delta/reasoningContent/signature")), content[0]["reasoningContent"]["reasoningText"]["signature"]);
    assert_eq!(joined("/delta/toolUse/input"), "{\"city\":\"city\"}{\"city\":\"city\"}");
    assert_eq!((&data[data.len() - 1]["usage"], &whole["usage"]["inputTokens"]), (&whole["usage"], &json!(11)));
    assert_eq!(whole["usage"]["totalTokens"], 12 + 2 + 2 + 4);
}

#[test]
fn roles_alternate_and_the_user_begins() {
    let hi = user(json!({"text": "x"}));
    assert!(refused_messages(json!([])).contains("must start with a user message"));
    assert!(refused_messages(json!([assistant(json!([{"text": "x"}]))])).contains("must start with a user message"));
    assert!(refused_messages(json!([hi, hi])).contains("must alternate"));
    assert!(refused_messages(json!([{"role": "system", "content": [{"text": "x"}]}])).contains("[user, assistant]"));
    assert!(refused_messages(json!([{"role": "user", "content": []}])).contains("messages.0 is empty"));
    assert!(refused_messages(json!([user(json!({"text": " "}))])).contains("messages.0.content.0 is blank"));
    assert!(refused_messages(json!([{"role": "user", "content": "x"}])).contains("expected an array"));
}

#[test]
fn results_come_right_after_their_calls_all_in_one_message() {
    let begin = [user(json!({"text": "x"})), assistant(json!([call("a"), call("b")]))];
    let with = |rest: &[Value]| json!([&begin, rest].concat());
    let all = json!({"role": "user", "content": [result("b"), result("a"), {"text": "and?"}]});
    assert!(
        path("converse").send(request(json!({"messages": with(&[all]), "toolConfig": tools()})).to_string().as_bytes()).is_ok()
    );
    assert!(
        refused_messages(with(&[user(result("a"))]))
            .contains("Expected toolResult blocks at messages.2.content for the following Ids: b")
    );
    assert!(refused_messages(with(&[user(json!({"text": "y"}))])).contains("for the following Ids: a, b"));
    assert!(refused_messages(with(&[])).contains("must end with a user message"));
    assert!(refused_messages(json!([user(result("a"))])).contains("exceeds the number of toolUse blocks of previous turn"));
    let apart = [user(result("a")), assistant(json!([{"text": "x"}])), user(result("b"))];
    assert!(refused_messages(with(&apart)).contains("Expected toolResult blocks"));
    let unconfigured = json!({"messages": with(&[json!({"role": "user", "content": [result("a"), result("b")]})])});
    assert!(refused(unconfigured).contains("The toolConfig field must be defined"));
}

#[test]
fn names_ids_and_documents_keep_to_their_patterns() {
    let tool = |name: &str, description: &str| {
        json!({"toolConfig": {"tools": [{"toolSpec": {"name": name, "description": description,
        "inputSchema": {"json": {"type": "object"}}}}]}})
    };
    assert!(refused(tool("a b", "d")).contains("does not match the pattern"));
    assert!(refused(tool("", "d")).contains("does not match the pattern"));
    assert!(refused(tool("f", "")).contains("length greater than or equal to 1"));
    assert!(refused(json!({"toolConfig": {"tools": []}})).contains("length greater than or equal to 1"));
    let document = |name: &str| json!([{"role": "user", "content": [{"text": "x"}, {"document": {"format": "pdf", "name": name, "source": {"bytes": "aGk="}}}]}]);
    for wrong in ["a.pdf", "a  b", "", "a_b"] {
        assert!(refused_messages(document(wrong)).contains("The document file name"), "{wrong}");
    }
    let alone = json!([user(json!({"document": {"format": "pdf", "name": "a", "source": {"bytes": "aGk="}}}))]);
    assert!(refused_messages(alone).contains("must have a text too"));
    let remote = json!([user(json!({"image": {"format": "png", "source": {"url": "https://example.com"}}}))]);
    assert!(refused_messages(remote).contains("extraneous key [messages.0.content.0.image.source.url]"));
    let of_model =
        json!([user(json!({"text": "x"})), assistant(json!([{"image": {"format": "png", "source": {"bytes": "aGk="}}}]))]);
    assert!(refused_messages(of_model).contains("only allowed in messages of the role user"));
}

#[test]
fn thinking_comes_back_as_it_was_given() {
    let with = |signature: &str| {
        json!([
            user(json!({"text": "x"})),
            assistant(json!([{"reasoningContent": {"reasoningText": {"text": "hm", "signature": signature}}}, {"text": "y"}])),
            user(json!({"text": "z"}))
        ])
    };
    assert!(path("converse").send(request(json!({"messages": with(&sealed::signature("hm"))})).to_string().as_bytes()).is_ok());
    assert!(refused_messages(with("aGk=")).contains("Invalid `signature` in `thinking` block"));
    let budget = |changes: Value| {
        refused(changed(
            json!({"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}}}),
            &changes,
        ))
    };
    assert!(budget(json!({"inferenceConfig": {"maxTokens": 2000}})).contains("must be greater than"));
    assert!(budget(json!({"inferenceConfig": {"temperature": 0.5}})).contains("may only be set to 1"));
    let unthinking = json!([user(json!({"text": "x"})), assistant(json!([call("a")])), user(result("a"))]);
    assert!(budget(json!({"messages": unthinking, "toolConfig": tools()})).contains("must start with a thinking block"));
}

#[test]
fn a_choice_and_a_schema_have_their_own_shapes() {
    let choose = |choice: Value| json!({"toolConfig": changed(tools(), &json!({"toolChoice": choice}))});
    assert_eq!(path("converse").json(&request(choose(json!({"tool": {"name": "weather"}}))))["stopReason"], "tool_use");
    assert!(refused(choose(json!({"tool": {"name": "other"}}))).contains("is not defined"));
    assert!(refused(choose(json!({"type": "auto"}))).contains("extraneous key [toolConfig.toolChoice.type]"));
    let llama = at("/model/meta.llama3-1-8b-instruct-v1:0/converse").header("authorization", "Bearer k");
    assert!(
        llama.refused(&request(choose(json!({"any": {}})))).1.contains("doesn't support the toolConfig.toolChoice.any field")
    );
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}).to_string();
    let format = |schema: Value| json!({"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"name": "s", "schema": schema}}}}});
    assert_eq!(
        path("converse").json(&request(format(json!(schema))))["output"]["message"]["content"][0]["text"],
        "{\"a\":\"a\"}"
    );
    assert!(refused(format(json!({"type": "object"}))).contains("expected a string"));
    assert!(refused(json!({"max_tokens": 5})).contains("extraneous key [max_tokens]"));
}

#[test]
fn tokens_are_counted_of_a_conversation_and_of_a_body() {
    use base64::Engine as _;
    let converse = json!({"input": {"converse": request(json!({"toolConfig": tools()}))}});
    assert_eq!(path("count-tokens").json(&converse), json!({"inputTokens": 12}));
    let body =
        json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5, "messages": [{"role": "user", "content": "a b c"}]});
    let encoded = base64::engine::general_purpose::STANDARD.encode(body.to_string());
    assert_eq!(path("count-tokens").json(&json!({"input": {"invokeModel": {"body": encoded}}})), json!({"inputTokens": 3}));
    assert_eq!(path("count-tokens").refused(&json!({"input": {}})).0, 400);
}

#[test]
fn the_stop_sequence_is_told_where_it_is_asked_for() {
    let body = request(
        json!({"inferenceConfig": {"stopSequences": ["there"]}, "additionalModelResponseFieldPaths": ["/stop_sequence"]}),
    );
    let answer = path("converse").json(&body);
    assert_eq!(
        (&answer["stopReason"], &answer["additionalModelResponseFields"]["stop_sequence"]),
        (&json!("stop_sequence"), &json!("there"))
    );
}
