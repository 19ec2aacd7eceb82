"""Credentials that are fetched, through the real Envoy: every chain against a stand-in of its token endpoint, rotation, failure.

Signatures with keys that rotate are checked by botocore.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from botocore.credentials import Credentials

from bedrock import authorization
from cloud import Asked, Cloud
from harness import ROOT, Gateway, eventually

REGION = "eu-central-1"
RSA_KEY = (ROOT / "tests" / "keys" / "rsa.pem").read_text()

# The dialects of the clouds, as far as a test of credentials needs them.
FIELDS = {
    "bedrock": f"dialect: bedrock, region: {REGION}",
    "azure": "dialect: azure, api_version: v1",
    "vertex": "dialect: vertex, project: p-1, location: global",
    "openai": "dialect: openai",
    "anthropic": "dialect: anthropic",
}

pytestmark = pytest.mark.gateway


def config(cloud: Cloud, providers: dict[str, tuple[str, str]], routes: dict[str, str] | None = None, auth: str = "anonymous: true") -> str:
    """A provider `name: (dialect, credential)` each, with a route of its own, and more routes."""
    lines = [f"auth: {{{auth}}}", "providers:"]
    for name, (dialect, credential) in providers.items():
        lines.append(f"  {name}: {{{FIELDS[dialect]}, endpoint: '{cloud.url}', credential: {credential}}}")
    lines.append("routes:")
    for model, chosen in ({name: name for name in providers} | (routes or {})).items():
        lines.append(f"  - {{model: {model}, providers: [{chosen}]}}")
    return "\n".join(lines)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    started = Cloud()
    yield started
    started.stop()


@contextmanager
def gateway(text: str, directory: Path, **environment: str) -> Iterator[Gateway]:
    """A gateway whose home has nothing, and whose environment has only what the test gives it."""
    bare = {"HOME": str(directory), "AWS_CONFIG_FILE": str(directory / "aws-config"), "AWS_EC2_METADATA_DISABLED": "true"}
    started = Gateway(text, directory, **bare | environment)
    yield started
    started.stop()


def ask(at: Gateway, model: str, **headers: str) -> httpx2.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.post(f"{at.url}/v1/chat/completions", json=body, headers=headers, timeout=20)


def asked(at: Gateway, cloud: Cloud, model: str) -> Asked:
    """What the provider got."""
    answer = ask(at, model)
    assert answer.status_code == 200, answer.text
    return cloud.last()


def signed_by(sent: Asked) -> str:
    """Of which kind the keys were that a request was signed with. botocore must come to the same signature."""
    token = sent.headers["x-amz-security-token"]
    kind, number = token.removeprefix("session/token+of/").removesuffix("==").split("/")
    keys = Credentials(f"ASIA{kind.upper()}{number}", f"secret/of+{kind}/{number}", token)
    assert sent.headers["authorization"] == authorization(sent, keys, REGION)
    return kind


def bearer(sent: Asked) -> str:
    """Of which kind a token is."""
    scheme, token = sent.headers["authorization"].split(" ")
    assert scheme == "Bearer" and not [name for name in sent.headers if name.startswith("x-amz-")]
    return token.split(".")[1]


def test_the_clusters_identities(cloud: Cloud, tmp_path: Path):
    """IRSA, workload identity of Entra ID, workload identity federation of Google; and a role on top."""
    token = tmp_path / "token"
    token.write_text("of.the.cluster\n")
    external = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/our-pool",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{cloud.url}/google/sts",
        "credential_source": {"file": str(token)},
    }
    (tmp_path / "google.json").write_text(json.dumps(external))
    role = "{arn: 'arn:aws:iam::123456789012:role/second', external_id: our-external-id}"
    providers = {
        "irsa": ("bedrock", "{aws: default}"),
        "role": ("bedrock", f"{{aws: {{assume_role: {role}}}}}"),
        "entra": ("azure", "{azure: default}"),
        "google": ("vertex", "{google: default}"),
    }
    environment = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/first",
        "AWS_ENDPOINT_URL_STS": cloud.url,
        "AZURE_AUTHORITY_HOST": cloud.url,
        "AZURE_TENANT_ID": "our-tenant",
        "AZURE_CLIENT_ID": "our-app",
        "AZURE_FEDERATED_TOKEN_FILE": str(token),
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "google.json"),
    }
    with gateway(config(cloud, providers), tmp_path, **environment) as at:
        assert signed_by(asked(at, cloud, "irsa")) == "sts"
        assert signed_by(asked(at, cloud, "role")) == "sts"
        assert bearer(asked(at, cloud, "entra")) == "entra"
        assert bearer(asked(at, cloud, "google")) == "federated"
        status = at.status("entra")["credential"]
        assert (status["kind"], status["valid"]) == ("azure", True) and status["expires_at"] > status["fetched_at"]
    sts = [one.form for one in cloud.asked if one.path == "/"]
    assert {one["RoleArn"].rsplit("/")[-1] for one in sts if one["Action"] == "AssumeRoleWithWebIdentity"} == {"first"}
    assert {one["WebIdentityToken"].strip() for one in sts if "WebIdentityToken" in one} == {"of.the.cluster"}
    [assumed] = [one for one in sts if one["Action"] == "AssumeRole"]
    assert (assumed["ExternalId"], assumed["RoleSessionName"]) == ("our-external-id", "kanmon")
    # The second role was asked for with the keys of the first.
    [request] = [one for one in cloud.asked if one.path == "/" and one.form["Action"] == "AssumeRole"]
    assert "/sts/aws4_request" in request.headers["authorization"] and "ASIASTS" in request.headers["authorization"]


def test_the_machines_identities(cloud: Cloud, tmp_path: Path):
    """The instance (IMDSv2), a virtual machine of Azure, a machine of Google."""
    providers = {
        "instance": ("bedrock", "{aws: default}"),
        "machine": ("azure", "{azure: default}"),
        "metadata": ("vertex", "{google: default}"),
    }
    environment = {
        "AWS_EC2_METADATA_DISABLED": "false",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.url,
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": cloud.url,
        "GCE_METADATA_HOST": cloud.host,
    }
    with gateway(config(cloud, providers), tmp_path, **environment) as at:
        assert signed_by(asked(at, cloud, "instance")) == "instance"
        assert bearer(asked(at, cloud, "machine")) == "machine"
        assert bearer(asked(at, cloud, "metadata")) == "metadata"
    by_path = {one.path: one for one in cloud.asked}
    assert by_path["/latest/meta-data/iam/security-credentials/our-role"].headers["x-aws-ec2-metadata-token"] == "instance-session"
    assert by_path["/metadata/identity/oauth2/token"].headers["metadata"] == "true"
    assert by_path["/computeMetadata/v1/instance/service-accounts/default/token"].headers["metadata-flavor"] == "Google"


def test_containers_and_what_the_config_says(cloud: Cloud, tmp_path: Path):
    """A container's keys, App Service, and credentials that stand in the config, in files beside it, or in a profile."""
    (tmp_path / "aws-config").write_text("[profile ours]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = of-the-profile\n")
    account = {"type": "service_account", "client_email": "a@p", "private_key": RSA_KEY, "token_uri": f"{cloud.url}/google/token"}
    (tmp_path / "account.json").write_text(json.dumps(account))
    (tmp_path / "client-secret").write_text("the client's secret\n")
    client = "{tenant_id: our-tenant, client_id: our-app, client_secret: {file: client-secret}}"
    providers = {
        "container": ("bedrock", "{aws: default}"),
        "profile": ("bedrock", "{aws: {profile: ours}}"),
        "app": ("azure", "{azure: {managed_identity: {client_id: ours}}}"),
        "client": ("azure", f"{{azure: {{client_secret: {client}}}}}"),
        "account": ("vertex", "{google: {file: account.json}}"),
    }
    environment = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{cloud.url}/container",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic of-the-pod",
        "AZURE_AUTHORITY_HOST": cloud.url,
        "IDENTITY_ENDPOINT": f"{cloud.url}/msi/token",
        "IDENTITY_HEADER": "of-the-app",
    }
    with gateway(config(cloud, providers), tmp_path, **environment) as at:
        assert signed_by(asked(at, cloud, "container")) == "container"
        sent = asked(at, cloud, "profile")
        assert sent.headers["authorization"] == authorization(sent, Credentials("AKIAPROFILE", "of-the-profile"), REGION)
        assert bearer(asked(at, cloud, "app")) == "app-service"
        assert bearer(asked(at, cloud, "client")) == "entra"
        assert bearer(asked(at, cloud, "account")) == "google"
    by_path = {one.path: one for one in cloud.asked}
    assert by_path["/container"].headers["authorization"] == "Basic of-the-pod"
    assert (by_path["/msi/token"].headers["x-identity-header"], by_path["/msi/token"].query["client_id"]) == ("of-the-app", "ours")
    assert by_path["/our-tenant/oauth2/v2.0/token"].form["client_secret"] == "the client's secret"


