"""Google's SDK as a client of the gateway, to every provider; what `test_pairs.py` has for all SDKs is not here again."""

from __future__ import annotations

import asyncio
import json

import pytest
from google.genai import types
from pydantic import BaseModel

from callers import Gemini, gemini_client
from dialects import ROWS
from judging import KEY, World, pairs

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.usefixtures("strict_google"),
    pytest.mark.filterwarnings("error:.*is not a valid"),
]

every_provider = pairs(["gemini"])
THINKERS = [row for row in ROWS if row.thinks]


class Place(BaseModel):
    city: str
    sunny: bool


@every_provider
def test_an_answer_has_all_that_the_sdk_looks_for(pair: Gemini):
    answer = pair.create("hello there")
    [candidate] = answer.candidates
    assert (candidate.content.role, candidate.finish_reason) == ("model", types.FinishReason.STOP)
    assert answer.text == "You said: hello there"
    assert answer.model_version
    # Converse has no ids.
    assert answer.response_id or "to-bedrock" in pair.model
    usage = answer.usage_metadata
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count + (usage.thoughts_token_count or 0)


@every_provider
def test_the_last_chunk_has_reason_and_usage(pair: Gemini):
    chunks = list(pair.chunks("one two three"))
    reasons = [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates]
    assert [reason for reason in reasons if reason] == [types.FinishReason.STOP]
    assert chunks[-1].usage_metadata.candidates_token_count == 5
    assert len({chunk.response_id for chunk in chunks}) == 1


@every_provider
def test_a_chat_goes_on(pair: Gemini):
    chat = pair.client.chats.create(model=pair.model, config=types.GenerateContentConfig(system_instruction="be brief"))
    assert chat.send_message("one").text == "You said: one [system: be brief]"
    assert "".join(chunk.text or "" for chunk in chat.send_message_stream("two")) == "You said: two [system: be brief]"
    assert [content.role for content in chat.get_history(curated=True)][:4:2] == ["user", "user"]


@every_provider
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_sdk_calls_functions_by_itself(pair: Gemini, stream: bool):
    seen = []

    def look_up(city: str, days: int) -> str:
        """Looks up the weather.

        Args:
            city: The city.
            days: How many days.
        """
        seen.append((city, days))
        return "rain"

    asked = {"model": pair.model, "contents": "weather?", "config": types.GenerateContentConfig(tools=[look_up])}
    if stream:
        text = "".join(chunk.text or "" for chunk in pair.client.models.generate_content_stream(**asked))
    else:
        text = pair.client.models.generate_content(**asked).text
    assert seen == [("city", 1)]
    # In a stream it stands behind what was said before the call, as Cohere's plan.
    assert "The tool said: " in text and text.endswith("rain")


@every_provider
def test_tools_declared_by_googles_own_schema(pair: Gemini):
    schema = types.Schema(
        type=types.Type.OBJECT,
        properties={
            "city": types.Schema(type=types.Type.STRING, description="Which", nullable=True),
            "unit": types.Schema(type=types.Type.STRING, enum=["C", "F"]),
            "places": types.Schema(type=types.Type.ARRAY, items=types.Schema(type=types.Type.NUMBER)),
        },
        required=["city", "unit"],
    )
    declared = types.FunctionDeclaration(name="look_up", description="Looks up", parameters=schema)
    tools = [types.Tool(function_declarations=[declared])]
    any_of = types.ToolConfig(
        function_calling_config=types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["look_up"])
    )
    [call] = pair.create("weather?", tools=tools, tool_config=any_of).function_calls
    assert call.name == "look_up" and {"city", "unit"} <= call.args.keys()
    none = types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.NONE))
    assert pair.ask("weather?", tools=tools, tool_config=none) == "You said: weather?"


@every_provider
def test_an_answer_is_parsed_into_a_model(pair: Gemini):
    answer = pair.create("report", response_mime_type="application/json", response_schema=Place)
    assert answer.parsed == Place(city="city", sunny=True)


