//! Where a request goes: the model stands in the path.

use crate::translate::Target;
use crate::translate::segment::encode;

/// The path of a conversation at Bedrock.
pub fn path(target: &Target<'_>) -> String {
    model_path(target.path_prefix, target.model, if target.stream { "converse-stream" } else { "converse" })
}

/// The path of an operation on a model. The id is one segment of it: the slash of an ARN is `%2F`, its colons `%3A` (field note 47).
pub fn model_path(prefix: &str, model: &str, operation: &str) -> String {
    format!("{prefix}/model/{}/{operation}", encode(model))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field note 47.
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
