//! The events of a stream as they are written, before they have a meaning: one shape for each type.

use serde_json::value::RawValue;

use crate::translate::anthropic::error::ErrorObject;
use crate::translate::anthropic::usage::Usage;
use crate::translate::anthropic::wire::StopDetails;
use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    Kind {
        kind as "type": Str<'a>,
    }
}

object! {
    MessageStart {
        kind as "type": Str<'a>,
        message: Message<'a>,
    }
}

object! {
    Message {
        id: Str<'a>,
        model: Str<'a>,
        usage: Usage<'a>,
    }
}

object! {
    BlockStart {
        kind as "type": Str<'a>,
        index: u64,
        content_block: &'a RawValue,
    }
}

object! {
    BlockDelta {
        kind as "type": Str<'a>,
        index: u64,
        delta: Piece<'a>,
    }
}

object! {
    Piece {
        kind as "type": Str<'a>,
        text: Str<'a>,
        thinking: Str<'a>,
        signature: Str<'a>,
        partial_json: Str<'a>,
        citation: &'a RawValue,
    }
}

object! {
    BlockStop {
        kind as "type": Str<'a>,
        index: u64,
    }
}

object! {
    MessageDelta {
        kind as "type": Str<'a>,
        delta: Stop<'a>,
        usage: Usage<'a>,
    }
}

object! {
    Stop {
        stop_reason: Str<'a>,
        stop_sequence: Str<'a>,
        stop_details: StopDetails<'a>,
    }
}

object! {
    ErrorEvent {
        kind as "type": Str<'a>,
        error: ErrorObject<'a>,
        request_id: Str<'a>,
    }
}
