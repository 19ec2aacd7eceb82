//! `tools` and `tool_choice`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::blocks::optional_cache_hint;
use super::{missing, refuse_unknown};
use crate::translate::anthropic::wire::CacheControl;
use crate::translate::conversation::{Function, Tool, ToolChoice};
use crate::translate::fault::{Fault, read_raw};
use crate::translate::hints::Hints;
use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

object! {
    Kind {
        kind as "type": Str<'a>,
    }
}

object! {
    Custom {
        kind as "type": Str<'a>,
        name: Str<'a>,
        description: Str<'a>,
        input_schema: &'a RawValue,
        strict: bool,
        cache_control: CacheControl<'a>,
        eager_input_streaming: &'a RawValue,
        input_examples: &'a RawValue,
        defer_loading: bool,
        allowed_callers: Vec<Str<'a>>,
    }
}

object! {
    /// `tool_choice`.
    Choice {
        kind as "type": Str<'a>,
        name: Str<'a>,
        disable_parallel_tool_use: bool,
    }
}

/// Each tool is read from its own raw JSON, because a tool that is not a function is kept as it is.
pub(super) fn tools<'a>(tools: Vec<&'a RawValue>, ignored: &mut Hints) -> Result<Vec<Tool<'a>>, Wrong> {
    let each = |(at, raw)| tool(raw, ignored).map_err(|w| w.within(format_args!("tools[{at}]")));
    tools.into_iter().enumerate().map(each).collect()
}

fn tool<'a>(raw: &'a RawValue, ignored: &mut Hints) -> Result<Tool<'a>, Wrong> {
    let Kind { kind, .. } = read_raw(raw)?;
    match kind {
        Some(kind) if kind != "custom" => Ok(Tool::Provider { kind, raw }),
        _ => function(read_raw(raw)?, ignored).map(Tool::Function),
    }
}

/// Examples, and when the definition is loaded or streamed, do not change what the tool is. Who may call it does.
fn function<'a>(tool: Custom<'a>, ignored: &mut Hints) -> Result<Function<'a>, Wrong> {
    refuse_unknown(&tool.rest)?;
    if tool.allowed_callers.is_some_and(|callers| callers.iter().any(|caller| caller != "direct")) {
        let message = "a tool that code run by Anthropic calls can only be served by Anthropic: remove it";
        return Err(Wrong::Foreign(Fault::new("allowed_callers", message)));
    }
    for (field, given) in [
        ("tools[].eager_input_streaming", tool.eager_input_streaming.is_some()),
        ("tools[].input_examples", tool.input_examples.is_some_and(|raw| raw.get() != "[]")),
        ("tools[].defer_loading", tool.defer_loading == Some(true)),
    ] {
        if given {
            ignored.add(field);
        }
    }
    let cache = optional_cache_hint(tool.cache_control.as_ref())?;
    let name = tool.name.ok_or_else(|| missing("name"))?;
    if name.is_empty() {
        return Err(Fault::new("name", "must not be empty").into());
    }
    let parameters = tool.input_schema.ok_or_else(|| missing("input_schema"))?;
    Ok(Function { name, description: tool.description, parameters: Some(Cow::Borrowed(parameters)), strict: tool.strict, cache })
}

type Chosen<'a> = (Option<ToolChoice<'a>>, Option<bool>);

/// Which tool must be called, and whether several may be called in one turn.
pub(super) fn choice(choice: Option<Choice<'_>>) -> Result<Chosen<'_>, Wrong> {
    let Some(choice) = choice else { return Ok((None, None)) };
    refuse_unknown(&choice.rest)?;
    let tool = match choice.kind.as_deref() {
        Some("auto") => ToolChoice::Auto,
        Some("any") => ToolChoice::Required,
        Some("none") => ToolChoice::None,
        Some("tool") => ToolChoice::Function(choice.name.ok_or_else(|| missing("name"))?),
        Some(_) => return Err(Fault::new("type", "is not one of `auto`, `any`, `tool` and `none`").into()),
        None => return Err(missing("type").into()),
    };
    Ok((Some(tool), choice.disable_parallel_tool_use.map(|disabled| !disabled)))
}
