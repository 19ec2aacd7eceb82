"""Answers in the shape of a JSON Schema, through the SDKs' own parsing."""

import json

import pytest
from pydantic import BaseModel

from callers import Chat, Messages


class Place(BaseModel):
    city: str
    temperature: float


class Report(BaseModel):
    title: str
    sunny: bool
    places: list[Place]


def test_a_parsed_completion(chat: Chat):
    answer = chat.client.chat.completions.parse(
        model=chat.model, messages=[{"role": "user", "content": "report"}], response_format=Report
    )
    report = answer.choices[0].message.parsed
    assert (report.title, report.sunny, report.places[0].city) == ("title", True, "city")
    assert answer.choices[0].finish_reason == "stop"


def test_a_parsed_message(messages: Messages):
    answer = messages.client.messages.parse(
        model=messages.model, max_tokens=500, messages=[{"role": "user", "content": "report"}], output_format=Report
    )
    report = answer.parsed_output
    assert (report.title, report.sunny, report.places[0].city) == ("title", True, "city")


def test_a_streamed_completion_of_a_schema(chat: Chat):
    with chat.client.chat.completions.stream(
        model=chat.model, messages=[{"role": "user", "content": "report"}], response_format=Report
    ) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices[0].message.parsed.title == "title"


def test_any_json_object(chat: Chat):
    if chat.via == "to-anthropic":
        pytest.skip("Anthropic has schemas only: see test_errors.py")
    text = chat.ask("json please", response_format={"type": "json_object"})
    assert isinstance(json.loads(text), dict)
