//! What an answer repeats of its request: instructions, tools, sampling and the like, which the SDKs' types demand.
//!
//! Taken from the request as the client wrote it, without knowing what it means. Made once for an answer, because a stream says it
//! three times.

use crate::codec::json::TopLevel;

/// The fields, and what stands for one that the request does not have: what OpenAI says then, or null where its default is the
/// model's own.
const FIELDS: [(&str, &str); 18] = [
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("reasoning", "{\"effort\":null,\"summary\":null}"),
    ("safety_identifier", "null"),
    ("temperature", "null"),
    ("text", "{\"format\":{\"type\":\"text\"}}"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "null"),
    ("truncation", "\"disabled\""),
    ("user", "null"),
];

/// The members of an answer that repeat its request, as JSON with commas between them. `store` is false whatever was asked for,
/// because nothing is stored. `None` for the request: all defaults.
pub fn echo(request: Option<&TopLevel<'_>>) -> String {
    let mut members = String::from("\"store\":false");
    for (field, default) in FIELDS {
        let given = request.and_then(|top| top.text(field)).filter(|json| *json != "null");
        members.push_str(",\"");
        members.push_str(field);
        members.push_str("\":");
        // A line end between values would end an event's line; within a string JSON has none.
        members.extend(given.unwrap_or(default).chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
    }
    members
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(request: &str) -> Value {
        let top = TopLevel::scan(request.as_bytes(), 64).unwrap();
        let members = echo(Some(&top));
        assert!(!members.contains(['\n', '\r']));
        serde_json::from_str(&format!("{{{members}}}")).unwrap()
    }

    #[test]
    fn what_was_asked_is_repeated_and_nothing_is_said_to_be_stored() {
        let told = told(
            "{\"model\":\"m\",\"store\":true,\"tools\":[\n{\"type\":\"function\",\r\n\"name\":\"f\\n\"}],\"temperature\":0.5}",
        );
        assert_eq!(told["tools"], json!([{"type": "function", "name": "f\n"}]));
        assert_eq!((&told["temperature"], &told["store"]), (&json!(0.5), &json!(false)));
        assert_eq!(told.get("model"), None);
    }

    #[test]
    fn what_was_not_asked_has_openais_default() {
        let told = told(r#"{"tool_choice":null}"#);
        let expected = [("tool_choice", json!("auto")), ("tools", json!([])), ("parallel_tool_calls", json!(true))];
        for (field, default) in expected {
            assert_eq!(told[field], default, "{field}");
        }
        assert_eq!(echo(None), echo(Some(&TopLevel::scan(b"{}", 8).unwrap())));
    }
}
