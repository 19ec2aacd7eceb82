"""Pictures and documents."""

import base64

import pytest

from callers import Caller, Chat, Messages

# A picture of one pixel, and the smallest of documents.
PNG = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360000000000500014fa4a1930000000049454e44ae426082"
    )
).decode()
PDF = base64.b64encode(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n").decode()


def chat_image(url: str) -> dict:
    return {"type": "image_url", "image_url": {"url": url}}


def message_image(source: dict) -> dict:
    return {"type": "image", "source": source}


@pytest.mark.parametrize("url", [f"data:image/png;base64,{PNG}", "https://example.com/cat.png"], ids=["inline", "by url"])
def test_a_picture_reaches_the_model(chat: Chat, url: str):
    text = chat.ask([{"type": "text", "text": "what is this?"}, chat_image(url), chat_image(url)])
    assert text == "You said: what is this? [2 images]"


@pytest.mark.parametrize(
    "source",
    [{"type": "base64", "media_type": "image/png", "data": PNG}, {"type": "url", "url": "https://example.com/cat.png"}],
    ids=["inline", "by url"],
)
def test_a_picture_block_reaches_the_model(messages: Messages, source: dict):
    text = messages.ask([message_image(source), {"type": "text", "text": "what is this?"}])
    assert text == "You said: what is this? [1 image]"


def test_a_document_reaches_the_model(chat: Chat):
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}
    assert chat.ask([{"type": "text", "text": "sum up"}, file]) == "You said: sum up [1 document]"


def test_a_document_block_reaches_the_model(messages: Messages):
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    document = {"type": "document", "title": "a.pdf", "source": source}
    assert messages.ask([document, {"type": "text", "text": "sum up"}]) == "You said: sum up [1 document]"


def test_a_text_document_reaches_the_model(messages: Messages):
    """OpenAI's chat completions take PDF only: there its text is what the model reads."""
    source = {"type": "text", "media_type": "text/plain", "data": "cats purr"}
    text = messages.ask([{"type": "document", "title": "cats", "source": source}, {"type": "text", "text": "sum up"}])
    assert "cats purr" in text if messages.via == "to-openai" else text == "You said: sum up [1 document]"


@pytest.mark.gateway
def test_a_picture_arrives_as_it_was_sent(through: Caller, clean):
    """The very base64, wherever the provider's dialect has its place."""
    if through.api == "openai":
        content = [{"type": "text", "text": "x"}, chat_image(f"data:image/png;base64,{PNG}")]
    else:
        content = [{"type": "text", "text": "x"}, message_image({"type": "base64", "media_type": "image/png", "data": PNG})]
    through.ask(content)
    sim, shape = ("a", f"data:image/png;base64,{PNG}") if through.via == "to-openai" else ("b", f'"{PNG}"')
    assert shape in clean[sim].requests()[-1]["body"]["text"]


def test_a_large_picture_comes_through(caller: Caller, clean):
    data = base64.b64encode(b"\x89PNG" * (1 << 20)).decode()
    if caller.api == "openai":
        content = [chat_image(f"data:image/png;base64,{data}")]
    else:
        content = [message_image({"type": "base64", "media_type": "image/png", "data": data})]
    assert "[1 image]" in caller.ask([{"type": "text", "text": "x"}, *content])
