//! The payloads of a stream's events as they are written, before they have a meaning: one shape for each type. Bedrock pads them with
//! a field `p` of random length, which is of no interest.

use serde_json::value::RawValue;

use crate::translate::converse::usage::Usage;
use crate::translate::converse::wire::{Additional, ToolUse};
use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    BlockStart {
        block as "contentBlockIndex": u64,
        start: Start<'a>,
    }
}

object! {
    /// What begins.
    Start {
        call as "toolUse": ToolUse<'a>,
        result as "toolResult": &'a RawValue,
    }
}

object! {
    BlockDelta {
        block as "contentBlockIndex": u64,
        delta: Piece<'a>,
    }
}

object! {
    /// A piece of a block.
    Piece {
        text: Str<'a>,
        call as "toolUse": Arguments<'a>,
        thinking as "reasoningContent": Thinking<'a>,
        citation: &'a RawValue,
    }
}

object! {
    /// A piece of a call's arguments: JSON text.
    Arguments {
        input: Str<'a>,
    }
}

object! {
    Thinking {
        text: Str<'a>,
        signature: Str<'a>,
        redacted as "redactedContent": Str<'a>,
    }
}

object! {
    BlockStop {
        block as "contentBlockIndex": u64,
    }
}

object! {
    MessageStop {
        reason as "stopReason": Str<'a>,
        additional as "additionalModelResponseFields": Additional<'a>,
    }
}

object! {
    Metadata {
        usage: Usage<'a>,
    }
}
