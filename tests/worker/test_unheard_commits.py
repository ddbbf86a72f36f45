"""A COMMIT that was done although its answer was lost: the worker finds out, and does nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from operations_api.embedded.postgres import Postgres
from operations_api.store.migrate import migrate
from operations_api.store.store import Store
from tests.conftest import run_sql
from tests.worker.crew import PATIENCE_SECONDS, POLL_SECONDS, Crew
from tests.worker.definitions import StepTold

# A commit waits for a replica that does not exist, after it was made durable; only one that wrote an effect does.
SETTINGS = (
    "do $$ begin execute format('alter database %I set synchronous_commit = local', current_database()); end $$",
    "alter system set synchronous_standby_names = 'nobody'",
    "select pg_reload_conf()",
)
EFFECTS = """
create table effects (operation uuid, step text, phase text);
create function wait_for_a_replica() returns trigger language plpgsql as
    $$ begin perform set_config('synchronous_commit', 'on', true); return new; end $$;
create trigger wait_for_a_replica before insert on effects execute function wait_for_a_replica();
"""
WAITING = "select pid from pg_stat_activity where wait_event = 'SyncRep'"


@pytest.fixture
async def connection(own_postgres: Postgres) -> AsyncIterator[asyncpg.Connection]:
    await migrate(own_postgres.url)
    for setting in SETTINGS:
        await run_sql(own_postgres.url, setting)
    connection = await asyncpg.connect(own_postgres.url)
    await connection.execute(EFFECTS)
    yield connection
    await connection.close()


@pytest.fixture
async def crew(
    own_postgres: Postgres, connection: asyncpg.Connection, redis_url: str, tmp_path: Path
) -> AsyncIterator[Crew]:
    for name in ("marks", "gates"):
        (tmp_path / name).mkdir()
    (tmp_path / "ledger").touch()
    store = await Store.open(own_postgres.url, pool_size=4)
    crew = Crew(store, connection, tmp_path, {"DATABASE_URL": own_postgres.url, "REDIS_URL": redis_url})
    try:
        yield crew
    finally:
        crew.kill()
        await store.close()
        print(crew.said())


async def test_a_commit_whose_answer_was_lost_is_not_done_again(crew: Crew) -> None:
    # the lease is long: what goes on, goes on in the same hands
    crew.start_worker(OPERATIONS_LEASE_SECONDS="60")
    id = await crew.begin(StepTold("first", effect="local"), StepTold("second", effect="local"))
    done = Counter(["first:reserve", "second:reserve"])
    assert await effects_once_broken(crew) == done
    assert await effects_once_broken(crew) == done + Counter(["first:commit", "second:commit"])
    assert (await crew.done(id)).status == "succeeded"
    assert crew.calls(id) == ["first:reserve", "second:reserve", "first:commit", "second:commit"]
    assert (await crew.row(id))["lease_epoch"] == 1


async def effects_once_broken(crew: Crew) -> Counter[str]:
    """End the session that waits in its COMMIT, and give what is there as soon as anybody can see it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (pid := await crew.connection.fetchval(WAITING)) is None:  # noqa: ASYNC110  # Postgres has no event for it
            await asyncio.sleep(POLL_SECONDS)
        await crew.connection.execute("select pg_terminate_backend($1, 10000)", pid)
    rows = await crew.connection.fetch("select step, phase from effects")
    return Counter(f"{row['step']}:{row['phase']}" for row in rows)
