"""Callers who prove who they are by a token, through the real Envoy, with the official SDKs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from callers import NO_TLS, anthropic_client, openai_client
from harness import Gateway, Sim, eventually
from identity import ISSUER, IdentityProvider, Key, encoded

pytestmark = pytest.mark.gateway

CONFIG = """
auth:
  jwt:
    - issuer: https://idp.example
      audiences: [ai-gateway]
      jwks_uri: @IDP@/jwks
      tenant_claim: org
      models_claim: models
  keys_dirs: [{path: keys, tenant: blue}]
  forward: {key: x-kanmon-key, tenant: x-kanmon-tenant}
  # What is waited for here is asked for more often than anybody may fail.
  throttle: {failures: 0}
providers:
  a: {dialect: openai, endpoint: @A@, credential: {bearer: provider-key-of-a}}
routes:
  - {model: "*", providers: [a]}
usage: {file: identity-usage.jsonl}
"""


@pytest.fixture(scope="module")
def idp() -> Iterator[IdentityProvider]:
    started = IdentityProvider()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("identity")
    (directory / "keys").mkdir()
    return directory


@pytest.fixture(scope="module")
def guarded(idp: IdentityProvider, sims: dict[str, Sim], place: Path) -> Iterator[Gateway]:
    text = CONFIG.replace("@IDP@", idp.url).replace("@A@", sims["a"].url)
    started = Gateway(text, place, "identity")
    yield started
    started.stop()


def ask(client: openai.OpenAI, model: str = "to-openai") -> str:
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hello"}])
    return answer.choices[0].message.content or ""


@pytest.mark.parametrize("which", [0, 1], ids=["rsa", "ec"])
def test_a_token_is_a_key_for_every_sdk(guarded: Gateway, idp: IdentityProvider, clean: dict[str, Sim], which: int):
    token = idp.keys[which].token()
    assert "hello" in ask(openai_client(guarded.url, token))
    sent = clean["a"].requests()[-1]["headers"]
    assert (sent["x-kanmon-key"], sent["x-kanmon-tenant"]) == ("alice", "red")
    assert sent["authorization"] == "Bearer provider-key-of-a"
    assert token not in json.dumps(clean["a"].requests())
    message = anthropic_client(guarded.url, token).messages.create(
        model="to-openai", max_tokens=9, messages=[{"role": "user", "content": "hello"}]
    )
    assert "hello" in message.content[0].text


def test_a_token_is_good_for_the_models_that_it_lists(guarded: Gateway, idp: IdentityProvider):
    with pytest.raises(openai.PermissionDeniedError) as raised:
        ask(openai_client(guarded.url, idp.keys[0].token(models="gpt-4o o3")), "to-openai")
    assert raised.value.code == "model_not_allowed"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": 1_000_000_000}, "expired_token"),
        ({"nbf": 4_000_000_000}, "invalid_token"),
        ({"aud": "somebody-else"}, "invalid_token"),
        ({"iss": "https://evil.example"}, "invalid_token"),
    ],
)
def test_a_token_that_is_not_good_is_an_authentication_error(guarded: Gateway, idp: IdentityProvider, claims: dict[str, Any], code: str):
    token = idp.keys[1].token(**claims)
    with pytest.raises(openai.AuthenticationError) as raised:
        ask(openai_client(guarded.url, token))
    assert raised.value.code == code
    assert 'error="invalid_token"' in raised.value.response.headers["www-authenticate"]
    assert token not in str(raised.value)
    with pytest.raises(anthropic.AuthenticationError):
        anthropic_client(guarded.url, token).messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}])


def test_a_token_of_a_forger_is_an_authentication_error(guarded: Gateway, idp: IdentityProvider):
    forged = Key("ec-1", ec.generate_private_key(ec.SECP256R1())).token(sub="root")
    with pytest.raises(openai.AuthenticationError):
        ask(openai_client(guarded.url, forged))
    header, payload, _ = idp.keys[1].token().split(".")
    unsigned = encoded(b'{"alg":"none"}')
    for token in (f"{unsigned}.{payload}.", f"{header}.{payload}."):
        with pytest.raises(openai.AuthenticationError):
            ask(openai_client(guarded.url, token))


def test_a_key_in_a_directory_comes_and_goes(guarded: Gateway, place: Path, clean: dict[str, Sim]):
    client = openai_client(guarded.url, "a-key-of-blue")
    with pytest.raises(openai.AuthenticationError):
        ask(client)
    digest = hashlib.sha256(b"a-key-of-blue").hexdigest()
    (place / "keys" / "blue-app").write_text(digest + "\n")

    def comes_in() -> bool:
        try:
            return bool(ask(client))
        except openai.AuthenticationError:
            return False

    assert eventually(comes_in, seconds=15)
    sent = clean["a"].requests()[-1]["headers"]
    assert (sent["x-kanmon-key"], sent["x-kanmon-tenant"]) == ("blue-app", "blue")
    usage = place / "identity-usage.jsonl"
    record = eventually(lambda: [line for line in map(json.loads, usage.read_text().splitlines()) if line["key"] == "blue-app"])
    assert record[-1]["key_id"] == digest[:8]
    (place / "keys" / "blue-app").unlink()
    assert eventually(lambda: not comes_in(), seconds=15)


# The last two change the identity provider for good.
def test_a_client_comes_over_a_change_of_keys_by_itself(guarded: Gateway, idp: IdentityProvider):
    idp.keys.append(Key("ec-2", ec.generate_private_key(ec.SECP256R1())))
    before = idp.fetches
    client = openai_client(guarded.url, idp.keys[-1].token()).with_options(max_retries=3)
    assert "hello" in ask(client)
    for number in range(20):
        with pytest.raises(openai.AuthenticationError):
            ask(openai_client(guarded.url, Key(f"unknown-{number}", ec.generate_private_key(ec.SECP256R1())).token()))
    assert idp.fetches == before + 1


def test_an_identity_provider_that_is_down_changes_nothing(guarded: Gateway, idp: IdentityProvider):
    idp.stop()
    assert "hello" in ask(openai_client(guarded.url, idp.keys[0].token(sub="bob")))
    http = httpx2.Client(verify=NO_TLS)
    status = http.get(f"{guarded.admin}/status").json()["auth"]["issuers"][0]
    assert (status["issuer"], status["keys"], status["error"]) == (ISSUER, 3, None)
    assert status["fetched"]
