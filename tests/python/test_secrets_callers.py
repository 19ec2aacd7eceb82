"""No token of a caller, no key in a directory and no password of the limit store appears in anything that the gateway emits.

The names in a token may: they are who called. The rest of it may not, least of all its signature.
"""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from callers import NO_TLS
from cloud import Cloud
from emitted import check_all, files, pages, run, search, start, talkative
from harness import Gateway, Redis, eventually
from identity import IdentityProvider, Key, encoded, symmetric

pytestmark = pytest.mark.gateway

SECRETS = {
    "the password of the store": "redis-password-5f0e8812ab",
    "another password of the store": "redis-password-93b1cc70de",
    "a key in a directory": "kmn_0123456789abcdefghijKLMNOPQRSTUVWXYZ0123456",
    "the next key in the directory": "kmn_zyxwvutsrqponmlkjihgFEDCBA9876543210zyxwvut",
    "what is no key in the directory": "sk-not-a-key-of-ours-71c2d3",
    "a key that both sides know": "shared-with-the-issuer-0a1b2c3d4e5f",
    "what a token says that is no name": "nonce-8c51f2e07b",
}
AWAY = "the limit store is away"
BACK = "the limit store is there"


def tokens(idp: IdentityProvider) -> dict[str, str]:
    """Good ones, and one of each kind that is not."""
    nonce = {"jti": SECRETS["what a token says that is no name"]}
    rsa, elliptic = idp.keys
    forger = Key("ec-1", ec.generate_private_key(ec.SECP256R1()))
    good = elliptic.token(**nonce)
    return {
        "good": good,
        "good, by RSA": rsa.token(sub="bob", **nonce),
        "expired": elliptic.token(exp=1_000_000_000, **nonce),
        "not yet good": elliptic.token(nbf=4_000_000_000, **nonce),
        "for somebody else": elliptic.token(aud="somebody-else", **nonce),
        "of an issuer that nobody knows": elliptic.token(iss="https://evil.example", **nonce),
        "without a tenant": elliptic.token(org=None, **nonce),
        "for other models": elliptic.token(models=["nothing"], **nonce),
        "forged": forger.token(**nonce),
        "altered": ".".join([*rsa.token(sub="root", **nonce).split(".")[:2], good.split(".")[2]]),
        "signed with a key that nobody has": Key("unknown", ec.generate_private_key(ec.SECP256R1())).token(**nonce),
        "signed with a secret": symmetric(SECRETS["a key that both sides know"].encode(), **nonce),
    }


def parts(tokens: dict[str, str]) -> dict[str, str]:
    """What must not be told of tokens: the claims as they were sent, and the signature."""
    split = {name: token.split(".") for name, token in tokens.items()}
    places = {"the claims": 1, "the signature": 2}
    return {f"{part} of a token that is {name}": text[place] for name, text in split.items() for part, place in places.items()}


def config(cloud: Cloud, idp: IdentityProvider, redis: Redis, directory: Path, store: str) -> str:
    return f"""
auth:
  jwt: [{{issuer: https://idp.example, audiences: [ai-gateway], jwks_uri: {idp.url}/jwks, tenant_claim: org, models_claim: models}}]
  keys_dirs: [{{path: keys, tenant: blue}}]
  forward: {{key: x-key, tenant: x-tenant}}
usage: {{file: '{directory}/usage.jsonl'}}
limits:
  - {{name: allowed, per: [key], requests: 1000, every: 1m, when_away: allow}}
  - {{name: shared, per: [key, {{claim: sub}}], total_tokens: 1000000, every: 1m}}
limit_store: {{redis: {{{store.replace("@PORT@", str(redis.port))}}}}}
providers:
  to-cloud: {{endpoint: '{cloud.url}', dialect: openai, credential: none}}
routes: [{{model: '*', providers: [to-cloud]}}]
"""


def broken(good: str) -> list[str]:
    """Configs with a password where none belongs."""
    password = SECRETS["the password of the store"]
    return [
        good.replace("{url: redis://", f"{{url: http://:{password}@"),
        good.replace("{url: redis://", f"{{prefix: '{password} x', url: redis://"),
        good.replace("{url: redis://", f"{{url: redis://u:{password}@127.0.0.1:no-port/x, x: "),
        good.replace("limit_store: {redis: {", f"limit_store: {{redis: {{password: {password}, "),
        good.replace("limit_store: {redis: {", f"limit_store: {{redis: {password}, x: {{"),
        good.replace("keys_dirs: [{path: keys,", f"keys_dirs: [{{path: keys, sha256: {SECRETS['a key in a directory']},"),
        good.replace("jwks_uri: ", f"key: {SECRETS['a key that both sides know']}, jwks_uri: "),
    ]


