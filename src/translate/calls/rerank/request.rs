//! The request, in the provider's words.
//!
//! API v2 takes texts only and brings none back. Objects with a `text` become that text, as API v1 and Jina rank them; what else was
//! asked for in the words of the older APIs, and would rank other documents or answer something else, is an error. Bedrock checks a
//! request against a schema, and rejects what it does not know.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::Wire;
use crate::codec::json::{Splice, TopLevel};
use crate::translate::converse::request::model_path;
use crate::translate::fault::{Fault, read_raw};
use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::{Facts, Rendered, RequestError, Target, outbound};

/// The version of Cohere's API that is asked for at Bedrock, which takes none below 2.
const VERSION: &[u8] = b"2";

/// What the road needs to know of a request. Nothing is generated, so there is no output to limit.
///
/// # Errors
/// [`RequestError::Invalid`] for a model that is missing or of the wrong type.
pub fn facts(top: &TopLevel<'_>) -> Result<Facts, RequestError> {
    let model = top.str("model")?.unwrap_or_default().into_owned();
    if model.is_empty() {
        return Err(Fault::new("model", "is missing: name a model").into());
    }
    Ok(Facts { model, stream: false, max_output_tokens: Some(0), wants_usage: true })
}

/// The request for the target.
///
/// # Errors
/// [`RequestError`], naming the field.
pub fn request(
    wire: Wire,
    body: &Bytes,
    top: &TopLevel<'_>,
    facts: &Facts,
    target: &Target<'_>,
) -> Result<Rendered, RequestError> {
    let mut splice = Splice::new(body, top);
    let mut dropped = Vec::new();
    if wire != Wire::Compatible {
        as_version_2(top, &mut splice, target)?;
    }
    if wire == Wire::Bedrock {
        splice.remove("model");
        if top.get("priority").is_some() {
            splice.remove("priority");
            dropped.push("priority".to_owned());
        }
        // Amazon's own model has no such field.
        if target.model.contains("cohere.") {
            splice.set("api_version", VERSION);
        }
    } else if facts.model != target.model {
        splice.set("model", json(target.model));
    }
    outbound::override_fields(&mut splice, target);
    let path = match wire {
        Wire::Bedrock => model_path(target.path_prefix, target.model, "invoke"),
        Wire::Cohere | Wire::Compatible => format!("{}/rerank", target.path_prefix),
    };
    Ok(Rendered { path, headers: Vec::new(), body: splice.finish(), dropped })
}

fn as_version_2<'a>(top: &TopLevel<'a>, splice: &mut Splice<'a>, target: &Target<'_>) -> Result<(), RequestError> {
    let missing = |field: &str| Fault::new(field, "is missing");
    if top.str("query")?.is_none_or(|query| query.trim().is_empty()) {
        return Err(missing("query").into());
    }
    let raw = top.get("documents").ok_or_else(|| missing("documents"))?;
    let documents: Vec<Document<'a>> = read_raw(raw).map_err(|fault| fault.within("documents"))?;
    if documents.is_empty() {
        return Err(Fault::new("documents", "must not be empty").into());
    }
    if documents.iter().any(|document| document.is_object) {
        let texts: Result<Vec<Str<'a>>, Fault> = documents.into_iter().enumerate().map(text).collect();
        let texts = texts.map_err(|fault| fault.unsupported(target))?;
        splice.set("documents", json(&texts));
    }
    let by_text = |raw: &str| serde_json::from_str::<[Str<'_>; 1]>(raw).is_ok_and(|[field]| field == "text");
    for (field, nothing, message) in [
        (
            "return_documents",
            top.text("return_documents") == Some("false"),
            "its answers hold no documents: take yours by `index`",
        ),
        ("rank_fields", top.text("rank_fields").is_some_and(by_text), "it ranks texts: write the fields into them, as YAML"),
        ("max_chunks_per_doc", false, "it counts tokens: use `max_tokens_per_doc`"),
    ] {
        match top.text(field) {
            None => {}
            Some(given) if nothing || given == "null" => splice.remove(field),
            Some(_) => return Err(Fault::new(field, message).unsupported(target)),
        }
    }
    Ok(())
}

fn text<'a>((at, document): (usize, Document<'a>)) -> Result<Str<'a>, Fault> {
    let message = "has no `text`: structured data is best written as YAML, as a string";
    document.text.ok_or_else(|| Fault::new(format!("documents[{at}]"), message))
}

/// A text, or an object that holds one.
struct Document<'a> {
    text: Option<Str<'a>>,
    is_object: bool,
}

object! {
    Held {
        text: Str<'a>,
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Document<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an object with a `text`")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Document { text: Some(text.into()), is_object: false })
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Document { text: Some(text.to_owned().into()), is_object: false })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let fields = Held::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Document { text: fields.text, is_object: true })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Texts and lists of them: nothing that JSON cannot say.
fn json(value: &(impl serde::Serialize + ?Sized)) -> Cow<'static, [u8]> {
    serde_json::to_vec(value).unwrap_or_default().into()
}
