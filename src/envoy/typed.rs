//! Envoy's typed extensions as JSON: a message with its type URL, and an extension with its name.

use std::time::Duration;

use serde_json::{Value, json};

/// A message with its type; `name` is the part of the type URL after the host.
pub(super) fn message(name: &str, fields: Value) -> Value {
    let mut typed = serde_json::Map::new();
    typed.insert("@type".to_owned(), format!("type.googleapis.com/{name}").into());
    if let Value::Object(fields) = fields {
        typed.extend(fields);
    }
    Value::Object(typed)
}

/// A named extension with its typed config.
pub(super) fn extension(name: &str, message_name: &str, fields: Value) -> Value {
    json!({"name": name, "typed_config": message(message_name, fields)})
}

/// A protobuf duration: seconds with up to three decimals. Envoy knows nothing finer in the places where these go.
pub(super) fn duration(duration: Duration) -> String {
    match duration.subsec_millis() {
        0 => format!("{}s", duration.as_secs()),
        milliseconds => format!("{}.{milliseconds:03}s", duration.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_protobuf_wants_them() {
        assert_eq!(duration(Duration::from_secs(20)), "20s");
        assert_eq!(duration(Duration::from_millis(1050)), "1.050s");
        assert_eq!(duration(Duration::ZERO), "0s");
    }
}