def drive(at: Gateway, keys: list[str]) -> str:
    """Each key in each place where a client may put it. What the clients saw."""
    body = {"model": "to-cloud", "messages": [{"role": "user", "content": "hello"}]}
    places = [
        ("/v1/chat/completions", lambda key: {"authorization": f"Bearer {key}"}),
        ("/v1/messages", lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01"}),
        ("/v1/chat/completions", lambda key: {"x-kanmon-api-key": key}),
        ("/v1beta/models/to-cloud:generateContent", lambda key: {"x-goog-api-key": key}),
    ]
    with httpx2.Client(base_url=at.url, verify=NO_TLS) as http:
        answers = [http.post(path, json=body, headers=headers(key)) for path, headers in places for key in keys]
        answers += [http.post(f"/v1beta/models/to-cloud:generateContent?key={key}", json=body) for key in keys]
        answers += [http.get("/v1/models", headers={"authorization": f"Bearer {key}"}) for key in keys]
    return "\n".join(f"{answer.status_code} {dict(answer.headers)} {answer.text}" for answer in answers)


def of_store(place: str, directory: Path) -> str:
    """The config of the store, with the password in that place."""
    password = SECRETS["the password of the store"]
    if place == "url":
        return f"url: redis://kanmon:{password}@127.0.0.1:@PORT@"
    (directory / "password").write_text(password + "\n")
    return "url: redis://127.0.0.1:@PORT@, password_file: password"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("place", ["url", "file"])
def test_no_secret_of_callers_and_of_the_limit_store_is_ever_emitted(tmp_path: Path, place: str):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "blue-app").write_text(SECRETS["a key in a directory"])
    cloud, idp, redis = Cloud(), IdentityProvider(), Redis(tmp_path, SECRETS["another password of the store"])
    idp.others = [{"kty": "oct", "kid": "shared", "k": encoded(SECRETS["a key that both sides know"].encode())}]
    sent = tokens(idp)
    keys = [*sent.values(), *(SECRETS[key] for key in ("a key in a directory", "the next key in the directory"))]
    environment = talkative(tmp_path)
    good = config(cloud, idp, redis, tmp_path, of_store(place, tmp_path))
    emitted: dict[str, str] = {}
    at = start(good, tmp_path, environment)

    def log() -> str:
        return at.server.log.read_text()

    def see(when: str) -> None:
        emitted[f"answers {when}"] = drive(at, keys)
        emitted.update({f"{page} {when}": text for page, text in pages(at, tmp_path).items()})
        emitted[f"kanmon limits {when}"] = run("limits", "--key", "alice", "--admin", at.admin.removeprefix("http://"), **environment)

    try:
        assert eventually(lambda: AWAY in log() and "authentication failed" in log())
        see("with a store that refuses")
        redis.restart(SECRETS["the password of the store"])
        assert eventually(lambda: BACK in log(), seconds=15)
        see("with the store")
        assert "200 " in emitted["answers with the store"] and "alice" in emitted["kanmon limits with the store"]
        for text in (SECRETS["the next key in the directory"], SECRETS["what is no key in the directory"]):
            before = log().count("the new config")
            (tmp_path / "keys" / "blue-app").write_text(text)
            assert eventually(lambda before=before: log().count("the new config") > before, seconds=15)
        redis.stop()
        assert eventually(lambda: log().count(AWAY) == 2)
        see("without the store")
    finally:
        at.stop()
        for one in (redis, idp, cloud):
            one.stop()
    emitted |= files(tmp_path)
    assert "alice" in emitted["usage.jsonl"] and "blue-app" in emitted["usage.jsonl"]
    (tmp_path / "keys" / "blue-app").write_text(SECRETS["a key in a directory"])
    emitted |= check_all([good, *(broken(good) if place == "file" else [])], tmp_path, **environment)
    found = search(SECRETS | parts(sent), emitted)
    assert not found, "\n".join(found[:20])
