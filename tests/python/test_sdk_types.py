"""What a provider is sent is what its own SDK could have sent: judged by the types of the official SDKs.

For Gemini the parameters are read back out of the request and given to google-genai, and what it sends for them must be the same.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pydantic
import pytest
from anthropic.types import message_create_params
from google import genai
from google.auth import credentials
from google.genai import types
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params

from dialects import PROVIDER_KEY, ROWS, Row
from judging import Sent, World, samples, sent_for
from sdk_types import assert_fits

pytestmark = pytest.mark.gateway


def of(*dialects: str) -> list[Row]:
    return [row for row in ROWS if row.dialect in dialects]


@samples(of("openai", "azure"))
def test_openais_types_take_it(world: World, row: Row, api: str, name: str):
    sent = sent_for(world, row, api, name)
    kinds = {"completions": completion_create_params.CompletionCreateParams, "responses": response_create_params.ResponseCreateParams}
    assert_fits(kinds[urlsplit(sent.path).path.rsplit("/", 1)[1]], sent.body)


@samples(of("anthropic", "anthropic-vertex", "anthropic-bedrock"))
def test_anthropics_types_take_it(world: World, row: Row, api: str, name: str):
    sent = sent_for(world, row, api, name)
    body = sent.body
    if row.dialect == "anthropic":
        assert sent.headers["anthropic-version"] == "2023-06-01"
    assert_is_anthropics(body, row.dialect, row.model)


def assert_is_anthropics(body: dict[str, Any], dialect: str, model: str) -> None:
    """Whether Anthropic's types allow a body, as the hosts of its models have it."""
    # That version has them; the SDK knows a newer one only, without them.
    assert type(body.pop("temperature", 1.0)) in (int, float) and type(body.pop("top_p", 1.0)) in (int, float)
    assert type(body.pop("top_k", 1)) is int
    if dialect != "anthropic":
        # There the path has the model, and for Bedrock whether it is a stream.
        version = {"anthropic-vertex": "vertex-2023-10-16", "anthropic-bedrock": "bedrock-2023-05-31"}[dialect]
        assert (body.pop("anthropic_version"), body.setdefault("model", model)) == (version, model)
    assert_fits(message_create_params.MessageCreateParams, body)


class NoCredentials(credentials.Credentials):
    """An access token that is always good."""

    def __init__(self) -> None:
        super().__init__()
        self.token = PROVIDER_KEY

    def refresh(self, request: Any) -> None:
        raise AssertionError("there is nothing to refresh")


def google(row: Row, seen: list[httpx2.Request]) -> genai.Client:
    """google-genai, whose requests go no further than `seen`."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={})

    http = types.HttpOptions(base_url="http://nowhere.test", httpx_client=httpx2.Client(transport=httpx2.MockTransport(answer)))
    if row.dialect == "gemini":
        http.api_version = "v1beta"
        return genai.Client(api_key=PROVIDER_KEY, http_options=http)
    http.api_version = "v1"
    return genai.Client(vertexai=True, project="p-1", location="europe-west4", credentials=NoCredentials(), http_options=http)


def parameters(body: dict[str, Any]) -> dict[str, Any]:
    """google-genai's parameters for a request."""
    rest = dict(body)
    config = dict(rest.pop("generationConfig", {}))
    for name in ("systemInstruction", "tools", "toolConfig", "safetySettings", "cachedContent", "labels"):
        if name in rest:
            config[name] = rest.pop(name)
    contents = [strictly(types.Content, content) for content in rest.pop("contents")]
    assert all(content.role in ("user", "model") for content in contents)
    assert not rest, f"google-genai has no {', '.join(rest)}"
    config["automaticFunctionCalling"] = {"disable": True}
    return {"contents": contents, "config": strictly(types.GenerateContentConfig, config)}


def strictly(kind: type[pydantic.BaseModel], body: dict[str, Any]) -> Any:
    return kind.model_validate_json(json.dumps(body), strict=True)


@samples(of("gemini", "vertex"))
def test_google_genai_would_send_the_same(world: World, row: Row, api: str, name: str):
    sent = sent_for(world, row, api, name)
    seen: list[httpx2.Request] = []
    models = google(row, seen).models
    asked = parameters(sent.body)
    if ":streamGenerateContent" in sent.path:
        list(models.generate_content_stream(model=row.model, **asked))
    else:
        models.generate_content(model=row.model, **asked)
    [own] = seen
    assert sent.path == own.url.raw_path.decode()
    # Read back, because google-genai mixes the two spellings that names may have, and says what is empty.
    assert parameters(json.loads(own.content)) == asked
    for header in ("x-goog-api-key", "authorization"):
        assert sent.headers.get(header) == own.headers.get(header)

