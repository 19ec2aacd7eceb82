"""Limits on requests and tokens."""

import pytest

from callers import Caller, Chat, Messages
from conftest import BLUE_KEY, RED_KEY, anthropic_client, config, openai_client
from harness import Gateway

pytestmark = pytest.mark.gateway


@pytest.fixture(params=["openai", "anthropic"])
def caller(request, sims, directory):
    """An SDK at a gateway of its own, whose limits nobody has touched."""
    gateway = Gateway(config("limits.yaml", sims, directory), directory, name=f"limits-{request.node.name}")
    if request.param == "openai":
        yield Chat(openai_client(gateway.url, RED_KEY), "to-openai", "to-openai")
    else:
        yield Messages(anthropic_client(gateway.url, RED_KEY), "to-anthropic", "to-anthropic")
    gateway.stop()


def with_key(caller: Caller, key: str) -> Caller:
    return type(caller)(caller.client.with_options(api_key=key), caller.model, caller.via)


def test_requests_of_a_key_are_limited(caller: Caller, clean):
    for _ in range(8):
        assert caller.ask("one") == "You said: one"
    with pytest.raises(caller.errors.RateLimitError) as raised:
        caller.ask("one")
    error = raised.value
    assert int(error.response.headers["retry-after"]) > 0
    assert "requests of a key" in str(error)
    assert len(clean["a"].requests()) + len(clean["b"].requests()) == 8, "the ninth reached no provider"
    assert with_key(caller, BLUE_KEY).ask("one") == "You said: one"


def test_tokens_are_reserved_and_settled(caller: Caller):
    """Each request reserves up to 100 tokens of output and spends few: settled, all eight requests fit."""
    for _ in range(4):
        caller.ask("one", max_tokens=10_000)
    spent = " ".join(["word"] * 1000)
    for _ in range(2):
        try:
            caller.ask(spent, max_tokens=10)
        except caller.errors.RateLimitError as error:
            assert "tokens of a tenant" in str(error)
            break
    with pytest.raises(caller.errors.RateLimitError) as raised:
        caller.ask(spent, max_tokens=10)
    assert "tokens of a tenant" in str(raised.value)


def test_what_is_left_is_told(caller: Caller):
    headers = caller.raw("one").headers
    assert int(headers["x-ratelimit-limit-requests"]) == 8
    assert int(headers["x-ratelimit-remaining-requests"]) == 7
