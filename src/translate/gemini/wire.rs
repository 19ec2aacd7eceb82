//! Requests and answers as they are written, before they have a meaning. Content and its parts are the same in both.
//!
//! Everything is optional and borrowed from the body. Fields without a name here are kept in `rest`.

use serde_json::value::RawValue;

use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    /// What one side says.
    Content {
        role: Str<'a>,
        parts: Vec<Part<'a>>,
    }
}

object! {
    /// A piece of what is said. One of its kinds of data is there.
    Part {
        text: Str<'a>,
        thought: bool,
        thought_signature as "thoughtSignature" | "thought_signature": Str<'a>,
        inline_data as "inlineData" | "inline_data": Blob<'a>,
        file_data as "fileData" | "file_data": FileData<'a>,
        function_call as "functionCall" | "function_call": FunctionCall<'a>,
        function_response as "functionResponse" | "function_response": FunctionResponse<'a>,
        executable_code as "executableCode" | "executable_code": &'a RawValue,
        code_execution_result as "codeExecutionResult" | "code_execution_result": &'a RawValue,
        media_resolution as "mediaResolution" | "media_resolution": &'a RawValue,
    }
}

object! {
    /// Bytes of a medium, in base64.
    Blob {
        mime_type as "mimeType" | "mime_type": Str<'a>,
        data: Str<'a>,
        display_name as "displayName" | "display_name": Str<'a>,
    }
}

object! {
    /// A medium that Google fetches.
    FileData {
        mime_type as "mimeType" | "mime_type": Str<'a>,
        file_uri as "fileUri" | "file_uri": Str<'a>,
        display_name as "displayName" | "display_name": Str<'a>,
    }
}

object! {
    FunctionCall {
        id: Str<'a>,
        name: Str<'a>,
        args: &'a RawValue,
    }
}

object! {
    FunctionResponse {
        id: Str<'a>,
        name: Str<'a>,
        response: &'a RawValue,
        parts: Vec<ResponsePart<'a>>,
    }
}

object! {
    /// A medium in what a function answers.
    ResponsePart {
        inline_data as "inlineData" | "inline_data": Blob<'a>,
        file_data as "fileData" | "file_data": FileData<'a>,
    }
}

object! {
    /// An answer, or a chunk of one that is streamed.
    Response {
        candidates: Vec<Candidate<'a>>,
        prompt_feedback as "promptFeedback" | "prompt_feedback": PromptFeedback<'a>,
        usage_metadata as "usageMetadata" | "usage_metadata": Usage<'a>,
        model_version as "modelVersion" | "model_version": Str<'a>,
        response_id as "responseId" | "response_id": Str<'a>,
        error: &'a RawValue,
    }
}

object! {
    Candidate {
        index: u32,
        content: Content<'a>,
        finish_reason as "finishReason" | "finish_reason": Str<'a>,
        finish_message as "finishMessage" | "finish_message": Str<'a>,
        grounding as "groundingMetadata" | "grounding_metadata": &'a RawValue,
        recited as "citationMetadata" | "citation_metadata": &'a RawValue,
        logprobs_result as "logprobsResult" | "logprobs_result": &'a RawValue,
    }
}

object! {
    PromptFeedback {
        block_reason as "blockReason" | "block_reason": Str<'a>,
        block_reason_message as "blockReasonMessage" | "block_reason_message": Str<'a>,
    }
}

object! {
    Usage {
        prompt as "promptTokenCount" | "prompt_token_count": u64,
        tool_use_prompt as "toolUsePromptTokenCount" | "tool_use_prompt_token_count": u64,
        cached as "cachedContentTokenCount" | "cached_content_token_count": u64,
        candidates as "candidatesTokenCount" | "candidates_token_count": u64,
        thoughts as "thoughtsTokenCount" | "thoughts_token_count": u64,
    }
}
