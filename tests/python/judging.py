"""Fixtures of the judges: a gateway with a provider of every dialect, each once simulated and once emulated by others' code.

A route `to-ROW` leads to the simulator, `mock-ROW` to aimock (the rows: `dialects.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anthropic.types.shared import ErrorResponse
from google.genai import _common as google_common
from google.genai import models as google_models
from google.genai import types as google_types
from openai.types.shared import ErrorObject

from callers import CALLERS, Caller
from dialects import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, PROVIDER_KEY, ROWS, Row
from harness import Aimock, Gateway, Sim
from samples import SAMPLES
from sdk_types import assert_fits

HERE = Path(__file__).parent
KEY = "kmn-judge-0d5e11"

# Where each client API is.
PATHS = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "gemini": "/v1beta/models/to-openai:generateContent",
}


@dataclass
class World:
    """All that the judges look at."""

    sim: Sim
    aimock: Aimock
    gateway: Gateway

    def caller(self, api: str, model: str) -> Caller:
        return CALLERS[api].at(self.gateway.url, KEY, model)

    def sent(self) -> dict:
        """What the simulator got last."""
        return self.sim.requests()[-1]


@pytest.fixture(scope="session")
def world(directory: Path) -> Iterator[World]:
    sim = Sim("c", directory, "--require-key", PROVIDER_KEY, *sim_arguments())
    aimock = Aimock(HERE / "aimock.json", directory, PROVIDER_KEY)
    gateway = Gateway(config(sim.url, aimock.url, directory), directory, "judged")
    yield World(sim, aimock, gateway)
    gateway.stop()
    aimock.stop()
    sim.stop()


def sim_arguments() -> list[str]:
    keys = {"access": AWS_ACCESS_KEY_ID, "secret": AWS_SECRET_ACCESS_KEY}
    return [word for name, key in keys.items() for word in (f"--aws-{name}-key", key)] + ["--aws-session-token", AWS_SESSION_TOKEN]


def config(simulated: str, emulated: str, directory: Path) -> str:
    providers, routes = [], []
    for row in ROWS:
        places = {"to": simulated, "mock": emulated} if row.mocked else {"to": simulated}
        for place, endpoint in places.items():
            providers.append(f"  {place}-{row.name}: {row.provider(endpoint)}")
            routes.append(f"  - {{model: {place}-{row.name}, providers: [{{name: {place}-{row.name}, model: '{row.model}'}}]}}")
    key = f"{{name: judge, sha256: {hashlib.sha256(KEY.encode()).hexdigest()}}}"
    # Strangers of all tests come from one address.
    lines = ["auth:", f"  keys: [{key}]", "  throttle: {failures: 0}", "providers:", *providers, "routes:", *routes]
    return "\n".join([*lines, f"usage: {{file: {directory}/judged.jsonl}}", ""])


def pairs(apis: list[str] | None = None, rows: list[Row] | None = None, prefix: str = "to") -> pytest.MarkDecorator:
    """Each client API with each provider, as the fixture `pair`."""
    params = [
        pytest.param((api, f"{prefix}-{row.name}"), id=f"{api}-{row.name}")
        for api in apis or list(PATHS)
        for row in rows or ROWS
    ]
    return pytest.mark.parametrize("pair", params, indirect=True)


def mocked(apis: list[str] | None = None, streams: bool = False, but: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """The same with the providers that aimock emulates. `streams`: only those whose streams it emulates rightly: what it sends as
    the stream of Bedrock's InvokeModel is not what Bedrock's service model has (chunks without `bytes`). `but`: rows left out."""
    rows = [row for row in ROWS if row.mocked and row.name not in but and not (streams and row.dialect == "anthropic-bedrock")]
    return pairs(apis, rows, "mock")


@pytest.fixture
def strict_google(monkeypatch: pytest.MonkeyPatch) -> None:
    """google-genai takes out of an answer what its types do not have, and then judges the rest: here it judges all, as it came."""
    monkeypatch.setattr(google_common, "_remove_extra_fields", lambda *_: None)
    lenient = google_models._GenerateContentResponse_from_mldev

    def strict(answer: dict, *rest: Any) -> dict:
        judge_google({key: value for key, value in answer.items() if key != "sdkHttpResponse"})
        return lenient(answer, *rest)

    monkeypatch.setattr(google_models, "_GenerateContentResponse_from_mldev", strict)


def judge_google(answer: dict) -> None:
    """Whether an answer, or a chunk, is one of google-genai's, with nothing else in it."""
    raw = json.loads(json.dumps(answer))
    for candidate in raw.get("candidates", []):
        # What the API calls `citationSources` is `citations` in the SDK.
        if cited := candidate.get("citationMetadata"):
            candidate["citationMetadata"] = {"citations": cited["citationSources"]}
    # Vertex AI tells it, and the SDK's type is strictly one of Python's.
    datetime.fromisoformat(raw.pop("createTime", "2026-01-01T00:00:00Z"))
    read = google_types.GenerateContentResponse.model_validate_json(json.dumps(raw), strict=True)
    # To the SDK a role is any text.
    assert all(candidate.content.role == "model" for candidate in read.candidates or [] if candidate.content)


