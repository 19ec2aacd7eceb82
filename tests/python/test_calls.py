"""What is no conversation, at every provider that has it: embeddings, counts, ranks, sound and pictures."""

from __future__ import annotations

import base64

import pytest

from matrix import CALLS, Matrix
from samples import PNG

pytestmark = pytest.mark.gateway

EMBED = ["openai", "azure", "azure-v1", "vllm", "titan", "cohere-at-bedrock", "embed-at-gemini", "embed-at-vertex", "embed-at-cohere"]
TRANSLATED_COUNTS = ["anthropic-vertex", "anthropic-bedrock", "bedrock", "gemini", "vertex", "vllm"]
RANK = ["vllm", "rank-at-cohere", "rank-at-bedrock", "rank-at-bedrock-by-amazon"]
MESSAGES = [{"role": "user", "content": "one two three"}]

named = pytest.mark.parametrize("name", ["openai", "azure", "azure-v1"])


@pytest.mark.parametrize("name", EMBED)
def test_texts_are_embedded(matrix: Matrix, name: str):
    client = matrix.caller("chat", name).client
    text = "one" if name == "titan" else ["one", "two"]
    floats = client.embeddings.create(model=name, input=text, encoding_format="float")
    assert [one.index for one in floats.data] == list(range(len(floats.data))) and len(floats.data) == (1 if name == "titan" else 2)
    packed = client.embeddings.create(model=name, input=text)
    assert packed.data[0].embedding == pytest.approx(floats.data[0].embedding, rel=1e-6)
    raw = client.embeddings.with_raw_response.create(model=name, input=text)
    record = matrix.record(raw.headers)
    # Gemini tells no usage of a batch: what is told is an estimate then, and the record says so.
    assert record["tokens_source"] == ("estimated" if name == "embed-at-gemini" else "reported")
    assert record["outcome"] == "ok" and record["tokens"]["input"] == raw.parse().usage.prompt_tokens > 0


@pytest.mark.parametrize("name", ["anthropic", *TRANSLATED_COUNTS])
def test_anthropics_client_counts(matrix: Matrix, name: str):
    client = matrix.caller("messages", name).client
    assert client.messages.count_tokens(model=name, messages=MESSAGES).input_tokens >= 3


@pytest.mark.parametrize("name", ["openai", "azure-v1", "anthropic", *TRANSLATED_COUNTS])
def test_openais_client_counts(matrix: Matrix, name: str):
    client = matrix.caller("chat", name).client
    assert client.responses.input_tokens.count(model=name, input="one two three").input_tokens >= 3


@pytest.mark.parametrize("name", ["anthropic", *TRANSLATED_COUNTS])
def test_vllms_client_counts(matrix: Matrix, name: str):
    answer = matrix.post("/tokenize", {"model": name, "messages": MESSAGES})
    assert answer.status_code == 200 and answer.json()["count"] >= 3, answer.text


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank"])
@pytest.mark.parametrize("name", RANK)
def test_documents_are_ranked(fresh: Matrix, name: str, path: str):
    asked = {"model": name, "query": "two three", "documents": ["one", "two three", "two"], "top_n": 2}
    answer = fresh.post(path, asked)
    assert answer.status_code == 200, answer.text
    assert [one["index"] for one in answer.json()["results"]] == [1, 2]
    model = CALLS.get(name, ("vllm", "local"))[1]
    sent = fresh.sent("two")
    assert sent["json"].get("model") == model or model in sent["path"].replace("%3A", ":")


@named
def test_sound_passes(matrix: Matrix, name: str):
    client = matrix.caller("chat", name).client
    assert client.audio.speech.create(model=name, voice="alloy", input="one two").read()
    sound = b"RIFF" + bytes(1000)
    for heard in (client.audio.transcriptions, client.audio.translations):
        assert str(len(sound)) in heard.create(model=name, file=("a.wav", sound)).text


@named
def test_pictures_pass(matrix: Matrix, name: str):
    client = matrix.caller("chat", name).client
    assert client.images.generate(model=name, prompt="a cat").data[0].b64_json
    picture = ("a.png", base64.b64decode(PNG), "image/png")
    assert client.images.edit(model=name, prompt="a hat", image=picture).data[0].b64_json


@pytest.mark.parametrize("call", ["embeddings", "speech", "rerank", "count"])
def test_who_has_no_such_thing_is_named(matrix: Matrix, call: str):
    path, provider, body = {
        "embeddings": ("/v1/embeddings", "anthropic", {"input": "one"}),
        "speech": ("/v1/audio/speech", "gemini", {"input": "one", "voice": "alloy"}),
        "rerank": ("/v2/rerank", "azure", {"query": "one", "documents": ["one"]}),
        "count": ("/v1/messages/count_tokens", "cohere", {"messages": MESSAGES}),
    }[call]
    answer = matrix.post(path, body | {"model": provider})
    assert answer.status_code == 422 and f"{provider}-two" in answer.text
