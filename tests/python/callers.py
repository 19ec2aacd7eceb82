"""The official SDKs behind one small face, so that a test can be written once for both client APIs.

`sim` is how the simulator shall answer: `{"status": "429"}` becomes the header `x-sim-status: 429`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai

Script = dict[str, Any] | None


def sim_headers(sim: Script) -> dict[str, str]:
    return {f"x-sim-{name}": str(value) for name, value in (sim or {}).items()}


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


Caller = Chat | Messages


def drain(stream: Iterator[Streamed]) -> Streamed:
    """All of a stream."""
    seen = Streamed()
    for seen in stream:
        pass
    return seen
