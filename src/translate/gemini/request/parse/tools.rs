//! `tools` and `toolConfig`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{foreign, missing, refuse_unknown, schema};
use crate::translate::conversation::{self, Function, ToolChoice};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::object::object;
use crate::translate::plain;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

object! {
    /// Functions, or a tool that Google runs, which stands in `rest`.
    Tool {
        functions as "functionDeclarations" | "function_declarations": Vec<Declaration<'a>>,
    }
}

object! {
    Declaration {
        name: Str<'a>,
        description: Str<'a>,
        parameters: &'a RawValue,
        parameters_json_schema as "parametersJsonSchema" | "parameters_json_schema": &'a RawValue,
        response: &'a RawValue,
        response_json_schema as "responseJsonSchema" | "response_json_schema": &'a RawValue,
        behavior: Str<'a>,
    }
}

object! {
    /// `toolConfig`.
    Config {
        calling as "functionCallingConfig" | "function_calling_config": Calling<'a>,
    }
}

object! {
    Calling {
        mode: Str<'a>,
        allowed as "allowedFunctionNames" | "allowed_function_names": Vec<Str<'a>>,
    }
}

type Tools<'a> = (Vec<conversation::Tool<'a>>, Option<ToolChoice<'a>>);

pub(super) fn tools<'a>(tools: Vec<Tool<'a>>, config: Option<Config<'a>>, ignored: &mut Hints) -> Result<Tools<'a>, Wrong> {
    let mut list = Vec::new();
    for (at, tool) in tools.into_iter().enumerate() {
        if let Some((key, _)) = tool.rest.first() {
            let message = "is a tool that Google runs itself: remove it, or ask for a model that Google serves";
            return Err(foreign(&format!("tools[{at}].{}", plain::brief(key, plain::QUOTATION)), message));
        }
        for (number, declaration) in tool.functions.unwrap_or_default().into_iter().enumerate() {
            let path = format_args!("tools[{at}].functionDeclarations[{number}]");
            list.push(function(declaration, ignored).map_err(|wrong| wrong.within(path))?);
        }
    }
    let within = |wrong: Wrong| wrong.within("toolConfig");
    let Some(config) = config else { return Ok((list, None)) };
    refuse_unknown(&config.rest).map_err(within)?;
    let choice = match config.calling {
        Some(calling) => choice(calling, &mut list).map_err(|wrong| within(wrong.within("functionCallingConfig")))?,
        None => None,
    };
    Ok((list, choice))
}

/// What a function answers is told to the model by no other API.
fn function<'a>(declaration: Declaration<'a>, ignored: &mut Hints) -> Result<conversation::Tool<'a>, Wrong> {
    refuse_unknown(&declaration.rest)?;
    if declaration.behavior.as_deref().is_some_and(|behavior| behavior != "BLOCKING" && behavior != "UNSPECIFIED") {
        return Err(foreign("behavior", "only Google goes on while a function runs: remove it"));
    }
    if declaration.response.is_some() || declaration.response_json_schema.is_some() {
        ignored.add("tools[].functionDeclarations[].response");
    }
    let name = declaration.name.filter(|name| !name.is_empty()).ok_or_else(|| missing("name"))?;
    let parameters = match (declaration.parameters, declaration.parameters_json_schema) {
        (Some(_), Some(_)) => return Err(Fault::new("parameters", "and `parametersJsonSchema` exclude each other").into()),
        (Some(raw), None) => Some(Cow::Owned(schema::json_schema(raw).map_err(|fault| fault.within("parameters"))?)),
        (None, Some(raw)) => Some(Cow::Borrowed(raw)),
        (None, None) => None,
    };
    let description = declaration.description;
    Ok(conversation::Tool::Function(Function { name, description, parameters, strict: None, cache: None }))
}

/// `VALIDATED` is other APIs' `strict`. Of several allowed functions one must be called: so only these are offered.
fn choice<'a>(calling: Calling<'a>, tools: &mut Vec<conversation::Tool<'a>>) -> Result<Option<ToolChoice<'a>>, Wrong> {
    refuse_unknown(&calling.rest)?;
    let mut allowed = calling.allowed.unwrap_or_default();
    match calling.mode.as_deref() {
        None | Some("MODE_UNSPECIFIED") => Ok(None),
        Some("AUTO") => Ok(Some(ToolChoice::Auto)),
        Some("NONE") => Ok(Some(ToolChoice::None)),
        Some("ANY") if allowed.len() == 1 => Ok(allowed.pop().map(ToolChoice::Function)),
        Some("ANY") => {
            keep(tools, &allowed);
            Ok(Some(ToolChoice::Required))
        }
        Some("VALIDATED") => {
            keep(tools, &allowed);
            for tool in tools {
                if let conversation::Tool::Function(function) = tool {
                    function.strict = Some(true);
                }
            }
            Ok(Some(ToolChoice::Auto))
        }
        Some(_) => Err(Fault::new("mode", "is not one of `AUTO`, `ANY`, `NONE` and `VALIDATED`").into()),
    }
}

fn keep<'a>(tools: &mut Vec<conversation::Tool<'a>>, allowed: &[Str<'a>]) {
    if !allowed.is_empty() {
        tools.retain(|tool| match tool {
            conversation::Tool::Function(function) => allowed.contains(&function.name),
            conversation::Tool::Provider { .. } => true,
        });
    }
}
