"""OpenAI's official SDK for Node as a client: the tests of `tests/node`, each reported for each provider."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dialects import ROWS, Row
from harness import NODE, NODE_MODULES, ROOT
from judging import KEY, World

FILE = ROOT / "tests" / "node" / "openai.test.mjs"
pytestmark = pytest.mark.gateway

# What is no conversation goes to providers of OpenAI's API only here; the tests of each kind have the others.
CALLS = ("embeddings", "images", "audio", "moderations")


def names() -> list[str]:
    """The tests of the file, by their names. Both of a loop's, which has its names in one line."""
    return re.findall(r'"((?:[a-z]+): [^"]+)"', FILE.read_text())


def cases() -> list:
    of_rows = [(row, name) for row in ROWS for name in names()]
    wanted = [(row, name) for row, name in of_rows if row.name == "openai" or not name.startswith(CALLS)]
    return [pytest.param(row, name, id=f"{row.name}-{name}") for row, name in wanted]


@cache
def results(url: str, model: str, report: Path) -> dict[str, str]:
    """What came of each test with a model: nothing, or what is wrong."""
    environment = {"GATEWAY": url, "KEY": KEY, "MODEL": model, "NODE_MODULES": str(NODE_MODULES), "PATH": os.environ["PATH"]}
    arguments = ["--test", "--test-reporter=junit", f"--test-reporter-destination={report}", str(FILE)]
    run = subprocess.run([NODE, *arguments], env=environment, capture_output=True, text=True, timeout=50)
    assert report.exists(), run.stdout + run.stderr
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        failure = case.find("failure")
        found[case.attrib["name"]] = "" if failure is None else failure.text or failure.attrib.get("message", "failed")
    return found


@pytest.mark.parametrize("row, name", cases())
def test_node(row: Row, name: str, world: World, directory: Path):
    found = results(world.gateway.url, f"to-{row.name}", directory / f"node-{row.name}.xml")
    assert name in found, f"not run: {sorted(found)}"
    assert not found[name], found[name]
