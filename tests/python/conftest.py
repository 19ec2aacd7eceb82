"""Fixtures: two simulated providers, a gateway in front of them, and the official SDKs pointed at either.

`chat`, `messages` and `caller` (one after the other) run a test several times: `direct` at a simulator, which proves the
simulator with SDKs that we did not write, and through the gateway to a provider of each dialect. `-m "not gateway"` leaves the
gateway out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callers import Caller, Chat, Messages, anthropic_client, openai_client
from harness import Gateway, Sim

pytest_plugins = ["judging", "matrix"]

HERE = Path(__file__).parent

# The callers' keys, and the gateway's own keys at the providers.
RED_KEY = "kmn-red-4c1fd0"
BLUE_KEY = "kmn-blue-77aa1e"
PROVIDER_KEYS = {"a": "provider-key-of-a", "b": "provider-key-of-b"}

# No proxy, key or base URL of the machine may have a say in a test.
for name in list(os.environ):
    if name.lower().endswith("_proxy") or name.startswith(("OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "AWS_")):
        del os.environ[name]


def config(template: str, sims: dict[str, Sim], directory: Path) -> str:
    """A config template of this directory, filled in."""
    text = (HERE / template).read_text()
    places = {
        "@A@": sims["a"].url,
        "@B@": sims["b"].url,
        "@DIRECTORY@": str(directory),
        "@RED_SHA256@": hashlib.sha256(RED_KEY.encode()).hexdigest(),
        "@BLUE_SHA256@": hashlib.sha256(BLUE_KEY.encode()).hexdigest(),
    }
    for place, value in places.items():
        text = text.replace(place, value)
    return text


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kanmon")


@pytest.fixture(scope="session")
def sims(directory: Path) -> Iterator[dict[str, Sim]]:
    """The providers: `a` is used as an OpenAI provider, `b` as an Anthropic one. Each takes only the gateway's own key."""
    started = {name: Sim(name, directory, "--require-key", key) for name, key in PROVIDER_KEYS.items()}
    yield started
    for sim in started.values():
        sim.stop()


@pytest.fixture(scope="session")
def gateway(sims: dict[str, Sim], directory: Path) -> Iterator[Gateway]:
    started = Gateway(config("gateway.yaml", sims, directory), directory)
    yield started
    started.stop()


@pytest.fixture
def clean(sims: dict[str, Sim]) -> dict[str, Sim]:
    """The providers, without memory of earlier requests."""
    for sim in sims.values():
        sim.forget()
    return sims


def make_caller(request: pytest.FixtureRequest, api: str, via: str, model: str | None = None) -> Caller:
    """An SDK of an API, pointed at a simulator (`direct`) or at the gateway's route `via`."""
    if via == "direct":
        name = "a" if api == "openai" else "b"
        url, key, model = request.getfixturevalue("sims")[name].url, PROVIDER_KEYS[name], "sim-large"
    else:
        url, key, model = request.getfixturevalue("gateway").url, RED_KEY, model or via
    if api == "openai":
        return Chat(openai_client(url, key), model, via)
    return Messages(anthropic_client(url, key), model, via)


THROUGH_GATEWAY = [pytest.param(via, marks=pytest.mark.gateway) for via in ("to-openai", "to-anthropic")]


@pytest.fixture(params=["direct", *THROUGH_GATEWAY])
def chat(request: pytest.FixtureRequest) -> Chat:
    """OpenAI's SDK: at a simulator, and through the gateway to a provider of each dialect."""
    return make_caller(request, "openai", request.param)


@pytest.fixture(params=["direct", *THROUGH_GATEWAY])
def messages(request: pytest.FixtureRequest) -> Messages:
    """Anthropic's SDK: at a simulator, and through the gateway to a provider of each dialect."""
    return make_caller(request, "anthropic", request.param)


def both_apis(*vias: Any) -> list[Any]:
    """Each of these with each SDK."""
    params = [via if hasattr(via, "marks") else pytest.param(via) for via in vias]
    return [
        pytest.param((api, via.values[0]), marks=via.marks, id=f"{api}-{via.values[0]}")
        for api in ("openai", "anthropic")
        for via in params
    ]


@pytest.fixture(params=both_apis("direct", *THROUGH_GATEWAY))
def caller(request: pytest.FixtureRequest) -> Caller:
    """Each SDK: at a simulator, and through the gateway to a provider of each dialect."""
    return make_caller(request, *request.param)


@pytest.fixture(params=both_apis(*THROUGH_GATEWAY))
def through(request: pytest.FixtureRequest) -> Caller:
    """Each SDK, through the gateway to a provider of each dialect: the four pairs."""
    return make_caller(request, *request.param)


@pytest.fixture(params=[pytest.param(api, marks=pytest.mark.gateway) for api in ("openai", "anthropic")])
def anyone(request: pytest.FixtureRequest) -> Caller:
    """Each SDK at the gateway, for tests that name the model themselves."""
    return make_caller(request, request.param, "to-openai")
