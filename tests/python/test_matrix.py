"""Every client API to every provider's dialect, by plain HTTP: usage, errors, streams that break, and fallback between dialects.

What the SDKs make of it, and of connections that are cut, `test_pairs.py` has.
"""

from __future__ import annotations

import httpx2
import pytest

from asking import ANSWER, APIS, ask, error, events, is_whole, usage
from callers import drain
from matrix import DIALECTS, HOPS, NAMES, SECRETS, Matrix, secret

pytestmark = pytest.mark.gateway

apis = pytest.mark.parametrize("api", APIS)
rows = pytest.mark.parametrize("name", NAMES)
# Whose streams tell usage when asked to. Mistral's do unasked, which the simulator does not know.
telling = pytest.mark.parametrize("name", [name for name in NAMES if name != "mistral"])
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])

DIALECT = {row.name: row.dialect for row in DIALECTS}
# A provider's status, and the client's with its kind: as OpenAI's, Anthropic's and Google's error tables have it.
KINDS = {
    400: (400, ("invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT")),
    429: (429, (None, "rate_limit_error", "RESOURCE_EXHAUSTED")),
    500: (500, ("server_error", "api_error", "INTERNAL")),
    503: (503, ("server_error", "overloaded_error", "UNAVAILABLE")),
}
FAMILY = {"chat": 0, "completions": 0, "responses": 0, "messages": 1, "gemini": 2}


@streamed
@telling
@apis
def test_the_usage_that_the_client_reads_is_the_one_that_is_recorded(matrix: Matrix, api: str, name: str, stream: bool):
    answer = ask(matrix, api, name, stream)
    assert answer.status_code == 200, answer.text
    assert not stream or is_whole(api, answer.text)
    told = usage(api, events(answer.text) if stream else [answer.json()])
    record = matrix.record(answer.headers)
    assert told == (record["tokens"]["input"], record["tokens"]["output"]) == (6, 8)
    assert (record["tokens_source"], record["outcome"], record["provider"]) == ("reported", "ok", f"{name}-two")
    assert record["provider_dialect"] == DIALECT[name]


@pytest.mark.parametrize("status", KINDS)
@rows
@apis
def test_an_error_keeps_its_message_and_becomes_the_clients_own(matrix: Matrix, api: str, name: str, status: int):
    for stream in (False, True):
        answer = ask(matrix, api, name, stream, {"status": status, "retry-after": 7})
        expected, kinds = KINDS[status]
        kind = kinds[FAMILY[api]]
        assert answer.headers["content-type"].startswith("application/json")
        told = error(api, answer.json())
        # Azure's own front tells OpenAI's clients no kind, and a pass-through keeps its words.
        is_azures = (DIALECT[name], told.kind) == ("azure", None)
        assert answer.status_code == expected and (told.kind == kind or kind is None or is_azures)
        assert f"simulated {status} " in told.message
        assert answer.headers.get("retry-after") == "7"


@pytest.mark.parametrize("name", ["anthropic", "anthropic-vertex", "anthropic-bedrock"])
@apis
def test_anthropics_overload_is_told_as_such(matrix: Matrix, api: str, name: str):
    answer = ask(matrix, api, name, sim={"status": 529})
    assert answer.status_code in (503, 529)
    assert error(api, answer.json()).kind == ("server_error", "overloaded_error", "UNAVAILABLE")[FAMILY[api]]


@pytest.mark.parametrize("status", [429, 503])
@rows
@apis
def test_an_error_in_mid_stream_is_told_and_is_no_end(matrix: Matrix, api: str, name: str, status: int):
    answer = ask(matrix, api, name, True, {"error-after": 5, "status": status})
    assert answer.status_code == 200 and not is_whole(api, answer.text)
    assert f"simulated {status}" in answer.text
    assert matrix.record(answer.headers)["outcome"] == "provider_error"


@rows
@apis
def test_a_stream_that_ends_early_is_no_end(matrix: Matrix, api: str, name: str):
    try:
        answer = ask(matrix, api, name, True, {"end-after": 5})
    except httpx2.RemoteProtocolError:
        # The gateway broke it off: no end either.
        return
    assert not is_whole(api, answer.text)
    assert matrix.record(answer.headers)["outcome"] == "cut"


@pytest.mark.parametrize("hop", HOPS, ids="-".join)
@apis
def test_the_next_provider_serves_in_its_own_dialect(fresh: Matrix, api: str, hop: tuple[str, str]):
    first, second = hop
    pair, sim = fresh.caller(api, f"{first}-then-{second}"), {"status": "one=503"}
    assert pair.ask(ANSWER, sim=sim) == f"You said: {ANSWER}"
    assert_each_has_its_own(fresh)
    for one in fresh.sims.values():
        one.forget()
    seen = drain(pair.stream(ANSWER, sim=sim))
    assert (seen.text, seen.complete) == (f"You said: {ANSWER}", True)
    assert_each_has_its_own(fresh)


def assert_each_has_its_own(matrix: Matrix) -> None:
    """Each was asked once, and none has read of the credential of the other. (Both check their own.)"""
    for mine, other in (("one", "two"), ("two", "one")):
        told = str(matrix.sent(mine))
        assert not [one for one in SECRETS if secret(one, other) in told]
