//! A request as it is written, before it has a meaning: OpenAI's API reference.
//!
//! Everything is optional here and borrowed from the body. Items and parts of all types share one shape each, because their fields
//! agree where their names do; what they have besides stands in `rest`.

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::text_or::Either;

object! {
    /// The body.
    Request {
        model: Str<'a>,
        input: Input<'a>,
        instructions: Str<'a>,
        tools: Vec<&'a RawValue>,
        tool_choice: &'a RawValue,
        parallel_tool_calls: bool,
        text: Text<'a>,
        reasoning: Reasoning<'a>,
        max_output_tokens: u64,
        max_tool_calls: u64,
        temperature: f64,
        top_p: f64,
        top_logprobs: u8,
        include: Vec<Str<'a>>,
        metadata: &'a RawValue,
        user: Str<'a>,
        safety_identifier: Str<'a>,
        service_tier: Str<'a>,
        truncation: Str<'a>,
        store: bool,
        background: bool,
        stream: bool,
        stream_options: &'a RawValue,
        previous_response_id: &'a RawValue,
        conversation: &'a RawValue,
        prompt: &'a RawValue,
        moderation: &'a RawValue,
        prompt_cache_options: CacheOptions<'a>,
    }
}

object! {
    Text {
        format: Format<'a>,
        verbosity: &'a RawValue,
    }
}

object! {
    /// `text.format`.
    Format {
        kind as "type": Str<'a>,
        name: Str<'a>,
        description: Str<'a>,
        schema: &'a RawValue,
        strict: bool,
    }
}

object! {
    Reasoning {
        effort: Str<'a>,
        summary: Str<'a>,
        generate_summary: Str<'a>,
        context: Str<'a>,
        mode: Str<'a>,
    }
}

object! {
    CacheOptions {
        prewarm: bool,
    }
}

object! {
    /// An item of `input`, of any type.
    Item {
        kind as "type": Str<'a>,
        id: Str<'a>,
        status: Str<'a>,
        role: Str<'a>,
        content: Said<'a>,
        phase: Str<'a>,
        call_id: Str<'a>,
        name: Str<'a>,
        arguments: &'a RawValue,
        input: Str<'a>,
        output: Said<'a>,
        result: Str<'a>,
        caller: Caller<'a>,
        summary: Vec<Summary<'a>>,
        encrypted_content: Str<'a>,
    }
}

object! {
    /// Who calls a tool.
    Caller {
        kind as "type": Str<'a>,
    }
}

object! {
    /// A part of a reasoning item's summary.
    Summary {
        kind as "type": Str<'a>,
        text: Str<'a>,
    }
}

object! {
    /// A content part of any type.
    Part {
        kind as "type": Str<'a>,
        text: Str<'a>,
        refusal: Str<'a>,
        image_url: Str<'a>,
        detail: Str<'a>,
        file_id: Str<'a>,
        file_data: Str<'a>,
        file_url: Str<'a>,
        filename: Str<'a>,
        input_audio: InputAudio<'a>,
        annotations: &'a RawValue,
        logprobs: &'a RawValue,
        prompt_cache_breakpoint: CacheBreakpoint<'a>,
    }
}

object! {
    InputAudio {
        data: Str<'a>,
        format: Str<'a>,
    }
}

object! {
    CacheBreakpoint {
        mode: Str<'a>,
        ttl: Str<'a>,
    }
}

object! {
    Tool {
        kind as "type": Str<'a>,
        name: Str<'a>,
        description: Str<'a>,
        parameters: &'a RawValue,
        strict: bool,
        output_schema: &'a RawValue,
        defer_loading: bool,
        is_async as "async": bool,
        allowed_callers: Vec<Str<'a>>,
        format: CustomFormat<'a>,
    }
}

object! {
    /// What a custom tool takes.
    CustomFormat {
        kind as "type": Str<'a>,
    }
}

object! {
    /// `tool_choice` where it is an object.
    ToolChoice {
        kind as "type": Str<'a>,
        name: Str<'a>,
        mode: Str<'a>,
        tools: Vec<ChosenTool<'a>>,
    }
}

object! {
    /// A tool in a list of allowed ones.
    ChosenTool {
        kind as "type": Str<'a>,
        name: Str<'a>,
    }
}

/// `input`: a string or items.
#[derive(Debug)]
pub(super) enum Input<'a> {
    Text(Str<'a>),
    Items(Vec<Item<'a>>),
}

/// `content` and `output`: a string or parts; an object in the results of tools that OpenAI runs or defines.
#[derive(Debug)]
pub(super) enum Said<'a> {
    Text(Str<'a>),
    Parts(Vec<Part<'a>>),
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Input<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a string or an array of items";
        deserializer.deserialize_any(Either { expected, text: Input::Text, list: Input::Items, object: None })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Said<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a string or an array of parts";
        deserializer.deserialize_any(Either { expected, text: Said::Text, list: Said::Parts, object: Some(Said::Other) })
    }
}
