"""Usage records: one for each request, however it ended, and no secret in any."""

import json
from pathlib import Path

import pytest

from callers import Caller, drain
from conftest import PROVIDER_KEYS, RED_KEY
from harness import eventually

pytestmark = pytest.mark.gateway


def records(directory: Path) -> list[dict]:
    file = directory / "usage.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def one_more(directory: Path, before: int) -> dict:
    assert eventually(lambda: len(records(directory)) > before), "no usage record"
    written = records(directory)[before:]
    assert len(written) == 1
    return written[0]


def test_each_request_is_one_record(through: Caller, directory: Path):
    before = len(records(directory))
    through.ask("one two three")
    text = json.dumps(one_more(directory, before))
    for fact in ("red-key", '"red"', "beta" if through.via == "to-anthropic" else "alpha", through.via):
        assert fact in text


def test_a_stream_that_the_client_leaves_is_one_record(through: Caller, directory: Path):
    before = len(records(directory))
    stream = through.create("one two three", stream=True, sim={"stall-after": 5})
    next(iter(stream))
    stream.close()
    through.client.close()
    one_more(directory, before)


def test_a_rejected_request_is_one_record(anyone: Caller, directory: Path):
    before = len(records(directory))
    with pytest.raises(anyone.errors.NotFoundError):
        anyone.ask(model="to-nowhere")
    one_more(directory, before)


def test_no_secret_stands_anywhere(through: Caller, directory: Path):
    through.ask()
    drain(through.stream())
    for file in directory.iterdir():
        text = file.read_text(errors="replace")
        assert RED_KEY not in text, file
        if file.suffix != ".yaml":
            for key in PROVIDER_KEYS.values():
                assert key not in text, file
