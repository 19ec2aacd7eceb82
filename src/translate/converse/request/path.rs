//! Where a request goes: the model stands in the path.

use std::fmt::Write;

use crate::translate::Target;

/// The path of a conversation at Bedrock.
pub fn path(target: &Target<'_>) -> String {
    model_path(target.path_prefix, target.model, if target.stream { "converse-stream" } else { "converse" })
}

/// The path of an operation on a model. The id is one segment of it, whatever is in it: the slash of an ARN is `%2F`, its colons
/// `%3A` (field note 47). A segment of nothing but dots would be taken for a step up, so then the dots are escaped, too.
pub fn model_path(prefix: &str, model: &str, operation: &str) -> String {
    let only_dots = model.bytes().all(|byte| byte == b'.');
    let mut path = format!("{prefix}/model/");
    for byte in model.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => path.push(char::from(byte)),
            b'.' if !only_dots => path.push('.'),
            // Writing to a `String` cannot fail.
            _ => drop(write!(path, "%{byte:02X}")),
        }
    }
    path.push('/');
    path.push_str(operation);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slash_of_an_arn_is_escaped_in_the_path() {
        let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-v1:0";
        assert_eq!(
            model_path("", arn, "converse"),
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-sonnet-4-5-v1%3A0/converse"
        );
        assert_eq!(model_path("/proxy", "amazon.nova-lite-v1:0", "invoke"), "/proxy/model/amazon.nova-lite-v1%3A0/invoke");
    }

    #[test]
    fn no_model_leads_to_another_path() {
        for (model, expected) in [
            ("..", "/model/%2E%2E/converse"),
            ("../../x", "/model/..%2F..%2Fx/converse"),
            ("a?b#c", "/model/a%3Fb%23c/converse"),
            ("a b\r\nü", "/model/a%20b%0D%0A%C3%BC/converse"),
            ("%2e", "/model/%252e/converse"),
        ] {
            assert_eq!(model_path("", model, "converse"), expected);
        }
    }
}
