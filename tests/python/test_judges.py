"""The judges themselves: each says no to what is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import httpx2
import pytest
from anthropic.types import message_create_params
from anthropic.types.shared import ErrorResponse
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from google import genai
from google.genai import types
from openai.types.chat import ChatCompletionChunk, completion_create_params

from bedrock import authorization, judge
from judging import Sent
from sdk_types import assert_fits

MESSAGE = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}
CHAT = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}


def test_right_bodies_fit():
    assert_fits(message_create_params.MessageCreateParams, MESSAGE)
    assert_fits(completion_create_params.CompletionCreateParams, CHAT)


@pytest.mark.parametrize(
    "part", [{"type": "text"}, {"type": "words", "text": "x"}, {"type": "text", "text": 7}, {"type": "text", "text": "x", "more": 1}]
)
@pytest.mark.parametrize("kind", [message_create_params.MessageCreateParams, completion_create_params.CompletionCreateParams])
def test_a_wrong_part_deep_in_a_body_does_not_fit(kind, part: dict):
    with pytest.raises((AssertionError, ValueError)):
        assert_fits(kind, MESSAGE | {"messages": [{"role": "user", "content": [part]}]})


@pytest.mark.parametrize("field", [{"more": 1}, {"more": None}, {"created": "1"}, {"id": 7}, {"choices": None}, {"object": "chunk"}, {"choices": [{"index": 0, "delta": {"words": "x"}, "finish_reason": None}]}])
def test_an_event_with_what_its_type_does_not_have_does_not_fit(field: dict):
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
    assert_fits(ChatCompletionChunk, chunk)
    with pytest.raises((AssertionError, ValueError)):
        assert_fits(ChatCompletionChunk, chunk | field)


@pytest.mark.parametrize("missing", ["id", "choices", "created", "model", "object"])
def test_an_event_that_lacks_something_does_not_fit(missing: str):
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
    del chunk[missing]
    with pytest.raises(ValueError):
        assert_fits(ChatCompletionChunk, chunk)


@pytest.mark.parametrize(
    "wrong",
    [
        {"error": {"type": "rate_limit_error"}},
        {"error": {"type": "slow_down", "message": "x"}},
        {"error": {"type": "rate_limit_error", "message": "x", "more": 1}},
        {"type": "errors"},
    ],
)
def test_a_wrong_error_does_not_fit(wrong: dict):
    right = {"type": "error", "error": {"type": "rate_limit_error", "message": "x"}, "request_id": "r"}
    assert_fits(ErrorResponse, right)
    with pytest.raises((AssertionError, ValueError)):
        assert_fits(ErrorResponse, right | wrong)


@pytest.mark.usefixtures("strict_google")
@pytest.mark.parametrize(
    "wrong",
    [
        {"more": 1},
        {"candidates": [{"words": "x"}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "x", "more": 1}]}}]},
        {"usageMetadata": {"promptTokenCount": "5"}},
        {"usageMetadata": {"tokens": 5}},
    ],
)
def test_google_genai_takes_no_answer_with_what_its_types_do_not_have(wrong: dict):
    right = {"candidates": [{"content": {"role": "model", "parts": [{"text": "x"}]}, "finishReason": "STOP"}]}

    def asked(answer: dict) -> types.GenerateContentResponse:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer))
        http = types.HttpOptions(base_url="http://nowhere.test", httpx_client=httpx2.Client(transport=transport))
        return genai.Client(api_key="k", http_options=http).models.generate_content(model="m", contents="x")

    assert asked(right).text == "x"
    with pytest.raises(ValueError):
        asked(right | wrong)


def converse(path: str = "/model/a%3A0/converse", **fields) -> Sent:
    body = {"messages": [{"role": "user", "content": [{"text": "x"}]}]} | fields
    return Sent("POST", path, {"content-type": "application/json"}, json.dumps(body).encode())


def test_a_right_request_to_bedrock_is_taken():
    assert judge(converse()).name == "Converse"


@pytest.mark.parametrize(
    "sent",
    [
        converse("/model/a:0/converse"),
        converse("/model/a/b/converse"),
        converse("/model/a/converse-later"),
        converse(more=1),
        converse(inferenceConfig={"maxTokens": "5"}),
        converse(messages=[{"role": "model", "content": [{"text": "x"}]}]),
        converse(messages=[{"role": "user", "content": [{"text": "x", "image": {"format": "png", "source": {"bytes": "AA=="}}}]}]),
        converse(messages=[{"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": "no base64"}}}]}]),
        converse(toolConfig={"tools": [{"toolSpec": {"name": "a tool"}}]}),
        replace(converse(), method="GET"),
    ],
    ids=["raw colon", "raw slash", "action", "field", "type", "role", "two of a union", "base64", "no schema", "method"],
)
def test_a_wrong_request_to_bedrock_is_refused(sent: Sent):
    with pytest.raises((AssertionError, ValueError)):
        judge(sent)


def test_a_signature_is_of_every_byte():
    keys = Credentials("AKIA", "secret", "token")
    sent = converse()
    request = AWSRequest("POST", f"http://bedrock.test{sent.path}", headers={"host": "bedrock.test"}, data=sent.raw)
    SigV4Auth(keys, "bedrock", "eu-central-1").add_auth(request)
    signed = replace(sent, headers=sent.headers | {name.lower(): value for name, value in request.headers.items()})
    own = signed.headers["authorization"]
    assert authorization(signed, keys, "eu-central-1") == re.sub(", *", ", ", own)
    for other in (replace(signed, raw=signed.raw + b" "), replace(signed, path=signed.path.replace("%3A", ":"))):
        assert authorization(other, keys, "eu-central-1") != own
    assert authorization(signed, Credentials("AKIA", "another", "token"), "eu-central-1") != own
