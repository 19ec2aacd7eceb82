//! Pictures that a model made, in `images` of a message or a delta.
//!
//! OpenAI's chat completions have no place for them. Vendors and gateways with such models agreed on this one: a list of parts as
//! users send them, with data URIs.

use serde::Serialize;

/// A picture of an answer. It has an index, because OpenAI's SDK joins no list of a stream without.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "image_url")]
pub(super) struct Picture {
    index: u32,
    image_url: ImageUrl,
}

#[derive(Debug, Serialize)]
struct ImageUrl {
    url: String,
}

impl Picture {
    /// A picture in base64; `None` for a medium that is none.
    pub(super) fn of(index: u32, media_type: &str, data: &str) -> Option<Self> {
        let is_picture = media_type.starts_with("image/");
        is_picture.then(|| Self { index, image_url: ImageUrl { url: format!("data:{media_type};base64,{data}") } })
    }
}
