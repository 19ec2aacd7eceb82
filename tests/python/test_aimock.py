"""Providers emulated by others' code (`@copilotkit/aimock`), through the gateway: every client API to every provider it emulates.

Its answers are its own, so what is compared here is only what every client API can say. It takes the provider's own credential in
any of the places where providers have it, and no other.
"""

import pytest

from callers import Caller, drain
from judging import pairs
from turns import calls, tool_turns, tools

HELLO = "Hello! How can I help you today? 日本語 👩‍🚀 too."
pytestmark = pytest.mark.gateway

CHATTY = ["chat", "responses", "messages", "gemini"]


@pairs("mock")
def test_an_answer(pair: Caller):
    assert pair.ask("hello") == HELLO


@pairs("mock")
def test_a_stream(pair: Caller):
    seen = drain(pair.stream("hello"))
    assert (seen.text, seen.complete) == (HELLO, True)
    assert seen.events > 2


@pairs("mock", CHATTY)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_tool_is_called_and_its_result_goes_back(pair: Caller, stream: bool):
    said = calls(pair, "weather?", stream)
    assert [(call.name, call.arguments) for call in said.calls] == [("get_weather", {"city": "Kyōto", "days": 2})]
    assert pair.ask(**tool_turns(pair, "weather?", said, "rain"), **tools(pair)) == "It rains in Kyōto."


@pairs("mock", CHATTY)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_text_and_two_calls(pair: Caller, stream: bool):
    said = calls(pair, "two tools", stream)
    # As Cohere, aimock adds a plan of its own to streams.
    plan = "I will use the requested tool." if stream and pair.model.endswith("cohere") else ""
    assert said.text == "Let me look." + plan
    assert [(call.name, call.arguments) for call in said.calls] == [("get_weather", {"city": "Ōsaka", "days": 1}), ("get_time", {})]


@pairs("mock")
@pytest.mark.parametrize("question, status", [("too fast", 429), ("wrong", 400)])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_error_keeps_its_status_and_message(pair: Caller, question: str, status: int, stream: bool):
    with pytest.raises(pair.errors.APIError) as raised:
        drain(pair.stream(question)) if stream else pair.ask(question)
    error = raised.value
    assert (error.code if pair.api == "gemini" else error.status_code) == status
    assert {400: "That is not a question.", 429: "Slow down, please."}[status] in error.message
