//! Whose model it is, as far as its id tells: Converse is one API, but what stands in `additionalModelRequestFields`, and some of
//! what stands elsewhere, is each family's own.
//!
//! The ids of foundation models and inference profiles name the family (`us.anthropic.claude-…`, also at the end of an ARN). Those of
//! application inference profiles, provisioned, custom and imported models do not.

/// A family of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic's.
    Claude,
    /// Amazon's first Nova.
    Nova,
    /// Amazon's Nova 2, which thinks when it is told to.
    Nova2,
    /// OpenAI's GPT.
    Gpt,
    /// Those that take OpenAI's flat `reasoning_effort`: OpenAI's gpt-oss and Moonshot's Kimi.
    Effort,
    /// DeepSeek's V3, which takes the same word, and thinks only when it is told to.
    DeepSeek,
    /// Any other.
    Other,
    /// The id does not tell.
    Hidden,
}

impl Family {
    pub(super) fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model);
        let known = [
            ("anthropic.", Self::Claude),
            ("amazon.nova-2", Self::Nova2),
            ("amazon.nova", Self::Nova),
            ("openai.gpt-oss", Self::Effort),
            ("openai.", Self::Gpt),
            ("moonshot", Self::Effort),
            ("deepseek.v3", Self::DeepSeek),
        ];
        let known = known.iter().find(|(part, _)| name.contains(part)).map(|(_, family)| *family);
        known.unwrap_or(if model.starts_with("arn:") && !model.contains("foundation-model/") {
            Self::Hidden
        } else {
            Self::Other
        })
    }

    /// Whether the model takes Anthropic's own fields, or nobody can say that it does not: then Bedrock's own word decides.
    pub(super) fn may_be_claude(self) -> bool {
        matches!(self, Self::Claude | Self::Hidden)
    }

    pub(super) fn is_nova(self) -> bool {
        matches!(self, Self::Nova | Self::Nova2)
    }

    /// Whether the status of a tool result is told: only Claude and Nova take it (API reference, `ToolResultBlock`).
    pub(super) fn takes_tool_status(self) -> bool {
        self.may_be_claude() || self.is_nova()
    }

    /// Whether the prompt may be cached where the client says so (user guide, prompt caching).
    pub(super) fn takes_cache_points(self) -> bool {
        self.may_be_claude() || self.is_nova()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_known_by_the_id_of_the_model_or_its_arn() {
        for (model, family) in [
            ("anthropic.claude-3-haiku-20240307-v1:0", Family::Claude),
            ("global.anthropic.claude-opus-4-8", Family::Claude),
            ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2", Family::Claude),
            ("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-v1:0", Family::Claude),
            ("arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1", Family::Claude),
            ("us.amazon.nova-lite-v1:0", Family::Nova),
            ("us.amazon.nova-2-lite-v1:0", Family::Nova2),
            ("openai.gpt-oss-120b-1:0", Family::Effort),
            ("openai.gpt-6-luna", Family::Gpt),
            ("moonshot.kimi-k2-thinking", Family::Effort),
            ("moonshotai.kimi-k2.5", Family::Effort),
            ("deepseek.v3-v1:0", Family::DeepSeek),
            ("us.deepseek.r1-v1:0", Family::Other),
            ("meta.llama3-70b-instruct-v1:0", Family::Other),
            ("arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-8b", Family::Other),
            ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456", Family::Hidden),
            ("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456", Family::Hidden),
        ] {
            assert_eq!(Family::of(model), family, "{model}");
        }
    }
}
