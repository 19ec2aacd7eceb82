"""Moderations, with OpenAI's SDK."""

import openai
import pytest

from callers import Chat

both = pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)


@both
def test_what_is_harmful_is_flagged(chat: Chat):
    answer = chat.client.moderations.create(model=chat.model, input=["peace", "violence"])
    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.results[1].categories.violence


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-anthropic"], indirect=True)
def test_a_provider_without_moderations_is_named(chat: Chat):
    with pytest.raises(openai.UnprocessableEntityError, match="beta"):
        chat.client.moderations.create(model=chat.model, input="x")


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-openai"], indirect=True)
def test_without_a_model_openais_default_is_asked_for(chat: Chat):
    with pytest.raises((openai.NotFoundError, openai.PermissionDeniedError), match="omni-moderation-latest"):
        chat.client.moderations.create(input="x")
