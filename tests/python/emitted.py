"""All that a gateway emits, and the search for secrets in it: as they are, and encoded."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import httpx2

from harness import BINARY, ROOT, Gateway

def talkative(directory: Path) -> dict[str, str]:
    """The environment of a gateway that is at home in this directory and as talkative as can be, with all that it is made of."""
    log = {"KANMON_LOG": "trace", "RUST_LOG": "trace", "RUST_BACKTRACE": "1"}
    return {"HOME": str(directory), "TMPDIR": str(directory)} | log


def start(config: str, directory: Path, environment: dict[str, str]) -> Gateway:
    """A gateway that leaves all that it writes in this directory."""
    return Gateway(config, directory, "gateway", "--access-log", str(directory / "access.jsonl"), **environment)


def files(directory: Path) -> dict[str, str]:
    """What it has left there."""
    return {name: (directory / name).read_text() for name in ("access.jsonl", "usage.jsonl", "gateway.log")}


def pages(at: Gateway, directory: Path) -> dict[str, str]:
    """The admin pages of the gateway and of its Envoy, whose socket is under the directory."""
    told = {f"admin {path}": httpx2.get(f"{at.admin}{path}").text for path in ("/health", "/ready", "/status", "/limits")}
    socket = next(path for path in directory.rglob("*.sock") if "admin" in path.name or "envoy" in path.name)
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(socket)), base_url="http://envoy") as envoy:
        for path in ("/config_dump?include_eds", "/stats", "/clusters", "/server_info", "/listeners"):
            told[f"envoy {path}"] = envoy.get(path).text
    assert "kanmon.gate" in told["envoy /config_dump?include_eds"]
    return told


def run(*arguments: str, **environment: str) -> str:
    """What a command prints."""
    whole = os.environ | environment
    done = subprocess.run([str(BINARY), *arguments], env=whole, capture_output=True, text=True, timeout=30, cwd=ROOT)
    return done.stdout + done.stderr


def check_all(configs: list[str], directory: Path, **environment: str) -> dict[str, str]:
    """What the other commands print about configs, of which only the first is good."""
    told = {}
    for number, text in enumerate(configs):
        path = directory / f"check-{number}.yaml"
        path.write_text(text)
        for command in ("check", "envoy"):
            told[f"{command} {number}"] = run(command, "--config", str(path), **environment)
        assert number == 0 or "is not valid" in told[f"check {number}"], told[f"check {number}"]
    return told


def search(secrets: dict[str, str], emitted: dict[str, str]) -> list[str]:
    """Where which secret was found, and after what."""
    assert all(text for text in emitted.values()), [place for place, text in emitted.items() if not text]
    return [
        f"{name} ({form}) in {place}: …{text[max(0, text.find(secret) - 80) : text.find(secret)]}"
        for name, plain in secrets.items()
        for form, secret in forms(plain).items()
        for place, text in emitted.items()
        if secret in text
    ]


def forms(secret: str) -> dict[str, str]:
    """A secret as it may be written. Base64 depends on what stands before it, so its middle is looked for in all three positions."""
    written = {"plain": secret, "as a URL": quote(secret, safe=""), "as JSON": json.dumps(secret)[1:-1]}
    for shift in range(3):
        for name, encode in (("base64", base64.b64encode), ("base64 of URLs", base64.urlsafe_b64encode)):
            encoded = encode(b"\0" * shift + secret.encode()).decode().rstrip("=")
            written[f"{name}, shifted by {shift}"] = encoded[4:-2]
    return written
