//! What whole answers and the events of a stream have in common, as it is written, before it has a meaning.

use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    /// A content block: in a stream a piece of one.
    Block {
        kind as "type": Str<'a>,
        text: Str<'a>,
        thinking: Str<'a>,
    }
}

object! {
    /// A tool call: in a stream a piece of one.
    Call {
        id: Str<'a>,
        function: Function<'a>,
    }
}

object! {
    Function {
        name: Str<'a>,
        arguments: Str<'a>,
    }
}
