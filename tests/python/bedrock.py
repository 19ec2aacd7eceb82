"""botocore's model of Bedrock's runtime as a judge: reads the parameters back out of a request, and makes the request anew of them."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from judging import Sent

SERVICE = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"))
SERIALIZER = create_serializer("rest-json", include_validation=False)


def operation_of(sent: Sent) -> tuple[OperationModel, str]:
    """What is asked for, and the model that the path names."""
    for name in SERVICE.operation_names:
        operation = SERVICE.operation_model(name)
        pattern = re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(operation.http["requestUri"]))
        found = re.fullmatch(pattern, sent.path)
        if found and operation.http["method"] == sent.method and len(found.groups()) == 1:
            return operation, unquote(found.group(1))
    raise AssertionError(f"Bedrock has no {sent.method} {sent.path}")


def parameters(operation: OperationModel, model: str, sent: Sent) -> dict[str, Any]:
    """botocore's parameters for a request."""
    shape = operation.input_shape
    payload = shape.serialization.get("payload")
    if payload:
        told = {"contentType": sent.headers["content-type"], "accept": sent.headers.get("accept")}
        return {"modelId": model, payload: sent.raw} | {key: value for key, value in told.items() if value}
    return {"modelId": model} | read(shape, sent.body, operation.name)


def read(shape: Shape, value: Any, at: str) -> Any:
    """A JSON value as botocore wants it: bytes for base64, and nothing that the shape does not have."""
    if getattr(shape, "is_document_type", False):
        return value
    if shape.type_name == "structure":
        unknown = value.keys() - shape.members.keys()
        assert not unknown, f"{at} has no {', '.join(sorted(unknown))}"
        assert not getattr(shape, "is_tagged_union", False) or len(value) == 1, f"{at} is one of several: {list(value)}"
        return {key: read(shape.members[key], one, f"{at}.{key}") for key, one in value.items()}
    if shape.type_name == "list":
        return [read(shape.member, one, f"{at}[{index}]") for index, one in enumerate(value)]
    if shape.type_name == "map":
        return {key: read(shape.value, one, f"{at}.{key}") for key, one in value.items()}
    if shape.type_name == "blob":
        return base64.b64decode(value, validate=True)
    if getattr(shape, "enum", None):
        assert value in shape.enum, f"{at} is `{value}`, and none of {shape.enum}"
    return value


def judge(sent: Sent) -> OperationModel:
    """Whether botocore would have sent the same."""
    operation, model = operation_of(sent)
    given = parameters(operation, model, sent)
    report = ParamValidator().validate(given, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    own = SERIALIZER.serialize_to_request(given, operation)
    assert (sent.method, sent.path) == (own["method"], own["url_path"])
    if operation.input_shape.serialization.get("payload"):
        assert sent.raw == own["body"]
    else:
        assert sent.body == json.loads(own["body"])
    assert sent.headers["content-type"].startswith("application/json")
    return operation


def authorization(sent: Sent, credentials: Credentials, region: str) -> str:
    """The `authorization` that botocore computes for a request as it was received."""
    claimed = re.search(r"SignedHeaders=([^,]+),", sent.headers["authorization"])
    assert claimed, sent.headers["authorization"]
    signed = {name: sent.headers[name] for name in claimed.group(1).split(";")}
    request = AWSRequest(sent.method, f"http://{sent.headers['host']}{sent.path}", headers=signed, data=sent.raw)
    request.context["timestamp"] = sent.headers["x-amz-date"]
    auth = SigV4Auth(credentials, SERVICE.metadata["signingName"], region)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    scope = f"{credentials.access_key}/{sent.headers['x-amz-date'][:8]}/{region}/{SERVICE.metadata['signingName']}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={claimed.group(1)}, Signature={signature}"
