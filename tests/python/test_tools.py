"""Tools: one call, several, streamed, and the way back with results."""

import json

import pytest

from callers import Chat, Messages
from conftest import make_caller

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
ARGUMENTS = {"city": "city", "days": 1}

CHAT_TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}},
]
MESSAGE_TOOLS = [
    {"name": "get_weather", "description": "Weather of a city", "input_schema": SCHEMA},
    {"name": "get_time", "input_schema": {"type": "object", "properties": {}}},
]
ASK = {"role": "user", "content": "weather and time?"}


def chat_calls(message) -> list[tuple[str, dict]]:
    return [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]


def message_calls(message) -> list[tuple[str, dict]]:
    return [(block.name, block.input) for block in message.content if block.type == "tool_use"]


def test_a_tool_is_called(chat: Chat, messages: Messages):
    choice = chat.create(messages=[ASK], tools=CHAT_TOOLS).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert chat_calls(choice.message) == [("get_weather", ARGUMENTS)]
    answer = messages.create(messages=[ASK], tools=MESSAGE_TOOLS)
    assert answer.stop_reason == "tool_use"
    assert message_calls(answer) == [("get_weather", ARGUMENTS)]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_several_tools_are_called_and_their_results_go_back(chat: Chat, stream: bool):
    sim = {"tool-calls": 3}
    if stream:
        with chat.client.chat.completions.stream(
            model=chat.model, messages=[ASK], tools=CHAT_TOOLS, extra_headers={"x-sim-tool-calls": "3"}
        ) as events:
            for _ in events:
                pass
            said = events.get_final_completion().choices[0].message
    else:
        said = chat.create(messages=[ASK], tools=CHAT_TOOLS, sim=sim).choices[0].message
    assert chat_calls(said) == [("get_weather", ARGUMENTS), ("get_time", {}), ("get_weather", ARGUMENTS)]
    ids = [call.id for call in said.tool_calls]
    assert len(set(ids)) == 3
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
        for call in said.tool_calls
    ]
    results = [{"role": "tool", "tool_call_id": id, "content": f"result {number}"} for number, id in enumerate(ids)]
    back = [ASK, {"role": "assistant", "content": None, "tool_calls": calls}, *results]
    text = chat.ask(messages=back, tools=CHAT_TOOLS)
    assert text == "The tool said: result 0; The tool said: result 1; The tool said: result 2"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_several_tool_uses_and_their_results_go_back(messages: Messages, stream: bool):
    if stream:
        with messages.client.messages.stream(
            model=messages.model, max_tokens=100, messages=[ASK], tools=MESSAGE_TOOLS, extra_headers={"x-sim-tool-calls": "3"}
        ) as events:
            said = events.get_final_message()
    else:
        said = messages.create(messages=[ASK], tools=MESSAGE_TOOLS, sim={"tool-calls": 3})
    assert message_calls(said) == [("get_weather", ARGUMENTS), ("get_time", {}), ("get_weather", ARGUMENTS)]
    uses = [block for block in said.content if block.type == "tool_use"]
    assert len({use.id for use in uses}) == 3
    results = [
        {"type": "tool_result", "tool_use_id": use.id, "content": f"result {number}"} for number, use in enumerate(uses)
    ]
    content = [{"type": "tool_use", "id": use.id, "name": use.name, "input": use.input} for use in uses]
    back = [ASK, {"role": "assistant", "content": content}, {"role": "user", "content": results}]
    text = messages.ask(messages=back, tools=MESSAGE_TOOLS)
    assert text == "The tool said: result 0; The tool said: result 1; The tool said: result 2"


def test_text_may_come_before_a_call(chat: Chat, messages: Messages):
    message = chat.create(messages=[ASK], tools=CHAT_TOOLS, sim={"text-bytes": 11}).choices[0].message
    assert (message.content, chat_calls(message)) == ("lorem lorem", [("get_weather", ARGUMENTS)])
    answer = messages.create(messages=[ASK], tools=MESSAGE_TOOLS, sim={"text-bytes": 11})
    assert [block.type for block in answer.content] == ["text", "tool_use"]


def test_a_failed_tool_and_what_is_said_after_it(messages: Messages):
    turns = [
        ASK,
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "get_time", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": "no clock"}]},
    ]
    assert "no clock" in messages.ask(messages=turns, tools=MESSAGE_TOOLS)
    turns[-1]["content"].append({"type": "text", "text": "never mind"})
    assert messages.ask(messages=turns, tools=MESSAGE_TOOLS, tool_choice={"type": "none"}) == "You said: never mind"


