"""Streams that break: the SDK raises, or at least the answer never looks complete. And clients that go away."""

import pytest

from callers import Caller, Streamed, drain
from harness import eventually

TEXT = "one two three four five six seven eight"
# In both dialects this is after the beginning of the text and before its end.
AFTER = 5


def what_came(caller: Caller, sim: dict) -> tuple[Streamed, Exception | None]:
    seen = Streamed()
    try:
        for seen in caller.stream(TEXT, sim=sim):
            pass
    except Exception as error:
        return seen, error
    return seen, None


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_cut_raises(caller: Caller, encoding: str | None):
    seen, error = what_came(caller, {"cut-after": AFTER} | ({"encoding": encoding} if encoding else {}))
    assert isinstance(error, Exception) and not seen.complete
    assert f"You said: {TEXT}".startswith(seen.text)


def test_an_error_event_raises_with_the_providers_words(caller: Caller):
    seen, error = what_came(caller, {"error-after": AFTER})
    assert isinstance(error, caller.errors.APIError) and not seen.complete
    assert "simulated 503" in str(error)


def test_a_stream_that_just_stops_never_looks_complete(caller: Caller):
    seen, _ = what_came(caller, {"end-after": AFTER})
    assert not seen.complete and seen.finish is None


def test_a_malformed_chunk_raises_or_loses_nothing(caller: Caller):
    seen, error = what_came(caller, {"malformed-after": AFTER})
    if error is None:
        assert seen.complete and seen.text == f"You said: {TEXT}"
    else:
        assert not seen.complete


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_no_usage_is_no_error(caller: Caller, stream: bool):
    sim = {"no-usage": 1}
    if caller.via == "direct" and caller.api == "anthropic":
        pytest.skip("Anthropic's SDK wants usage")
    text = drain(caller.stream(TEXT, sim=sim)).text if stream else caller.ask(TEXT, sim=sim)
    assert text == f"You said: {TEXT}"


def test_the_providers_stream_is_let_go_when_the_client_leaves(caller: Caller, sims):
    name = "b" if caller.via == "to-anthropic" or (caller.via, caller.api) == ("direct", "anthropic") else "a"
    before = sims[name].stats()
    stream = caller.create(TEXT, stream=True, sim={"stall-after": AFTER})
    next(iter(stream))
    assert sims[name].stats()["in_flight"] == before["in_flight"] + 1
    stream.close()
    caller.client.close()
    released = eventually(lambda: sims[name].stats()["in_flight"] == before["in_flight"])
    assert released, "the provider's stream is still open"
    assert sims[name].stats()["aborted"] == before["aborted"] + 1


def test_the_providers_answer_is_given_up_when_the_client_leaves_before_it(caller: Caller, sims):
    name = "b" if caller.via == "to-anthropic" or (caller.via, caller.api) == ("direct", "anthropic") else "a"
    before = sims[name].stats()
    caller.client = caller.client.with_options(timeout=0.3)
    with pytest.raises(caller.errors.APITimeoutError):
        caller.ask(sim={"delay": "30s"})
    caller.client.close()
    assert eventually(lambda: sims[name].stats()["in_flight"] == before["in_flight"])
