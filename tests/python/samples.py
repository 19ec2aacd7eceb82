"""Requests that together have nearly all that clients may say, in the client APIs' own words."""

from __future__ import annotations

from typing import Any

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = "JVBERi0xLjEKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZz4+ZW5kb2JqCnRyYWlsZXI8PC9Sb290IDEgMCBSPj4K"
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Which"},
        "days": {"type": "integer"},
        "unit": {"type": "string", "enum": ["C", "F"]},
        "places": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": False}},
    },
    "required": ["city", "days", "unit", "places"],
    "additionalProperties": False,
}
NO_ARGUMENTS = {"type": "object", "properties": {}}


def _says(content: Any, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": content}


def _function(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": f"Runs {name}", "parameters": schema} | more}


def _chat_call(id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


CHAT_TOOLS = [_function("get_weather", SCHEMA), _function("get_time", NO_ARGUMENTS)]
CITY = '{"city":"Kyōto","days":2,"unit":"C","places":[]}'

# OpenAI chat completions.
CHAT: dict[str, dict[str, Any]] = {
    "a question": {"messages": [_says("hello there")]},
    "instructions": {"messages": [_says("be brief", "system"), _says([{"type": "text", "text": "be kind"}], "developer"), _says("hello")]},
    "turns": {"messages": [_says("one"), _says("You said: one", "assistant"), _says("two"), _says("three")]},
    "sampling": {"messages": [_says("hello")], "temperature": 0.5, "top_p": 0.9, "max_completion_tokens": 50, "stop": ["END", "STOP"]},
    "an image": {
        "messages": [_says([{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}])]
    },
    "a document": {
        "messages": [
            _says([{"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}, {"type": "text", "text": "what?"}])
        ]
    },
    "tools": {"messages": [_says("weather?")], "tools": CHAT_TOOLS},
    "a tool that must be called": {"messages": [_says("weather?")], "tools": CHAT_TOOLS, "tool_choice": "required"},
    "a tool named": {
        "messages": [_says("time?")],
        "tools": CHAT_TOOLS,
        "tool_choice": {"type": "function", "function": {"name": "get_time"}},
    },
    "tools not to be called": {"messages": [_says("weather?")], "tools": CHAT_TOOLS, "tool_choice": "none"},
    "results of tools": {
        "messages": [
            _says("weather and time?"),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [_chat_call("call_1", "get_weather", CITY), _chat_call("call_2", "get_time", "{}")],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
            {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "noon"}]},
        ],
        "tools": CHAT_TOOLS,
    },
    "an answer of a schema": {
        "messages": [_says("weather?")],
        "response_format": {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": SCHEMA}},
    },
    "effort": {"messages": [_says("hello")], "reasoning_effort": "low", "max_completion_tokens": 20_000},
    "a stream": {"messages": [_says("hello there")], "stream": True, "stream_options": {"include_usage": True}},
    "a stream with tools": {"messages": [_says("weather?")], "tools": CHAT_TOOLS, "stream": True},
}

MESSAGE_TOOLS = [
    {"name": "get_weather", "description": "Weather of a city", "input_schema": SCHEMA},
    {"name": "get_time", "input_schema": NO_ARGUMENTS},
]
CACHED = {"cache_control": {"type": "ephemeral"}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}

# Anthropic messages.
MESSAGES: dict[str, dict[str, Any]] = {
    "a question": {"messages": [_says("hello there")]},
    "instructions": {"system": [{"type": "text", "text": "be brief"}, {"type": "text", "text": "be kind", **CACHED}], "messages": [_says("hello")]},
    "sampling": {"messages": [_says("hello")], "temperature": 0.5, "stop_sequences": ["END"]},
    "an image": {"messages": [_says([{"type": "text", "text": "what?"}, IMAGE])]},
    "a document": {
        "messages": [
            _says([{"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}, {"type": "text", "text": "what?"}])
        ]
    },
    "tools": {"messages": [_says("weather?")], "tools": MESSAGE_TOOLS, "tool_choice": {"type": "auto", "disable_parallel_tool_use": False}},
    "a tool that must be called": {"messages": [_says("weather?")], "tools": MESSAGE_TOOLS, "tool_choice": {"type": "any"}},
    "results of tools": {
        "messages": [
            _says("weather and time?"),
            _says(
                [
                    {"type": "text", "text": "Let me look."},
                    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Kyōto", "days": 2, "unit": "C", "places": []}},
                    {"type": "tool_use", "id": "toolu_2", "name": "get_time", "input": {}},
                ],
                "assistant",
            ),
            _says(
                [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "rain"}], **CACHED},
                    {"type": "tool_result", "tool_use_id": "toolu_2", "content": "no clock", "is_error": True},
                    {"type": "text", "text": "and?"},
                ]
            ),
        ],
        "tools": MESSAGE_TOOLS,
    },
    "thinking": {"messages": [_says("hello")], "thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 4000},
    "a stream": {"messages": [_says("hello there")], "stream": True},
}
for _sample in MESSAGES.values():
    _sample.setdefault("max_tokens", 500)


def _gemini_says(*parts: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


GEMINI_TOOLS = [
    {
        "functionDeclarations": [
            {"name": "get_weather", "description": "Weather of a city", "parametersJsonSchema": SCHEMA},
            {"name": "get_time", "description": "The time"},
        ]
    }
]

# What Google takes for the signature of a call that another model made.
NO_SIGNATURE = "skip_thought_signature_validator"

# Gemini's generateContent. `stream` stands for the other method.
GEMINI: dict[str, dict[str, Any]] = {
    "a question": {"contents": [_gemini_says({"text": "hello there"})]},
    "instructions": {"systemInstruction": {"parts": [{"text": "be brief"}]}, "contents": [_gemini_says({"text": "hello"})]},
    "sampling": {
        "contents": [_gemini_says({"text": "hello"})],
        "generationConfig": {"temperature": 0.5, "topP": 0.9, "maxOutputTokens": 50, "stopSequences": ["END"]},
    },
    "an image": {"contents": [_gemini_says({"text": "what?"}, {"inlineData": {"mimeType": "image/png", "data": PNG}})]},
    "tools": {"contents": [_gemini_says({"text": "weather?"})], "tools": GEMINI_TOOLS},
    "results of tools": {
        "contents": [
            _gemini_says({"text": "weather?"}),
            _gemini_says(
                {
                    "functionCall": {"name": "get_weather", "args": {"city": "Kyōto", "days": 2, "unit": "C", "places": []}},
                    "thoughtSignature": NO_SIGNATURE,
                },
                role="model",
            ),
            _gemini_says({"functionResponse": {"name": "get_weather", "response": {"output": "rain"}}}),
        ],
        "tools": GEMINI_TOOLS,
    },
    "an answer of a schema": {
        "contents": [_gemini_says({"text": "weather?"})],
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
    },
    "a stream": {"contents": [_gemini_says({"text": "hello there"})], "stream": True},
}

# OpenAI responses.
RESPONSES: dict[str, dict[str, Any]] = {
    "a question": {"input": "hello there"},
    "instructions": {"instructions": "be brief", "input": [_says("hello")]},
    "sampling": {"input": "hello", "temperature": 0.5, "max_output_tokens": 50},
    "an image": {
        "input": [_says([{"type": "input_text", "text": "what?"}, {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"}])]
    },
    "tools": {
        "input": "weather?",
        "tools": [{"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": True}],
        "tool_choice": "required",
    },
    "results of tools": {
        "input": [
            _says("weather?"),
            {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": CITY},
            {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
        ],
        "tools": [{"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": True}],
    },
    "an answer of a schema": {
        "input": "weather?",
        "text": {"format": {"type": "json_schema", "name": "weather", "schema": SCHEMA, "strict": True}},
    },
    "a stream": {"input": "hello there", "stream": True},
}
for _sample in RESPONSES.values():
    _sample.setdefault("store", False)

# By client API.
SAMPLES = {"chat": CHAT, "messages": MESSAGES, "gemini": GEMINI, "responses": RESPONSES}
