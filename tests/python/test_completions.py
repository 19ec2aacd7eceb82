"""OpenAI's legacy completions: at a simulator (`direct`), and through the gateway at a provider that serves them (`to-native`)
and at providers of other APIs, for which they are translated."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai.types import Completion

from callers import sim_headers
from conftest import PROVIDER_KEYS, RED_KEY, openai_client

THROUGH_GATEWAY = [pytest.param(via, marks=pytest.mark.gateway) for via in ("to-native", "to-openai", "to-anthropic")]


class Completions:
    """OpenAI's SDK, and the model that it asks."""

    def __init__(self, client: openai.OpenAI, model: str) -> None:
        self.client = client
        self.model = model

    def create(self, prompt: Any = "hello there", *, sim: dict[str, Any] | None = None, **fields: Any) -> Any:
        fields.setdefault("max_tokens", 1000)
        return self.client.completions.create(model=self.model, prompt=prompt, extra_headers=sim_headers(sim), **fields)


def make(request: pytest.FixtureRequest, via: str) -> Completions:
    if via == "direct":
        return Completions(openai_client(request.getfixturevalue("sims")["a"].url, PROVIDER_KEYS["a"]), "sim-large")
    return Completions(openai_client(request.getfixturevalue("gateway").url, RED_KEY), via)


@pytest.fixture(params=["direct", *THROUGH_GATEWAY])
def completions(request: pytest.FixtureRequest) -> Completions:
    """At a simulator, and through the gateway, passed through and translated."""
    return make(request, request.param)


@pytest.fixture(params=THROUGH_GATEWAY[1:])
def translated(request: pytest.FixtureRequest) -> Completions:
    """Through the gateway to providers of other APIs."""
    return make(request, request.param)


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
def test_what_no_conversation_can_say_is_named(translated: Completions, fields: dict, param: str):
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        translated.create(**fields)
    assert raised.value.param == param


@pytest.mark.parametrize("fault", [{"cut-after": 5}, {"end-after": 5}, {"error-after": 5}], ids=["cut", "end", "error"])
def test_a_stream_that_breaks_never_looks_whole(completions: Completions, fault: dict):
    chunks, raised = [], None
    try:
        for chunk in completions.create("one two three four five", stream=True, sim=fault):
            chunks.append(chunk)
    except openai.APIError as error:
        raised = error
    assert all(choice.finish_reason is None for chunk in chunks for choice in chunk.choices)
    # The SDK itself ends quietly where a stream just stops.
    assert raised or completions.model == "sim-large"


def test_an_error_is_one_of_the_sdks(completions: Completions):
    with pytest.raises(openai.RateLimitError):
        completions.create(sim={"status": 429})
