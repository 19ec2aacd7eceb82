"""Embeddings, with OpenAI's SDK: as it asks by itself (base64), and as floats."""

import base64
import struct

import openai
import pytest

from callers import Chat


def numbers(chat: Chat, *texts: str, **fields) -> list[list[float]]:
    answer = chat.client.embeddings.create(model=chat.model, input=list(texts), **fields)
    assert answer.object == "list"
    assert [one.index for one in answer.data] == list(range(len(texts)))
    return [one.embedding for one in answer.data]


@pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)
def test_the_sdk_gets_floats_whatever_it_asks_for(chat: Chat):
    [by_default] = numbers(chat, "one two three")
    [as_floats] = numbers(chat, "one two three", encoding_format="float")
    assert len(by_default) == len(as_floats) > 1
    assert by_default == pytest.approx(as_floats, rel=1e-6)


@pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)
def test_a_batch_keeps_its_order(chat: Chat):
    one, two = numbers(chat, "one", "two")
    assert [one] == numbers(chat, "one") and [two] == numbers(chat, "two")


@pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)
def test_dimensions_and_token_ids(chat: Chat):
    [short] = numbers(chat, "one", dimensions=8)
    assert len(short) == 8
    answer = chat.client.embeddings.create(model=chat.model, input=[[1, 2, 3], [4]])
    assert len(answer.data) == 2 and answer.usage.total_tokens > 0


@pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)
def test_base64_is_of_little_endian_floats(chat: Chat):
    raw = chat.client.embeddings.with_raw_response.create(model=chat.model, input="one", encoding_format="base64")
    data = raw.http_response.json()["data"][0]["embedding"]
    decoded = base64.b64decode(data)
    [floats] = numbers(chat, "one", encoding_format="float")
    assert list(struct.unpack(f"<{len(decoded) // 4}f", decoded)) == pytest.approx(floats, rel=1e-6)


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-anthropic"], indirect=True)
def test_a_provider_without_embeddings_is_named(chat: Chat):
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        numbers(chat, "one")
    assert "beta" in refused.value.message and refused.value.param == "model"


@pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)
def test_what_is_wrong_is_told_as_openai_tells_it(chat: Chat):
    with pytest.raises(openai.BadRequestError):
        chat.client.embeddings.create(model=chat.model, input=[])
