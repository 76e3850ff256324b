"""Every setting of the installation, read from the environment (prefix-free names, see docs/settings.md) or a .env file."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.jetstream.monitors import parse_monitors
from domain.shared.errors import InvalidInput
from domain.webhooks.destination import parse_networks

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
DEFAULT_FOLDER = Path("var/automata-signal")
EXIT_WITH_PARENT = "SIGNAL_EXIT_WITH_PARENT"
"""Set for children: standard input is a pipe from the parent, and its end is a reason to stop."""


def parse_headers(text: str) -> dict[str, str]:
    """Read `name=value,name=value`, percent-encoded as OpenTelemetry has it. Raise ValueError naming the place, never the value."""
    found = {}
    for number, pair in enumerate(filter(None, (one.strip() for one in text.split(","))), start=1):
        name, separator, value = pair.partition("=")
        if not separator or not _HEADER_NAME.fullmatch(name.strip()) or not unquote(value).isprintable():
            raise ValueError(f"header {number} of OTEL_EXPORTER_OTLP_HEADERS is not name=value")
        found[name.strip().lower()] = unquote(value).strip()
    return found


class Settings(BaseSettings):
    """Defaults make a development machine work; production sets DATABASE_URL, NATS_URL and SIGNAL_KEYS."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    database_url: SecretStr | None = None
    """postgresql://… ; unset: an embedded PostgreSQL under data_folder."""
    nats_url: SecretStr | None = None
    """nats://… ; unset: an embedded NATS under data_folder."""
    data_folder: Path = Field(default=DEFAULT_FOLDER, validation_alias="SIGNAL_DATA_FOLDER")
    """Embedded servers, key file, simulator certificates."""
    signal_keys: SecretStr | None = None
    """Token encryption keys, current first: `id:base64-of-32-bytes` separated by commas. Unset: a file that the first
    start makes under data_folder."""
    nats_prefix: str = Field(default="", validation_alias="SIGNAL_NATS_PREFIX")
    """Keeps several installations on one NATS apart."""
    nats_replicas: int = Field(default=1, validation_alias="SIGNAL_NATS_REPLICAS", ge=1, le=5)

    host: str = Field(default="127.0.0.1", validation_alias="SIGNAL_HOST")
    port: int = Field(default=8080, validation_alias="SIGNAL_PORT", ge=0, le=65_535)
    retention_days: int = Field(default=90, validation_alias="SIGNAL_RETENTION_DAYS", ge=1, le=3650)
    """Messages and events older than this are dropped, a day partition at a time."""
    hold_on_timeline_change: bool = True
    """Start in hold when PostgreSQL was promoted since the last start: what was sent last may be missing."""
    rate_limit_per_second: float = Field(default=1_000, validation_alias="SIGNAL_RATE_LIMIT", gt=0)
    """Requests a second and key; a batch is one request."""
    client_rate_limit_per_second: float = Field(default=50, validation_alias="SIGNAL_CLIENT_RATE_LIMIT", gt=0)
    """Requests a second and install."""
    client_registration_rate_per_second: float = Field(
        default=50, validation_alias="SIGNAL_CLIENT_REGISTRATION_RATE", gt=0
    )
    """First registrations of installs a second and peer address; ten times as many at once."""

    apns_production_url: str = "https://api.push.apple.com"
    apns_sandbox_url: str = "https://api.sandbox.push.apple.com"
    fcm_url: str = "https://fcm.googleapis.com"
    google_token_url: str | None = None
    """Unset: the service account's own token_uri."""
    extra_ca_file: Path | None = None
    """A CA that is trusted besides the system's: the simulator's, in development."""
    provider_urls: dict[str, str] = Field(default={})
    """Hosts of other providers by name, as JSON, where they are not the real ones."""
    public_url: str = Field(default="", validation_alias="SIGNAL_PUBLIC_URL", pattern="^(https?://.+)?$")
    """Where providers and recipients reach this installation from outside: callbacks, links in messages."""
    webhook_networks: str = Field(default="", validation_alias="SIGNAL_WEBHOOK_NETWORKS")
    """Networks that webhooks may lead to though they are not public, separated by commas: 10.0.0.0/8."""
    provider_connections: int = Field(default=4, ge=1, le=64)
    provider_in_flight: int = Field(default=400, ge=1, le=10_000)
    provider_timeout: float = Field(default=15.0, gt=0, le=120)
    fcm_rate: float = Field(default=9_500.0, gt=0)
    """Sends a second and FCM project."""

    nats_monitors: str = Field(default="", validation_alias="SIGNAL_NATS_MONITORS")
    """Monitoring ports of the NATS servers, separated by commas: http://nats-1:8222."""
    metrics_host: str = Field(default="127.0.0.1", validation_alias="SIGNAL_METRICS_HOST")
    metrics_port: int | None = Field(default=None, validation_alias="SIGNAL_METRICS_PORT", ge=0, le=65_535)
    """Where this process serves /metrics. Unset: 9464 for api and all, 9465 for worker and worker-transactional, 9466 for scheduler,
    9467 for worker-bulk, none when that is taken; 0: nowhere."""

    @field_validator("webhook_networks")
    @classmethod
    def _networks(cls, text: str) -> str:
        parse_networks(text)
        return text

    otlp_endpoint: str = Field(
        default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", pattern="^(https?://.+)?$"
    )
    """Base URL of a collector of traces, OTLP over HTTP. Empty: tracing is off."""
    otlp_headers: SecretStr = Field(default=SecretStr(""), validation_alias="OTEL_EXPORTER_OTLP_HEADERS")
    """Headers for the collector: `name=value` separated by commas."""
    trace_share: float = Field(default=1.0, validation_alias="OTEL_TRACES_SAMPLER_ARG", ge=0, le=1)
    """How many of the traces that begin here are recorded."""

    @field_validator("otlp_headers")
    @classmethod
    def _headers(cls, text: SecretStr) -> SecretStr:
        parse_headers(text.get_secret_value())
        return text

    @field_validator("nats_monitors")
    @classmethod
    def _monitors(cls, text: str) -> str:
        try:
            parse_monitors(text)
        except InvalidInput as refused:
            raise ValueError(f"{refused.message}: {refused.fix}") from refused
        return text

    log_format: str = Field(default="text", validation_alias="SIGNAL_LOG_FORMAT", pattern="^(text|json)$")
    log_level: str = Field(default="INFO", validation_alias="SIGNAL_LOG_LEVEL")
