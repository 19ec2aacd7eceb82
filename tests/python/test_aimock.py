"""Providers emulated by others' code (`@copilotkit/aimock`), through the gateway: every client API to every provider it emulates.

Its answers are its own, so what is compared here is only what every client API can say. It takes the provider's own credential in
any of the places where providers have it, and no other.
"""

from typing import Any

import pytest

import wording
from callers import Caller, drain
from judging import mocked
from turns import calls, tool_turns, tools

HELLO = "Hello! How can I help you today? 日本語 👩‍🚀 too."
pytestmark = pytest.mark.gateway

TALKING = ["chat", "responses", "messages", "gemini"]


@mocked()
def test_an_answer(pair: Caller):
    assert pair.ask("hello") == HELLO


@mocked(streams=True)
def test_a_stream(pair: Caller):
    seen = drain(pair.stream("hello"))
    assert (seen.text, seen.complete) == (HELLO, True)
    assert seen.events > 2


def a_tool_is_called_and_its_result_goes_back(caller: Caller, stream: bool):
    said = calls(caller, "weather?", stream)
    assert [(call.name, call.arguments) for call in said.calls] == [("get_weather", {"city": "Kyōto", "days": 2})]
    assert caller.ask(**tool_turns(caller, "weather?", said, "rain"), **tools(caller)) == "It rains in Kyōto."


@mocked(TALKING)
def test_a_tool_is_called_and_its_result_goes_back(pair: Caller):
    a_tool_is_called_and_its_result_goes_back(pair, stream=False)


@mocked(TALKING, streams=True)
def test_a_tool_is_called_in_a_stream_and_its_result_goes_back(pair: Caller):
    a_tool_is_called_and_its_result_goes_back(pair, stream=True)


BOTH = [("get_weather", {"city": "Ōsaka", "days": 1}), ("get_time", {})]


@mocked(TALKING)
def test_text_and_two_calls(pair: Caller):
    said = calls(pair, "two tools", stream=False)
    assert (said.text, [(call.name, call.arguments) for call in said.calls]) == ("Let me look.", BOTH)


@mocked(TALKING, streams=True)
def test_text_and_two_calls_in_a_stream(pair: Caller):
    said = calls(pair, "two tools", stream=True)
    # As Cohere, aimock adds a plan of its own to streams.
    plan = "I will use the requested tool." if pair.model.endswith("cohere") else ""
    assert (said.text, [(call.name, call.arguments) for call in said.calls]) == ("Let me look." + plan, BOTH)


@mocked(TALKING)
def test_instructions_reach_the_provider(pair: Caller):
    assert pair.ask(**wording.instructed(pair, "hello", "be kind")) == "Hello, dear friend."


def thought(pair: Caller, answer: Any) -> str:
    """The thinking of an answer, where the client's API shows it."""
    if pair.api == "openai":
        return getattr(answer.choices[0].message, "reasoning_content", None) or ""
    if pair.api == "responses":
        summaries = [item.summary for item in answer.output if item.type == "reasoning"]
        return "".join(part.text for summary in summaries for part in summary)
    if pair.api == "anthropic":
        return "".join(block.thinking for block in answer.content if block.type == "thinking")
    return "".join(part.text or "" for part in answer.candidates[0].content.parts if part.thought)


# What Cohere's models think, aimock calls text.
@mocked(but=("cohere",))
def test_thinking_is_no_text(pair: Caller):
    assert pair.ask("think") == "Forty-two."


# Its stream of Converse begins thinking with an event that Bedrock's service model does not have.
@mocked(streams=True, but=("cohere", "bedrock-key"))
def test_thinking_is_no_text_in_a_stream(pair: Caller):
    seen = drain(pair.stream("think"))
    assert (seen.text, seen.complete) == ("Forty-two.", True)


# The model of OpenAI's is one that does not think.
@mocked(TALKING, but=("cohere", "openai"))
def test_thinking_is_shown(pair: Caller):
    assert thought(pair, pair.create("think")) == "Six times seven is forty-two."


@mocked()
def test_usage_is_told(pair: Caller):
    answer = pair.create("count")
    usage = answer.usage_metadata if pair.api == "gemini" else answer.usage
    names = {"openai": ("prompt_tokens", "completion_tokens"), "gemini": ("prompt_token_count", "candidates_token_count")}
    asked, said = names.get({"completions": "openai"}.get(pair.api, pair.api), ("input_tokens", "output_tokens"))
    assert (getattr(usage, asked), getattr(usage, said)) == (11, 2)


@mocked(streams=True)
def test_a_stream_that_breaks_off_is_no_end(pair: Caller):
    seen = None
    with pytest.raises(Exception):
        for seen in pair.stream("break off"):
            pass
    assert seen is None or not seen.complete


# Anthropic has no embeddings, Nova is a model of conversations, and aimock does not emulate Vertex AI's.
@mocked(["chat"], but=("anthropic", "anthropic-bedrock-key", "bedrock-key", "vertex"))
def test_a_text_is_embedded(pair: Caller):
    answer = pair.client.embeddings.create(model=pair.model, input="embed me", encoding_format="float")
    assert answer.data[0].embedding == [0.5, -1, 0.25]


@mocked()
def test_an_answer_that_was_cut_says_so(pair: Caller):
    seen = pair.create("too long")
    told = {
        "gemini": lambda: seen.candidates[0].finish_reason.value,
        "anthropic": lambda: seen.stop_reason,
        "responses": lambda: seen.incomplete_details.reason,
    }.get(pair.api, lambda: seen.choices[0].finish_reason)
    assert told() in ("MAX_TOKENS", "max_tokens", "max_output_tokens", "length")


@mocked()
@pytest.mark.parametrize("question, status", [("too fast", 429), ("wrong", 400)])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_error_keeps_its_status_and_message(pair: Caller, question: str, status: int, stream: bool):
    with pytest.raises(pair.errors.APIError) as raised:
        drain(pair.stream(question)) if stream else pair.ask(question)
    error = raised.value
    assert (error.code if pair.api == "gemini" else error.status_code) == status
    assert {400: "That is not a question.", 429: "Slow down, please."}[status] in error.message
