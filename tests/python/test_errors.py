"""Errors: each is the right exception of the SDK, with a body that says what to do."""

import json

import httpx2
import pytest

from callers import Caller, Chat, Messages, drain
from conftest import RED_KEY, anthropic_client, openai_client

# The provider's status, and the SDKs' exception for it.
STATUSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "InternalServerError",
    529: "InternalServerError",
}


def kind_of(error) -> str:
    """The type of an error, in either API's shape; fails if it has neither."""
    body = error.body
    return body["error"]["type"] if "error" in body else body["type"]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_providers_error_arrives_in_the_shape_of_the_callers_api(caller: Caller, status: int, stream: bool):
    with pytest.raises(getattr(caller.errors, STATUSES[status])) as raised:
        ask = (lambda sim: drain(caller.stream(sim=sim))) if stream else (lambda sim: caller.ask(sim=sim))
        ask({"status": status})
    error = raised.value
    if caller.via == "direct":
        assert error.status_code == status
    assert f"simulated {status}" in str(error)
    assert kind_of(error)
    assert error.response.headers["content-type"].startswith("application/json")


def test_the_time_to_come_back_is_passed_on(caller: Caller):
    with pytest.raises(caller.errors.RateLimitError) as raised:
        caller.ask(sim={"status": 429, "retry-after": 7})
    assert raised.value.response.headers["retry-after"] == "7"


@pytest.mark.gateway
@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "upstream connect error", "{", "[]", '{"error": null}'])
def test_an_error_that_is_not_the_apis_json_becomes_one(through: Caller, body: str):
    with pytest.raises(through.errors.InternalServerError) as raised:
        through.ask(sim={"status": 502, "body": body})
    assert kind_of(raised.value)


@pytest.mark.gateway
@pytest.mark.parametrize("body", ["<html>hello</html>", "{", "[]", '{"hello": "world"}'])
@pytest.mark.parametrize("api, via", [("openai", "to-anthropic"), ("anthropic", "to-openai")])
def test_an_answer_that_is_not_the_apis_json_is_an_error(request, api: str, via: str, body: str):
    from conftest import make_caller

    caller = make_caller(request, api, via)
    with pytest.raises(caller.errors.InternalServerError) as raised:
        caller.ask(sim={"body": body})
    assert raised.value.status_code == 502


@pytest.mark.gateway
@pytest.mark.parametrize("sim", [{"reset": 1}, {"cut-after": 0}], ids=["reset", "cut"])
def test_a_provider_that_breaks_off_is_an_error(through: Caller, sim: dict):
    with pytest.raises(through.errors.APIError):
        through.ask(sim=sim)


