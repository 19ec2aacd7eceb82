"""Streams, event by event and through the SDKs' own helpers."""

import time

import pytest

from callers import Caller, Chat, Messages, drain, sim_headers


def test_a_stream_joins_to_the_answer(caller: Caller):
    whole = caller.ask("one two three")
    seen = drain(caller.stream("one two three"))
    assert seen.complete and seen.text == whole


@pytest.mark.parametrize("split", [1, 7])
@pytest.mark.parametrize("newline", ["lf", "crlf", "cr"])
def test_a_stream_may_come_in_any_pieces(caller: Caller, split: int, newline: str):
    if newline == "cr" and caller.via == "direct":
        pytest.skip("httpx2 itself is what is tested here")
    seen = drain(caller.stream("ein schönes 日本 text", sim={"split": split, "newline": newline, "comments": 1}))
    assert seen.complete and seen.text == "You said: ein schönes 日本 text"


def test_usage_comes_in_a_chunk_of_its_own_when_asked_for(chat: Chat):
    chunks = list(chat.create("hello there", stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (2, 4)
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert len({chunk.id for chunk in chunks}) == 1


def test_usage_does_not_come_when_not_asked_for(chat: Chat):
    chunks = list(chat.create("hello there", stream=True))
    assert all(chunk.usage is None for chunk in chunks)
    assert all(len(chunk.choices) == 1 for chunk in chunks)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]


def test_the_openai_stream_helper_accumulates(chat: Chat):
    with chat.client.chat.completions.stream(
        model=chat.model,
        messages=[{"role": "user", "content": "one two"}],
        stream_options={"include_usage": True},
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "content.delta" in kinds and "content.done" in kinds
    assert final.choices[0].message.content == "You said: one two"
    assert final.usage.total_tokens == 6


def test_the_anthropic_stream_helper_accumulates(messages: Messages):
    with messages.client.messages.stream(
        model=messages.model, max_tokens=100, messages=[{"role": "user", "content": "one two"}]
    ) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == final.content[0].text == "You said: one two"
    assert final.stop_reason == "end_turn"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (2, 4)


def test_anthropic_events_come_in_their_order(messages: Messages):
    events = [event for event in messages.create("one two", stream=True) if event.type != "ping"]
    kinds = [event.type for event in events]
    assert kinds[0] == "message_start" and kinds[-2:] == ["message_delta", "message_stop"]
    assert kinds[1] == "content_block_start" and kinds[-3] == "content_block_stop"
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert events[0].message.content == [] and events[0].message.stop_reason is None


def test_a_limit_is_told_at_the_end_of_a_stream(chat: Chat, messages: Messages):
    assert drain(chat.stream("one two three", max_tokens=3)).finish == "length"
    assert drain(messages.stream("one two three", max_tokens=3)).finish == "max_tokens"


def test_events_come_as_they_are_made(caller: Caller):
    """Fifteen events, 50 ms apart: the first is here long before the last is made."""
    sim = {"pace": "50ms", "pieces": 10, "text-bytes": 100}
    began = time.monotonic()
    stream = caller.stream(sim=sim)
    first = next(seen for seen in stream if seen.text)
    first_after = time.monotonic() - began
    assert len(first.text) <= 20
    seen = drain(stream)
    assert seen.complete and len(seen.text) == 100
    assert first_after < (time.monotonic() - began) / 2


def test_a_long_stream_is_whole(caller: Caller):
    seen = drain(caller.stream(sim={"text-bytes": 1_000_000, "pieces": 2000}, max_tokens=1_000_000))
    assert seen.complete and len(seen.text) == 1_000_000


def test_an_answer_of_nothing_is_complete(caller: Caller):
    seen = drain(caller.stream(sim={"text-bytes": 0}))
    assert seen.complete and seen.text == ""


def test_a_stream_is_told_as_one(caller: Caller):
    if caller.api == "openai":
        raw = caller.client.chat.completions.with_streaming_response.create(
            model=caller.model, messages=[{"role": "user", "content": "x"}], stream=True, extra_headers=sim_headers(None)
        )
    else:
        raw = caller.client.messages.with_streaming_response.create(
            model=caller.model, max_tokens=10, messages=[{"role": "user", "content": "x"}], stream=True
        )
    with raw as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-length" not in answer.headers
