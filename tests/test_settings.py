from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from operations_api.domain.errors import SettingsError
from operations_api.settings import VARIABLES, Settings

FIXED_NAMES = {
    "DATABASE_URL", "REDIS_URL", "HOST", "PORT", "OPERATIONS_DATA_DIR", "OPERATIONS_DEV_KEY", "OPERATIONS_REGISTRY",
    "OPERATIONS_PUBLIC_URL", "OPERATIONS_LEASE_SECONDS", "OPERATIONS_RETENTION_DAYS", "OPERATIONS_LOG",
}  # fmt: skip


def test_the_table_of_variables_and_the_fields_are_the_same_things() -> None:
    assert [variable.field for variable in VARIABLES] == list(Settings.__struct_fields__)
    assert {variable.name for variable in VARIABLES} >= FIXED_NAMES


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings(log="json")


def test_an_empty_variable_counts_as_absent() -> None:
    assert Settings.from_environment({"DATABASE_URL": "", "PORT": " "}) == Settings.from_environment({})


def test_every_variable_fills_its_field() -> None:
    given = {
        "DATABASE_URL": "postgresql://u:p@h/d", "REDIS_URL": "unix:///run/redis.sock", "HOST": "::1", "PORT": "81",
        "OPERATIONS_DATA_DIR": "/data", "OPERATIONS_DEV_KEY": "secret-key", "OPERATIONS_REGISTRY": "a:b, c.d:e",
        "OPERATIONS_PUBLIC_URL": "https://x.example/", "OPERATIONS_LEASE_SECONDS": "2.5",
        "OPERATIONS_RETENTION_DAYS": "1", "OPERATIONS_LOG": "console", "OPERATIONS_BODY_LIMIT_BYTES": "2048",
        "OPERATIONS_RESULT_LIMIT_BYTES": "4096", "OPERATIONS_RATE_LIMIT": "100",
        "OPERATIONS_IN_FLIGHT_LIMIT": "5000", "OPERATIONS_CONNECTION_LIMIT": "300",
        "OPERATIONS_HEAD_LIMIT_BYTES": "8192", "OPERATIONS_RECEIVE_SECONDS": "5", "OPERATIONS_SEND_SECONDS": "7.5",
        "OPERATIONS_CORS_ORIGINS": "https://a.example, https://*.b.example:*",
        "OPERATIONS_JWT_JWKS": "https://id.example/keys", "OPERATIONS_JWT_ISSUER": "https://id.example/",
        "OPERATIONS_JWT_AUDIENCE": "operations", "OPERATIONS_JWT_TENANT_CLAIM": "https://id.example/tenant",
        "OPERATIONS_JWT_SCOPES_CLAIM": "permissions", "OPERATIONS_JWT_ALGORITHMS": "ES384, RS256",
        "OPERATIONS_POOL_SIZE": "3", "OPERATIONS_WORKER_SLOTS": "7",
        "OPERATIONS_DRAIN_SECONDS": "0", "OPERATIONS_METRICS_PORT": "9100",
        "OPERATIONS_WEBHOOK_NETWORKS": "10.0.0.0/8, ::1",
        "OPERATIONS_WEBHOOK_SOURCES": "/sources.json", "OPERATIONS_WEBHOOK_UNKNOWN": "204",
        "OPERATIONS_WEBHOOK_RETENTION_DAYS": "3", "OPERATIONS_WEBHOOK_DEAD_RETENTION_DAYS": "20",
        "OPERATIONS_WEBHOOK_EVENT_RETENTION_DAYS": "40",
        "OPERATIONS_URL": "http://api:8000",
        "OPERATIONS_API_KEY": "operators-key", "OPERATIONS_POSTGRES_BIN": "/pg", "OPERATIONS_VALKEY_SERVER": "/valkey",
    }  # fmt: skip
    assert set(given) == {variable.name for variable in VARIABLES}
    assert Settings.from_environment(given) == Settings(
        database_url="postgresql://u:p@h/d", redis_url="unix:///run/redis.sock", host="::1", port=81,
        data_dir=Path("/data"), dev_key="secret-key", registry="a:b,c.d:e", public_url="https://x.example",
        lease_seconds=2.5, retention_days=1, log="console", body_limit_bytes=2048, result_limit_bytes=4096,
        rate_limit=100, in_flight_limit=5000, connection_limit=300, head_limit_bytes=8192, receive_seconds=5,
        send_seconds=7.5, cors_origins="https://a.example,https://*.b.example:*", jwt_jwks="https://id.example/keys",
        jwt_issuer="https://id.example/", jwt_audience="operations", jwt_tenant_claim="https://id.example/tenant",
        jwt_scopes_claim="permissions", jwt_algorithms="ES384,RS256",
        pool_size=3,
        worker_slots=7, drain_seconds=0, metrics_port=9100, webhook_networks="10.0.0.0/8,::1/128",
        webhook_sources=Path("/sources.json"), webhook_unknown=204,
        webhook_retention_days=3, webhook_dead_retention_days=20, webhook_event_retention_days=40,
        url="http://api:8000", api_key="operators-key",
        postgres_bin=Path("/pg"), valkey_server=Path("/valkey"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_URL", "mysql://h/d", "postgresql://"),
        ("DATABASE_URL", "postgresql://[broken", "postgresql://"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("HOST", "two words", "without spaces"),
        ("PORT", "http", "0 to 65535"),
        ("PORT", "65536", "0 to 65535"),
        ("PORT", "-1", "0 to 65535"),
        ("PORT", "9" * 5000, "0 to 65535"),
        ("OPERATIONS_DEV_KEY", "short", "8 to 255"),
        ("OPERATIONS_DEV_KEY", "schlüssel", "ASCII"),
        ("OPERATIONS_REGISTRY", "examples", "package.module:attribute"),
        ("OPERATIONS_REGISTRY", "a:b,,c:d", "package.module:attribute"),
        ("OPERATIONS_PUBLIC_URL", "x.example", "https://"),
        ("OPERATIONS_LEASE_SECONDS", "0.5", "at least 1"),
        ("OPERATIONS_LEASE_SECONDS", "nan", "at least 1"),
        ("OPERATIONS_RETENTION_DAYS", "0.9", "at least 1"),
        ("OPERATIONS_RETENTION_DAYS", "inf", "at least 1"),
        ("OPERATIONS_LOG", "xml", "console or json"),
        ("OPERATIONS_POOL_SIZE", "1", "2 to 1000"),
        ("OPERATIONS_CORS_ORIGINS", "app.example.com", "https://app.example.com"),
        ("OPERATIONS_CORS_ORIGINS", "https://app.example.com/path", "https://app.example.com"),
        ("OPERATIONS_CORS_ORIGINS", "https://*example.com", "https://*.example.com"),
        ("OPERATIONS_CORS_ORIGINS", "https://app.*", "https://*.example.com"),
        ("OPERATIONS_CORS_ORIGINS", "*, https://app.example.com", "https://*.example.com"),
        ("OPERATIONS_CORS_ORIGINS", "null", "https://*.example.com"),
        ("OPERATIONS_JWT_JWKS", "http://id.example/keys", "https URL"),
        ("OPERATIONS_JWT_JWKS", "ftp://127.0.0.1/keys", "https URL"),
        ("OPERATIONS_JWT_ALGORITHMS", "RS256,HS256", "public key"),
        ("OPERATIONS_JWT_ALGORITHMS", "none", "public key"),
        ("OPERATIONS_JWT_JWKS", "/etc/keys.json", "OPERATIONS_JWT_ISSUER and OPERATIONS_JWT_AUDIENCE"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_should_hold(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({name: value})
    assert str(raised.value).startswith(f"{name}: ")
    assert expected in str(raised.value)


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "OPERATIONS_DEV_KEY"])
def test_the_value_of_a_secret_is_not_repeated(name: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({name: "s3cr3t §"})
    assert "s3cr3t" not in str(raised.value)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]
    assert msgspec.structs.replace(Settings(), port=1).port == 1
