"""An identity provider on loopback: its keys, and tokens that are good and tokens that are not.

The tokens are signed by google-auth, the keys are written down by cryptography: neither is ours.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth import crypt, jwt

ISSUER = "https://idp.example"


def encoded(data: bytes) -> str:
    """Base64 as tokens and keys are written in."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, length: int | None = None) -> str:
    return encoded(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def good_claims() -> dict[str, Any]:
    now = int(time.time())
    return {"iss": ISSUER, "aud": "ai-gateway", "sub": "alice", "org": "red", "models": ["to-*"], "iat": now, "exp": now + 600}


class Key:
    """A pair of keys of the identity provider."""

    def __init__(self, name: str, private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        public = private.public_key().public_numbers()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        if isinstance(public, rsa.RSAPublicNumbers):
            self.signer: Any = crypt.RSASigner.from_string(pem, name)
            self.jwk = {"kty": "RSA", "n": number(public.n), "e": number(public.e), "kid": name, "use": "sig"}
        else:
            self.signer = crypt.EsSigner.from_string(pem, name)
            self.jwk = {"kty": "EC", "crv": "P-256", "x": number(public.x, 32), "y": number(public.y, 32), "kid": name}

    def token(self, **claims: Any) -> str:
        return jwt.encode(self.signer, good_claims() | claims).decode()


def symmetric(secret: bytes, **claims: Any) -> str:
    """A token that is signed with a secret that both sides know (HS256)."""
    header = encoded(b'{"alg":"HS256","typ":"JWT","kid":"shared"}')
    payload = encoded(json.dumps(good_claims() | claims).encode())
    signature = hmac.digest(secret, f"{header}.{payload}".encode(), "sha256")
    return f"{header}.{payload}.{encoded(signature)}"


class IdentityProvider:
    """Serves its keys, until it is stopped."""

    def __init__(self) -> None:
        self.keys = [Key("rsa-1", rsa.generate_private_key(65537, 2048)), Key("ec-1", ec.generate_private_key(ec.SECP256R1()))]
        # Published beside them, as they are.
        self.others: list[dict[str, str]] = []
        self.fetches = 0
        idp = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                idp.fetches += 1
                body = json.dumps({"keys": [key.jwk for key in idp.keys] + idp.others}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
