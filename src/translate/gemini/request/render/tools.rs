//! `tools` and `toolConfig`.
//!
//! Schemas go into `parametersJsonSchema`, which takes JSON Schema with `$ref`, `anyOf` and null; the older `parameters` takes a
//! subset of OpenAPI's only. A function without parameters has no schema: Google rejects an object without properties. `strict` is
//! Google's mode `VALIDATED`, which holds every call to its schema; `ANY` does so anyway.

use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::schema::{self, Schema};
use crate::translate::conversation::{self, Conversation, Function, ToolChoice};
use crate::translate::fault::{Fault, read_raw};
use crate::translate::hints::Hints;
use crate::translate::plain;
use crate::translate::text::Str;

/// Google's own tools: the `type` under which a client asks for one, and Google's field.
const OWN: [(&str, &str); 6] = [
    ("google_search", "googleSearch"),
    ("google_search_retrieval", "googleSearchRetrieval"),
    ("enterprise_web_search", "enterpriseWebSearch"),
    ("google_maps", "googleMaps"),
    ("url_context", "urlContext"),
    ("code_execution", "codeExecution"),
];

/// A tool, ready to be written: all functions together, or one of Google's own.
pub(super) enum Tool<'c> {
    Functions(Vec<Declaration<'c>>),
    Own { field: &'static str, config: Option<&'c RawValue> },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Declaration<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<Schema<'c>>,
}

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Nothing {}
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Functions(list) => map.serialize_entry("functionDeclarations", list)?,
            Self::Own { field, config: Some(config) } => map.serialize_entry(field, config)?,
            Self::Own { field, config: None } => map.serialize_entry(field, &Nothing {})?,
        }
        map.end()
    }
}

pub(super) fn tools<'c>(tools: &'c [conversation::Tool<'c>], dropped: &mut Hints) -> Result<Vec<Tool<'c>>, Fault> {
    let mut functions = Vec::new();
    let mut own = Vec::new();
    for (at, tool) in tools.iter().enumerate() {
        let within = |fault: Fault| fault.within(format_args!("tools[{at}]"));
        match tool {
            conversation::Tool::Function(function) => {
                if function.cache.is_some() {
                    dropped.add("cache_control");
                }
                functions.push(declaration(function).map_err(within)?);
            }
            conversation::Tool::Provider { kind, raw } => own.push(provider(kind, raw).map_err(within)?),
        }
    }
    if !functions.is_empty() {
        own.insert(0, Tool::Functions(functions));
    }
    Ok(own)
}

fn declaration<'c>(function: &'c Function<'c>) -> Result<Declaration<'c>, Fault> {
    let schema = match function.parameters.as_deref() {
        Some(raw) if takes_something(raw)? => Some(schema::schema(raw).map_err(|fault| fault.within("function.parameters"))?),
        _ => None,
    };
    let description = function.description.as_deref().filter(|text| !text.is_empty());
    Ok(Declaration { name: &function.name, description, parameters_json_schema: schema })
}

fn takes_something(raw: &RawValue) -> Result<bool, Fault> {
    #[derive(Deserialize)]
    struct Top<'a> {
        #[serde(borrow)]
        properties: Option<&'a RawValue>,
        #[serde(borrow, rename = "$ref")]
        reference: Option<&'a RawValue>,
        #[serde(borrow, rename = "anyOf")]
        any_of: Option<&'a RawValue>,
        #[serde(borrow, rename = "oneOf")]
        one_of: Option<&'a RawValue>,
        #[serde(borrow, rename = "allOf")]
        all_of: Option<&'a RawValue>,
        #[serde(borrow, rename = "additionalProperties")]
        additional: Option<&'a RawValue>,
    }
    if raw.get() == "null" {
        return Ok(false);
    }
    let top: Top<'_> = read_raw(raw).map_err(|fault| fault.within("function.parameters"))?;
    let properties = top.properties.is_some_and(|raw| raw.get().bytes().any(|byte| byte == b'"'));
    let others = [top.reference, top.any_of, top.one_of, top.all_of];
    let additional = top.additional.is_some_and(|raw| raw.get() != "false" && raw.get() != "null");
    Ok(properties || additional || others.iter().any(Option::is_some))
}

/// `{"type": "google_search"}`, with Google's options under the same name.
fn provider<'c>(kind: &str, raw: &'c RawValue) -> Result<Tool<'c>, Fault> {
    let Some((name, field)) = OWN.iter().find(|(name, _)| *name == kind) else {
        let kind = plain::brief(kind, plain::QUOTATION);
        return Err(Fault::new("type", format!("a tool of the type `{kind}` is not one that Google has: offer a function")));
    };
    let fields: Vec<(Str<'c>, &'c RawValue)> = fields(raw)?;
    let mut config = None;
    for (key, value) in fields {
        match &*key {
            "type" => {}
            key if key == *name || key == *field => config = Some(value),
            key => return Err(Fault::new(plain::brief(key, plain::QUOTATION), "is not a field of this tool")),
        }
    }
    Ok(Tool::Own { field, config })
}

fn fields(raw: &RawValue) -> Result<Vec<(Str<'_>, &RawValue)>, Fault> {
    crate::translate::object::object! {
        Any {}
    }
    Ok(read_raw::<Any<'_>>(raw)?.rest)
}

/// `toolConfig`, ready to be written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Config<'c> {
    function_calling_config: Calling<'c>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Calling<'c> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_function_names: Option<[&'c str; 1]>,
}

pub(super) fn config<'c>(conversation: &'c Conversation<'c>) -> Result<Option<Config<'c>>, Fault> {
    let functions = || {
        conversation.tools.iter().filter_map(|tool| match tool {
            conversation::Tool::Function(function) => Some(function),
            conversation::Tool::Provider { .. } => None,
        })
    };
    let strict = functions().any(|function| function.strict == Some(true));
    let (mode, name) = match &conversation.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Function(_)) if functions().next().is_none() => {
            return Err(Fault::new("tool_choice", "forces a tool where no functions are offered"));
        }
        _ if functions().next().is_none() => return Ok(None),
        None | Some(ToolChoice::Auto) if strict => ("VALIDATED", None),
        None => return Ok(None),
        Some(ToolChoice::Auto) => ("AUTO", None),
        Some(ToolChoice::None) => ("NONE", None),
        Some(ToolChoice::Required) => ("ANY", None),
        Some(ToolChoice::Function(name)) => ("ANY", Some([&**name])),
    };
    Ok(Some(Config { function_calling_config: Calling { mode, allowed_function_names: name } }))
}
