"""Fixtures of the matrix: one gateway with a provider of every dialect at each of two simulators, whose credentials differ.

A route `ROW` leads to the second simulator, `ROW-then-OTHER` to the first and then to the second. `CALLS` has the models of what is
no conversation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest

from callers import CALLERS, NO_TLS, Caller, sim_headers
from dialects import AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, BEARER, PROVIDER_KEY, ROWS, Row
from harness import Gateway, Sim, eventually

KEY = "kmn-matrix-9b31c7"
SIMS = ("one", "two")
SECRETS = (PROVIDER_KEY, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)

# The same dialect with another model or credential is no other row here.
TWINS = ("gemini-3", "bedrock-key", "bedrock-profile", "anthropic-bedrock-key")
VLLM = Row("vllm", "openai", f"preset: vllm, {BEARER}", "local", mocked=False)
# Azure's other API, and vendors with rules of their own: Groq has OpenAI's API below a prefix, Mistral refuses what OpenAI takes.
MORE = [
    Row("azure-v1", "azure", f"api_version: v1, credential: {{api_key: {PROVIDER_KEY}}}", "my-deployment", mocked=False, thinks=False),
    Row("groq", "openai", f"preset: groq, {BEARER}", "llama-3.3-70b-versatile", mocked=False, thinks=False, path="/openai/v1"),
    Row("mistral", "openai", f"preset: mistral, {BEARER}", "mistral-medium-latest", mocked=False, thinks=False),
]
DIALECTS = [*(row for row in ROWS if row.name not in TWINS), *MORE]
NAMES = [row.name for row in DIALECTS]

# What follows each dialect: the next one of the table, and one from further away.
HOPS = [(first.name, NAMES[(at + hop) % len(NAMES)]) for hop in (1, 5) for at, first in enumerate(DIALECTS)]

# Models for what is no conversation: of which provider, and its own name.
CALLS = {
    "titan": ("bedrock", "amazon.titan-embed-text-v2:0"),
    "cohere-at-bedrock": ("bedrock", "cohere.embed-multilingual-v3"),
    "embed-at-gemini": ("gemini", "gemini-embedding-001"),
    "embed-at-vertex": ("vertex", "text-embedding-005"),
    "embed-at-cohere": ("cohere", "embed-v4.0"),
    "rank-at-bedrock": ("bedrock", "cohere.rerank-v3-5:0"),
    "rank-at-bedrock-by-amazon": ("bedrock", "amazon.rerank-v1:0"),
    "rank-at-cohere": ("cohere", "rerank-v3.5"),
}


def secret(text: str, sim: str) -> str:
    """What proves the gateway at this simulator, and at no other."""
    for one in SECRETS:
        text = text.replace(one, f"{one}{sim}")
    return text


@dataclass
class Matrix:
    """The two simulators and the gateway, and what it has told of its requests."""

    sims: dict[str, Sim]
    gateway: Gateway
    usage: Path
    http: httpx2.Client

    def caller(self, api: str, model: str) -> Caller:
        return caller(self.gateway.url, api, model)

    def post(self, path: str, body: dict[str, Any], sim: dict[str, Any] | None = None) -> httpx2.Response:
        """As no SDK would ask it."""
        headers = {"authorization": f"Bearer {KEY}", "anthropic-version": "2023-06-01"} | sim_headers(sim)
        return self.http.post(path, json=body, headers=headers)

    def record(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """The usage record of a request, by the headers of its answer."""
        request_id = headers["x-kanmon-request-id"]
        return eventually(lambda: self._records().get(request_id)) or pytest.fail(f"no usage record of {request_id}")

    def _records(self) -> dict[str, dict[str, Any]]:
        lines = self.usage.read_text().splitlines()[-50:] if self.usage.exists() else []
        return {record["request_id"]: record for record in map(json.loads, lines)}

    def sent(self, sim: str) -> dict[str, Any]:
        """The one request that a simulator got."""
        [request] = self.sims[sim].requests()
        return request


@cache
def caller(url: str, api: str, model: str) -> Caller:
    """An SDK. Making one takes longer than most tests: those of an API share theirs."""
    if model:
        return replace(caller(url, api, ""), model=model, via=model)
    return CALLERS[api].at(url, KEY, "")


@pytest.fixture(scope="session")
def matrix(directory: Path) -> Iterator[Matrix]:
    sims = {name: Sim(name, directory, *sim_arguments(name)) for name in SIMS}
    gateway = Gateway(config({name: sim.url for name, sim in sims.items()}, directory), directory, "matrix")
    http = httpx2.Client(base_url=gateway.url, verify=NO_TLS, timeout=20)
    yield Matrix(sims, gateway, directory / "matrix.jsonl", http)
    gateway.stop()
    for sim in sims.values():
        sim.stop()


@pytest.fixture
def fresh(matrix: Matrix) -> Matrix:
    """The matrix, without memory of earlier requests."""
    for sim in matrix.sims.values():
        sim.forget()
    return matrix


def sim_arguments(name: str) -> list[str]:
    flags = dict(zip(("require", "aws-access", "aws-secret"), SECRETS))
    keys = [word for flag, value in flags.items() for word in (f"--{flag}-key", secret(value, name))]
    return [*keys, "--aws-session-token", secret(AWS_SESSION_TOKEN, name)]


def config(urls: dict[str, str], directory: Path) -> str:
    rows = {row.name: row for row in [*DIALECTS, VLLM]}
    providers = [f"  {row.name}-{sim}: {secret(row.provider(url), sim)}" for row in rows.values() for sim, url in urls.items()]
    routes = [_route(name, (f"{name}-two", rows[name].model)) for name in rows]
    routes += [
        _route(f"{one}-then-{two}", (f"{one}-one", rows[one].model), (f"{two}-two", rows[two].model)) for one, two in HOPS
    ]
    routes += [_route(name, (f"{provider}-two", model)) for name, (provider, model) in CALLS.items()]
    key = f"{{name: matrix, sha256: {hashlib.sha256(KEY.encode()).hexdigest()}}}"
    # Strangers of all tests come from one address.
    lines = ["auth:", f"  keys: [{key}]", "  throttle: {failures: 0}", "providers:", *providers, "routes:", *routes]
    return "\n".join([*lines, f"usage: {{file: {directory}/matrix.jsonl}}", ""])


def _route(model: str, *providers: tuple[str, str]) -> str:
    asked = ", ".join(f"{{name: {name}, model: '{model}'}}" for name, model in providers)
    return f"  - {{model: {model}, providers: [{asked}]}}"
