//! What answers and stream events have in common, as it is written, before it has a meaning. Unions are objects with one field.

use serde_json::value::RawValue;

use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    /// What the model said.
    Message {
        content: Vec<Block<'a>>,
    }
}

object! {
    /// A content block.
    Block {
        text: Str<'a>,
        call as "toolUse": ToolUse<'a>,
        result as "toolResult": &'a RawValue,
        thinking as "reasoningContent": Reasoning<'a>,
        cited as "citationsContent": Cited<'a>,
    }
}

object! {
    /// A tool call. In a stream it begins without its input.
    ToolUse {
        id as "toolUseId": Str<'a>,
        name: Str<'a>,
        input: &'a RawValue,
        kind as "type": Str<'a>,
    }
}

impl ToolUse<'_> {
    /// Whether Bedrock runs the tool itself.
    pub(crate) fn is_of_server(&self) -> bool {
        self.kind.as_deref() == Some("server_tool_use")
    }
}

object! {
    Reasoning {
        text as "reasoningText": ReasoningText<'a>,
        redacted as "redactedContent": Str<'a>,
    }
}

object! {
    ReasoningText {
        text: Str<'a>,
        signature: Str<'a>,
    }
}

object! {
    /// Text with citations.
    Cited {
        content: Vec<CitedText<'a>>,
        citations: Vec<&'a RawValue>,
    }
}

object! {
    CitedText {
        text: Str<'a>,
    }
}

object! {
    /// What the request asked to be told of the model's own answer.
    Additional {
        stop_sequence: Str<'a>,
    }
}

object! {
    /// Which guardrails and routers were at work.
    Trace {
        router as "promptRouter": Router<'a>,
    }
}

object! {
    Router {
        model as "invokedModelId": Str<'a>,
    }
}

object! {
    /// The tier that served an answer.
    Tier {
        kind as "type": Str<'a>,
    }
}
