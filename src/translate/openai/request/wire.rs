//! A chat completion request as it is written, before it has a meaning: OpenAI's API reference, and vendor extensions in common use.
//!
//! Everything is optional here and borrowed from the body; what must be there, and which words are known, is for the files that give
//! it a meaning. Fields without a name here are kept in `rest`, to be refused, told or passed on there.

use serde_json::value::RawValue;

use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::text_or::TextOr;

object! {
    /// The body.
    Request {
        model: Str<'a>,
        messages: Vec<Message<'a>>,
        tools: Vec<&'a RawValue>,
        tool_choice: &'a RawValue,
        parallel_tool_calls: bool,
        response_format: ResponseFormat<'a>,
        max_completion_tokens: u64,
        max_tokens: u64,
        temperature: f64,
        top_p: f64,
        top_k: u64,
        n: u32,
        stop: TextOr<'a, Str<'a>>,
        seed: i64,
        presence_penalty: f64,
        frequency_penalty: f64,
        logit_bias: &'a RawValue,
        logprobs: bool,
        top_logprobs: u8,
        user: Str<'a>,
        safety_identifier: Str<'a>,
        metadata: &'a RawValue,
        service_tier: Str<'a>,
        reasoning_effort: Str<'a>,
        thinking: ThinkingConfig<'a>,
        stream: bool,
        stream_options: StreamOptions<'a>,
        functions: &'a RawValue,
        function_call: &'a RawValue,
    }
}

object! {
    /// A message of any role.
    Message {
        role: Str<'a>,
        content: TextOr<'a, Part<'a>>,
        name: Str<'a>,
        refusal: Str<'a>,
        tool_calls: Vec<ToolCall<'a>>,
        tool_call_id: Str<'a>,
        reasoning_content: Str<'a>,
        reasoning: &'a RawValue,
        thinking_blocks: Vec<Part<'a>>,
        images: Vec<Part<'a>>,
        cache_control: CacheControl<'a>,
        function_call: &'a RawValue,
        audio: &'a RawValue,
    }
}

object! {
    /// A content part, or a block of thinking.
    Part {
        kind as "type": Str<'a>,
        text: Str<'a>,
        image_url: ImageUrl<'a>,
        input_audio: InputAudio<'a>,
        file: File<'a>,
        refusal: Str<'a>,
        thinking: Str<'a>,
        signature: Str<'a>,
        data: Str<'a>,
        // What our own streams number blocks of thinking and pictures with.
        index: u32,
        cache_control: CacheControl<'a>,
    }
}

object! {
    ImageUrl {
        url: Str<'a>,
        detail: Str<'a>,
    }
}

object! {
    InputAudio {
        data: Str<'a>,
        format: Str<'a>,
    }
}

object! {
    File {
        file_id: Str<'a>,
        file_data: Str<'a>,
        filename: Str<'a>,
    }
}

object! {
    CacheControl {
        kind as "type": Str<'a>,
        ttl: Str<'a>,
    }
}

object! {
    ToolCall {
        id: Str<'a>,
        kind as "type": Str<'a>,
        function: CalledFunction<'a>,
        custom: CalledCustom<'a>,
        extra_content: &'a RawValue,
    }
}

object! {
    CalledFunction {
        name: Str<'a>,
        arguments: Str<'a>,
    }
}

object! {
    /// A custom tool that is called.
    CalledCustom {
        name: Str<'a>,
        input: Str<'a>,
    }
}

object! {
    Tool {
        kind as "type": Str<'a>,
        function: Function<'a>,
        cache_control: CacheControl<'a>,
    }
}

object! {
    /// A custom tool and what stands around it.
    CustomTool {
        kind as "type": Str<'a>,
        custom: Custom<'a>,
    }
}

object! {
    Custom {
        name: Str<'a>,
        description: Str<'a>,
        format: CustomFormat<'a>,
    }
}

object! {
    CustomFormat {
        kind as "type": Str<'a>,
    }
}

object! {
    Function {
        name: Str<'a>,
        description: Str<'a>,
        parameters: &'a RawValue,
        strict: bool,
        cache_control: CacheControl<'a>,
    }
}

object! {
    /// `tool_choice` where it is an object.
    ToolChoice {
        kind as "type": Str<'a>,
        function: NamedFunction<'a>,
        custom: NamedFunction<'a>,
    }
}

object! {
    NamedFunction {
        name: Str<'a>,
    }
}

object! {
    ResponseFormat {
        kind as "type": Str<'a>,
        json_schema: JsonSchema<'a>,
    }
}

object! {
    JsonSchema {
        name: Str<'a>,
        description: Str<'a>,
        schema: &'a RawValue,
        strict: bool,
    }
}

object! {
    ThinkingConfig {
        kind as "type": Str<'a>,
        budget_tokens: u64,
    }
}

object! {
    StreamOptions {
        include_usage: bool,
    }
}
