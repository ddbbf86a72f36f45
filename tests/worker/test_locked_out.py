"""What a worker has to write while somebody else holds the operation's row."""

from __future__ import annotations

import asyncio

import asyncpg

from tests.worker.crew import PATIENCE_SECONDS, POLL_SECONDS, Crew
from tests.worker.definitions import StepTold

WAITING = """
select query_start from pg_stat_activity
where datname = current_database() and application_name = 'operations-api worker' and wait_event_type = 'Lock'
"""


async def test_an_outcome_is_offered_again_until_postgres_takes_it(crew: Crew, database: str) -> None:
    # the lease is long: what is not written by its holder is not repeated by anybody else either
    crew.start_worker(OPERATIONS_LEASE_SECONDS="60")
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}))
    await crew.seen(id, "call", "slow", "reserve")
    holder = await asyncpg.connect(database)
    async with holder.transaction():
        await holder.execute("select from operations where id = $1 for update", id)
        crew.open_gate(id, "slow", "reserve")
        first = await next_wait(crew, set())
        await next_wait(crew, first)  # the first one was given up
    await holder.close()
    assert (await crew.done(id)).status == "succeeded"
    assert crew.calls(id) == ["slow:reserve", "slow:commit"]


async def test_an_outcome_is_offered_again_until_postgres_may_write(crew: Crew, database: str) -> None:
    # as after a failover that has left the old primary a standby; a full disk is no different
    worker = crew.start_worker(OPERATIONS_LEASE_SECONDS="60")
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}))
    await crew.seen(id, "call", "slow", "reserve")
    await let_write(crew, database, "off")
    crew.open_gate(id, "slow", "reserve")
    await crew.seen(id, "effect", "slow", "reserve")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "read-only transaction" not in worker.said():  # noqa: ASYNC110 -- it is another process
            await asyncio.sleep(POLL_SECONDS)
    await let_write(crew, database, "on")
    assert (await crew.done(id)).status == "succeeded"
    assert crew.calls(id) == ["slow:reserve", "slow:commit"]


async def let_write(crew: Crew, database: str, may_write: str) -> None:
    """From now on the workers' sessions may write or not."""
    read_only = "off" if may_write == "on" else "on"
    name = await crew.connection.fetchval("select current_database()")
    await crew.connection.execute("set default_transaction_read_only = off")
    await crew.connection.execute(f"alter database {name} set default_transaction_read_only = {read_only}")
    await crew.connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and application_name like 'operations-api %'"
    )


async def next_wait(crew: Crew, known: set[object]) -> set[object]:
    """When the waits began that were not known yet, once there is one."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if new := {row["query_start"] for row in await crew.connection.fetch(WAITING)} - known:
                return known | new
            await asyncio.sleep(POLL_SECONDS)
