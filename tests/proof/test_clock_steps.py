"""Postgres' clock is set back and forward by ten minutes while operations are under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from operations_api.domain.operation import Operation
from tests.proof.bench import Bench, bench_on
from tests.proof.books import PATIENCE_SECONDS, POLL_SECONDS
from tests.proof.clock import SteppedClock
from tests.proof.definitions import Part

STEP_SECONDS = 600
LONG_LEASE = {"OPERATIONS_LEASE_SECONDS": "30"}
"""A clock that is set forward ends leases before a heartbeat could renew them."""

EFFECTS = ("external", "local")
CASES = [(phase, effect) for phase in ("reserve", "pivot", "commit", "action", "rollback") for effect in EFFECTS]


@pytest.fixture
async def clock(database: str) -> SteppedClock:
    clock = SteppedClock(database)
    await clock.install()
    return clock


@pytest.fixture
async def bench(clock: SteppedClock, database: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """Its sessions begin after the clock was installed."""
    async with bench_on(database, redis_url, tmp_path) as bench:
        yield bench


async def test_the_clock_of_these_tests_is_the_one_the_engine_reads(bench: Bench, clock: SteppedClock) -> None:
    await clock.set_ahead(-STEP_SECONDS)
    early = await bench.get(await bench.start(Part("only")))
    await clock.set_ahead(STEP_SECONDS)
    late = await bench.get(await bench.start(Part("only")))
    assert (late.created_at - early.created_at).total_seconds() >= 2 * STEP_SECONDS


@pytest.mark.parametrize("ahead_seconds", [-STEP_SECONDS, STEP_SECONDS])
async def test_a_clock_that_is_set_between_steps_loses_nothing_and_does_nothing_twice(
    bench: Bench, clock: SteppedClock, ahead_seconds: float
) -> None:
    bench.start_worker(**LONG_LEASE)
    bench.start_worker(**LONG_LEASE)
    await bench.books.order("asleep", "reserve", "busy")
    asleep = await bench.start(Part("first"), Part("asleep"))
    ids = [await _in_the_middle(bench, phase, effect) for phase, effect in CASES]
    await bench.books.called("asleep", "reserve")
    async with watching(bench, [asleep, *ids]):
        await clock.set_ahead(ahead_seconds)
        if ahead_seconds > 0:
            for id in _external(ids):
                await bench.journaled(id, lambda row: row["lease_epoch"] > 1)
        ids.append(await bench.start(Part("begun"), Part("afterwards")))
        for phase, effect in CASES:
            await bench.books.withdraw(f"{phase}-{effect}", _handler(phase))
        await bench.books.withdraw("asleep", "reserve")
        if ahead_seconds > 0:
            ids.append(asleep)  # or it would sleep until the clock, once it is set back, has caught up
        for id in ids:
            await bench.done(id)
        await clock.set_ahead(0)
        statuses = await bench.check()
    failing = [status for (phase, _), status in zip(CASES, map(statuses.get, ids), strict=False) if phase == "rollback"]
    assert failing == ["failed"] * len(EFFECTS)
    assert list(statuses.values()).count("succeeded") == len(statuses) - len(failing)
    for id in statuses:
        _assert_in_order(await bench.get(id))


async def test_a_call_of_a_lease_that_a_clock_has_ended_is_given_up_also_by_the_worker_that_takes_over(
    bench: Bench, clock: SteppedClock
) -> None:
    bench.start_worker(**LONG_LEASE)
    await bench.books.order("slow", "reserve", "wait")
    await bench.start(Part("slow", timeout_seconds=2 * PATIENCE_SECONDS), Part("next"))
    await bench.books.called("slow", "reserve")
    await clock.set_ahead(STEP_SECONDS)
    await bench.books.called("slow", "reserve", times=2)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if (await bench.books.read()).abandoned["slow", "reserve"] == 1:
                break
            await asyncio.sleep(POLL_SECONDS)
    await bench.books.withdraw("slow", "reserve")
    await bench.check()


async def _in_the_middle(bench: Bench, phase: str, effect: Any) -> UUID:
    """An operation whose middle step is being called in this phase, and waits."""
    key = f"{phase}-{effect}"
    kind: Any = phase if phase in ("pivot", "action") else "step"
    await bench.books.order(key, _handler(phase), "wait")
    id = await bench.start(
        Part("first", effect=effect),
        Part(key, kind, effect),
        Part("last", effect=effect, rejects="reserve" if phase == "rollback" else ""),
    )
    await bench.books.called(key, _handler(phase))
    return id


def _external(ids: list[UUID]) -> list[UUID]:
    """Those whose leases a clock can end: a local call keeps its operation's row locked, and a sweep passes it over."""
    return [id for (_, effect), id in zip(CASES, ids, strict=True) if effect == "external"]


def _handler(phase: str) -> str:
    return "execute" if phase in ("pivot", "action") else phase


def _assert_in_order(operation: Operation) -> None:
    times = [operation.created_at, operation.started_at, operation.finished_at, operation.expires_at]
    assert all(before <= after for before, after in pairwise(filter(None, times))), operation
    assert None not in times, operation


@asynccontextmanager
async def watching(bench: Bench, ids: list[UUID]) -> AsyncIterator[None]:
    """Look at operations again and again: neither their version nor their time ever goes back."""
    watch = asyncio.create_task(_watch(bench, ids))
    try:
        yield
    finally:
        watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch


async def _watch(bench: Bench, ids: list[UUID]) -> None:
    seen: dict[UUID, tuple[int, datetime]] = {}
    while True:
        for id in ids:
            operation = await bench.get(id)
            now = operation.version, operation.updated_at
            version, updated_at = seen.get(id, now)
            assert version <= operation.version, f"the version of {operation} was {version}"
            assert updated_at <= operation.updated_at, f"the time of {operation} was {updated_at}"
            seen[id] = now
        await asyncio.sleep(POLL_SECONDS)
