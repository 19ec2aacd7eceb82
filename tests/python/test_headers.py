"""What reaches a provider: its own key and nobody else's, and no header that only the gateway may write."""

import httpx2
import pytest

from callers import Caller
from conftest import RED_KEY

pytestmark = pytest.mark.gateway

FORGED = {
    "x-kanmon-tenant": "evil",
    "x-kanmon-key": "evil",
    "x-kanmon-attempts": "evil",
    "x-kanmon-route": "evil",
    "x-kanmon-anything": "evil",
}


def received(clean, through: Caller) -> dict:
    return clean["a" if through.via == "to-openai" else "b"].requests()[-1]


def test_the_callers_key_reaches_no_provider(through: Caller, clean):
    through.ask()
    request = received(clean, through)
    assert RED_KEY not in str(request)
    expected = {"authorization": "Bearer provider-key-of-a"} if through.via == "to-openai" else {"x-api-key": "provider-key-of-b"}
    credentials = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization")
    assert {name: value for name, value in request["headers"].items() if name in credentials} == expected


def test_forged_headers_are_taken_away_and_the_true_ones_set(through: Caller, clean):
    through.client = through.client.with_options(default_headers=FORGED)
    through.ask()
    headers = received(clean, through)["headers"]
    assert "evil" not in headers.values()
    assert (headers["x-kanmon-tenant"], headers["x-kanmon-key"]) == ("red", "red-key")
    assert {name for name in headers if name.startswith("x-kanmon-")} == {"x-kanmon-tenant", "x-kanmon-key"}


def test_a_second_key_in_the_other_header_is_taken_away(gateway, clean):
    headers = {"authorization": f"Bearer {RED_KEY}", "x-api-key": "another-secret", "api-key": "another-secret"}
    body = {"model": "to-openai", "messages": [{"role": "user", "content": "hi"}]}
    assert httpx2.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers).status_code == 200
    assert "another-secret" not in str(clean["a"].requests()[-1])


def test_the_providers_header_rules_are_kept(through: Caller, clean):
    if through.via != "to-openai":
        pytest.skip("the rules are that provider's")
    through.client = through.client.with_options(default_headers={"x-unwanted": "1", "x-wanted": "2"})
    through.ask()
    headers = received(clean, through)["headers"]
    assert headers["x-from"] == "kanmon" and "x-unwanted" not in headers and headers["x-wanted"] == "2"


def test_the_request_is_addressed_to_the_provider(through: Caller, clean):
    through.ask()
    request = received(clean, through)
    name = "a" if through.via == "to-openai" else "b"
    assert request["headers"]["host"] == clean[name].url.removeprefix("http://")
    assert request["path"] == ("/v1/chat/completions" if name == "a" else "/v1/messages")
    if name == "b":
        assert request["headers"]["anthropic-version"]


def test_a_pass_through_changes_only_what_it_must(gateway, clean):
    """Odd spacing, order and escapes of the caller's body: all kept, but for the name of the model."""
    body = '{ "messages" :[{"content":"h\\u00e9llo\\/","role":"user"}],\n\t"model":"to-openai",  "temperature":1.0e0}'
    headers = {"authorization": f"Bearer {RED_KEY}", "content-type": "application/json"}
    answer = httpx2.post(f"{gateway.url}/v1/chat/completions", content=body, headers=headers)
    assert answer.json()["choices"][0]["message"]["content"] == "You said: héllo/"
    assert clean["a"].requests()[-1]["body"]["text"] == body.replace('"to-openai"', '"sim-large"')


def test_body_fields_can_be_set_and_removed(anyone: Caller, clean):
    if anyone.api != "openai":
        pytest.skip("one client is enough")
    anyone.ask(model="to-overridden", user="somebody", temperature=0.9)
    sent = clean["a"].requests()[-1]["json"]
    assert sent["temperature"] == 0.25 and "user" not in sent
