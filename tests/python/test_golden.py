"""The golden fixtures, judged by others: what clients get fits the types of their SDKs, and what providers are sent those of theirs.

`tests/golden` says what comes out; whether that is right is not for us to say. No gateway is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic.types import Message, MessageTokensCount, RawMessageStreamEvent
from google.genai import types
from openai.types import Completion, CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, completion_create_params
from openai.types.responses import InputTokenCountResponse, Response, ResponseStreamEvent

import bedrock
from harness import ROOT
from judging import Sent, judge_error, judge_google
from sdk_types import assert_fits
from test_pairs import VENDORS_OWN
from test_sdk_types import assert_is_anthropics, parameters

# google-genai warns of words that its types do not have.
pytestmark = pytest.mark.filterwarnings("error:.*is not a valid")

PAIRS = ROOT / "tests" / "golden" / "pairs"
WHOLE = {
    "openai": ChatCompletion,
    "completions": Completion,
    "responses": Response,
    "anthropic": Message,
    "gemini": types.GenerateContentResponse,
    "embeddings": CreateEmbeddingResponse,
    "input-tokens": InputTokenCountResponse,
    "count-tokens": MessageTokensCount,
    "gemini-count": types.CountTokensResponse,
}
EVENTS = {
    "openai": ChatCompletionChunk,
    "completions": Completion,
    "responses": ResponseStreamEvent,
    "anthropic": RawMessageStreamEvent,
    "gemini": types.GenerateContentResponse,
}
FAMILIES = {"anthropic": "anthropic", "count-tokens": "anthropic", "gemini": "gemini", "gemini-count": "gemini"}
OPENAIS = ("openai", "completions", "responses", "embeddings", "images", "input-tokens", "speech", "tokenize", "moderations")


def outs(name: str, clients: Any) -> list:
    """What a fixture of this name has become, for these clients."""
    paths = sorted(PAIRS.glob(f"*/*/{name}"))
    return [pytest.param(path, id=f"{path.parent.parent.name}-{path.parent.name}") for path in paths if client_of(path) in clients]


def client_of(path: Path) -> str:
    return path.parent.parent.name.split("_to_")[0]


def provider_of(path: Path) -> str:
    return path.parent.parent.name.split("_to_")[1]


# What the SDK's types of events do not have: OpenAI's citations in chat chunks, the bytes of log probabilities in deltas, and the
# error beside the fields of an `error` event, without which OpenAI's SDK would not raise it.
OF_EVENTS = (*VENDORS_OWN, "annotations", "bytes", "error")


def judge(kind: Any, body: Any, but: tuple[str, ...] = VENDORS_OWN) -> None:
    if kind is types.GenerateContentResponse:
        judge_google(body)
    elif kind is types.CountTokensResponse:
        kind.model_validate_json(json.dumps(body), strict=True)
    else:
        assert_fits(kind, body, but)


@pytest.mark.parametrize("path", outs("answer.out.json", WHOLE))
def test_an_answer_fits_the_clients_types(path: Path):
    text = path.read_text()
    if not text.startswith("{"):
        return  # It is kept as it came, or is no answer.
    body = json.loads(text)
    if client_of(path) not in EVENTS:
        body = body["body"]
    if body is not None and path.parent.name != "base64":
        judge(WHOLE[client_of(path)], body)


def events(path: Path) -> Iterator[Any]:
    """The data of the events of a stream, which may have several lines."""
    for event in path.read_text().split("\n\n"):
        lines = [line.removeprefix("data: ") for line in event.splitlines() if line.startswith("data: ")]
        if lines and lines != ["[DONE]"]:
            yield json.loads("\n".join(lines))


# Whose streams are the provider's own.
PASSED = ("openai_to_openai", "openai_to_azure", "anthropic_to_anthropic", "gemini_to_gemini", "gemini_to_vertex")


def is_translated(path: Path) -> bool:
    pair = path.parent.parent.name
    return pair not in PASSED and not pair.startswith("anthropic_to_anthropic-") and not pair.endswith("_to_native")


@pytest.mark.parametrize("path", [param for param in outs("stream.out.sse", EVENTS) if is_translated(param.values[0])])
def test_each_event_fits_the_clients_types(path: Path):
    client = client_of(path)
    for event in events(path):
        if client != "responses" and "error" in event:
            judge_error(client, event)
            continue
        if client == "completions":
            # The SDK has one type for answers and chunks, and every answer has a reason.
            for choice in event["choices"]:
                choice["finish_reason"] = choice["finish_reason"] or "stop"
        if client == "openai":
            # The SDK's type of a chunk knows functions only, although OpenAI streams calls of custom tools there, too
            # (openai/openai-openapi, issue 576).
            for choice in event["choices"]:
                calls = choice["delta"].get("tool_calls", [])
                choice["delta"]["tool_calls"] = [call for call in calls if "custom" not in call]
        judge(EVENTS[client], event, OF_EVENTS)


@pytest.mark.parametrize("path", outs("error.*.out.json", [*OPENAIS, *FAMILIES]))
def test_an_error_has_the_clients_shape(path: Path):
    body = json.loads(path.read_text())["body"]
    if body is not None:
        judge_error(FAMILIES.get(client_of(path), "openai"), body)


def requests(providers: tuple[str, ...]) -> list:
    def is_sent(path: Path) -> bool:
        return provider_of(path) in providers and isinstance(json.loads(path.read_text()).get("body"), dict)

    return [param for param in outs("request.out.json", EVENTS) if is_sent(param.values[0])]


@pytest.mark.parametrize("path", requests(("openai", "azure")))
def test_openais_types_take_what_is_sent(path: Path):
    # Fields that nobody here knows go to providers of OpenAI's API, who may.
    vendors = (*VENDORS_OWN, "safety_settings")
    assert_fits(completion_create_params.CompletionCreateParams, json.loads(path.read_text())["body"], vendors)


@pytest.mark.parametrize("path", requests(("anthropic", "anthropic-vertex", "anthropic-bedrock")))
def test_anthropics_types_take_what_is_sent(path: Path):
    assert_is_anthropics(json.loads(path.read_text())["body"], provider_of(path), "in the path")


@pytest.mark.parametrize("path", requests(("gemini", "vertex")))
def test_googles_types_take_what_is_sent(path: Path):
    parameters(json.loads(path.read_text())["body"])


@pytest.mark.parametrize("path", requests(("bedrock",)))
def test_botocore_takes_what_is_sent(path: Path):
    sent = json.loads(path.read_text())
    headers = dict(header.split(": ", 1) for header in sent["headers"])
    bedrock.judge(Sent("POST", sent["path"], headers, json.dumps(sent["body"]).encode()))
