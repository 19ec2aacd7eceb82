//! Bounds on what clients and providers may send.

use crate::config::errors::Check;
use crate::config::model::Bounds;
use crate::config::node::Path;

/// Envoy's buffer limits have 32 bits; a body is held once in Envoy and once here.
const LARGEST: usize = 1 << 30;

/// Every request has a model and a message.
const SMALLEST: usize = 1 << 10;

/// Validates the bounds.
pub(super) fn bounds(check: &mut Check<'_>, bounds: &Bounds) {
    let path = Path::Root.field("bounds");
    let sizes =
        [("request_bytes", bounds.request_bytes), ("answer_bytes", bounds.answer_bytes), ("event_bytes", bounds.event_bytes)];
    for (name, bytes) in sizes {
        check.require(
            (SMALLEST..=LARGEST).contains(&bytes),
            &path.field(name),
            "must be from 1024 (1 KiB) to 1073741824 (1 GiB)",
        );
    }
    check.require((8..=512).contains(&bounds.json_depth), &path.field("json_depth"), "must be from 8 to 512");
}
