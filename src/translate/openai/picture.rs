//! Pictures that a model made, in `images` of a message or a delta.
//!
//! OpenAI's chat completions have no place for them. Vendors and gateways with such models agreed on this one: a list of parts as
//! users send them, with data URIs.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::translate::conversation::Media;
use crate::translate::media::{self, Url};
use crate::translate::text::Str;

/// A picture of an answer. It has an index, because OpenAI's SDK joins no list of a stream without.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "image_url")]
pub(super) struct Picture<'c> {
    index: u32,
    image_url: ImageUrl<'c>,
}

#[derive(Debug, Serialize)]
struct ImageUrl<'c> {
    url: Url<'c>,
}

impl<'c> Picture<'c> {
    /// A picture in base64; `None` for a medium that is none.
    pub(super) fn of(index: u32, media_type: &'c str, data: &'c str) -> Option<Self> {
        let is_picture = media_type.starts_with("image/");
        is_picture.then_some(Self { index, image_url: ImageUrl { url: Url::Data { media_type, data } } })
    }
}

#[derive(Deserialize)]
struct Given<'a> {
    #[serde(borrow)]
    image_url: GivenUrl<'a>,
}

#[derive(Deserialize)]
struct GivenUrl<'a> {
    #[serde(borrow)]
    url: Str<'a>,
}

/// The pictures in `images`: media types and base64. What is none is passed over.
pub(super) fn read(raw: &RawValue) -> impl Iterator<Item = (Str<'_>, Str<'_>)> {
    let list: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    list.into_iter().filter_map(|raw| {
        let Given { image_url } = serde_json::from_str(raw.get()).ok()?;
        match media::data_uri(image_url.url).ok()? {
            Media::Base64 { media_type, data } if media_type.starts_with("image/") => Some((media_type, data)),
            _ => None,
        }
    })
}