@pytest.mark.parametrize(
    "choice, called",
    [
        ("auto", ["get_weather"]),
        ("required", ["get_weather"]),
        ("none", None),
        ({"type": "function", "function": {"name": "get_time"}}, ["get_time"]),
    ],
    ids=["auto", "required", "none", "named"],
)
def test_the_choice_of_a_tool_is_kept(chat: Chat, choice, called):
    message = chat.create(messages=[ASK], tools=CHAT_TOOLS, tool_choice=choice).choices[0].message
    assert (message.tool_calls and [call.function.name for call in message.tool_calls]) == called


@pytest.mark.parametrize(
    "choice, called",
    [("auto", ["get_weather"]), ("any", ["get_weather"]), ("none", []), ("tool", ["get_time"])],
)
def test_the_choice_of_a_tool_use_is_kept(messages: Messages, choice: str, called: list[str]):
    choice = {"type": choice} | ({"name": "get_time"} if choice == "tool" else {})
    answer = messages.create(messages=[ASK], tools=MESSAGE_TOOLS, tool_choice=choice)
    assert [name for name, _ in message_calls(answer)] == called


def test_parallel_calls_can_be_switched_off(chat: Chat, messages: Messages):
    sim = {"tool-calls": 2}
    message = chat.create(messages=[ASK], tools=CHAT_TOOLS, parallel_tool_calls=False, sim=sim).choices[0].message
    assert len(message.tool_calls) == 1
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    answer = messages.create(messages=[ASK], tools=MESSAGE_TOOLS, tool_choice=choice, sim=sim)
    assert len(message_calls(answer)) == 1


def test_a_strict_tool_stays_strict(chat: Chat):
    strict = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": strict, "strict": True}}
    message = chat.create(messages=[ASK], tools=[tool]).choices[0].message
    assert chat_calls(message) == [("get_weather", {"city": "city"})]


def test_a_tool_without_parameters_can_be_called(chat: Chat):
    tool = {"type": "function", "function": {"name": "ping"}}
    message = chat.create(messages=[ASK], tools=[tool]).choices[0].message
    assert chat_calls(message) == [("ping", {})]


CUSTOM = {"name": "run_sql", "description": "Runs SQL."}


@pytest.mark.gateway
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_custom_tool_of_openais_is_called_by_anothers_model(request, stream: bool):
    """It takes plain text: no other API has such a tool, so a function with one argument stands for it."""
    chat: Chat = make_caller(request, "openai", "to-anthropic")
    ask = {"messages": [ASK], "tools": [{"type": "custom", "custom": CUSTOM}]}
    if stream:
        pieces = [
            call
            for chunk in chat.create(**ask, stream=True)
            for choice in chunk.choices
            for call in choice.delta.tool_calls or []
        ]
        assert {piece.index for piece in pieces} == {0}
        name, said = pieces[0].custom["name"], "".join(piece.custom["input"] for piece in pieces)
        call = {"id": pieces[0].id, "type": pieces[0].type, "custom": {"name": name, "input": said}}
    else:
        choice = chat.create(**ask).choices[0]
        assert choice.finish_reason == "tool_calls"
        call = choice.message.tool_calls[0].model_dump()
    assert call == {"id": call["id"], "type": "custom", "custom": {"name": "run_sql", "input": "input"}}
    ask["messages"] += [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": call["id"], "content": "42"}]
    assert "42" in chat.create(**ask).choices[0].message.content


@pytest.mark.gateway
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_custom_tool_of_responses_is_called_by_anothers_model(request, stream: bool):
    chat: Chat = make_caller(request, "openai", "to-anthropic")
    ask = {"model": chat.model, "input": [ASK], "tools": [{"type": "custom", **CUSTOM}], "store": False}
    if stream:
        with chat.client.responses.stream(**ask) as events:
            seen = list(events)
        answer = seen[-1].response
        said = "".join(event.delta for event in seen if event.type == "response.custom_tool_call_input.delta")
        assert said == "input" and any(event.type == "response.custom_tool_call_input.done" for event in seen)
    else:
        answer = chat.client.responses.create(**ask)
    [call] = [item for item in answer.output if item.type == "custom_tool_call"]
    assert (call.name, call.input) == ("run_sql", "input")
    ask["input"] += [call.model_dump(exclude_none=True), {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "42"}]
    assert "42" in chat.client.responses.create(**ask).output_text