@pytest.mark.timeout(180)
def test_keys_rotate_and_a_provider_without_them_is_out_until_it_has_some(tmp_path: Path):
    # A fifth of it must be longer than AWS's own client goes on trying, or the end comes before the failure is told.
    cloud = Cloud(lasts=20)
    providers = {"rotating": ("bedrock", "{aws: default}"), "fixed": ("openai", "{bearer: a-fixed-key}")}
    text = config(cloud, providers, {"both": "rotating, fixed"})
    with gateway(text, tmp_path, AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{cloud.url}/container") as at:
        first = asked(at, cloud, "both")
        assert signed_by(first) == "container"
        known = len(cloud.secrets)
        assert eventually(lambda: len(cloud.secrets) > known, seconds=40)
        time.sleep(0.5)
        second = asked(at, cloud, "both")
        assert signed_by(second) == "container"
        assert second.headers["x-amz-security-token"] != first.headers["x-amz-security-token"]
        # A failing refresh is told, and the old keys are used to their end.
        cloud.down = True
        assert eventually(lambda: "error" in at.status("rotating")["credential"], seconds=20)
        assert eventually(lambda: not at.status("rotating")["credential"]["valid"], seconds=20)
        assert asked(at, cloud, "both").headers["authorization"] == "Bearer a-fixed-key"
        refused = ask(at, "rotating")
        assert (refused.status_code, refused.json()["error"]["code"]) == (502, "provider_credential_missing")
        assert "provider `rotating`: the gateway has no valid credential" in refused.json()["error"]["message"]
        # Back by itself.
        cloud.down = False
        assert eventually(lambda: at.status("rotating")["credential"]["valid"], seconds=60)
        assert signed_by(asked(at, cloud, "both")) == "container"
        assert "error" not in at.status("rotating")["credential"]
        log = at.server.log.read_text()
        told = [line for line in log.splitlines() if "rotating" in line]
        assert len([line for line in told if "cannot be renewed" in line]) == 1, log
        assert len([line for line in told if "no valid credential" in line]) == 1, log
    cloud.stop()


@pytest.mark.timeout(180)
def test_a_gateway_starts_without_the_provider_whose_credential_cannot_be_had(cloud: Cloud, tmp_path: Path):
    cloud.down = True
    providers = {"entra": ("azure", "{azure: default}"), "fixed": ("openai", "{bearer: a-fixed-key}")}
    began = time.monotonic()
    with gateway(config(cloud, providers), tmp_path, AZURE_POD_IDENTITY_AUTHORITY_HOST=cloud.url) as at:
        assert 9 < time.monotonic() - began < 40
        assert ask(at, "fixed").status_code == 200
        assert ask(at, "entra").status_code == 502
        assert "the cloud is down" in at.status("entra")["credential"]["error"]
        cloud.down = False
        assert eventually(lambda: ask(at, "entra").status_code == 200, seconds=60)


def test_a_secret_in_a_file_is_read_again_when_it_changes(cloud: Cloud, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("first-key\n")
    providers = {"filed": ("openai", "{bearer: {file: secret}}"), "entra": ("azure", "{azure: default}")}
    with gateway(config(cloud, providers), tmp_path, AZURE_POD_IDENTITY_AUTHORITY_HOST=cloud.url) as at:
        assert asked(at, cloud, "filed").headers["authorization"] == "Bearer first-key"
        secret.write_text("second-key\n")
        assert eventually(lambda: asked(at, cloud, "filed").headers["authorization"] == "Bearer second-key", seconds=15)
        # Missing: the old one stays. Back: the new one is used.
        secret.unlink()
        log = at.server.log
        assert eventually(lambda: "the file " in log.read_text() and "cannot be read" in log.read_text(), seconds=15)
        time.sleep(5)
        assert asked(at, cloud, "filed").headers["authorization"] == "Bearer second-key"
        assert log.read_text().count("cannot be read") == 1
        secret.write_text("third-key")
        assert eventually(lambda: asked(at, cloud, "filed").headers["authorization"] == "Bearer third-key", seconds=15)
    # What did not change was fetched once.
    assert len([one for one in cloud.asked if one.path == "/metadata/identity/oauth2/token"]) == 1


def test_a_refused_token_is_fetched_anew(cloud: Cloud, tmp_path: Path):
    with gateway(
        config(cloud, {"entra": ("azure", "{azure: default}")}), tmp_path, AZURE_POD_IDENTITY_AUTHORITY_HOST=cloud.url
    ) as at:
        old = asked(at, cloud, "entra").headers["authorization"]
        cloud.refuse["/openai/v1/chat/completions"] = (401, {"error": {"message": "expired", "code": "401"}})
        refused = ask(at, "entra")
        assert (refused.status_code, refused.json()["error"]["code"]) == (502, "provider_credential_refused")
        cloud.refuse.clear()
        assert eventually(lambda: asked(at, cloud, "entra").headers["authorization"] != old, seconds=10)


GATEWAY_KEY = "kmn-of-the-gateway"
# SHA-256 of it.
KEYS = "keys: [{name: k, sha256: 'SHA'}]"


def test_the_callers_own_key_goes_to_one_provider_only(cloud: Cloud, tmp_path: Path):
    providers = {
        "own": ("openai", "caller"),
        "own-anthropic": ("anthropic", "caller"),
        "ours": ("openai", "{bearer: the-gateways-key}"),
    }
    auth = KEYS.replace("SHA", hashlib.sha256(GATEWAY_KEY.encode()).hexdigest())
    with gateway(config(cloud, providers, auth=auth), tmp_path) as at:
        both = {"x_kanmon_api_key": GATEWAY_KEY, "authorization": "Bearer sk-of-the-caller"}
        assert ask(at, "own", **both, openai_organization="org-1").status_code == 200
        sent = cloud.last().headers
        assert (sent["authorization"], sent["openai-organization"]) == ("Bearer sk-of-the-caller", "org-1")
        # To a provider of the gateway's own it does not go, nor does the account.
        assert ask(at, "ours", **both, openai_organization="org-1").status_code == 200
        sent = cloud.last().headers
        assert sent["authorization"] == "Bearer the-gateways-key" and "openai-organization" not in sent
        # Only in a header of the provider's own API.
        assert ask(at, "own-anthropic", x_kanmon_api_key=GATEWAY_KEY, x_api_key="sk-ant", api_key="az").status_code == 200
        sent = cloud.last().headers
        assert sent["x-api-key"] == "sk-ant" and "api-key" not in sent and "authorization" not in sent
        # The gateway's key is never passed on, wherever it stands.
        before = len(cloud.sent)
        for headers in [
            {"authorization": f"Bearer {GATEWAY_KEY}"},
            {"x_kanmon_api_key": GATEWAY_KEY},
            {"x_kanmon_api_key": GATEWAY_KEY, "x_api_key": "sk-ant"},
        ]:
            refused = ask(at, "own", **headers)
            assert (refused.status_code, refused.json()["error"]["code"]) == (401, "missing_provider_key"), headers
            assert "x-kanmon-api-key" in refused.json()["error"]["message"]
        refused = ask(at, "own", authorization="Bearer sk-of-the-caller")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
        assert len(cloud.sent) == before
        # What the provider says of the caller's key is the caller's business.
        cloud.refuse["/v1/chat/completions"] = (401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})
        refused = ask(at, "own", **both)
        assert (refused.status_code, refused.json()["error"]["message"]) == (401, "Incorrect API key")
    for sent in cloud.sent:
        assert "x-kanmon-api-key" not in sent.headers and GATEWAY_KEY not in str(sent.headers)


def test_where_everybody_may_call_the_usual_header_holds_the_callers_own_key(cloud: Cloud, tmp_path: Path):
    with gateway(config(cloud, {"own": ("openai", "caller")}), tmp_path) as at:
        assert ask(at, "own", authorization="Bearer sk-of-the-caller").status_code == 200
        assert cloud.last().headers["authorization"] == "Bearer sk-of-the-caller"
        assert ask(at, "own").json()["error"]["code"] == "missing_provider_key"
