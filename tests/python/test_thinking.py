"""Thinking: shown, hidden, signed, sent back."""

import pytest

from callers import Caller, Chat, Messages, drain

BUDGET = {"type": "enabled", "budget_tokens": 1024}
TOOL = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}


@pytest.fixture(params=["direct", pytest.param("to-anthropic", marks=pytest.mark.gateway)])
def thinker(request: pytest.FixtureRequest) -> Messages:
    """Anthropic's SDK at a provider that signs its thinking."""
    from conftest import make_caller

    return make_caller(request, "anthropic", request.param)


@pytest.mark.parametrize("thinking", [BUDGET, {"type": "adaptive"}], ids=["budget", "adaptive"])
def test_thinking_is_shown_and_signed(thinker: Messages, thinking: dict):
    answer = thinker.create("hello", thinking=thinking, max_tokens=2000)
    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.content[0].thinking == "The person said: hello"
    assert answer.content[0].signature


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("sim", [{}, {"redacted": 1}], ids=["signed", "redacted"])
def test_thinking_goes_back_with_the_results_of_tools(thinker: Messages, stream: bool, sim: dict):
    """The provider refuses thinking that was changed on the way, and a turn without it."""
    fields = {"thinking": BUDGET, "max_tokens": 2000, "tools": [TOOL]}
    ask = {"role": "user", "content": "what time is it?"}
    if stream:
        headers = {f"x-sim-{name}": str(value) for name, value in sim.items()}
        with thinker.client.messages.stream(model=thinker.model, messages=[ask], extra_headers=headers, **fields) as events:
            said = events.get_final_message()
    else:
        said = thinker.create(messages=[ask], sim=sim, **fields)
    assert [block.type for block in said.content] == ["redacted_thinking" if sim else "thinking", "tool_use"]
    result = {"type": "tool_result", "tool_use_id": said.content[1].id, "content": "noon"}
    back = [ask, {"role": "assistant", "content": said.content}, {"role": "user", "content": [result]}]
    assert thinker.ask(messages=back, **fields) == "The tool said: noon"


def test_thinking_is_streamed_before_the_text(thinker: Messages):
    kinds = []
    for event in thinker.create("hello", thinking=BUDGET, max_tokens=2000, stream=True):
        if event.type == "content_block_delta":
            kinds.append(event.delta.type)
    order = list(dict.fromkeys(kinds))
    assert order == ["thinking_delta", "signature_delta", "text_delta"]


@pytest.mark.parametrize("effort", ["low", "high"])
def test_an_effort_is_taken_by_any_provider(chat: Chat, effort: str):
    fields = {"reasoning_effort": effort, "max_completion_tokens": 30_000}
    assert chat.ask("hello", **fields) == "You said: hello"
    assert drain(chat.stream("hello", **fields)).text == "You said: hello"


def test_tokens_of_hidden_thinking_are_told(chat: Chat):
    if chat.via == "to-anthropic":
        pytest.skip("Anthropic's usage does not tell them apart")
    usage = chat.create("hello", reasoning_effort="low", max_completion_tokens=30_000).usage
    assert usage.completion_tokens_details.reasoning_tokens == 4


@pytest.mark.gateway
def test_thinking_never_stands_in_the_text(through: Caller):
    """A provider that thinks without being asked: whatever becomes of the thinking, the text is the text."""
    sim = {"thinking": 5}
    assert through.ask("hello", sim=sim) == "You said: hello"
    seen = drain(through.stream("hello", sim=sim))
    assert seen.complete and seen.text == "You said: hello"
