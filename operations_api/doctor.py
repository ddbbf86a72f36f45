"""The doctor: looks at everything a process needs, and says for each fault what to do about it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import asyncpg
import redis

from operations_api.domain.errors import DefinitionError, MigrationError, SettingsError, StoreUnavailable
from operations_api.embedded.binaries import OLDEST_POSTGRES
from operations_api.embedded.servers import running_servers
from operations_api.loading import load_registry
from operations_api.settings import Settings
from operations_api.store.migrate import pending

# what each of them first did as the queue and the wake-ups need it
OLDEST_REDIS = (6, 2)
OLDEST_VALKEY = (7, 2)
PATIENCE_SECONDS = 5.0


class Finding(NamedTuple):
    """One thing that was looked at; `sentence` says what there is, or what to do."""

    subject: str
    ok: bool
    sentence: str


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Look at settings, registry, Postgres, migrations and Redis. Starts nothing and changes nothing."""
    try:
        settings = Settings.from_environment(environ)
    except SettingsError as error:
        return [Finding("settings", False, str(error))]
    return list(_findings(settings))


def _findings(settings: Settings) -> Iterator[Finding]:
    yield Finding("settings", True, "all can be read")
    yield _registry(settings)
    yield from _webhook_sources(settings)
    if settings.jwt_jwks is not None:
        yield _tokens(settings, settings.jwt_jwks)
    urls = running_servers(settings)
    database_url = settings.database_url or (urls and urls.database_url)
    redis_url = settings.redis_url or (urls and urls.redis_url)
    if database_url:
        yield from _postgres(database_url)
    else:
        yield _absent("postgres", "DATABASE_URL", settings)
    yield _redis(redis_url) if redis_url else _absent("redis", "REDIS_URL", settings)


def _registry(settings: Settings) -> Finding:
    try:
        return Finding("registry", True, ", ".join(load_registry(settings).current))
    except DefinitionError as error:
        return Finding("registry", False, str(error))


def _webhook_sources(settings: Settings) -> Iterator[Finding]:
    from operations_api.webhook_sources import accounts_in, faults

    try:
        sources, accounts = load_registry(settings).webhooks, accounts_in(settings.webhook_sources)
    except DefinitionError:
        return  # said already
    except SettingsError as error:
        yield Finding("webhook sources", False, str(error))
        return
    found = list(faults(sources, accounts))
    for fault in found:
        yield Finding("webhook sources", False, f"OPERATIONS_WEBHOOK_SOURCES: {fault}")
    if accounts and not found:
        yield Finding("webhook sources", True, ", ".join(sorted(accounts)))


def _tokens(settings: Settings, source: str) -> Finding:
    from operations_api.http.key_set import KeySet, KeysUnavailable
    from operations_api.http.resources import issuer_of

    try:
        issuer_of(settings)
        asyncio.run(KeySet(source).find(""))
    except SettingsError as error:
        return Finding("tokens", False, str(error))
    except KeysUnavailable as error:
        return Finding("tokens", False, f"the keys cannot be read ({error}): correct OPERATIONS_JWT_JWKS")
    return Finding("tokens", True, f"of {settings.jwt_issuer} are believed")


def _absent(subject: str, variable: str, settings: Settings) -> Finding:
    return Finding(
        subject,
        False,
        f"{variable} is not set and no embedded server runs on {settings.data_dir}: "
        f"set {variable}, or start `operations-api dev`.",
    )


def _postgres(database_url: str) -> Iterator[Finding]:
    try:
        version = asyncio.run(_postgres_version(database_url))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError, TimeoutError) as error:
        sentence = f"It cannot be used ({_said(error)}): start it, or correct DATABASE_URL."
        yield Finding("postgres", False, sentence)
        return
    if version < OLDEST_POSTGRES:
        yield Finding("postgres", False, f"It is version {version}: {OLDEST_POSTGRES} or newer is needed.")
        return
    yield Finding("postgres", True, f"version {version}")
    yield _migrations(database_url)


async def _postgres_version(database_url: str) -> int:
    connection = await asyncpg.connect(database_url, timeout=PATIENCE_SECONDS)
    try:
        return int(connection.get_server_version().major)
    finally:
        await connection.close()


def _migrations(database_url: str) -> Finding:
    try:
        names = asyncio.run(pending(database_url))
    except (MigrationError, StoreUnavailable) as error:
        return Finding("migrations", False, str(error))
    except asyncpg.PostgresError as error:
        return Finding("migrations", False, f"Postgres refused to show them: {error}")
    if names:
        return Finding("migrations", False, f"Not applied yet: {', '.join(names)}. Run `operations-api migrate`.")
    return Finding("migrations", True, "all applied")


def _redis(redis_url: str) -> Finding:
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=PATIENCE_SECONDS) as client:
            server = client.info("server")
    except (redis.RedisError, OSError, ValueError) as error:
        return Finding("redis", False, f"It cannot be used ({_said(error)}): start it, or correct REDIS_URL.")
    is_valkey = "valkey_version" in server
    name, oldest = ("Valkey", OLDEST_VALKEY) if is_valkey else ("Redis", OLDEST_REDIS)
    said = str(server["valkey_version" if is_valkey else "redis_version"])
    if _numbers(said) < oldest:
        return Finding("redis", False, f"It is {name} {said}: {oldest[0]}.{oldest[1]} or newer is needed.")
    return Finding("redis", True, f"{name} {said}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
