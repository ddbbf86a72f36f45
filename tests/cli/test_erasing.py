"""One operation's data, removed on demand."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

import asyncpg

from tests.cli.test_commands import run
from tests.store import factory


async def test_erase_says_whose_it_was_or_why_it_erases_nothing(environment: Mapping[str, str], database: str) -> None:
    connection = await asyncpg.connect(database)
    row = await factory.operation(connection, status="succeeded", labels='{"name": "Ada"}')
    environment = {**environment, "DATABASE_URL": database, "REDIS_URL": "redis://127.0.0.1:1"}

    done = run("erase", str(row["id"]), environment=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"erased {row['id']} of acme\n", "")
    assert "Ada" not in str(await connection.fetchrow("select * from operations"))

    unknown = run("erase", str(uuid4()), environment=environment)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "There is no operation" in unknown.stderr
    await connection.close()
