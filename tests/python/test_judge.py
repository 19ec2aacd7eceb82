"""The simulator judges as strictly as the real API: bodies that the SDKs would never send."""

import pytest

from callers import Chat, Messages
from conftest import PROVIDER_KEYS, anthropic_client, openai_client


@pytest.fixture
def at_openai(sims) -> Chat:
    return Chat(openai_client(sims["a"].url, PROVIDER_KEYS["a"]), "sim-large", "direct")


@pytest.fixture
def at_anthropic(sims) -> Messages:
    return Messages(anthropic_client(sims["b"].url, PROVIDER_KEYS["b"]), "sim-large", "direct")


@pytest.mark.parametrize(
    "extra", [{"system": "x"}, {"stop_sequences": ["x"]}, {"thinking": {"type": "adaptive"}}, {"top_k": 3}, {"max_tokens": "5"}]
)
def test_openai_refuses_what_is_not_its_own(at_openai: Chat, extra: dict):
    with pytest.raises(at_openai.errors.BadRequestError) as raised:
        at_openai.ask(extra_body=extra)
    assert raised.value.param == next(iter(extra))


@pytest.mark.parametrize("extra", [{"n": 2}, {"stop": "x"}, {"max_completion_tokens": 5}, {"response_format": {"type": "text"}}])
def test_anthropic_refuses_what_is_not_its_own(at_anthropic: Messages, extra: dict):
    with pytest.raises(at_anthropic.errors.BadRequestError) as raised:
        at_anthropic.ask(extra_body=extra)
    assert f"{next(iter(extra))}: Extra inputs are not permitted" in str(raised.value)


def test_anthropics_newer_version_refuses_sampling(at_anthropic: Messages):
    """The SDK sends its version by itself; whoever sends the older one may still sample."""
    with pytest.raises(at_anthropic.errors.BadRequestError):
        at_anthropic.ask(extra_body={"temperature": 0.5})
    older = at_anthropic.client.with_options(default_headers={"anthropic-version": "2023-06-01"})
    assert Messages(older, "m", "direct").ask(extra_body={"temperature": 0.5}) == "You said: hello there"


def test_the_wrong_key_is_refused(sims):
    for make, name in ((openai_client, "a"), (anthropic_client, "b")):
        client = make(sims[name].url, "wrong")
        caller = Chat(client, "m", "direct") if name == "a" else Messages(client, "m", "direct")
        with pytest.raises(caller.errors.AuthenticationError):
            caller.ask()


def test_tokens_are_counted_before_asking(at_anthropic: Messages):
    counted = at_anthropic.client.messages.count_tokens(
        model="m", system="be brief", messages=[{"role": "user", "content": "one two three"}]
    )
    assert counted.input_tokens == 5
