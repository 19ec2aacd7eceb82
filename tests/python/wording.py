"""What every client API can say, in its own words: arguments for `create` of the callers."""

from __future__ import annotations

from typing import Any

from google.genai import types

from callers import Caller
from samples import PNG

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}


def instructed(caller: Caller, content: str, system: str) -> dict[str, Any]:
    if caller.api == "openai":
        return {"messages": [{"role": "system", "content": system}, {"role": "user", "content": content}]}
    return {"content": content} | {{"responses": "instructions", "anthropic": "system", "gemini": "system_instruction"}[caller.api]: system}


def turns(caller: Caller, *texts: str) -> dict[str, Any]:
    """A conversation: the person first, then the model, and so on."""
    roles = ["user", "model" if caller.api == "gemini" else "assistant"]
    said = [(roles[number % 2], text) for number, text in enumerate(texts)]
    if caller.api == "gemini":
        return {"contents": [types.Content(role=role, parts=[types.Part(text=text)]) for role, text in said]}
    name = "input" if caller.api == "responses" else "messages"
    return {name: [{"role": role, "content": text} for role, text in said]}


def image(caller: Caller, question: str) -> dict[str, Any]:
    """A question about a picture."""
    url = f"data:image/png;base64,{PNG}"
    if caller.api == "openai":
        return {"content": [{"type": "text", "text": question}, {"type": "image_url", "image_url": {"url": url}}]}
    if caller.api == "responses":
        parts = [{"type": "input_text", "text": question}, {"type": "input_image", "image_url": url, "detail": "auto"}]
        return {"input": [{"role": "user", "content": parts}]}
    if caller.api == "anthropic":
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        return {"content": [{"type": "text", "text": question}, {"type": "image", "source": source}]}
    return {"content": [types.Part(text=question), types.Part(inline_data=types.Blob(mime_type="image/png", data=PNG))]}


def schema(caller: Caller) -> dict[str, Any]:
    """An answer that fits `CITY`."""
    if caller.api == "openai":
        return {"response_format": {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": CITY}}}
    if caller.api == "responses":
        return {"text": {"format": {"type": "json_schema", "name": "city", "strict": True, "schema": CITY}}}
    if caller.api == "anthropic":
        return {"output_config": {"format": {"type": "json_schema", "schema": CITY}}}
    return {"response_mime_type": "application/json", "response_json_schema": CITY}


def limit(caller: Caller, tokens: int) -> dict[str, Any]:
    names = {"openai": "max_completion_tokens", "anthropic": "max_tokens", "completions": "max_tokens"}
    return {names.get(caller.api, "max_output_tokens"): tokens}


def stop(caller: Caller, text: str) -> dict[str, Any]:
    return {"stop" if caller.api in ("openai", "completions") else "stop_sequences": [text]}
