"""Tools in every client API's own words: what is declared, what was called, and the turns that bring the results back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from google.genai import types

from callers import Caller

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
TIME = {"type": "object", "properties": {}}


@dataclass
class Call:
    id: str
    name: str
    arguments: Any


@dataclass
class Said:
    """What a model said, and the turn itself as the API wants it back."""

    turn: Any
    text: str = ""
    calls: list[Call] = field(default_factory=list)


def tools(caller: Caller) -> dict[str, Any]:
    """Two tools, as arguments of `create`."""
    both = [("get_weather", "Weather of a city", WEATHER), ("get_time", "The time", TIME)]
    if caller.api == "openai":
        return {"tools": [_function(name, {"function": _declared(name, told, "parameters", schema)}) for name, told, schema in both]}
    if caller.api == "responses":
        return {"tools": [_function(name, _declared(name, told, "parameters", schema) | {"strict": False}) for name, told, schema in both]}
    if caller.api == "anthropic":
        return {"tools": [_declared(name, told, "input_schema", schema) for name, told, schema in both]}
    declared = [_declared(name, told, "parameters_json_schema", schema) for name, told, schema in both]
    return {"tools": [types.Tool(function_declarations=declared)]}


def _function(_name: str, rest: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function"} | rest


def _declared(name: str, told: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "description": told, place: schema}


def calls(caller: Caller, content: str, stream: bool, **fields: Any) -> Said:
    """What the model says, with two tools at hand."""
    read = {"openai": _chat, "responses": _responses, "anthropic": _messages, "gemini": _gemini}[caller.api]
    return read(caller, content, stream, tools(caller) | fields)


def _chat(caller: Caller, content: str, stream: bool, fields: dict[str, Any]) -> Said:
    if stream:
        headers = {f"x-sim-{name}": str(value) for name, value in (fields.pop("sim", None) or {}).items()}
        asked = {"model": caller.model, "messages": [{"role": "user", "content": content}]} | fields
        with caller.client.chat.completions.stream(**asked, extra_headers=headers) as events:
            choice = events.get_final_completion().choices[0]
    else:
        choice = caller.create(content, **fields).choices[0]
    message = choice.message
    assert choice.finish_reason == ("tool_calls" if message.tool_calls else "stop")
    called = [Call(call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
    # The helper's `parsed` is no field of the API.
    turn = message.to_dict()
    turn.pop("parsed", None)
    for call in turn.get("tool_calls") or []:
        call["function"].pop("parsed_arguments", None)
        call.pop("index", None)
    return Said(turn, message.content or "", called)


def _responses(caller: Caller, content: str, stream: bool, fields: dict[str, Any]) -> Said:
    if stream:
        headers = {f"x-sim-{name}": str(value) for name, value in (fields.pop("sim", None) or {}).items()}
        asked = {"model": caller.model, "input": content, "store": False} | fields
        with caller.client.responses.stream(**asked, extra_headers=headers) as events:
            answer = events.get_final_response()
    else:
        answer = caller.create(content, **fields)
    called = [Call(item.call_id, item.name, json.loads(item.arguments)) for item in answer.output if item.type == "function_call"]
    turn = [item.to_dict() for item in answer.output]
    for item in turn:
        item.pop("parsed_arguments", None)
        for part in item.get("content") or []:
            part.pop("parsed", None)
    return Said(turn, answer.output_text, called)


def _messages(caller: Caller, content: str, stream: bool, fields: dict[str, Any]) -> Said:
    if stream:
        headers = {f"x-sim-{name}": str(value) for name, value in (fields.pop("sim", None) or {}).items()}
        asked = {"model": caller.model, "max_tokens": 4000, "messages": [{"role": "user", "content": content}]} | fields
        with caller.client.messages.stream(**asked, extra_headers=headers) as events:
            answer = events.get_final_message()
    else:
        answer = caller.create(content, **({"max_tokens": 4000} | fields))
    called = [Call(block.id, block.name, block.input) for block in answer.content if block.type == "tool_use"]
    assert answer.stop_reason == ("tool_use" if called else "end_turn")
    text = "".join(block.text for block in answer.content if block.type == "text")
    return Said({"role": "assistant", "content": answer.content}, text, called)


def _gemini(caller: Caller, content: str, stream: bool, fields: dict[str, Any]) -> Said:
    if stream:
        chunks = list(caller.chunks(content, **fields))
        parts = [part for chunk in chunks for one in chunk.candidates or [] for part in (one.content and one.content.parts) or []]
    else:
        parts = caller.create(content, **fields).candidates[0].content.parts
    found = [part.function_call for part in parts if part.function_call]
    called = [Call(call.id, call.name, call.args or {}) for call in found]
    text = "".join(part.text or "" for part in parts if not part.thought)
    return Said(types.Content(role="model", parts=parts), text, called)


def tool_turns(caller: Caller, content: str, said: Said, *results: str) -> dict[str, Any]:
    """The turns with the results of what was called, as arguments of `create`."""
    asked = {"role": "user", "content": content}
    pairs = list(zip(said.calls, results, strict=True))
    if caller.api == "openai":
        told = [{"role": "tool", "tool_call_id": call.id, "content": result} for call, result in pairs]
        return {"messages": [asked, said.turn, *told]}
    if caller.api == "responses":
        told = [{"type": "function_call_output", "call_id": call.id, "output": result} for call, result in pairs]
        return {"input": [asked, *said.turn, *told]}
    if caller.api == "anthropic":
        told = [{"type": "tool_result", "tool_use_id": call.id, "content": result} for call, result in pairs]
        return {"messages": [asked, said.turn, {"role": "user", "content": told}]}
    parts = [
        types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": result}))
        for call, result in pairs
    ]
    return {"contents": [types.Content(role="user", parts=[types.Part(text=content)]), said.turn, types.Content(role="user", parts=parts)]}
