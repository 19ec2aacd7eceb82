"""A question in every client API's own words as plain HTTP, and what an answer in it says: what SDKs hide, tests must see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx2

from matrix import Matrix

HELLO = "one two three four five six"
ANSWER = f"You said: {HELLO}"

_MESSAGES = {"messages": [{"role": "user", "content": HELLO}]}
_BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", _MESSAGES),
    "completions": ("/v1/completions", {"prompt": HELLO, "max_tokens": 100}),
    "responses": ("/v1/responses", {"input": HELLO, "store": False}),
    "messages": ("/v1/messages", _MESSAGES | {"max_tokens": 100}),
    "gemini": ("/v1beta/models/MODEL:", {"contents": [{"role": "user", "parts": [{"text": HELLO}]}]}),
}
# Each API's names of what was asked and said, in tokens.
_USAGE = {
    "chat": ("usage", "prompt_tokens", "completion_tokens"),
    "completions": ("usage", "prompt_tokens", "completion_tokens"),
    "responses": ("usage", "input_tokens", "output_tokens"),
    "messages": ("usage", "input_tokens", "output_tokens"),
    "gemini": ("usageMetadata", "promptTokenCount", "candidatesTokenCount"),
}
# What stands at the end of a stream that is whole, and nowhere else.
_ENDS = {
    "chat": "data: [DONE]",
    "completions": "data: [DONE]",
    "responses": '"type":"response.completed"',
    "messages": '"type":"message_stop"',
    "gemini": '"finishReason":"',
}
APIS = list(_BODIES)


def ask(matrix: Matrix, api: str, model: str, stream: bool = False, sim: dict[str, Any] | None = None) -> httpx2.Response:
    path, body = _BODIES[api]
    if api == "gemini":
        path = path.replace("MODEL", model) + ("streamGenerateContent?alt=sse" if stream else "generateContent")
        return matrix.post(path, body, sim)
    asked = body | {"model": model, "stream": stream}
    if stream and api in ("chat", "completions"):
        asked["stream_options"] = {"include_usage": True}
    return matrix.post(path, asked, sim)


def is_whole(api: str, stream: str) -> bool:
    """Whether a stream says that it has come to its end."""
    return _ENDS[api] in stream.replace(": ", ":").replace("data:[DONE]", "data: [DONE]")


def events(stream: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data:").strip() for line in stream.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def usage(api: str, bodies: list[dict[str, Any]]) -> tuple[int, int]:
    """Tokens asked and said, as an answer, or the events of one, tell them: the last word counts."""
    place, *names = _USAGE[api]
    told: dict[str, int] = {}
    for body in bodies:
        inner = [body, body.get("response") or {}, body.get("message") or {}]
        for one in inner:
            told |= {name: count for name, count in (one.get(place) or {}).items() if count is not None}
    return tuple(told[name] for name in names)


@dataclass(frozen=True)
class Told:
    """An error, as the client reads it."""

    message: str
    # OpenAI's and Anthropic's `type`, Google's `status`.
    kind: str | None


def error(api: str, body: dict[str, Any]) -> Told:
    """The error in a body. It must have the client API's own shape."""
    told = body["error"]
    if api == "messages":
        assert body["type"] == "error"
    if api == "gemini":
        assert isinstance(told["code"], int)
        return Told(told["message"], told["status"])
    assert "code" in told or api == "messages"
    return Told(told["message"], told.get("type"))
