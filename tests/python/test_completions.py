"""OpenAI's legacy completions through the gateway, translated for providers of other APIs."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai.types import Completion

from callers import sim_headers
from conftest import RED_KEY, openai_client

pytestmark = pytest.mark.gateway


class Completions:
    """OpenAI's SDK, and the model that it asks."""

    def __init__(self, client: openai.OpenAI, model: str) -> None:
        self.client = client
        self.model = model

    def create(self, prompt: Any = "hello there", *, sim: dict[str, Any] | None = None, **fields: Any) -> Any:
        fields.setdefault("max_tokens", 1000)
        return self.client.completions.create(model=self.model, prompt=prompt, extra_headers=sim_headers(sim), **fields)


@pytest.fixture(params=["to-openai", "to-anthropic"])
def completions(request: pytest.FixtureRequest) -> Completions:
    return Completions(openai_client(request.getfixturevalue("gateway").url, RED_KEY), request.param)


@pytest.mark.parametrize("prompt", ["hello there", ["hello there"]], ids=["text", "list"])
def test_an_answer_has_every_field_of_the_sdks_type(completions: Completions, prompt: Any):
    answer = completions.create(prompt)
    Completion.model_validate_json(answer.model_dump_json(exclude_unset=True), strict=True)
    assert (answer.object, answer.choices[0].text, answer.choices[0].finish_reason) == (
        "text_completion",
        "You said: hello there",
        "stop",
    )
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_joins_to_the_answer(completions: Completions):
    chunks = list(completions.create("one two three", stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == "You said: one two three"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1 and all(chunk.usage is None for chunk in chunks)


def test_usage_comes_in_a_chunk_of_its_own_when_asked_for(completions: Completions):
    chunks = list(completions.create(stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 0


def test_a_limit_is_told(completions: Completions):
    assert completions.create("one two three", max_tokens=3).choices[0].finish_reason == "length"
    # OpenAI's default of this API.
    default = completions.create(max_tokens=openai.omit, sim={"text-bytes": 500})
    assert (default.choices[0].finish_reason, default.usage.completion_tokens) == ("length", 16)


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"prompt": ["a", "b"]}, "prompt"), ({"prompt": [1, 2]}, "prompt"), ({"suffix": "x"}, "suffix"), ({"echo": True}, "echo")],
)
def test_what_no_conversation_can_say_is_named(completions: Completions, fields: dict, param: str):
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        completions.create(**fields)
    assert raised.value.param == param


@pytest.mark.parametrize("fault", [{"cut-after": 5}, {"end-after": 5}, {"error-after": 5}], ids=["cut", "end", "error"])
def test_a_stream_that_breaks_never_looks_whole(completions: Completions, fault: dict):
    chunks = []
    with pytest.raises(openai.APIError):
        for chunk in completions.create("one two three four five", stream=True, sim=fault):
            chunks.append(chunk)
    assert all(choice.finish_reason is None for chunk in chunks for choice in chunk.choices)


def test_an_error_is_one_of_the_sdks(completions: Completions):
    with pytest.raises(openai.RateLimitError):
        completions.create(sim={"status": 429})
