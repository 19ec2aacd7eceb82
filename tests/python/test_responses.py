"""OpenAI's Responses API: the official SDK asks a simulator (`direct`), and through the gateway a provider that serves it
(`to-native`, a pass-through) and providers of other APIs, for which it is translated."""

from __future__ import annotations

import json
from typing import Any

import openai
import pydantic
import pytest
from openai.types.responses import Response, ResponseStreamEvent

from callers import sim_headers
from conftest import PROVIDER_KEYS, RED_KEY, openai_client

STREAM_EVENT: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(ResponseStreamEvent)

TOOL = {
    "type": "function",
    "name": "get_time",
    "description": "The time.",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    "strict": False,
}

THROUGH_GATEWAY = [pytest.param(via, marks=pytest.mark.gateway) for via in ("to-native", "to-openai", "to-anthropic")]
TRANSLATED = THROUGH_GATEWAY[1:]


class Responses:
    """OpenAI's SDK, and the model that it asks."""

    def __init__(self, client: openai.OpenAI, model: str) -> None:
        self.client = client
        self.model = model

    @property
    def is_translated(self) -> bool:
        return self.model in ("to-openai", "to-anthropic")

    def create(self, input: Any = "hello there", *, sim: dict[str, Any] | None = None, **fields: Any) -> Any:
        fields.setdefault("model", self.model)
        return self.client.responses.create(input=input, extra_headers=sim_headers(sim), **fields)

    def events(self, input: Any = "hello there", **fields: Any) -> list[Any]:
        return list(self.create(input, stream=True, **fields))


def make(request: pytest.FixtureRequest, via: str) -> Responses:
    if via == "direct":
        return Responses(openai_client(request.getfixturevalue("sims")["a"].url, PROVIDER_KEYS["a"]), "sim-large")
    return Responses(openai_client(request.getfixturevalue("gateway").url, RED_KEY), via)


@pytest.fixture(params=["direct", *THROUGH_GATEWAY])
def responses(request: pytest.FixtureRequest) -> Responses:
    """At a simulator, and through the gateway, passed through and translated."""
    return make(request, request.param)


@pytest.fixture(params=TRANSLATED)
def translated(request: pytest.FixtureRequest) -> Responses:
    """Through the gateway to providers of other APIs."""
    return make(request, request.param)


@pytest.fixture
def at_anthropic(gateway) -> Responses:
    return Responses(openai_client(gateway.url, RED_KEY), "to-anthropic")


def strictly(response: Any) -> None:
    """The SDK builds its models without looking; this looks at every field and its type."""
    Response.model_validate_json(response.model_dump_json(by_alias=True, exclude_unset=True), strict=True)


def test_an_answer_has_every_field_of_the_sdks_type(responses: Responses):
    answer = responses.create(instructions="Be brief.", temperature=0.5, metadata={"a": "b"}, tools=[TOOL], tool_choice="none")
    strictly(answer)
    assert answer.output_text == "You said: hello there [system: Be brief.]"
    assert (answer.status, answer.error, answer.incomplete_details) == ("completed", None, None)
    assert answer.id.startswith("resp_") and answer.output[0].id.startswith("msg_")
    assert (answer.instructions, answer.temperature, answer.metadata) == ("Be brief.", 0.5, {"a": "b"})
    assert answer.tools[0].name == "get_time" and answer.tool_choice == "none"
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_a_conversation_goes_on_with_the_items_of_its_answers(responses: Responses):
    first = responses.create("one")
    items = [{"role": "user", "content": "one"}, *first.output, {"role": "user", "content": "two"}]
    assert responses.create(items).output_text == "You said: two"


def test_a_stream_joins_to_the_answer(responses: Responses):
    events = responses.events("one two three")
    for number, event in enumerate(events):
        assert event.sequence_number == number
        STREAM_EVENT.validate_json(event.model_dump_json(by_alias=True, exclude_unset=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    final = events[-1]
    strictly(final.response)
    assert final.type == "response.completed"
    assert text == final.response.output_text == "You said: one two three"
    assert final.response.usage.output_tokens > 0


def test_the_sdks_stream_helper_accumulates(responses: Responses):
    with responses.client.responses.stream(model=responses.model, input="one two", tools=[TOOL], tool_choice="none") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    order = ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]
    assert kinds[:4] == order and kinds[-1] == "response.completed"
    assert final.output_text == "You said: one two"


@pytest.mark.parametrize("split", [1, 7])
@pytest.mark.parametrize("newline", ["lf", "crlf", "cr"])
def test_a_stream_may_come_in_any_pieces(responses: Responses, split: int, newline: str):
    sim = {"split": split, "newline": newline, "comments": 1}
    events = responses.events("ein schönes 日本 text", sim=sim)
    assert events[-1].response.output_text == "You said: ein schönes 日本 text"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_tool_is_called_and_its_output_answered(responses: Responses, stream: bool):
    ask = {"role": "user", "content": "what time is it?"}
    if stream:
        with responses.client.responses.stream(model=responses.model, input=[ask], tools=[TOOL]) as events:
            said = events.get_final_response()
    else:
        said = responses.create([ask], tools=[TOOL])
    strictly(said) if not stream else None
    [call] = [item for item in said.output if item.type == "function_call"]
    assert call.name == "get_time" and json.loads(call.arguments) == {}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "noon"}
    back = [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in said.output]
    assert responses.create([ask, *back, output], tools=[TOOL]).output_text == "The tool said: noon"


