"""Fallback to the next provider, across dialects."""

import base64
import time

import pytest

from callers import Caller, drain

pytestmark = pytest.mark.gateway

# A route, its first and its second provider's simulator.
ORDERS = [("openai-first", "a", "b"), ("anthropic-first", "b", "a")]
FAULTS = [{"status": 429}, {"status": 500}, {"status": 503}, {"status": 529}, {"reset": None}]


def at(sim: str, fault: dict) -> dict:
    """The fault, at one simulator only."""
    return {name: sim if value is None else f"{sim}={value}" for name, value in fault.items()}


@pytest.mark.parametrize("route, first, second", ORDERS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(f"{k}{v or ''}" for k, v in fault.items()))
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_next_provider_answers(anyone: Caller, clean, route: str, first: str, second: str, fault: dict, stream: bool):
    sim = at(first, fault)
    if stream:
        seen = drain(anyone.stream("one two", model=route, sim=sim))
        assert seen.complete and seen.text == "You said: one two"
    else:
        assert anyone.ask("one two", model=route, sim=sim) == "You said: one two"
    assert len(clean[first].requests()) == len(clean[second].requests()) == 1
    keys = {"a": ("authorization", "Bearer provider-key-of-a"), "b": ("x-api-key", "provider-key-of-b")}
    for name in (first, second):
        headers = clean[name].requests()[0]["headers"]
        header, value = keys[name]
        other, _ = keys["b" if name == "a" else "a"]
        assert headers[header] == value and other not in headers, f"only its own key may reach {name}"


def test_a_bad_request_does_not_fall_back(anyone: Caller, clean):
    with pytest.raises(anyone.errors.BadRequestError):
        anyone.ask(model="openai-first", sim={"status": "a=400"})
    assert clean["b"].requests() == []


@pytest.mark.parametrize("route, first, second", ORDERS)
def test_the_last_error_is_told_when_all_fail(anyone: Caller, route: str, first: str, second: str):
    with pytest.raises(anyone.errors.RateLimitError) as raised:
        anyone.ask(model=route, sim={"status": f"{first}=503,{second}=429", "retry-after": f"{second}=9"})
    assert raised.value.response.headers["retry-after"] == "9"
    assert "simulated 429" in str(raised.value)


def test_the_attempts_are_told(anyone: Caller):
    answer = anyone.raw(model="openai-first", sim={"status": "a=503"})
    told = answer.headers["x-kanmon-attempts"]
    assert told.index("alpha") < told.index("beta") and "503" in told
    assert "beta" not in anyone.raw(model="openai-first").headers["x-kanmon-attempts"]


@pytest.mark.parametrize("route, first", [("peek-openai-first", "a"), ("peek-anthropic-first", "b")])
def test_an_error_as_the_first_event_falls_back(anyone: Caller, route: str, first: str):
    seen = drain(anyone.stream("one two", model=route, sim={"error-after": f"{first}=0"}))
    assert seen.complete and seen.text == "You said: one two"


def test_a_provider_that_does_not_begin_in_time_is_left(anyone: Caller):
    began = time.monotonic()
    assert anyone.ask("one", model="impatient", sim={"delay": "a=10s"}) == "You said: one"
    assert time.monotonic() - began < 5


def test_a_provider_that_fails_again_and_again_rests(anyone: Caller, clean):
    fault = {"status": "a=503"}
    for _ in range(2):
        anyone.ask(model="tired-first", sim=fault)
    clean["a"].forget()
    assert anyone.ask("one", model="tired-first") == "You said: one"
    assert clean["a"].requests() == [], "it rests, and is not tried first"
    time.sleep(3.2)
    anyone.ask("one", model="tired-first")
    assert len(clean["a"].requests()) == 1, "it has rested"


@pytest.mark.parametrize("route, first, second", ORDERS)
def test_a_large_body_goes_to_the_next_provider_whole(anyone: Caller, clean, route: str, first: str, second: str):
    data = base64.b64encode(b"\x89PNG" * (15 << 18)).decode()
    if anyone.api == "openai":
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    else:
        image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    content = [{"type": "text", "text": "look"}, image]
    assert anyone.ask(content, model=route, sim={"status": f"{first}=503"}) == "You said: look [1 image]"
    for name in (first, second):
        assert clean[name].requests()[0]["body"]["bytes"] > len(data)


def test_every_provider_gets_its_own_name_of_the_model(anyone: Caller, clean):
    anyone.ask(model="openai-first", sim={"status": "a=503"})
    assert clean["a"].requests()[0]["json"]["model"] == "sim-large"
    assert clean["b"].requests()[0]["json"]["model"] == "sim-small"
