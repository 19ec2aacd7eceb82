"""Pictures, with OpenAI's SDK: made, edited (a form), and streamed."""

import base64

import openai
import pytest

from callers import Chat, sim_headers

# A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)

both = pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)


@both
def test_a_picture_is_made(chat: Chat):
    answer = chat.client.images.generate(model=chat.model, prompt="a cat", n=2)
    assert [base64.b64decode(image.b64_json) for image in answer.data] == [PIXEL, PIXEL]
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0


@both
def test_a_picture_is_edited(chat: Chat):
    answer = chat.client.images.edit(model=chat.model, prompt="a hat", image=[("a.png", PIXEL, "image/png")] * 2)
    assert base64.b64decode(answer.data[0].b64_json) == PIXEL


@both
@pytest.mark.parametrize("edit", [False, True], ids=["made", "edited"])
def test_a_picture_is_streamed(chat: Chat, edit: bool):
    fields = {"model": chat.model, "prompt": "a cat", "stream": True, "partial_images": 2}
    kind = "image_edit" if edit else "image_generation"
    if edit:
        events = list(chat.client.images.edit(image=("a.png", PIXEL, "image/png"), **fields))
    else:
        events = list(chat.client.images.generate(**fields))
    assert [event.type for event in events] == [f"{kind}.partial_image"] * 2 + [f"{kind}.completed"]
    assert events[-1].usage.total_tokens > 0


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-openai"], indirect=True)
def test_a_stream_of_pictures_that_is_cut_is_an_error(chat: Chat):
    with pytest.raises((openai.APIError, openai.APIConnectionError)):
        list(
            chat.client.images.generate(
                model=chat.model, prompt="a cat", stream=True, partial_images=3, extra_headers=sim_headers({"end-after": 2})
            )
        )


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-openai"], indirect=True)
def test_the_form_reaches_the_provider_as_it_was_but_for_the_model(chat: Chat, clean):
    chat.client.images.edit(model=chat.model, prompt="a hat", image=("a.png", PIXEL, "image/png"), size="1024x1024")
    [request] = clean["a"].requests()
    boundary = request["headers"]["content-type"].split("boundary=")[1]
    assert request["path"] == "/v1/images/edits" and boundary in request["body"]["text"]
    assert "sim-large" in request["body"]["text"] and chat.model not in request["body"]["text"]


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-anthropic"], indirect=True)
def test_a_provider_without_pictures_is_named(chat: Chat):
    with pytest.raises(openai.UnprocessableEntityError, match="beta"):
        chat.client.images.generate(model=chat.model, prompt="a cat")
