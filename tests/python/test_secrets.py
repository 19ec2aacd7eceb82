"""No secret appears in anything that the gateway emits: a full run with every kind of secret, and a search through all of it.
Tokens of callers and the limit store have a run of their own (test_secrets_callers.py).

Emitted are: the log at its most talkative, usage records, Envoy's log, access log and admin pages, the gateway's admin pages, what clients
are answered, and what the other commands print. Searched is for each secret as it is, and encoded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import signal
from pathlib import Path

import httpx2
import pytest

from cloud import Cloud
from emitted import check_all, files, forms, pages, search, start, talkative
from harness import ROOT, Gateway, eventually

pytestmark = pytest.mark.gateway

# One of each kind, each unlike all others.
KNOWN = "kmn-known-1f0c9d7e"
SECRETS = {
    "a caller's key": KNOWN,
    "a key that nobody has": "kmn-unknown-77aa02c4",
    "a token that looks like a JWT": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjbGllbnQifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ",
    "the caller's own key": "sk-own-5e77b1aa90",
    "an inline key": "sk-inline-0b1cc2d3e4",
    "a key of the environment": "sk-environment-9a8b7c6d",
    "a key in a file": "sk-in-file-3344556677",
    "the next key in the file": "sk-in-file-8899001122",
    "a header rule": "header-rule-secret-abc123",
    "a secret access key": "aws/secret+access/key00000000000000000000",
    "a session token": "aws/session+token/00000000000000000000==",
    "an external id": "external-id-62f1a9c3",
    "a client's secret": "entra~client~secret~Q8x7",
    "a wrong place": "sk-misplaced-4d4d4d4d4d",
}
RSA_KEY = (ROOT / "tests" / "keys" / "rsa.pem").read_text()


def config(cloud: Cloud, directory: Path) -> str:
    account = {"type": "service_account", "client_email": "a@p", "private_key": RSA_KEY, "token_uri": f"{cloud.url}/google/token"}
    (directory / "account.json").write_text(json.dumps(account))
    (directory / "secret").write_text(SECRETS["a key in a file"])
    keys = f"access_key_id: AKIAINLINE, secret_access_key: '{SECRETS['a secret access key']}', session_token: '{SECRETS['a session token']}'"
    role = f"assume_role: {{arn: 'arn:aws:iam::123456789012:role/r', external_id: '{SECRETS['an external id']}'}}"
    client_secret = SECRETS["a client's secret"]
    client = f"{{tenant_id: our-tenant, client_id: our-app, client_secret: '{client_secret}'}}"
    rule = "headers: {set: {x-rule: '${RULE}'}}"
    providers = {
        "inline": f"dialect: openai, credential: {{bearer: {SECRETS['an inline key']}}}, {rule}, passthrough: true",
        "environment": "dialect: anthropic, credential: {x_api_key: '${PROVIDER_KEY}'}",
        "filed": "dialect: openai, credential: {bearer: {file: secret}}",
        "aws": f"dialect: bedrock, region: us-east-1, credential: {{aws: {{{keys}}}}}",
        "role": f"dialect: bedrock, region: us-east-1, credential: {{aws: {{{keys}, {role}}}}}",
        "entra": f"dialect: azure, api_version: v1, credential: {{azure: {{client_secret: {client}}}}}",
        "google": "dialect: vertex, project: p, location: global, credential: {google: {file: account.json}}",
        "own": "dialect: openai, credential: caller",
    }
    sha256 = hashlib.sha256(KNOWN.encode()).hexdigest()
    lines = [f"auth: {{keys: [{{name: k, tenant: t, sha256: {sha256}, passthrough: ['*']}}], forward: {{key: x-key, tenant: x-tenant}}}}"]
    lines += [f"usage: {{file: '{directory}/usage.jsonl'}}", "limits: [{name: l, per: [key], requests: 1000, every: 1m}]", "providers:"]
    lines += [f"  {name}: {{endpoint: '{cloud.url}', {rest}}}" for name, rest in providers.items()]
    lines += ["routes:", *(f"  - {{model: {name}, providers: [{name}]}}" for name in providers)]
    lines += ["  - {model: all, providers: [inline, environment, aws, entra, google]}"]
    return "\n".join(lines)


def drive(at: Gateway, cloud: Cloud) -> list[str]:
    """Everything that can happen to a request. What the clients saw."""
    seen = []

    def ask(model: str, key: str = KNOWN, path: str = "/v1/chat/completions", method: str = "POST", **headers: str) -> None:
        body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
        headers = {"authorization": f"Bearer {key}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = httpx2.request(method, f"{at.url}{path}", json=body if method == "POST" else None, headers=headers, timeout=30)
        seen.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")

    models = ["inline", "environment", "filed", "aws", "role", "entra", "google"]
    for model in [*models, "all", "own", "nobody"]:
        ask(model)
    ask("own", SECRETS["the caller's own key"], x_kanmon_api_key=KNOWN)
    ask("inline", path="/v1/messages", x_api_key=KNOWN, anthropic_version="2023-06-01")
    ask("inline", path="/inline/v1/files", method="GET")
    ask("inline", path=f"/v1beta/models/inline:generateContent?key={KNOWN}")
    ask("inline", path="/v1/models", method="GET")
    for key in ["a key that nobody has", "a token that looks like a JWT"]:
        ask("inline", SECRETS[key])
    ask("inline", KNOWN, x_api_key=SECRETS["a key that nobody has"])
    # Providers that repeat what they were sent, in an error and in an answer that is none.
    for status in (400, 401, 403, 429, 500, 503):
        for path in {one.path for one in cloud.sent}:
            cloud.refuse[path] = (status, {"error": {"message": "no", "type": "t", "code": "c"}})
        for model in [*models, "all"]:
            ask(model)
    for path in {one.path for one in cloud.sent}:
        cloud.refuse[path] = (200, {"unexpected": True})
    for model in models:
        ask(model)
    cloud.refuse.clear()
    return seen


def broken(good: str) -> list[str]:
    """Configs with secrets where none belong."""
    secret = SECRETS["a wrong place"]
    inline = SECRETS["an inline key"]
    return [
        good.replace(f"bearer: {inline}", f"{{bearer: {secret}"),
        good.replace(f"{{bearer: {inline}}}", f"'{secret}'"),
        good.replace(f"{{bearer: {inline}}}", f"{{bearer: {{path: '{secret}'}}}}"),
        good.replace(f"bearer: {inline}", f"bearer: [{secret}]"),
        good.replace(f"bearer: {inline}", f'bearer: "{secret}\\n"'),
        good.replace(f"bearer: {inline}", f"bearer: 'Bearer {secret}'"),
        good.replace("{name: k,", f"{{name: k, expires: {secret},"),
        good.replace("sha256: ", f"sha256: {secret}"),
        good.replace("access_key_id: AKIAINLINE", f"access_key_id: '{secret} x'"),
        good.replace("dialect: openai, credential: caller", f"endpoint: 'https://user:{secret}@a.example', dialect: openai"),
        good.replace("credential: {aws: {access", f"credential: {{aws: {secret}, x: {{access"),
        good.replace("${PROVIDER_KEY}", f"${{PROVIDER_KEY {secret}}}"),
        good.replace("{google: {file: account.json}}", f"{{google: {secret}}}"),
    ]


@pytest.mark.timeout(240)
def test_no_secret_is_ever_emitted(tmp_path: Path):
    cloud = Cloud(lasts=12)
    environment = {
        "PROVIDER_KEY": SECRETS["a key of the environment"],
        "RULE": SECRETS["a header rule"],
        "AZURE_AUTHORITY_HOST": cloud.url,
        "AWS_ENDPOINT_URL_STS": cloud.url,
    } | talkative(tmp_path)
    good = config(cloud, tmp_path)
    emitted: dict[str, str] = {}
    at = start(good, tmp_path, environment)
    try:
        emitted["answers"] = "\n".join(drive(at, cloud))
        emitted |= pages(at, tmp_path)
        # Rotation, a config that is wrong, and token endpoints that fail.
        (tmp_path / "secret").write_text(SECRETS["the next key in the file"])
        assert eventually(lambda: "the new config is in force" in at.server.log.read_text(), seconds=15)
        emitted["answers after rotation"] = "\n".join(drive(at, cloud))
        assert any(SECRETS["the next key in the file"] in str(one.headers) for one in cloud.sent)
        for text in broken(good)[:3]:
            (tmp_path / "gateway.yaml").write_text(text)
            at.server.process.send_signal(signal.SIGHUP)
            assert eventually(lambda: "the new config is not used" in at.server.log.read_text(), seconds=15)
        cloud.down = True
        assert eventually(lambda: not at.status("entra")["credential"]["valid"], seconds=30)
        emitted["answers without credentials"] = "\n".join(drive(at, cloud))
        emitted["status without credentials"] = httpx2.get(f"{at.admin}/status").text
    finally:
        at.stop()
        cloud.stop()
    emitted |= files(tmp_path)
    emitted |= check_all([good, *broken(good)], tmp_path, **environment)
    assert "trace" in emitted["gateway.log"].lower() or len(emitted["gateway.log"]) > 2000

    fetched = {f"what was fetched, {number}": secret for number, secret in enumerate(cloud.secrets)}
    key_lines = {f"line {number} of the private key": line for number, line in enumerate(RSA_KEY.splitlines()[1:-1])}
    used = SECRETS | fetched | key_lines
    assert len(fetched) > 5
    found = search(used, emitted)
    assert not found, "\n".join(found[:20])


def test_the_search_finds_what_is_there():
    """A test of the test: each form is found in what holds it."""
    for text in ("xx sk-secret-0123456789", "x" + base64.b64encode(b"Bearer sk-secret-0123456789").decode()):
        assert any(form in text for form in forms("sk-secret-0123456789").values())
    assert not any(form in "nothing of it" for form in forms("sk-secret-0123456789").values())
