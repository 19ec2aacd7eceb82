"""botocore over Bedrock: it would have sent what we send, it signs it the same, and it understands what the simulator answers."""

from __future__ import annotations

import json

import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, EventStreamError

from bedrock import authorization, judge
from dialects import (
    AWS_ACCESS_KEY_ID,
    AWS_REGION,
    AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN,
    CLAUDE,
    NOVA,
    PROVIDER_KEY,
    ROWS,
    Row,
)
from judging import World, samples, sent_for

CREDENTIALS = Credentials(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)
BEDROCK = [row for row in ROWS if row.dialect == "bedrock"]
ANTHROPIC = [row for row in ROWS if row.dialect == "anthropic-bedrock"]


@pytest.mark.gateway
@samples(BEDROCK)
def test_converse_is_what_botocore_would_send(world: World, row: Row, api: str, name: str):
    sent = sent_for(world, row, api, name)
    assert judge(sent).name == ("ConverseStream" if "stream" in name else "Converse")
    judge_credential(row, sent)


@pytest.mark.gateway
@samples(ANTHROPIC)
def test_invoke_is_what_botocore_would_send(world: World, row: Row, api: str, name: str):
    sent = sent_for(world, row, api, name)
    assert judge(sent).name == ("InvokeModelWithResponseStream" if "stream" in name else "InvokeModel")
    judge_credential(row, sent)


def judge_credential(row: Row, sent) -> None:
    if row.name.endswith("-key"):
        assert sent.headers["authorization"] == f"Bearer {PROVIDER_KEY}"
        assert not [header for header in sent.headers if header.startswith("x-amz-")]
        return
    assert sent.headers["authorization"] == authorization(sent, CREDENTIALS, AWS_REGION)
    signed = sent.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(signed)
    assert sent.headers["x-amz-security-token"] == AWS_SESSION_TOKEN


ASK = [{"role": "user", "content": [{"text": "hello there"}]}]
TOOLS = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "description": "Weather of a city",
                "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
            }
        }
    ]
}


@pytest.fixture
def runtime(world: World):
    """botocore's own client, straight at the simulator."""
    session = botocore.session.Session()
    session.set_credentials(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)
    return session.create_client(
        "bedrock-runtime", AWS_REGION, endpoint_url=world.sim.url, config=Config(retries={"total_max_attempts": 1}, read_timeout=20)
    )


def scripted(client, **script):
    """Tells the simulator how to answer this client."""

    def add(request, **_):
        for name, value in script.items():
            request.headers[f"x-sim-{name.replace('_', '-')}"] = str(value)

    client.meta.events.register("before-sign.bedrock-runtime.*", add)
    return client


def test_the_simulators_answer_is_one_of_converse(runtime):
    answer = runtime.converse(modelId=NOVA, messages=ASK, system=[{"text": "be brief"}], inferenceConfig={"maxTokens": 50})
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": "You said: hello there [system: be brief]"}]}
    assert (answer["stopReason"], answer["usage"]["inputTokens"] > 0, answer["metrics"]["latencyMs"] >= 0) == ("end_turn", True, True)


def test_the_simulators_stream_is_one_of_converse(runtime):
    events = list(runtime.converse_stream(modelId=NOVA, messages=ASK)["stream"])
    assert [next(iter(events[index])) for index in (0, -3, -2, -1)] == ["messageStart", "contentBlockStop", "messageStop", "metadata"]
    text = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event)
    assert text == "You said: hello there"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_simulators_tool_calls_are_those_of_converse(runtime, stream: bool):
    if stream:
        events = list(runtime.converse_stream(modelId=NOVA, messages=ASK, toolConfig=TOOLS)["stream"])
        [start] = [event["contentBlockStart"]["start"]["toolUse"] for event in events if "contentBlockStart" in event]
        pieces = [event["contentBlockDelta"]["delta"]["toolUse"]["input"] for event in events if "contentBlockDelta" in event]
        use = start | {"input": json.loads("".join(pieces))}
        [stop] = [event["messageStop"]["stopReason"] for event in events if "messageStop" in event]
    else:
        answer = runtime.converse(modelId=NOVA, messages=ASK, toolConfig=TOOLS)
        [use] = [block["toolUse"] for block in answer["output"]["message"]["content"]]
        stop = answer["stopReason"]
    assert (use["name"], list(use["input"]), stop) == ("get_weather", ["city"], "tool_use")
    result = {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": "rain"}], "status": "success"}}
    call = {"toolUse": {key: use[key] for key in ("toolUseId", "name", "input")}}
    turns = [*ASK, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    answer = runtime.converse(modelId=NOVA, messages=turns, toolConfig=TOOLS)
    assert answer["output"]["message"]["content"] == [{"text": "The tool said: rain"}]


def test_the_simulators_invoke_is_anthropics(runtime):
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": [{"role": "user", "content": "hello there"}]}
    answer = json.loads(runtime.invoke_model(modelId=CLAUDE, body=json.dumps(body))["body"].read())
    assert answer["content"] == [{"type": "text", "text": "You said: hello there"}]
    events = runtime.invoke_model_with_response_stream(modelId=CLAUDE, body=json.dumps(body))["body"]
    read = [json.loads(event["chunk"]["bytes"]) for event in events]
    assert (read[0]["type"], read[-1]["type"]) == ("message_start", "message_stop")
    text = "".join(event["delta"]["text"] for event in read if event["type"] == "content_block_delta")
    assert text == "You said: hello there"


def test_the_simulator_counts_tokens(runtime):
    assert runtime.count_tokens(modelId=CLAUDE, input={"converse": {"messages": ASK}})["inputTokens"] == 2


@pytest.mark.parametrize("status, code", [(400, "ValidationException"), (429, "ThrottlingException"), (503, "ServiceUnavailableException")])
def test_the_simulators_errors_are_bedrocks(runtime, status: int, code: str):
    with pytest.raises(ClientError) as raised:
        scripted(runtime, status=status).converse(modelId=NOVA, messages=ASK)
    error = raised.value.response
    assert (error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"]) == (status, code)
    assert error["Error"]["Message"] and error["ResponseMetadata"]["RequestId"]


def test_the_simulators_error_in_mid_stream_is_an_exception_of_converse(runtime):
    events = scripted(runtime, error_after=2).converse_stream(modelId=NOVA, messages=ASK)["stream"]
    with pytest.raises(EventStreamError) as raised:
        list(events)
    assert raised.value.response["Error"]["Code"] in ("serviceUnavailableException", "internalServerException", "modelStreamErrorException")


def test_a_wrong_signature_is_refused(world: World):
    session = botocore.session.Session()
    session.set_credentials(AWS_ACCESS_KEY_ID, "another secret", AWS_SESSION_TOKEN)
    client = session.create_client("bedrock-runtime", AWS_REGION, endpoint_url=world.sim.url)
    with pytest.raises(ClientError) as raised:
        client.converse(modelId=NOVA, messages=ASK)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
