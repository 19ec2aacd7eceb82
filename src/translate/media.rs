//! Where a picture or a document is: URLs, and data URIs, which hold the medium itself.
//!
//! Data URIs are taken apart without a copy, so that a picture of many megabytes is borrowed from the body until it is written.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use super::conversation::Media;
use super::fault::Fault;
use super::text::Str;

const SCHEME: &str = "data:";
/// The media type of PDF.
pub(super) const PDF: &str = "application/pdf";

/// A medium that the provider fetches.
pub(super) fn web(url: Str<'_>) -> Result<Media<'_>, Fault> {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(Fault::new("", "is neither an http(s) URL nor a base64 data URI"));
    }
    Ok(Media::Url(url))
}

/// Whether a URL holds the medium itself.
pub(super) fn is_data_uri(url: &str) -> bool {
    url.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

/// Takes `data:TYPE;PARAMETERS;base64,DATA` apart (RFC 2397). Whether type and data are good is for the provider to say.
pub(super) fn data_uri(uri: Str<'_>) -> Result<Media<'_>, Fault> {
    let (head, _) = uri.split_once(',').ok_or_else(|| Fault::new("", "is a data URI without a comma"))?;
    let (parameters, encoding) = head.rsplit_once(';').unwrap_or((head, ""));
    if !encoding.trim().eq_ignore_ascii_case("base64") {
        return Err(Fault::new("", "is a data URI that is not base64"));
    }
    let end = parameters.find(';').unwrap_or(parameters.len());
    let (kind, data) = (SCHEME.len()..end, head.len() + 1..uri.len());
    if kind.is_empty() {
        return Err(Fault::new("", "is a data URI without a media type"));
    }
    Ok(match uri.0 {
        Cow::Borrowed(uri) => Media::Base64 { media_type: uri[kind].into(), data: uri[data].into() },
        Cow::Owned(mut uri) => {
            let media_type = uri[kind].to_owned();
            uri.drain(..data.start);
            Media::Base64 { media_type: media_type.into(), data: uri.into() }
        }
    })
}

/// A URL that is written piece by piece, so that a large picture is not copied before it is written.
#[derive(Debug)]
pub(super) enum Url<'c> {
    Web(&'c str),
    Data { media_type: &'c str, data: &'c str },
}

/// Where a picture is.
pub(super) fn picture<'c>(source: &'c Media<'c>) -> Result<Url<'c>, Fault> {
    match source {
        Media::Base64 { media_type, data } => Ok(Url::Data { media_type, data }),
        Media::Url(url) => Ok(Url::Web(url)),
        Media::FileId(_) => Err(uploaded()),
        Media::Text(_) => Err(Fault::new("source", "an image cannot be text")),
    }
}

/// Files are known to the provider they were uploaded to.
pub(super) fn uploaded() -> Fault {
    Fault::new("source.file_id", "a file uploaded to one provider is not known to another: send its content")
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => f.write_str(url),
            Self::Data { media_type, data } => {
                f.write_str("data:")?;
                f.write_str(media_type)?;
                f.write_str(";base64,")?;
                f.write_str(data)
            }
        }
    }
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The media type of a picture in base64, by the bytes that its format begins with.
pub(super) fn type_of_picture(base64: &str) -> Option<&'static str> {
    let known = [("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"), ("UklGR", "image/webp"), ("R0lGOD", "image/gif")];
    known.into_iter().find(|(head, _)| base64.starts_with(head)).map(|(_, media_type)| media_type)
}
