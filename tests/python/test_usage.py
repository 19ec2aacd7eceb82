"""Usage records: one for each request, however it ended, with what it cost, and no secret in any."""

import json
import time
from pathlib import Path

import pytest

from callers import Caller, Chat, Messages, drain
from conftest import PROVIDER_KEYS, RED_KEY, make_caller
from harness import eventually

pytestmark = pytest.mark.gateway


class Records:
    """What is written to the usage file from now on."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "usage.jsonl"
        self.skip = -1
        # The record of an earlier test's request may come a moment after its answer.
        while self.skip != len(self.all()):
            self.skip = len(self.all())
            time.sleep(0.05)

    def all(self) -> list[dict]:
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def one(self) -> dict:
        """The one new record."""
        assert eventually(lambda: len(self.all()) > self.skip), "no usage record"
        new = self.all()[self.skip :]
        assert len(new) == 1
        return new[0]


@pytest.fixture
def records(directory: Path, gateway) -> Records:
    return Records(directory)


def provider(caller: Caller) -> str:
    return "beta" if caller.via == "to-anthropic" else "alpha"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_record_has_who_what_where_and_what_it_cost(through: Caller, records: Records, stream: bool):
    """Field note 58: the time to the first token is taken once, and of streams only."""
    drain(through.stream("one two three")) if stream else through.ask("one two three")
    record = records.one()
    assert (record["key"], record["tenant"], record["model_asked"]) == ("red-key", "red", through.via)
    assert (record["provider"], record["stream"], record["outcome"]) == (provider(through), stream, "ok")
    assert (record["tokens"]["input"], record["tokens"]["output"], record["tokens_source"]) == (3, 5, "reported")
    assert [attempt["status"] for attempt in record["attempts"]] == [200]
    assert record["duration_ms"] > 0 and (record["ttft_ms"] or 0) <= record["duration_ms"]
    assert (record["ttft_ms"] is not None) == stream


def test_cached_tokens_are_in_the_record(through: Caller, records: Records):
    through.ask("one two three four", sim={"cached": 2, "cache-write": 1})
    tokens = records.one()["tokens"]
    assert (tokens["input"], tokens["cached_input"]) == (4, 2)


def test_usage_that_never_came_is_estimated(through: Caller, records: Records):
    drain(through.stream("one two three", sim={"no-usage": 1}))
    record = records.one()
    assert record["tokens_source"] == "estimated" and record["outcome"] == "ok"
    assert record["tokens"]["input"] > 0 and record["tokens"]["output"] > 0


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_usage_that_never_came_is_told_to_anthropics_clients_as_it_is_recorded(request, records: Records, stream: bool):
    """Anthropic's SDK demands numbers."""
    messages: Messages = make_caller(request, "anthropic", "to-openai")
    if stream:
        with messages.client.messages.stream(
            model=messages.model,
            max_tokens=100,
            messages=[{"role": "user", "content": "one two three"}],
            extra_headers={"x-sim-no-usage": "1"},
        ) as events:
            told = events.get_final_message().usage
    else:
        told = messages.create("one two three", sim={"no-usage": 1}).usage
    record = records.one()
    assert record["tokens_source"] == "estimated"
    assert (told.input_tokens, told.output_tokens) == (record["tokens"]["input"], record["tokens"]["output"])
    assert told.input_tokens > 0 and told.output_tokens > 0


def test_sound_that_is_charged_by_the_second_is_recorded_so(request, records: Records):
    chat: Chat = make_caller(request, "openai", "to-openai")
    heard = chat.client.audio.transcriptions.create(model="to-whisper", file=("a.wav", b"RIFF" + bytes(100_000)))
    record = records.one()
    assert heard.usage.type == "duration" and record["units"]["audio_seconds"] == heard.usage.seconds > 0
    assert record["tokens"]["total"] == 0


def test_a_fallback_is_one_record_with_two_attempts(anyone: Caller, records: Records):
    anyone.ask("one", model="openai-first", sim={"status": "a=503"})
    record = records.one()
    attempts = [(attempt["provider"], attempt["status"]) for attempt in record["attempts"]]
    assert attempts == [("alpha", 503), ("beta", 200)]
    assert (record["provider"], record["tokens"]["total"]) == ("beta", 1 + 3), "charged once"


@pytest.mark.parametrize("sim", [{"cut-after": 5}, {"end-after": 5}, {"error-after": 5}], ids=["cut", "end", "error"])
def test_a_stream_that_breaks_is_one_record_and_not_ok(through: Caller, records: Records, sim: dict):
    try:
        drain(through.stream("one two three four five six", sim=sim))
    except Exception:  # noqa: BLE001, S110 - which error it is, test_broken_streams.py says
        pass
    record = records.one()
    assert record["outcome"] in ("cut", "aborted", "provider_error")
    assert record["tokens"]["input"] > 0


def test_a_stream_that_the_client_leaves_is_one_record(through: Caller, records: Records):
    stream = through.create("one two three", stream=True, sim={"stall-after": 5})
    next(iter(stream))
    stream.close()
    through.client.close()
    record = records.one()
    assert record["outcome"] == "aborted" and record["error"] is None


@pytest.mark.parametrize(
    "model, error, outcome",
    [
        ("to-nowhere", "NotFoundError", "rejected:model_not_found"),
        ("not-for-red", "PermissionDeniedError", "rejected:model_not_allowed"),
    ],
)
def test_a_rejected_request_is_one_record_and_costs_nothing(anyone: Caller, records: Records, model: str, error: str, outcome: str):
    with pytest.raises(getattr(anyone.errors, error)):
        anyone.ask(model=model)
    record = records.one()
    assert (record["outcome"], record["attempts"], record["tokens"]["total"]) == (outcome, [], 0)


def test_no_secret_stands_anywhere(through: Caller, directory: Path):
    through.ask()
    drain(through.stream())
    for file in directory.iterdir():
        text = file.read_text(errors="replace")
        assert RED_KEY not in text, file
        if file.suffix != ".yaml":
            for key in PROVIDER_KEYS.values():
                assert key not in text, file
