"""`kanmon run` itself: what it prints, how it ends, what it says when it cannot start."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from callers import Chat, drain
from conftest import openai_client
from harness import BINARY, Gateway, Server, eventually, free_port

pytestmark = pytest.mark.gateway


@pytest.fixture
def own(tmp_path: Path):
    """A gateway of its own, without a config and without keys: a simulated provider answers."""
    gateway = Gateway(None, tmp_path)
    yield gateway
    if gateway.server.process.poll() is None:
        gateway.stop()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def run(tmp_path: Path, *arguments: str, **environment: str) -> tuple[int | None, str]:
    """Runs a gateway that ends by itself. Returns its exit code and all that it said."""
    server = Server("run", ["run", *arguments], tmp_path / "run.log", **environment)
    code = eventually(lambda: server.process.poll() is not None, seconds=30) and server.process.poll()
    server.stop()
    return code, server.tail()


def test_without_a_config_the_demo_key_works(own: Gateway):
    client = openai_client(own.url, own.demo_key)
    model = next(iter(client.models.list())).id
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hello"}])
    assert answer.choices[0].message.content == "You said: hello"


def test_what_it_prints_works_when_pasted(own: Gateway):
    lines = [line.strip() for line in own.server.tail().splitlines()]
    first = next(number for number, line in enumerate(lines) if line.startswith("from openai import"))
    python = "\n".join(lines[first : first + 3])
    said = subprocess.run([sys.executable, "-c", python], capture_output=True, text=True, timeout=30)
    assert said.returncode == 0 and "You said:" in said.stdout, said.stderr

    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    first = next(number for number, line in enumerate(lines) if line.startswith("curl "))
    last = next(number for number, line in enumerate(lines[first:], first) if not line.endswith("\\"))
    said = subprocess.run(["sh", "-c", "\n".join(lines[first : last + 1])], capture_output=True, text=True, timeout=30)
    assert "You said:" in said.stdout, said.stderr


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_stops_both_cleanly(own: Gateway, number: signal.Signals):
    envoys = children(own.server.process.pid)
    assert envoys
    own.server.process.send_signal(number)
    assert eventually(lambda: own.server.process.poll() is not None, seconds=15)
    assert own.server.process.returncode == 0, own.server.tail()
    # Where nobody reaps it, an orphan that has ended still has its entry for a while.
    assert eventually(lambda: not any(runs(pid) for pid in envoys))


def test_a_stream_under_way_is_finished_first(own: Gateway):
    client = openai_client(own.url, own.demo_key)
    chat = Chat(client, next(iter(client.models.list())).id, "own")
    stream = chat.stream(sim={"text-bytes": 100, "pieces": 10, "pace": "100ms"})
    next(stream)
    own.server.process.send_signal(signal.SIGTERM)
    seen = drain(stream)
    assert seen.complete and len(seen.text) == 100
    client.close()
    assert eventually(lambda: own.server.process.poll() is not None, seconds=15)
    assert own.server.process.returncode == 0, own.server.tail()


def test_it_says_why_envoy_died(own: Gateway):
    for pid in children(own.server.process.pid):
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: own.server.process.poll() is not None, seconds=30)
    assert own.server.process.returncode != 0
    assert re.search("envoy", own.server.tail().splitlines()[-1], re.IGNORECASE)


def test_a_port_in_use_is_one_clear_line(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, said = run(tmp_path, "--listen", address, "--admin", f"127.0.0.1:{free_port()}")
    assert code not in (0, None)
    assert address in said.splitlines()[-1]


def test_a_missing_envoy_is_one_clear_line(tmp_path: Path):
    ports = ["--listen", f"127.0.0.1:{free_port()}", "--admin", f"127.0.0.1:{free_port()}"]
    code, said = run(tmp_path, *ports, ENVOY_BIN=str(tmp_path / "no-envoy"))
    assert code not in (0, None)
    assert "no-envoy" in said.splitlines()[-1]


@pytest.mark.parametrize(
    "text, told",
    [
        ("providers: [", "1"),
        ("providers: {}\nroutes: []\nno_such_thing: 1\n", "no_such_thing"),
        ("providers: {a: {dialect: openai, endpoint: 'http://127.0.0.1:1'}}\nroutes: [{model: m, providers: [b]}]\n", "b"),
    ],
    ids=["not YAML", "unknown field", "unknown provider"],
)
def test_a_bad_config_is_told_where(tmp_path: Path, text: str, told: str):
    config = tmp_path / "bad.yaml"
    config.write_text(text)
    code, said = run(tmp_path, "--config", str(config))
    assert code not in (0, None)
    assert "bad.yaml" in said and told in said
    checked = subprocess.run([str(BINARY), "check", "--config", str(config)], capture_output=True, text=True, timeout=30)
    assert checked.returncode != 0 and told in checked.stdout + checked.stderr
