"""A cloud on loopback: the token endpoints of AWS, Entra ID and Google, and providers that take whatever they are sent.

Every answer of a token endpoint has a token of its own, numbered, so that a test can tell which one a request was sent with.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PROVIDERS = {
    "/converse": {
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    },
    "/chat/completions": {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    },
    "/messages": {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    ":generateContent": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
    },
}


@dataclass
class Asked:
    """A request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.raw.decode()).items()}


class Cloud:
    """Serves until it is stopped."""

    def __init__(self, lasts: int = 3600) -> None:
        self.lasts = lasts
        # Whether token endpoints fail; what the providers answer by path, instead of what is usual.
        self.down = False
        self.refuse: dict[str, tuple[int, dict[str, Any]]] = {}
        self.asked: list[Asked] = []
        self.sent: list[Asked] = []
        self.secrets: list[str] = []
        self._lock = threading.Lock()
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                split = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(split.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, body = cloud.answer(Asked(self.command, split.path, query, headers, raw))
                self.send_response(status)
                self.send_header("content-type", "application/json" if body.startswith("{") else "text/xml")
                self.send_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
                self.send_header("content-length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = do_PUT = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: Asked) -> tuple[int, str]:
        for ending, usual in PROVIDERS.items():
            if asked.path.endswith(ending):
                self.sent.append(asked)
                status, body = self.refuse.get(asked.path, (200, usual))
                return status, json.dumps(body)
        with self._lock:
            self.asked.append(asked)
            if self.down:
                return 503, '{"error": "temporarily_unavailable", "error_description": "the cloud is down"}'
            return self.token(asked)

    def token(self, asked: Asked) -> tuple[int, str]:
        ends = (datetime.now(UTC) + timedelta(seconds=self.lasts)).strftime("%Y-%m-%dT%H:%M:%SZ")
        match asked.path:
            case "/":  # AWS's token service
                keys = self.keys("sts")
                action = asked.form["Action"]
                fields = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
                return 200, (
                    f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
                    f"<Credentials>{fields}<Expiration>{ends}</Expiration></Credentials>"
                    "<AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>"
                    f"</{action}Result></{action}Response>"
                )
            case "/container":
                keys = self.keys("container")
                keys["Token"] = keys.pop("SessionToken")
                return 200, json.dumps(keys | {"Expiration": ends, "RoleArn": "arn:aws:iam::1:role/r"})
            case "/latest/api/token":
                return 200, "instance-session"
            case "/latest/meta-data/iam/security-credentials/" | "/latest/meta-data/iam/security-credentials":
                return 200, "our-role"
            case "/latest/meta-data/iam/security-credentials/our-role":
                keys = self.keys("instance")
                keys["Token"] = keys.pop("SessionToken")
                return 200, json.dumps(keys | {"Expiration": ends, "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": ends})
            case "/our-tenant/oauth2/v2.0/token":
                return 200, self.bearer("entra")
            case "/metadata/identity/oauth2/token":
                return 200, self.bearer("machine", str)
            case "/msi/token":
                return 200, self.bearer("app-service", str)
            case "/google/token":
                return 200, self.bearer("google")
            case "/google/sts":
                return 200, self.bearer("federated")
            case "/computeMetadata/v1/instance/service-accounts/default/token":
                return 200, self.bearer("metadata")
        return 404, "{}"

    def keys(self, kind: str) -> dict[str, str]:
        number = len(self.secrets)
        keys = {
            "AccessKeyId": f"ASIA{kind.upper()}{number:04}",
            "SecretAccessKey": f"secret/of+{kind}/{number:04}",
            "SessionToken": f"session/token+of/{kind}/{number:04}==",
        }
        self.secrets += [keys["SecretAccessKey"], keys["SessionToken"]]
        return keys

    def bearer(self, kind: str, number: type = int) -> str:
        token = f"eyJ.{kind}.{len(self.secrets):04}"
        self.secrets.append(token)
        return json.dumps({"access_token": token, "expires_in": number(self.lasts), "token_type": "Bearer"})

    def last(self) -> Asked:
        return self.sent[-1]
