"""Every client API to every provider, by the official SDKs, strictly: an answer must have nothing that the SDK's types do not know."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

import wording
from callers import Caller, drain
from judging import World, judge_error, pairs
from sdk_types import assert_fits
from turns import calls, tool_turns, tools

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.usefixtures("strict_google"),
    pytest.mark.filterwarnings("error:.*is not a valid"),
]

# All but the one that has prompts only, and no conversations.
TALKING = ["chat", "responses", "messages", "gemini"]
# What OpenAI's and Anthropic's types do not have: Azure's filters; thinking and its signatures as vendors and Google have them in
# OpenAI's answers; what Bedrock adds to Anthropic's streams; and a field that OpenAI's API has all the same.
VENDORS_OWN = ("content_filter", "prompt_filter", "reasoning", "thinking_blocks", "images", "extra_content", "amazon-bedrock", "store")


def judge(*objects: Any) -> None:
    """Whether an answer, or each event, has only what its type has. google-genai has looked at its own already."""
    for one in objects:
        if getattr(one, "object", None) == "" and not one.choices:
            # Azure's first chunk: what its filter says of the prompt.
            one.object = "chat.completion.chunk"
        if hasattr(one, "to_dict"):
            assert_fits(type(one), one.to_dict(), but=VENDORS_OWN)


@pairs()
def test_an_answer_is_typed(pair: Caller):
    answer = pair.create("hello 日本語 👩‍🚀")
    judge(answer)
    assert pair.ask("hello 日本語 👩‍🚀") == "You said: hello 日本語 👩‍🚀"


@pairs()
def test_each_event_is_typed(pair: Caller):
    if pair.api == "gemini":
        events = list(pair.chunks("hello there"))
    else:
        events = list(pair.create("hello there", stream=True))
    for choice in [choice for event in events for choice in event.choices] if pair.api == "completions" else []:
        # The SDK has one type for answers and chunks, and every answer has a reason.
        choice.finish_reason = choice.finish_reason or "stop"
    judge(*events)
    seen = drain(pair.stream("hello there"))
    assert (seen.text, seen.complete) == ("You said: hello there", True)


@pairs()
def test_usage_is_told(pair: Caller):
    usage = pair.create("one two three").usage_metadata if pair.api == "gemini" else pair.create("one two three").usage
    names = {"openai": ("prompt_tokens", "completion_tokens"), "completions": ("prompt_tokens", "completion_tokens")}
    asked, said = names.get(pair.api, ("input_tokens", "output_tokens"))
    if pair.api == "gemini":
        asked, said = "prompt_token_count", "candidates_token_count"
    assert (getattr(usage, asked), getattr(usage, said)) == (3, 5)


@pairs(apis=TALKING)
def test_instructions_reach_the_model(pair: Caller):
    assert pair.ask(**wording.instructed(pair, "hello", "be brief")) == "You said: hello [system: be brief]"


@pairs(apis=TALKING)
def test_the_conversation_goes_on(pair: Caller):
    assert pair.ask(**wording.turns(pair, "first", "You said: first", "second")) == "You said: second"


@pairs()
def test_the_output_limit_cuts_the_answer_and_says_so(pair: Caller):
    fields = wording.limit(pair, 3)
    assert pair.ask("one two three", **fields) == "You said: one"
    seen = drain(pair.stream("one two three", **fields))
    cut = {"anthropic": "max_tokens", "gemini": "MAX_TOKENS", "responses": "incomplete"}.get(pair.api, "length")
    assert (seen.text, seen.finish) == ("You said: one", cut)


@pairs(apis=["chat", "completions", "messages", "gemini"])
def test_a_stop_sequence_ends_the_answer(pair: Caller):
    assert pair.ask("one END two", **wording.stop(pair, "END")) == "You said: one "


@pairs(apis=TALKING)
def test_a_picture_reaches_the_model(pair: Caller):
    assert pair.ask(**wording.image(pair, "what is this?")) == "You said: what is this? [1 image]"


@pairs(apis=TALKING)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_tools_are_called_together_and_their_results_go_back(pair: Caller, stream: bool):
    said = calls(pair, "weather and time?", stream, sim={"tool-calls": 2})
    assert [(call.name, call.arguments) for call in said.calls] == [("get_weather", {"city": "city", "days": 1}), ("get_time", {})]
    back = tool_turns(pair, "weather and time?", said, "rain", "noon")
    assert pair.ask(**back, **tools(pair)) == "The tool said: rain; The tool said: noon"
    if pair.api != "gemini":
        judge(pair.create("weather?", **tools(pair)))
        judge(*pair.create("weather?", stream=True, **tools(pair)))


@pairs(apis=TALKING)
def test_an_answer_fits_a_schema(pair: Caller):
    fields = wording.schema(pair)
    assert json.loads(pair.ask("report", **fields)) == {"city": "city", "days": 1}
    assert json.loads(drain(pair.stream("report", **fields)).text) == {"city": "city", "days": 1}


@pairs()
@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_an_error_has_the_clients_own_shape(pair: Caller, status: int):
    with pytest.raises(pair.errors.APIError) as raised:
        pair.ask(sim={"status": status})
    error = raised.value
    judge_error(pair.api, error.details if pair.api == "gemini" else error.response.json())
    if pair.api == "gemini":
        assert error.status and error.status == error.details["error"]["status"]
        told = error.code
        assert error.details["error"]["code"] == told
    else:
        told = error.status_code
        assert error.request_id
    if isinstance(error, openai.APIStatusError):
        assert set(error.body) >= {"message", "type", "param", "code"} and error.type, "OpenAI's errors have all four"
        assert error.code is None or isinstance(error.code, str)
    assert f"simulated {status}" in error.message
    assert (told == status) if status != 403 else told in (403, 502)


@pairs()
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_stranger_is_told_so(pair: Caller, world: World, stream: bool):
    stranger = type(pair).at(world.gateway.url, "kmn-nobody", pair.model)
    with pytest.raises(pair.errors.APIError) as raised:
        drain(stranger.stream()) if stream else stranger.ask()
    assert (raised.value.code if pair.api == "gemini" else raised.value.status_code) == 401


@pairs()
def test_an_error_in_mid_stream_is_no_end(pair: Caller):
    seen = None
    with pytest.raises(pair.errors.APIError):
        for seen in pair.stream("one two three four five six", sim={"error-after": 4}):
            pass
    assert seen is None or not seen.complete


@pairs()
def test_a_stream_that_just_stops_is_no_end(pair: Caller):
    seen = None
    with pytest.raises(Exception):
        for seen in pair.stream("one two three four five six", sim={"cut-after": 4}):
            pass
    assert seen is None or not seen.complete


@pairs()
def test_thinking_never_stands_in_the_text(pair: Caller):
    sim = {"thinking": 5}
    assert pair.ask("hello", sim=sim) == "You said: hello"
    seen = drain(pair.stream("hello", sim=sim))
    assert (seen.complete, seen.text) == (True, "You said: hello")