FIELDS_OF_GOOGLES_ERROR = {"code": int, "message": str, "status": str}
# google.rpc.Code, as far as an HTTP error can be one.
STATUSES_OF_GOOGLE = (
    "INVALID_ARGUMENT FAILED_PRECONDITION OUT_OF_RANGE UNAUTHENTICATED PERMISSION_DENIED NOT_FOUND ABORTED ALREADY_EXISTS "
    "RESOURCE_EXHAUSTED CANCELLED DATA_LOSS UNKNOWN INTERNAL UNIMPLEMENTED UNAVAILABLE DEADLINE_EXCEEDED"
).split()


def judge_error(api: str, body: Any) -> None:
    """Whether an error's body is the client API's own. google-genai has no type for it: Google's API reference says what is in it."""
    if api == "anthropic":
        assert_fits(ErrorResponse, body)
        return
    assert body.keys() == {"error"}
    if api == "gemini":
        kinds = {name: type(value) for name, value in body["error"].items()}
        assert kinds in (FIELDS_OF_GOOGLES_ERROR, FIELDS_OF_GOOGLES_ERROR | {"details": list})
        assert body["error"]["status"] in STATUSES_OF_GOOGLE
        for detail in body["error"].get("details", []):
            assert detail["@type"].startswith("type.googleapis.com/google.rpc.")
        return
    # What Azure says besides of a prompt that it filtered stays beside OpenAI's fields.
    assert_fits(ErrorObject, body["error"], but=("status", "innererror"))


@pytest.fixture
def pair(request: pytest.FixtureRequest, world: World) -> Caller:
    api, model = request.param
    return world.caller(api, model)


@dataclass
class Sent:
    """A request as a provider received it."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict:
        return json.loads(self.raw)


def ask_sample(world: World, api: str, row: Row, name: str) -> httpx2.Response:
    """Asks a provider for what a sample says."""
    body = dict(SAMPLES[api][name])
    path, headers = PATHS[api], {"authorization": f"Bearer {KEY}"}
    if api == "gemini":
        method = "streamGenerateContent?alt=sse" if body.pop("stream", False) else "generateContent"
        path, headers = f"/v1beta/models/to-{row.name}:{method}", {"x-goog-api-key": KEY}
    else:
        body["model"] = f"to-{row.name}"
        if api == "messages":
            headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    return httpx2.post(world.gateway.url + path, headers=headers, json=body, timeout=20)


def samples(rows: list[Row]) -> pytest.MarkDecorator:
    """Each sample to each of these providers, as `row`, `api` and `name`."""
    params = [
        pytest.param(row, api, name, id=f"{row.name}-{api}-{name}")
        for row in rows
        for api, named in SAMPLES.items()
        for name in named
    ]
    return pytest.mark.parametrize("row, api, name", params)


def sent_for(world: World, row: Row, api: str, name: str) -> Sent:
    """What a provider of the row receives for a sample. It must be content with it, too."""
    world.sim.forget()
    answer = ask_sample(world, api, row, name)
    assert answer.status_code == 200, answer.text
    [request] = world.sim.requests()
    assert not request["body"]["truncated"]
    return Sent(request["method"], request["path"], request["headers"], request["body"]["text"].encode())
