"""The official SDKs behind one small face, so that a test can be written once for all client APIs.

`sim` is how the simulator shall answer: `{"status": "429"}` becomes the header `x-sim-status: 429`.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import anthropic
import httpx2
import openai
from google import genai
from google.genai import errors as genai_errors
from google.genai import types

Script = dict[str, Any] | None


def sim_headers(sim: Script) -> dict[str, str]:
    return {f"x-sim-{name}": str(value) for name, value in (sim or {}).items()}


# Nothing here speaks TLS, and loading the machine's certificates for every client takes longer than most tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def openai_client(url: str, key: str) -> openai.OpenAI:
    http = httpx2.Client(verify=NO_TLS)
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20, http_client=http)


def anthropic_client(url: str, key: str) -> anthropic.Anthropic:
    http = httpx2.Client(verify=NO_TLS)
    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=20, http_client=http)


def gemini_client(url: str, key: str) -> genai.Client:
    options = types.HttpOptions(
        base_url=url, timeout=20_000, retry_options=types.HttpRetryOptions(attempts=1), httpx_client=httpx2.Client(verify=NO_TLS)
    )
    return genai.Client(api_key=key, http_options=options)


@dataclass
class Streamed:
    """What came of a stream."""

    text: str = ""
    # Whether the stream said that the answer is complete.
    complete: bool = False
    finish: str | None = None
    events: int = 0


@dataclass
class Chat:
    """OpenAI's SDK, and the model that it asks."""

    client: openai.OpenAI
    model: str
    via: str
    api: str = "openai"
    errors: Any = field(default=openai)

    @classmethod
    def at(cls, url: str, key: str, model: str) -> Self:
        return cls(openai_client(url, key), model, model)

    def create(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Any:
        fields.setdefault("messages", [{"role": "user", "content": content}])
        fields.setdefault("model", self.model)
        return self.client.chat.completions.create(extra_headers=sim_headers(sim), **fields)

    def ask(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> str:
        return self.create(content, sim=sim, **fields).choices[0].message.content

    def raw(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Any:
        """The answer with its headers."""
        messages = [{"role": "user", "content": content}]
        fields.setdefault("model", self.model)
        return self.client.chat.completions.with_raw_response.create(
            messages=messages, extra_headers=sim_headers(sim), **fields
        )

    def stream(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Iterator[Streamed]:
        """What has come so far, after each event."""
        seen = Streamed()
        for chunk in self.create(content, sim=sim, stream=True, **fields):
            seen.events += 1
            for choice in chunk.choices:
                seen.text += choice.delta.content or ""
                seen.finish = choice.finish_reason or seen.finish
            # The SDK ends quietly at `[DONE]` and at an early end alike: only the finish reason tells them apart.
            seen.complete = seen.finish is not None
            yield seen


@dataclass
class Messages:
    """Anthropic's SDK, and the model that it asks."""

    client: anthropic.Anthropic
    model: str
    via: str
    api: str = "anthropic"
    errors: Any = field(default=anthropic)

    @classmethod
    def at(cls, url: str, key: str, model: str) -> Self:
        return cls(anthropic_client(url, key), model, model)

    def create(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Any:
        fields.setdefault("messages", [{"role": "user", "content": content}])
        fields.setdefault("model", self.model)
        fields.setdefault("max_tokens", 1000)
        return self.client.messages.create(extra_headers=sim_headers(sim), **fields)

    def ask(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> str:
        answer = self.create(content, sim=sim, **fields)
        return "".join(block.text for block in answer.content if block.type == "text")

    def raw(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Any:
        """The answer with its headers."""
        messages = [{"role": "user", "content": content}]
        fields.setdefault("model", self.model)
        return self.client.messages.with_raw_response.create(
            messages=messages, max_tokens=1000, extra_headers=sim_headers(sim), **fields
        )

    def stream(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Iterator[Streamed]:
        """What has come so far, after each event."""
        seen = Streamed()
        for event in self.create(content, sim=sim, stream=True, **fields):
            seen.events += 1
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                seen.text += event.delta.text
            if event.type == "message_delta":
                seen.finish = event.delta.stop_reason
            seen.complete = event.type == "message_stop"
            yield seen


@dataclass
class Completions:
    """OpenAI's SDK at its oldest endpoint."""

    client: openai.OpenAI
    model: str
    via: str
    api: str = "completions"
    errors: Any = field(default=openai)

    @classmethod
    def at(cls, url: str, key: str, model: str) -> Self:
        return cls(openai_client(url, key), model, model)

    def create(self, content: str = "hello there", *, sim: Script = None, **fields: Any) -> Any:
        fields.setdefault("model", self.model)
        return self.client.completions.create(prompt=content, extra_headers=sim_headers(sim), **fields)

    def ask(self, content: str = "hello there", *, sim: Script = None, **fields: Any) -> str:
        return self.create(content, sim=sim, **fields).choices[0].text

    def stream(self, content: str = "hello there", *, sim: Script = None, **fields: Any) -> Iterator[Streamed]:
        """What has come so far, after each event."""
        seen = Streamed()
        for chunk in self.create(content, sim=sim, stream=True, **fields):
            seen.events += 1
            for choice in chunk.choices:
                seen.text += choice.text
                seen.finish = choice.finish_reason or seen.finish
            seen.complete = seen.finish is not None
            yield seen


@dataclass
class Responses:
    """OpenAI's SDK at its newest endpoint."""

    client: openai.OpenAI
    model: str
    via: str
    api: str = "responses"
    errors: Any = field(default=openai)

    @classmethod
    def at(cls, url: str, key: str, model: str) -> Self:
        return cls(openai_client(url, key), model, model)

    def create(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Any:
        fields.setdefault("model", self.model)
        fields.setdefault("input", content)
        fields.setdefault("store", False)
        return self.client.responses.create(extra_headers=sim_headers(sim), **fields)

    def ask(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> str:
        return self.create(content, sim=sim, **fields).output_text

    def stream(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Iterator[Streamed]:
        """What has come so far, after each event."""
        seen = Streamed()
        for event in self.create(content, sim=sim, stream=True, **fields):
            seen.events += 1
            if event.type == "response.output_text.delta":
                seen.text += event.delta
            if event.type in ("response.completed", "response.incomplete", "response.failed"):
                seen.finish = event.response.status
            seen.complete = event.type in ("response.completed", "response.incomplete")
            yield seen


@dataclass
class Gemini:
    """Google's SDK, and the model that it asks."""

    client: genai.Client
    model: str
    via: str
    api: str = "gemini"
    errors: Any = field(default=genai_errors)

    @classmethod
    def at(cls, url: str, key: str, model: str) -> Self:
        return cls(gemini_client(url, key), model, model)

    def _asked(self, content: Any, sim: Script, fields: dict[str, Any]) -> dict[str, Any]:
        http = types.HttpOptions(headers=sim_headers(sim))
        asked = {"model": fields.pop("model", self.model), "contents": fields.pop("contents", content)}
        fields.setdefault("automatic_function_calling", types.AutomaticFunctionCallingConfig(disable=True))
        return asked | {"config": types.GenerateContentConfig(http_options=http, **fields)}

    def create(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> types.GenerateContentResponse:
        """`fields` are those of the config, and `model` and `contents`."""
        return self.client.models.generate_content(**self._asked(content, sim, fields))

    def ask(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> str:
        return self.create(content, sim=sim, **fields).text or ""

    def chunks(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Iterator[types.GenerateContentResponse]:
        return self.client.models.generate_content_stream(**self._asked(content, sim, fields))

    def stream(self, content: Any = "hello there", *, sim: Script = None, **fields: Any) -> Iterator[Streamed]:
        """What has come so far, after each event."""
        seen = Streamed()
        for chunk in self.chunks(content, sim=sim, **fields):
            seen.events += 1
            for candidate in chunk.candidates or []:
                parts = (candidate.content and candidate.content.parts) or []
                seen.text += "".join(part.text or "" for part in parts if not part.thought)
                seen.finish = candidate.finish_reason.value if candidate.finish_reason else seen.finish
            seen.complete = seen.finish is not None
            yield seen


Caller = Chat | Messages | Completions | Responses | Gemini

# The client APIs, by the names that tests have for them.
CALLERS = {"chat": Chat, "completions": Completions, "responses": Responses, "messages": Messages, "gemini": Gemini}


def drain(stream: Iterator[Streamed]) -> Streamed:
    """All of a stream."""
    seen = Streamed()
    for seen in stream:
        pass
    return seen
