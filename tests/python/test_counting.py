"""Token counts: Anthropic's, OpenAI's and vLLM's, at whichever provider can count."""

import anthropic
import httpx2
import openai
import pytest

from callers import Chat, Messages

MESSAGES = [{"role": "user", "content": "one two three"}]


@pytest.mark.parametrize("messages", ["direct", "to-anthropic"], indirect=True)
def test_anthropics_client_counts(messages: Messages):
    counted = messages.client.messages.count_tokens(model=messages.model, messages=MESSAGES)
    more = messages.client.messages.count_tokens(model=messages.model, messages=MESSAGES, system="four five")
    assert 3 <= counted.input_tokens < more.input_tokens


@pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)
def test_openais_client_counts(chat: Chat):
    counted = chat.client.responses.input_tokens.count(model=chat.model, input="one two three")
    assert counted.object == "response.input_tokens" and counted.input_tokens >= 3


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-anthropic"], indirect=True)
def test_vllms_shape_reaches_a_provider_of_another_api(chat: Chat):
    def tokenize(**fields) -> httpx2.Response:
        url = str(chat.client.base_url).removesuffix("/v1/") + "/tokenize"
        headers = {"authorization": f"Bearer {chat.client.api_key}"}
        return httpx2.post(url, headers=headers, json={"model": chat.model, **fields})

    answer = tokenize(messages=MESSAGES)
    assert answer.status_code == 200, answer.text
    assert answer.json()["count"] >= 3 and answer.json()["tokens"] is None
    refused = tokenize(prompt="one two three")
    assert refused.status_code == 422 and refused.json()["error"]["param"] == "prompt"


@pytest.mark.gateway
@pytest.mark.parametrize("messages", ["to-openai"], indirect=True)
def test_a_provider_that_cannot_count_is_named(messages: Messages):
    with pytest.raises(anthropic.UnprocessableEntityError, match="alpha"):
        messages.client.messages.count_tokens(model=messages.model, messages=MESSAGES)


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-openai"], indirect=True)
def test_an_error_is_translated(chat: Chat):
    with pytest.raises(openai.BadRequestError):
        chat.client.responses.input_tokens.count(model=chat.model, input=[{"role": "nobody", "content": "x"}])
