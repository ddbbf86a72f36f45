"""Versions of definitions: the steps each had when first seen, whether a worker knows it, what is in flight on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from operations_api.domain.change import Change
from operations_api.domain.definition import Definition
from operations_api.domain.errors import DefinitionError
from operations_api.domain.operation import pins_of
from operations_api.domain.registry import Registry
from operations_api.store.connection import Pool, connected
from operations_api.store.migrate import pending_on
from operations_api.store.queries import load

SQL: Final = load("definitions")

UNANNOUNCED_SECONDS: Final = 60.0
"""Six announcements missed: longer than a deploy takes to put the next worker in the place of the last one."""


class VersionInFlight(msgspec.Struct, frozen=True):
    """A version of a definition. ``in_flight``: its unfinished operations, counted by status."""

    type: str
    version: int
    announced_at: datetime | None
    has_worker: bool
    in_flight: dict[str, int]


async def remember(pool: Pool, registry: Registry) -> None:
    """Note versions that are new. Raises ``DefinitionError`` when a known version has other steps now.

    A definition whose steps depend on its input is known by that alone; each of its operations pins its own.
    """
    for definition in registry.versions.values():
        steps = _shape(definition)
        async with connected(pool) as connection:
            known = await connection.fetchval(SQL["remember_definition"], definition.name, definition.version, steps)
        if bytes(known).decode() != steps:
            raise DefinitionError(
                f'definition "{definition.name}" version {definition.version} has other steps than the database has '
                f"seen: give the changed one version {definition.version + 1}, and keep the old one until its "
                "operations are finished"
            )


async def remember_once_migrated(pool: Pool, registry: Registry) -> None:
    """The same; nothing while migrations are to be applied, when there is nothing to compare with either."""
    if not await pending_on(pool):
        await remember(pool, registry)


async def has_been_seen(pool: Pool, name: str) -> bool:
    """Whether there is, or was, a definition of this name."""
    async with connected(pool) as connection:
        return bool(await connection.fetchval(SQL["has_definition"], name))


async def announce(pool: Pool, known: Iterable[tuple[str, int]]) -> None:
    """Say that a worker can execute these (type, version)."""
    names, versions = zip(*known, strict=True)
    async with connected(pool) as connection:
        await connection.execute(SQL["announce_versions"], list(names), list(versions))


async def park_orphans(pool: Pool, limit: int) -> list[Change]:
    """Mark ready operations that no worker could execute for ``UNANNOUNCED_SECONDS``; they stay ready."""
    async with connected(pool) as connection:
        rows = await connection.fetch(SQL["park_orphans"], UNANNOUNCED_SECONDS, limit)
    return [Change(row["tenant"], row["id"], row["version"], done=False) for row in rows]


async def in_flight(pool: Pool, tenant: str | None) -> list[VersionInFlight]:
    """Every version and what is unfinished on it, of one tenant or (None) of all; by type, the newest first."""
    async with connected(pool) as connection:
        rows = await connection.fetch(SQL["versions_in_flight"], tenant, UNANNOUNCED_SECONDS)
    return [
        VersionInFlight(
            row["type"], row["version"], row["announced_at"], row["has_worker"], msgspec.json.decode(row["in_flight"])
        )
        for row in rows
    ]


def _shape(definition: Definition) -> str:
    if isinstance(definition.steps, tuple):
        return msgspec.json.encode(pins_of(definition.steps)).decode()
    return '"by input"'