@pairs(["gemini"], THINKERS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_thoughts_are_shown_and_go_back_as_they_came(pair: Gemini, stream: bool):
    """Providers that sign refuse a turn whose thinking or signature was lost or changed."""
    declared = types.FunctionDeclaration(name="get_time", parameters_json_schema={"type": "object", "properties": {}})
    fields = {
        "tools": [types.Tool(function_declarations=[declared])],
        "thinking_config": types.ThinkingConfig(include_thoughts=True, thinking_budget=2048),
        "max_output_tokens": 6000,
    }
    if stream:
        chunks = pair.chunks("what time is it?", **fields)
        parts = [part for chunk in chunks for one in chunk.candidates or [] for part in (one.content and one.content.parts) or []]
    else:
        parts = pair.create("what time is it?", **fields).candidates[0].content.parts
    thoughts = "".join(part.text or "" for part in parts if part.thought)
    assert thoughts == "The person said: what time is it?"
    [call] = [part.function_call for part in parts if part.function_call]
    told = types.FunctionResponse(id=call.id, name=call.name, response={"output": "noon"})
    turns = [
        types.Content(role="user", parts=[types.Part(text="what time is it?")]),
        types.Content(role="model", parts=parts),
        types.Content(role="user", parts=[types.Part(function_response=told)]),
    ]
    assert pair.ask(contents=turns, **fields) == "The tool said: noon"


@every_provider
@pytest.mark.parametrize(
    "status, word", [(400, "INVALID_ARGUMENT"), (404, "NOT_FOUND"), (429, "RESOURCE_EXHAUSTED"), (500, "INTERNAL"), (503, "UNAVAILABLE")]
)
def test_an_error_has_googles_word_for_it(pair: Gemini, status: int, word: str):
    with pytest.raises(pair.errors.ClientError if status < 500 else pair.errors.ServerError) as raised:
        pair.ask(sim={"status": status})
    assert (raised.value.code, raised.value.status) == (status, word)


@pairs(["gemini"], ROWS[:1])
def test_what_the_gateway_refuses_is_told_in_googles_words(pair: Gemini, world: World):
    unknown = Gemini.at(world.gateway.url, KEY, "no-such-model")
    with pytest.raises(unknown.errors.ClientError) as raised:
        unknown.ask()
    assert (raised.value.code, raised.value.status) == (404, "NOT_FOUND")
    assert "no-such-model" in raised.value.message


@every_provider
def test_googles_asynchronous_client(pair: Gemini, world: World):
    async def ask() -> tuple[str, str]:
        client = gemini_client(world.gateway.url, KEY).aio
        whole = await client.models.generate_content(model=pair.model, contents="hello")
        chunks = await client.models.generate_content_stream(model=pair.model, contents="hello")
        return whole.text, "".join([chunk.text or "" async for chunk in chunks])

    assert asyncio.run(ask()) == ("You said: hello", "You said: hello")


GOOGLES = [row for row in ROWS if row.dialect in ("gemini", "vertex")]


COUNTING = [row for row in ROWS if row.dialect in ("gemini", "vertex", "anthropic", "anthropic-vertex", "anthropic-bedrock")]


@pairs(["gemini"], COUNTING)
def test_tokens_are_counted(pair: Gemini):
    few = pair.client.models.count_tokens(model=pair.model, contents="one two three").total_tokens
    more = pair.client.models.count_tokens(model=pair.model, contents="one two three " * 20).total_tokens
    assert few >= 3 and more > few


@pairs(["gemini"], GOOGLES)
def test_safety_settings_and_sampling_reach_google_as_they_are(pair: Gemini, world: World):
    safety = types.SafetySetting(
        category=types.HarmCategory.HARM_CATEGORY_HARASSMENT, threshold=types.HarmBlockThreshold.BLOCK_ONLY_HIGH
    )
    pair.create("hello", safety_settings=[safety], temperature=0.25, top_k=5, seed=7, candidate_count=1)
    sent = world.sent()["json"]
    assert sent["safetySettings"] == [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}]
    told = sent["generationConfig"]
    assert {key: told[key] for key in ("temperature", "topK", "seed")} == {"temperature": 0.25, "topK": 5, "seed": 7}


@every_provider
def test_json_text_stays_as_it_is(pair: Gemini):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
    assert json.loads(pair.ask("report", response_mime_type="application/json", response_json_schema=schema)) == {"a": 1}
