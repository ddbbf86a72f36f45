"""Numbered migrations, applied once each, in order, by whoever comes first.

A migration is a file ``NNNN_name.sql`` whose first line says ``-- additive: yes`` or ``no``: whether code that does
not know it can go on working beside it. So a newer schema that only added things is accepted by older code, and
deploys can roll.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any, Final

import asyncpg
import msgspec

from operations_api.domain.errors import MigrationError, StoreUnavailable
from operations_api.store.connection import UNREACHABLE
from operations_api.store.queries import load

LOCK: Final = 0x6F70657261  # "opera": whoever migrates this database holds this advisory lock

SQL: Final = load("migrations")


class Migration(msgspec.Struct, frozen=True):
    """One file: its name without suffix, its text and the SHA-256 of it."""

    name: str
    text: str
    checksum: str
    additive: bool


async def migrate(database_url: str) -> list[str]:
    """Apply what is missing, each migration in a transaction of its own, and return the names applied.

    Safe to call from many processes at once. Raises ``MigrationError`` when the database holds a migration that was
    changed, is missing between others, or is unknown here and not additive.
    """
    connection = await _connect(database_url)
    try:
        await connection.execute(SQL["lock"], LOCK)
        await connection.execute(SQL["create_table"])
        missing = plan(known_migrations(), await connection.fetch(SQL["list_applied"]))
        for migration in missing:
            await _apply(connection, migration)
        return [migration.name for migration in missing]
    finally:
        await connection.close()  # and with it the lock


async def pending(database_url: str) -> list[str]:
    """The names of the migrations that are still to be applied. Raises as ``migrate`` does."""
    connection = await _connect(database_url)
    try:
        return await pending_on(connection)
    finally:
        await connection.close()


async def pending_on(connection: Any) -> list[str]:
    """The same over a connection or pool that is open already."""
    exists = await connection.fetchval(SQL["table_exists"])
    applied = await connection.fetch(SQL["list_applied"]) if exists else []
    return [migration.name for migration in plan(known_migrations(), applied)]


def known_migrations() -> list[Migration]:
    """The migrations of this program, in order."""
    folder = files("operations_api.store") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [_read(name.removesuffix(".sql"), (folder / name).read_text(encoding="utf-8")) for name in names]


def plan(known: list[Migration], applied: list[Any]) -> list[Migration]:
    """Which of the known ones to apply. Raises ``MigrationError`` where the two lists do not fit together."""
    by_name = {migration.name: migration for migration in known}
    for row in applied:
        _check_applied(by_name, known, row)
    done = {row["name"] for row in applied}
    missing = [migration for migration in known if migration.name not in done]
    newest = max((row["name"] for row in applied), default="")
    if missing and missing[0].name < newest:
        raise MigrationError(
            f"migration {missing[0].name} was never applied although {newest} was: "
            "restore the database, or apply it by hand after reading both"
        )
    return missing


def _check_applied(by_name: dict[str, Migration], known: list[Migration], row: Any) -> None:
    migration = by_name.get(row["name"])
    if migration is None:
        if row["additive"] and row["name"] > known[-1].name:
            return  # a newer release was here; what it added does not disturb this one
        raise MigrationError(
            f"the database holds migration {row['name']}, which this release does not have and cannot work beside: "
            "run the release that made it, or a newer one"
        )
    if migration.checksum != row["checksum"]:
        raise MigrationError(
            f"migration {row['name']} was changed after it had been applied: "
            "undo the change and put it into a new migration"
        )


async def _apply(connection: Any, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.text)
            await connection.execute(SQL["record"], migration.name, migration.checksum, migration.additive)
    except asyncpg.PostgresError as error:
        raise MigrationError(f"migration {migration.name} failed and was undone: {error}") from error


def _read(name: str, text: str) -> Migration:
    first = text.splitlines()[0]
    if first not in ("-- additive: yes", "-- additive: no"):
        raise MigrationError(f'migration {name}: its first line must be "-- additive: yes" or "-- additive: no"')
    return Migration(name, text, hashlib.sha256(text.encode()).hexdigest(), first.endswith("yes"))


async def _connect(database_url: str) -> Any:
    try:
        return await asyncpg.connect(database_url, timeout=5)
    except UNREACHABLE as error:
        raise StoreUnavailable(f"Postgres cannot be reached: {error}") from error
