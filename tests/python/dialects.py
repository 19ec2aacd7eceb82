"""The table: the providers' dialects, one row each. A row makes a dialect live for every judge; nothing else has to be changed."""

from __future__ import annotations

from dataclasses import dataclass

# What the gateway proves itself with at the providers of the judges.
PROVIDER_KEY = "provider-key-of-c"
AWS_ACCESS_KEY_ID = "AKIAJUDGE00000000000"
AWS_SECRET_ACCESS_KEY = "secret/of+the+judges"
AWS_SESSION_TOKEN = "token/of+the+judges=="
AWS_REGION = "eu-central-1"

AWS = (
    f"{{aws: {{access_key_id: {AWS_ACCESS_KEY_ID}, secret_access_key: {AWS_SECRET_ACCESS_KEY}, session_token: {AWS_SESSION_TOKEN}}}}}"
)


@dataclass(frozen=True)
class Row:
    """A provider as a config writes it, but for its endpoint."""

    name: str
    dialect: str
    # The rest of the provider.
    fields: str
    # What it calls its model.
    model: str
    # Whether aimock emulates it, with this credential.
    mocked: bool = True
    # Whether the model shows its thinking, if asked to.
    thinks: bool = True
    # What stands before the API's own path, where that is not the dialect's default.
    path: str = ""

    def provider(self, endpoint: str) -> str:
        rest = "rest: {after_failures: 1000000, for: 1ms, at_most: 1ms}"
        return f"{{dialect: {self.dialect}, endpoint: '{endpoint}{self.path}', {self.fields}, {rest}}}"


BEARER = f"credential: {{bearer: {PROVIDER_KEY}}}"
NOVA = "eu.amazon.nova-pro-v1:0"
CLAUDE = "anthropic.claude-haiku-4-5-20251001-v1:0"
PROFILE = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3"

ROWS = [
    Row("openai", "openai", BEARER, "gpt-4o-mini", thinks=False),
    Row("azure", "azure", f"api_version: '2024-10-21', credential: {{api_key: {PROVIDER_KEY}}}", "my-deployment", thinks=False),
    Row("anthropic", "anthropic", f"credential: {{x_api_key: {PROVIDER_KEY}}}", "claude-haiku-4-5"),
    Row("gemini", "gemini", f"credential: {{x_goog_api_key: {PROVIDER_KEY}}}", "gemini-2.5-flash"),
    # Wants back what it signed.
    Row("gemini-3", "gemini", f"credential: {{x_goog_api_key: {PROVIDER_KEY}}}", "gemini-3-pro-preview", mocked=False),
    Row("vertex", "vertex", f"project: p-1, location: europe-west4, {BEARER}", "gemini-2.5-pro"),
    Row("anthropic-vertex", "anthropic-vertex", f"project: p-1, location: global, {BEARER}", "claude-haiku-4-5@20251001", mocked=False),
    # aimock takes no signatures: with an API key of Bedrock it is asked, with a signature the simulator and botocore are.
    Row("bedrock", "bedrock", f"region: {AWS_REGION}, credential: {AWS}", NOVA, mocked=False, thinks=False),
    Row("bedrock-key", "bedrock", f"region: {AWS_REGION}, {BEARER}", NOVA, thinks=False),
    Row("bedrock-profile", "bedrock", f"region: {AWS_REGION}, credential: {AWS}", PROFILE, mocked=False),
    Row("anthropic-bedrock", "anthropic-bedrock", f"region: {AWS_REGION}, credential: {AWS}", CLAUDE, mocked=False),
    Row("anthropic-bedrock-key", "anthropic-bedrock", f"region: {AWS_REGION}, {BEARER}", CLAUDE),
    Row("cohere", "cohere", BEARER, "command-a-03-2025", thinks=False),
]
