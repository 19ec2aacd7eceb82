"""The simulator's answers at OpenAI's and Azure's other endpoints, held strictly to the types of the official SDK.

Chat completions, messages and responses have tests of their own; this is what proves the simulator at the rest.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx2
import openai
import pytest
from openai.types import Completion, CreateEmbeddingResponse, ImagesResponse, ModerationCreateResponse
from openai.types.audio import Transcription, TranscriptionVerbose
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from callers import NO_TLS
from conftest import PROVIDER_KEYS, openai_client

TOOL = {
    "type": "function",
    "name": "weather",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


@pytest.fixture
def client(sims) -> openai.OpenAI:
    return openai_client(sims["a"].url, PROVIDER_KEYS["a"])


@pytest.fixture
def azure(sims) -> openai.AzureOpenAI:
    return openai.AzureOpenAI(
        azure_endpoint=sims["a"].url,
        api_key=PROVIDER_KEYS["a"],
        api_version="2024-10-21",
        max_retries=0,
        http_client=httpx2.Client(verify=NO_TLS),
    )


def strictly(kind: Any, answer: Any) -> Any:
    """The SDK builds its models without looking; this looks at every field and its type."""
    TypeAdapter(kind).validate_json(answer.model_dump_json(by_alias=True, exclude_unset=True), strict=True)
    return answer


def recording() -> tuple[str, io.BytesIO]:
    return "a.wav", io.BytesIO(b"0123456789")


def test_a_response_and_its_events_fit_the_types(client: openai.OpenAI):
    asked: dict[str, Any] = {
        "model": "sim-large",
        "input": "hello there",
        "tools": [TOOL],
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "extra_headers": {"x-sim-tool-calls": "2", "x-sim-text-bytes": "11"},
    }
    whole = strictly(Response, client.responses.create(**asked))
    assert [item.type for item in whole.output] == ["reasoning", "message", "function_call", "function_call"]
    with client.responses.stream(**asked) as stream:
        kinds = {strictly(ResponseStreamEvent, event).type for event in client.responses.create(**asked, stream=True)}
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == whole.output_text
    assert "response.function_call_arguments.done" in kinds


def test_an_answer_goes_back_as_it_came(client: openai.OpenAI):
    items: list[Any] = [{"role": "user", "content": "weather?"}]
    common: dict[str, Any] = {"model": "m", "tools": [TOOL], "store": False, "include": ["reasoning.encrypted_content"]}
    first = client.responses.create(input=items, reasoning={"effort": "low"}, **common)
    items += [item.model_dump(exclude_none=True, by_alias=True) for item in first.output]
    call = next(item for item in first.output if item.type == "function_call")
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": "sunny"})
    assert client.responses.create(input=items, **common).output_text == "The tool said: sunny"


def test_completions_embeddings_and_moderations_fit_the_types(client: openai.OpenAI):
    assert strictly(Completion, client.completions.create(model="m", prompt=["a", "b"], n=2, logprobs=1)).usage.total_tokens == 14
    floats = strictly(CreateEmbeddingResponse, client.embeddings.create(model="m", input="a", encoding_format="float"))
    # Without a format the SDK asks for base64, and decodes it.
    assert client.embeddings.create(model="m", input="a").data[0].embedding == pytest.approx(floats.data[0].embedding)
    flagged = strictly(ModerationCreateResponse, client.moderations.create(input=["peace", "violence"]))
    assert [result.flagged for result in flagged.results] == [False, True]


def test_pictures_fit_the_types(client: openai.OpenAI):
    made = strictly(ImagesResponse, client.images.generate(model="gpt-image-1", prompt="x"))
    assert base64.b64decode(made.data[0].b64_json).startswith(b"\x89PNG")
    events = client.images.generate(model="gpt-image-1", prompt="x", stream=True, partial_images=1)
    assert [event.type for event in events] == ["image_generation.partial_image", "image_generation.completed"]
    pictures = [("a.png", b"x", "image/png"), ("b.png", b"x", "image/png")]
    assert strictly(ImagesResponse, client.images.edit(model="gpt-image-1", prompt="x", image=pictures)).usage.input_tokens == 201


def test_sounds_are_made_and_written_down(client: openai.OpenAI):
    assert client.audio.speech.create(model="tts-1", voice="alloy", input="a").read().startswith(b"ID3")
    assert strictly(Transcription, client.audio.transcriptions.create(model="whisper-1", file=recording())).text
    verbose = client.audio.transcriptions.create(model="whisper-1", file=recording(), response_format="verbose_json")
    assert strictly(TranscriptionVerbose, verbose).segments
    events = list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=recording(), stream=True))
    assert events[-1].text == "".join(event.delta for event in events[:-1])


def test_azure_has_the_same_below_its_deployments(azure: openai.AzureOpenAI):
    messages: Any = [{"role": "user", "content": "hi"}]
    chunks = list(azure.chat.completions.create(model="prod", messages=messages, stream=True))
    assert chunks[0].choices == [] and chunks[0].model_extra["prompt_filter_results"]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[1:]) == "You said: hi"
    assert azure.embeddings.create(model="vectors", input="x").model == "vectors"
    assert azure.responses.create(model="m", input="hi").output_text == "You said: hi"
    with pytest.raises(openai.AuthenticationError) as raised:
        azure.with_options(api_key="wrong").chat.completions.create(model="prod", messages=messages)
    assert raised.value.code == "401"
