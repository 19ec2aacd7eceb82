"""Starts and stops what the tests talk to: simulated providers and gateways, each a process of its own.

`Sim` is ours; `Aimock` is a provider that we did not write, and so is `Redis`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("KANMON_BIN", ROOT / "target" / "debug" / "kanmon"))

REDIS = Path(os.environ.get("REDIS_BIN") or ROOT / ".tools" / "bin" / "redis-server")

# Node, and what comes from npm: see scripts/node/package.json.
NODE = ROOT / ".tools" / "bin" / "node"
NODE_MODULES = ROOT / ".tools" / "node" / "node_modules"

# How long a gateway may take to be ready. Envoy's first start on a busy machine is slow.
READY_SECONDS = 60


class Server:
    """A process that serves. Stopped with SIGTERM, it must end by itself and without an error."""

    def __init__(self, name: str, arguments: list[str], log: Path, program: Path = BINARY, **environment: str) -> None:
        self.name = name
        self.log = log
        self._file = log.open("wb")
        self.process = subprocess.Popen(
            [str(program), *arguments],
            stdout=self._file,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=os.environ | environment,
            # A group of its own, so that a gateway that hangs is ended with its Envoy.
            start_new_session=True,
        )

    def wait_for(self, what: str, check: Callable[[], Any]) -> Any:
        """What `check` returns, once that is anything."""
        found = eventually(check, seconds=READY_SECONDS, unless=lambda: self.process.poll() is not None)
        if not found:
            code = self.process.poll()
            self.stop()
            raise RuntimeError(f"{self.name}: no {what} (exit code {code})\n{self.tail()}")
        return found

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-40:])

    def stop(self) -> int | None:
        """Ends the process. Returns its exit code, or None if it had to be killed."""
        try:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return None
        finally:
            self._file.close()


class Sim:
    """A simulated provider (`kanmon sim`)."""

    def __init__(self, name: str, directory: Path, *arguments: str) -> None:
        self.name = name
        log = directory / f"sim-{name}.log"
        self.server = Server(f"sim {name}", ["sim", "--name", name, "--listen", "127.0.0.1:0", *arguments], log)
        self.url: str = self.server.wait_for("address", lambda: _first_url(log))
        self.http = httpx2.Client(base_url=self.url, timeout=10)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def requests(self) -> list[dict[str, Any]]:
        """The last requests, oldest first. Headers as a dict of the names, the last value of each."""
        recorded = self.http.get("/_sim/requests").json()
        for request in recorded:
            request["headers"] = dict(request["headers"])
            request["json"] = _json_or_none(request["body"]["text"])
        return recorded

    def forget(self) -> None:
        self.http.delete("/_sim/requests")

    def stats(self) -> dict[str, int]:
        return self.http.get("/_sim/stats").json()

    def stop(self) -> None:
        self.http.close()
        self.server.stop()


class Aimock:
    """Emulated providers (`@copilotkit/aimock`): one process that is OpenAI, Anthropic, Gemini, Vertex, Bedrock, Azure and Cohere."""

    def __init__(self, fixtures: Path, directory: Path, key: str) -> None:
        log = directory / "aimock.log"
        program = NODE_MODULES / "@copilotkit" / "aimock" / "dist" / "cli.js"
        arguments = [str(program), "--port", "0", "--fixtures", str(fixtures), "--strict", "--validate-on-load"]
        self.server = Server("aimock", arguments, log, NODE, AIMOCK_API_KEYS=key)
        self.url: str = self.server.wait_for("address", lambda: _first_url(log))

    def stop(self) -> None:
        self.server.stop()


class Redis:
    """A Redis that lets in whoever knows the password: the default user, and the user `kanmon`."""

    def __init__(self, directory: Path, password: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.start(password)

    def start(self, password: str) -> None:
        settings = f"port {self.port}\nbind 127.0.0.1\nsave ''\nrequirepass {password}\nuser kanmon on >{password} ~* &* +@all\n"
        (self.directory / "redis.conf").write_text(settings)
        log = self.directory / "redis.log"
        self.server = Server("redis", [str(self.directory / "redis.conf"), "--dir", str(self.directory)], log, REDIS)
        self.server.wait_for("port", lambda: "Ready to accept connections" in log.read_text())

    def restart(self, password: str) -> None:
        """Starts it anew, empty, with another password."""
        self.stop()
        self.start(password)

    def stop(self) -> None:
        self.server.stop()


class Gateway:
    """A gateway (`kanmon run`): Envoy and the processor. Without a config it configures itself."""

    def __init__(self, config: str | None, directory: Path, name: str = "gateway", *more: str, **environment: str) -> None:
        ready = directory / f"{name}-ready.json"
        arguments = ["run", "--ready-file", str(ready), *more]
        arguments += ["--listen", f"127.0.0.1:{free_port()}", "--admin", f"127.0.0.1:{free_port()}"]
        if config is not None:
            written = directory / f"{name}.yaml"
            written.write_text(config)
            arguments += ["--config", str(written)]
        self.server = Server(name, arguments, directory / f"{name}.log", **environment)
        told = self.server.wait_for("ready file", lambda: ready.exists() and _json_or_none(ready.read_text()))
        self.url: str = told["address"].rstrip("/")
        self.admin: str = told["admin"].rstrip("/")
        self.demo_key: str | None = told["demo_key"]

    def status(self, provider: str) -> dict[str, Any]:
        """What the status page says of a provider."""
        providers = httpx2.get(f"{self.admin}/status").json()["providers"]
        return next(one for one in providers if one["name"] == provider)

    def stop(self) -> None:
        code = self.server.stop()
        if code != 0:
            raise RuntimeError(f"the gateway did not end cleanly on SIGTERM (exit code {code})\n{self.server.tail()}")


def eventually(check: Callable[[], Any], seconds: float = 5, unless: Callable[[], bool] = lambda: False) -> Any:
    """What `check` returns, as soon as that is true; the last of it when time is over."""
    end = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < end and not unless():
        time.sleep(0.01)
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _first_url(log: Path) -> str | None:
    for line in log.read_text(errors="replace").splitlines():
        if "http://" in line:
            return "http://" + line.split("http://", 1)[1].split()[0]
    return None


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
