"""Answers that are compressed although nobody asked."""

import pytest

from callers import Caller, drain

# What the SDKs' HTTP client can decode by itself.
BY_THE_CLIENT = ("gzip", "deflate")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_answer_is_readable(caller: Caller, encoding: str, stream: bool):
    if caller.via == "direct" and encoding not in BY_THE_CLIENT:
        pytest.skip(f"the SDK does not decode {encoding}")
    sim = {"encoding": encoding, "split": 3}
    if stream:
        seen = drain(caller.stream("one two", sim=sim))
        assert seen.complete and seen.text == "You said: one two"
    else:
        assert caller.ask("one two", sim=sim) == "You said: one two"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_error_is_readable(caller: Caller, encoding: str):
    with pytest.raises(caller.errors.InternalServerError) as raised:
        caller.ask(sim={"encoding": encoding, "status": 500})
    assert "simulated 500" in str(raised.value)


@pytest.mark.gateway
def test_the_provider_is_not_asked_to_compress(through: Caller, clean):
    through.ask()
    sim = clean["a" if through.via == "to-openai" else "b"]
    assert sim.requests()[-1]["headers"].get("accept-encoding", "identity") == "identity"