class TestWhoCalls:
    pytestmark = pytest.mark.gateway

    def test_a_missing_key(self, gateway):
        answer = httpx2.post(f"{gateway.url}/v1/chat/completions", json={"model": "to-openai", "messages": []})
        assert answer.status_code == 401 and "www-authenticate" in answer.headers
        assert answer.json()["error"]["code"] == "missing_api_key"
        answer = httpx2.post(f"{gateway.url}/v1/messages", json={}, headers={"anthropic-version": "2023-06-01"})
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")

    def test_an_unknown_key(self, gateway, anyone: Caller):
        make = openai_client if anyone.api == "openai" else anthropic_client
        anyone.client = make(gateway.url, "kmn-nobody")
        with pytest.raises(anyone.errors.AuthenticationError) as raised:
            anyone.ask()
        assert "kmn-nobody" not in str(raised.value)

    @pytest.mark.parametrize("header", ["authorization", "x-api-key"])
    def test_a_key_is_taken_in_either_header(self, gateway, header: str):
        value = f"Bearer {RED_KEY}" if header == "authorization" else RED_KEY
        body = {"model": "to-anthropic", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
        headers = {header: value, "anthropic-version": "2023-06-01"}
        assert httpx2.post(f"{gateway.url}/v1/messages", json=body, headers=headers).status_code == 200

    def test_a_model_that_the_key_may_not_use(self, anyone: Caller):
        with pytest.raises(anyone.errors.PermissionDeniedError) as raised:
            anyone.ask(model="not-for-red")
        assert "not-for-red" in str(raised.value)

    def test_an_unknown_model_and_what_is_close(self, anyone: Caller):
        with pytest.raises(anyone.errors.NotFoundError) as raised:
            anyone.ask(model="to-opnai")
        assert "to-openai" in str(raised.value)

    def test_an_unknown_path(self, gateway):
        headers = {"authorization": f"Bearer {RED_KEY}"}
        answer = httpx2.post(f"{gateway.url}/v1/nothing", json={}, headers=headers)
        assert answer.status_code == 404 and answer.json()["error"]["message"]

    def test_health_needs_no_key(self, gateway):
        assert httpx2.get(f"{gateway.url}/health").status_code == 200


class TestBodies:
    pytestmark = pytest.mark.gateway

    def post(self, gateway, body: str | bytes, path: str = "/v1/chat/completions") -> httpx2.Response:
        headers = {"authorization": f"Bearer {RED_KEY}", "content-type": "application/json", "anthropic-version": "2023-06-01"}
        return httpx2.post(f"{gateway.url}{path}", content=body, headers=headers, timeout=30)

    @pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"hello",
            b'{"messages": []}',
            b'{"model": 7, "messages": []}',
            b'{"model": "to-openai", "model": "not-for-red", "messages": []}',
            b'{"model": "to-openai", "messages": ' + b"[" * 5000 + b"]" * 5000 + b"}",
            b'{"model": "to-openai\xff", "messages": []}',
        ],
        ids=["empty", "cut", "array", "no json", "no model", "model is a number", "key twice", "deep", "not UTF-8"],
    )
    def test_a_bad_body_is_told_where(self, gateway, path: str, body: bytes):
        answer = self.post(gateway, body, path)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]

    def test_a_body_that_is_too_large(self, gateway):
        answer = self.post(gateway, json.dumps({"model": "to-openai", "x": "x" * (33 << 20)}))
        assert answer.status_code in (400, 413)

    def test_the_providers_judgement_of_a_field_is_passed_on(self, through: Caller):
        """A field that neither dialect has: the provider says so, and the caller reads it."""
        if (through.api, through.via) not in (("openai", "to-openai"), ("anthropic", "to-anthropic")):
            pytest.skip("not a pass-through")
        with pytest.raises(through.errors.BadRequestError) as raised:
            through.ask(extra_body={"no_such_field": 1})
        assert "no_such_field" in str(raised.value)


@pytest.mark.gateway
class TestWhatCannotBeExpressed:
    """A 422 that names the field, and no request to the provider."""

    @pytest.mark.parametrize(
        "name, fields",
        [
            ("n", {"n": 2}),
            ("logprobs", {"logprobs": True}),
            ("response_format", {"response_format": {"type": "json_object"}}),
            ("input_audio", {"content": [{"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}]}),
            ("logit_bias", {"logit_bias": {"50256": -100}}),
        ],
    )
    def test_by_anthropic(self, request, clean, name: str, fields: dict):
        from conftest import make_caller

        chat: Chat = make_caller(request, "openai", "to-anthropic")
        with pytest.raises(chat.errors.UnprocessableEntityError) as raised:
            chat.ask(fields.pop("content", "json"), **fields)
        assert name.split("_")[-1] in str(raised.value)
        assert clean["b"].requests() == []

    @pytest.mark.parametrize(
        "name, fields",
        [
            ("web_search", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
            ("top_k", {"extra_body": {"top_k": 5}}),
        ],
    )
    def test_by_openai(self, request, clean, name: str, fields: dict):
        from conftest import make_caller

        messages: Messages = make_caller(request, "anthropic", "to-openai")
        with pytest.raises(messages.errors.UnprocessableEntityError) as raised:
            messages.ask(**fields)
        assert "tools" in str(raised.value) or name in str(raised.value)
        assert clean["a"].requests() == []