def test_parallel_calls_have_ids_and_indexes_of_their_own(responses: Responses):
    events = responses.events("what time is it?", tools=[TOOL], sim={"tool-calls": 3})
    added = [event for event in events if event.type == "response.output_item.added" and event.item.type == "function_call"]
    assert len({event.item.call_id for event in added}) == len({event.output_index for event in added}) == len(added)
    done = [event.item for event in events if event.type == "response.output_item.done"]
    assert [item.id for item in events[-1].response.output] == [item.id for item in done]


@pytest.mark.gateway
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("sim", [{"thinking": 5}, {"thinking": 5, "redacted": 1}], ids=["signed", "redacted"])
def test_thinking_comes_back_to_the_provider_that_signed_it(at_anthropic: Responses, stream: bool, sim: dict):
    """The provider refuses thinking that was changed on the way."""
    ask = {"role": "user", "content": "what time is it?"}
    if stream:
        said = at_anthropic.events([ask], tools=[TOOL], sim=sim)[-1].response
    else:
        said = at_anthropic.create([ask], tools=[TOOL], sim=sim)
    assert said.output[0].type == "reasoning" and said.output[0].encrypted_content
    [call] = [item for item in said.output if item.type == "function_call"]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "noon"}
    back = [item.model_dump(exclude_none=True) for item in said.output]
    assert at_anthropic.create([ask, *back, output], tools=[TOOL]).output_text == "The tool said: noon"


def test_json_that_matches_a_schema_is_parsed(responses: Responses):
    class Person(pydantic.BaseModel):
        name: str
        age: int

    parsed = responses.client.responses.parse(model=responses.model, input="Ada", text_format=Person)
    assert isinstance(parsed.output_parsed, Person)


def test_a_limit_makes_the_answer_incomplete(responses: Responses):
    answer = responses.create("one two three", max_output_tokens=16, sim={"text-bytes": 500})
    strictly(answer)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    events = responses.events("one two three", max_output_tokens=16, sim={"text-bytes": 500})
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details.reason == "max_output_tokens"


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_error_is_one_of_the_sdks(responses: Responses, status: int):
    with pytest.raises(openai.APIStatusError) as raised:
        responses.create(sim={"status": status})
    assert raised.value.status_code == status


@pytest.mark.parametrize("fault", [{"cut-after": 5}, {"end-after": 5}, {"error-after": 5}], ids=["cut", "end", "error"])
def test_a_stream_that_breaks_never_looks_whole(responses: Responses, fault: dict):
    kinds, raised = [], None
    try:
        for event in responses.create("one two three four five", stream=True, sim=fault):
            kinds.append(event.type)
    except openai.APIError as error:
        raised = error
    assert "response.completed" not in kinds and "response.output_text.done" not in kinds
    if responses.is_translated:
        # A connection that is reset takes with it whatever could be told.
        assert raised and (kinds[-1] == "response.failed" or "cut-after" in fault)
    elif responses.model == "to-native":
        # OpenAI tells an error flat, which the SDK would hand on like any event: it gets what the SDK raises for.
        assert raised


@pytest.mark.gateway
def test_another_provider_answers_when_the_first_fails(gateway):
    for model, fails in (("openai-first", "a"), ("anthropic-first", "b")):
        first = Responses(openai_client(gateway.url, RED_KEY), model)
        assert first.create("one", sim={"status": f"{fails}=503"}).output_text == "You said: one"


@pytest.mark.gateway
@pytest.mark.parametrize("model", ["peek-openai-first", "peek-anthropic-first"])
def test_an_error_as_the_first_event_falls_back(gateway, model: str):
    """Field note 26: an error right after the head of a stream."""
    fails = "a" if model == "peek-openai-first" else "b"
    events = Responses(openai_client(gateway.url, RED_KEY), model).events("one", sim={"error-after": f"{fails}=1"})
    assert events[-1].response.output_text == "You said: one"


def test_what_is_stored_elsewhere_is_told_to_be_sent(translated: Responses):
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        translated.create(previous_response_id="resp_1")
    assert raised.value.param == "previous_response_id" and "send the items" in str(raised.value)
    for look_up in (translated.client.responses.retrieve, translated.client.responses.delete, translated.client.responses.cancel):
        with pytest.raises(openai.NotFoundError) as raised:
            look_up("resp_1")
        assert raised.value.code == "response_not_stored"


def test_a_tool_of_openais_own_is_refused_by_others(translated: Responses):
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        translated.create(tools=[{"type": "web_search"}])
    assert "web_search" in str(raised.value)


def test_every_event_is_told_as_one(responses: Responses):
    raw = responses.client.responses.with_streaming_response.create(model=responses.model, input="x", stream=True)
    with raw as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.read().decode().splitlines()
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert names == [event["type"] for event in data] and names[-1] == "response.completed"
