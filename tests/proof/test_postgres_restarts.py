"""Postgres is restarted in immediate mode in the middle of what a worker asks of it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from operations_api.domain.errors import StoreUnavailable
from operations_api.embedded.postgres import Postgres
from operations_api.queue import Queue
from operations_api.store.migrate import migrate
from tests.proof.bench import Bench, bench_on
from tests.proof.books import PATIENCE_SECONDS, POLL_SECONDS
from tests.proof.definitions import Part
from worker.dispatch import ROUND_SECONDS

OPERATIONS = 30
PARTS = (Part("one"), Part("two", effect="local"), Part("three"), Part("mail", "action"))
FAILING = (Part("one"), Part("two", effect="local"), Part("three", rejects="reserve"))

# how each of them begins, and no other
STATEMENTS = {"sweep": "with due as (", "claim": "with picked as (", "journal": "with entry as ("}


@pytest.fixture
async def bench(own_postgres: Postgres, redis_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    await migrate(own_postgres.url)
    async with bench_on(own_postgres.url, redis_url, tmp_path) as bench:
        yield bench


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[Queue]:
    """What wakes the workers."""
    queue = await Queue.open(redis_url)
    yield queue
    await queue.close()


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_a_restart_in_the_middle_of_a_statement_loses_nothing_and_does_nothing_twice(
    bench: Bench, own_postgres: Postgres, queue: Queue, statement: str
) -> None:
    workers = [bench.start_worker(), bench.start_worker()]
    await bench.books.order("one", "commit", "wait")
    for number in range(OPERATIONS):
        await bench.start(*(FAILING if number % 5 == 0 else PARTS))
    await bench.books.called("one", "commit", OPERATIONS - OPERATIONS // 5)
    await bench.start(*PARTS)
    await restarted_during(own_postgres, STATEMENTS[statement], bench, queue)
    await reachable(bench)
    statuses = list((await bench.check()).values())
    assert statuses.count("failed") == OPERATIONS // 5
    assert statuses.count("succeeded") == len(statuses) - OPERATIONS // 5
    assert all(worker.process.poll() is None for worker in workers)


async def restarted_during(postgres: Postgres, words: str, bench: Bench, queue: Queue) -> None:
    """Hold what this statement needs until a worker waits in it, and take the server away from under it."""
    holder, watcher = await asyncpg.connect(postgres.url), await asyncpg.connect(postgres.url)
    await holder.execute(HOLD)
    await bench.books.withdraw("one", "commit")
    async with asyncio.timeout(PATIENCE_SECONDS):
        # when both workers wait in their sweep, they claim nothing before it ends
        while not await _is_waited_in(watcher, words, queue):
            await holder.execute(f"rollback; {HOLD}")
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGQUIT)
    postgres.stop()
    postgres.start()
    await asyncio.to_thread(postgres.wait_until_ready)
    holder.terminate()
    watcher.terminate()


async def _is_waited_in(watcher: asyncpg.Connection, words: str, queue: Queue) -> bool:
    """Whether a worker, woken, waits in this statement before it would sweep again."""
    queue.wake()
    for _ in range(SWEEPS_AGAIN_AFTER_POLLS):
        if await watcher.fetchval(WAITING, words):
            return True
        await asyncio.sleep(POLL_SECONDS)
    return False


async def reachable(bench: Bench) -> None:
    """Return when the test's own sessions are mended."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await bench.store.ping()
            except StoreUnavailable:
                await asyncio.sleep(POLL_SECONDS)


HOLD = "begin; lock table operations in exclusive mode"
SWEEPS_AGAIN_AFTER_POLLS = int(2 * ROUND_SECONDS / POLL_SECONDS)

WAITING = """
select count(*) from pg_stat_activity where wait_event_type = 'Lock' and position($1 in query) > 0
"""
