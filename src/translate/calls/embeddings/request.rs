//! An embeddings request, as a client of OpenAI's API writes it, with the fields of compatible vendors that other providers have,
//! too: `input_type` (Cohere's word) or `task_type` (Google's), `title`, `truncate`, `auto_truncate`.

use serde_json::value::RawValue;

use crate::translate::calls::way::unsupported;
use crate::translate::fault::{self, Fault};
use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::{RequestError, Target};

object! {
    Wire {
        model: Str<'a>,
        input: &'a RawValue,
        encoding_format: Str<'a>,
        dimensions: u32,
        user: Str<'a>,
        input_type: Str<'a>,
        task_type: Str<'a>,
        title: Str<'a>,
        truncate: Str<'a>,
        auto_truncate: bool,
    }
}

/// What is to be embedded, and how.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) texts: Vec<Str<'a>>,
    pub(super) dimensions: Option<u32>,
    pub(super) purpose: Option<Purpose<'a>>,
    pub(super) title: Option<Str<'a>>,
    /// Cohere's word for what is done with a text that is too long.
    pub(super) truncate: Option<Str<'a>>,
    /// Google's.
    pub(super) auto_truncate: Option<bool>,
    pub(super) dropped: Vec<String>,
}

/// What the embeddings are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose<'a> {
    /// To be found.
    Document,
    /// To find.
    Query,
    Classification,
    Clustering,
    /// In a provider's own word.
    Other(Str<'a>),
}

impl<'a> Purpose<'a> {
    fn of(word: Str<'a>) -> Self {
        match &*word {
            "search_document" | "document" | "passage" | "RETRIEVAL_DOCUMENT" => Self::Document,
            "search_query" | "query" | "RETRIEVAL_QUERY" => Self::Query,
            "classification" | "CLASSIFICATION" => Self::Classification,
            "clustering" | "CLUSTERING" => Self::Clustering,
            _ => Self::Other(word),
        }
    }
}

impl<'a> Request<'a> {
    /// Reads a request that goes to a provider of another API.
    pub(super) fn parse(body: &'a [u8], target: &Target<'_>) -> Result<Self, RequestError> {
        let wire: Wire<'a> = fault::read(body)?;
        if let Some((field, _)) = wire.rest.first() {
            return Err(unsupported(target, &**field, "is not a field that can be translated: remove it"));
        }
        // Checked here, and obeyed where the answer is written.
        if wire.encoding_format.as_deref().is_some_and(|word| word != "float" && word != "base64") {
            return Err(Fault::new("encoding_format", "is not `float` or `base64`").into());
        }
        if wire.input_type.is_some() && wire.task_type.is_some() {
            return Err(Fault::new("task_type", "says the same as `input_type`: send one of them").into());
        }
        Ok(Self {
            texts: texts(wire.input, target)?,
            dimensions: wire.dimensions,
            purpose: wire.input_type.or(wire.task_type).map(Purpose::of),
            title: wire.title,
            truncate: wire.truncate,
            auto_truncate: wire.auto_truncate,
            dropped: wire.user.map(|_| "user".to_owned()).into_iter().collect(),
        })
    }

    /// The field in which the purpose is given, for messages. Both are not given at once.
    pub(super) const PURPOSE: &'static str = "input_type";

    /// Refuses what only another provider has.
    pub(super) fn refuse(&self, fields: &[&str], target: &Target<'_>) -> Result<(), RequestError> {
        let given = |field: &&&str| match **field {
            "dimensions" => self.dimensions.is_some(),
            "title" => self.title.is_some(),
            "truncate" => self.truncate.is_some(),
            "auto_truncate" => self.auto_truncate.is_some(),
            _ => false,
        };
        match fields.iter().find(given) {
            Some(field) => Err(unsupported(target, *field, "this model has no such option: remove it")),
            None => Ok(()),
        }
    }
}

fn texts<'a>(input: Option<&'a RawValue>, target: &Target<'_>) -> Result<Vec<Str<'a>>, RequestError> {
    let raw = input.ok_or_else(|| Fault::new("input", "is missing"))?;
    let inner = raw.get().strip_prefix('[').map_or("", str::trim_start);
    if inner.starts_with(|first: char| first.is_ascii_digit() || first == '[') {
        let message = "token ids belong to OpenAI's tokenizers: send text";
        return Err(unsupported(target, "input", message));
    }
    let texts: Vec<Str<'a>> = if raw.get().starts_with('"') {
        vec![fault::read_raw(raw).map_err(|fault| fault.within("input"))?]
    } else {
        fault::read_raw(raw).map_err(|fault| fault.within("input"))?
    };
    match texts.iter().position(|text| text.is_empty()) {
        _ if texts.is_empty() => Err(Fault::new("input", "is empty: send at least one text").into()),
        Some(index) => Err(Fault::new(format!("input[{index}]"), "is empty: there is nothing to embed").into()),
        None => Ok(texts),
    }
}
