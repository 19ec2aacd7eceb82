//! `toolConfig`: the tools, and which of them must be called.
//!
//! Bedrock has no choice `none`, no way to say "one call at a time", and wants the definitions of tools wherever the conversation has
//! calls or results of them ("The toolConfig field must be defined when using toolUse and toolResult content blocks"). Without such
//! history, no tools means no calls. With it, Claude is told in its own words (`additionalModelRequestFields.tool_choice`); Bedrock
//! takes these only where `toolChoice` says nothing. Any other model could not be kept from calling, so the request is an error.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::additional::Additional;
use super::blocks::{self, CachePoint};
use crate::translate::conversation::{self, Content, Conversation, Function, ToolChoice};
use crate::translate::converse::family::Family;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::plain;
use crate::translate::schema::object_schema;

/// `toolConfig`, ready to be written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Config<'c> {
    tools: Vec<Tool<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'c>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Tool<'c> {
    ToolSpec(Spec<'c>),
    CachePoint(CachePoint),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
    input_schema: InputSchema<'c>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
}

#[derive(Serialize)]
struct InputSchema<'c> {
    json: Cow<'c, RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Choice<'c> {
    Auto {},
    Any {},
    Tool { name: &'c str },
}

/// The tools that a conversation needs, ready to be written.
pub(super) fn config<'c>(
    conversation: &'c Conversation<'c>,
    family: Family,
    additional: &mut Additional<'_>,
    dropped: &mut Hints,
) -> Result<Option<Config<'c>>, Fault> {
    let history = has_tool_blocks(conversation);
    if conversation.tools.is_empty() {
        return without_tools(conversation, family, history, additional);
    }
    let none = matches!(conversation.tool_choice, Some(ToolChoice::None));
    if none && !history {
        return Ok(None);
    }
    let tools = tools(&conversation.tools, family, dropped)?;
    if none {
        forbid_calls(family, additional, "tool_choice")?;
        return Ok(Some(Config { tools, tool_choice: None }));
    }
    if conversation.parallel_tool_calls == Some(false) {
        one_at_a_time(conversation.tool_choice.as_ref(), family, additional)?;
        return Ok(Some(Config { tools, tool_choice: None }));
    }
    let tool_choice = match &conversation.tool_choice {
        None | Some(ToolChoice::None) => None,
        Some(ToolChoice::Auto) => Some(Choice::Auto {}),
        Some(ToolChoice::Required) => Some(Choice::Any {}),
        Some(ToolChoice::Function(name)) => Some(Choice::Tool { name: blocks::tool_name(name)? }),
    };
    Ok(Some(Config { tools, tool_choice }))
}

fn has_tool_blocks(conversation: &Conversation<'_>) -> bool {
    let mut parts = conversation.messages.iter().flat_map(|message| &message.parts);
    parts.any(|part| matches!(part.content, Content::ToolCall(_) | Content::ToolResult(_)))
}

/// Tools that the conversation has called, and that the client offers no more, are defined by their names alone, and forbidden.
fn without_tools<'c>(
    conversation: &'c Conversation<'c>,
    family: Family,
    history: bool,
    additional: &mut Additional<'_>,
) -> Result<Option<Config<'c>>, Fault> {
    if matches!(conversation.tool_choice, Some(ToolChoice::Required | ToolChoice::Function(_))) {
        return Err(Fault::new("tool_choice", "forces a tool where no tools are offered"));
    }
    if !history {
        return Ok(None);
    }
    let (mut names, mut known) = (Vec::new(), HashSet::new());
    for part in conversation.messages.iter().flat_map(|message| &message.parts) {
        if let Content::ToolCall(call) = &part.content
            && known.insert(&*call.name)
        {
            names.push(&*call.name);
        }
    }
    if names.is_empty() {
        return Err(Fault::new("messages", "has the result of a tool, but not its call"));
    }
    forbid_calls(family, additional, "tools")?;
    let stub = |name| {
        let spec = Spec { name, description: None, input_schema: InputSchema { json: object_schema(None)? }, strict: false };
        Ok(Tool::ToolSpec(spec))
    };
    Ok(Some(Config { tools: names.into_iter().map(stub).collect::<Result<_, Fault>>()?, tool_choice: None }))
}

fn forbid_calls(family: Family, additional: &mut Additional<'_>, field: &str) -> Result<(), Fault> {
    if family.may_be_claude() {
        return additional.add("tool_choice", json!({ "type": "none" }), field);
    }
    let message = if field == "tools" {
        "must be there where the conversation has calls of tools or their results: Bedrock takes them with definitions only"
    } else {
        "where the conversation has calls of tools or their results, Bedrock cannot keep this model from calling: leave it out"
    };
    Err(Fault::new(field, message))
}

fn one_at_a_time(choice: Option<&ToolChoice<'_>>, family: Family, additional: &mut Additional<'_>) -> Result<(), Fault> {
    if !family.may_be_claude() {
        let message =
            "Bedrock cannot keep this model from several calls in one turn: leave it out, or name a model of Anthropic's";
        return Err(Fault::new("parallel_tool_calls", message));
    }
    let mut choice = match choice {
        None | Some(ToolChoice::Auto | ToolChoice::None) => json!({ "type": "auto" }),
        Some(ToolChoice::Required) => json!({ "type": "any" }),
        Some(ToolChoice::Function(name)) => json!({ "type": "tool", "name": blocks::tool_name(name)? }),
    };
    if let Value::Object(fields) = &mut choice {
        fields.insert("disable_parallel_tool_use".to_owned(), true.into());
    }
    additional.add("tool_choice", choice, "parallel_tool_calls")
}

fn tools<'c>(tools: &'c [conversation::Tool<'c>], family: Family, dropped: &mut Hints) -> Result<Vec<Tool<'c>>, Fault> {
    let mut written = Vec::with_capacity(tools.len());
    for (at, tool) in tools.iter().enumerate() {
        let (spec, function) = spec(tool).map_err(|fault| fault.within(format_args!("tools[{at}]")))?;
        written.push(Tool::ToolSpec(spec));
        let Some(hint) = function.cache else { continue };
        // Nova's prompt cache takes checkpoints in `system` and `messages` only (user guide, prompt caching).
        match CachePoint::new(hint, family, dropped).filter(|_| !family.is_nova()) {
            Some(point) => written.push(Tool::CachePoint(point)),
            None => dropped.add("cache_control"),
        }
    }
    Ok(written)
}

fn spec<'c>(tool: &'c conversation::Tool<'c>) -> Result<(Spec<'c>, &'c Function<'c>), Fault> {
    let function = match tool {
        conversation::Tool::Function(function) => function,
        conversation::Tool::Provider { kind, .. } => {
            let kind = plain::brief(kind, plain::QUOTATION);
            let message = format!("a tool of the type `{kind}` is not one that Converse has: offer a function");
            return Err(Fault::new("type", message));
        }
    };
    let spec = Spec {
        name: blocks::tool_name(&function.name).map_err(|fault| fault.within("function.name"))?,
        // An empty description is rejected (field note 40).
        description: function.description.as_deref().filter(|text| !text.trim().is_empty()),
        input_schema: InputSchema {
            json: object_schema(function.parameters.as_deref()).map_err(|fault| fault.within("function.parameters"))?,
        },
        strict: function.strict.unwrap_or_default(),
    };
    Ok((spec, function))
}
