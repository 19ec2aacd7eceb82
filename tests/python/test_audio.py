"""Sound, with OpenAI's SDK: speech (bytes and events), transcriptions and translations (a form; JSON, text and events)."""

import httpx2
import openai
import pytest

from callers import Chat

WAV = b"RIFF" + bytes(range(256)) * 64 + b"\r\n--not-a-boundary\r\n"

both = pytest.mark.parametrize("chat", ["direct", "to-openai"], indirect=True)


@both
def test_speech_is_bytes_of_the_format_asked_for(chat: Chat):
    raw = chat.client.audio.speech.with_raw_response.create(
        model=chat.model, voice="alloy", input="one two three", response_format="wav"
    )
    assert raw.headers["content-type"].startswith("audio/")
    assert len(raw.content) > 0 and raw.content == raw.http_response.content


@both
def test_speech_may_be_read_as_it_comes(chat: Chat):
    with chat.client.audio.speech.with_streaming_response.create(model=chat.model, voice="alloy", input="one two") as answer:
        streamed = b"".join(answer.iter_bytes())
    whole = chat.client.audio.speech.create(model=chat.model, voice="alloy", input="one two").read()
    assert streamed == whole


@both
def test_speech_as_events(chat: Chat):
    raw = chat.client.audio.speech.with_raw_response.create(
        model=chat.model, voice="alloy", input="one two", stream_format="sse"
    )
    assert raw.headers["content-type"].startswith("text/event-stream")
    assert "speech.audio.delta" in raw.text and "speech.audio.done" in raw.text


@both
@pytest.mark.parametrize("kind", ["transcriptions", "translations"])
def test_what_is_heard(chat: Chat, kind: str):
    heard = getattr(chat.client.audio, kind).create(model=chat.model, file=("a.wav", WAV))
    assert str(len(WAV)) in heard.text


@both
@pytest.mark.parametrize("form", ["text", "srt", "vtt", "verbose_json"])
def test_each_form_of_text(chat: Chat, form: str):
    heard = chat.client.audio.transcriptions.create(model=chat.model, file=("a.wav", WAV), response_format=form)
    assert str(len(WAV)) in (heard.text if form == "verbose_json" else heard)


@both
def test_a_transcription_is_streamed(chat: Chat):
    events = list(chat.client.audio.transcriptions.create(model=chat.model, file=("a.wav", WAV), stream=True))
    assert events[-1].type == "transcript.text.done"
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == events[-1].text


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-openai"], indirect=True)
def test_a_large_recording_is_forwarded_whole(chat: Chat):
    recording = bytes(1_000_003)
    heard = chat.client.audio.transcriptions.create(model=chat.model, file=("a.wav", recording))
    assert str(len(recording)) in heard.text


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-openai"], indirect=True)
def test_what_is_wrong_with_a_form_is_told(chat: Chat):
    def sent(content_type: str, body: bytes) -> httpx2.Response:
        headers = {"authorization": f"Bearer {chat.client.api_key}", "content-type": content_type}
        return httpx2.post(f"{chat.client.base_url}audio/transcriptions", headers=headers, content=body)

    for content_type, body in [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx"),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
    ]:
        answer = sent(content_type, body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-openai"], indirect=True)
def test_an_error_is_told_as_openai_tells_it(chat: Chat):
    with pytest.raises(openai.BadRequestError) as refused:
        chat.client.audio.speech.create(model=chat.model, voice="alloy", input="")
    assert refused.value.message


@pytest.mark.gateway
@pytest.mark.parametrize("chat", ["to-anthropic"], indirect=True)
def test_a_provider_without_sound_is_named(chat: Chat):
    with pytest.raises(openai.UnprocessableEntityError, match="beta"):
        chat.client.audio.speech.create(model=chat.model, voice="alloy", input="x")
