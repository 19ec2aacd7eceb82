"""Plain questions and answers: text, system messages, limits, usage."""

import pytest

from callers import Caller, Chat, Messages


def test_an_answer_has_text_usage_and_an_end(chat: Chat):
    answer = chat.create("hello there")
    assert answer.choices[0].message.content == "You said: hello there"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.object == "chat.completion" and answer.id
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (2, 4, 6)


def test_a_message_has_text_usage_and_an_end(messages: Messages):
    answer = messages.create("hello there")
    assert [(block.type, block.text) for block in answer.content] == [("text", "You said: hello there")]
    assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (2, 4)


def test_the_conversation_goes_on(caller: Caller):
    turns = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "You said: first"},
        {"role": "user", "content": "second"},
    ]
    assert caller.ask(messages=turns) == "You said: second"


@pytest.mark.parametrize("text", ["日本語のテキスト", 'quotes " and \\ and \n lines', "emoji 👩‍🚀 and \u2028 and \u0000", "</script>"])
def test_any_text_comes_through(caller: Caller, text: str):
    assert caller.ask(text) == f"You said: {text}"


def test_system_and_developer_messages_reach_the_model(chat: Chat):
    turns = [
        {"role": "system", "content": "be brief"},
        {"role": "developer", "content": [{"type": "text", "text": "be kind"}]},
        {"role": "user", "content": "hello"},
    ]
    text = chat.ask(messages=turns)
    assert text.startswith("You said: hello [system: ")
    assert text.index("be brief") < text.index("be kind")


@pytest.mark.parametrize(
    "system",
    ["be brief", [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}]],
    ids=["text", "blocks"],
)
def test_the_system_prompt_reaches_the_model(messages: Messages, system):
    assert messages.ask("hello", system=system) == "You said: hello [system: be brief]"


def test_the_output_limit_cuts_the_answer_and_says_so(chat: Chat, messages: Messages):
    for limit in ("max_tokens", "max_completion_tokens"):
        answer = chat.create("one two three", **{limit: 3})
        assert answer.choices[0].message.content == "You said: one"
        assert answer.choices[0].finish_reason == "length"
    answer = messages.create("one two three", max_tokens=3)
    assert (answer.content[0].text, answer.stop_reason) == ("You said: one", "max_tokens")


def test_a_stop_sequence_ends_the_answer(chat: Chat):
    answer = chat.create("one END two", stop=["END"])
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("You said: one ", "stop")
    assert chat.create("one END two", stop="END").choices[0].message.content == "You said: one "


def test_a_stop_sequence_is_told_where_the_provider_tells_it(messages: Messages):
    answer = messages.create("one END two", stop_sequences=["END"])
    assert answer.content[0].text == "You said: one "
    if messages.via == "to-openai":
        assert answer.stop_reason in ("end_turn", "stop_sequence")
    else:
        assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "END")


def test_sampling_parameters_are_taken(chat: Chat):
    assert chat.ask(temperature=0.5, top_p=0.9).startswith("You said")


@pytest.mark.parametrize("cached, written", [(1, 0), (2, 3)])
def test_cached_tokens_are_told(chat: Chat, messages: Messages, cached: int, written: int):
    sim = {"cached": cached, "cache-write": written}
    usage = chat.create("one two three four five six", sim=sim).usage
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (6, cached)
    usage = messages.create("one two three four five six", sim=sim).usage
    total = usage.input_tokens + usage.cache_read_input_tokens + (usage.cache_creation_input_tokens or 0)
    assert (total, usage.cache_read_input_tokens) == (6, cached)


def test_several_choices_where_the_provider_has_them(chat: Chat):
    if chat.via == "to-anthropic":
        pytest.skip("Anthropic gives one answer: see test_errors.py")
    assert [choice.index for choice in chat.create(n=3).choices] == [0, 1, 2]


def test_log_probabilities_where_the_provider_has_them(chat: Chat):
    if chat.via == "to-anthropic":
        pytest.skip("Anthropic tells none: see test_errors.py")
    content = chat.create("hi", logprobs=True, top_logprobs=2).choices[0].logprobs.content
    assert "".join(token.token for token in content) == "You said: hi"
    chunks = chat.create("hi", logprobs=True, stream=True)
    tokens = [token.token for chunk in chunks for choice in chunk.choices if choice.logprobs for token in choice.logprobs.content]
    assert "".join(tokens) == "You said: hi"


def test_a_long_answer_is_whole(caller: Caller):
    assert len(caller.ask(sim={"text-bytes": 500_000}, max_tokens=1_000_000)) == 500_000
