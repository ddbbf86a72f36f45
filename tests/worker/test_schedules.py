"""What is scheduled starts once for each tick, however many workers look, and whoever dies meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from operations_api import Registry, Schedule
from operations_api.domain.fair_order import COST_NS
from operations_api.store.schedules import SQL, Schedules
from operations_api.store.store import ListFilter, Store
from operations_api.store.tenant_limits import TenantLimits
from tests.store import factory
from tests.worker.crew import Crew
from tests.worker.definitions import TOLD, StepTold, Told
from worker.schedules import Scheduler, Ticked

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
"""Where Postgres' own clock counts: a tick between two lines of a test comes at midnight only."""
DIES = "select 1 / 0, $1::text, $2::text, $3::timestamptz, $4::timestamptz"
INPUT = Told((StepTold("one"),))


def registry(*, input: Told = INPUT, **fields: Any) -> Registry:
    return Registry([TOLD], [Schedule("each-minute", "told", input, **{"tenant": "dev", "every": 60, **fields})])


Woken = list[None]


@pytest.fixture
def woken() -> Woken:
    """One entry for each time a worker was told of new operations."""
    return []


@pytest.fixture
def scheduler(store: Store, woken: Woken) -> Callable[..., Scheduler]:
    """Schedulers as workers have them."""

    def make(**fields: Any) -> Scheduler:
        return Scheduler(Schedules(store.pool), store, registry(**fields), 30, lambda: woken.append(None))

    return make


async def keys(store: Store) -> list[str | None]:
    """Of all operations, the oldest first."""
    page = await store.list_page(ListFilter(tenant="dev", limit=1000))
    return sorted(operation.idempotency_key or "" for operation in page.operations)


async def test_each_tick_starts_an_operation_under_a_key_of_its_own(store, scheduler, woken):
    one = scheduler()
    assert await one.run_once(NOON) == Ticked(), "what was before its first day is nobody's"
    assert await one.run_once(NOON + MINUTE - timedelta(microseconds=1)) == Ticked()
    assert woken == []
    assert await one.run_once(NOON + MINUTE) == Ticked(started=1)
    assert len(woken) == 1
    assert await one.run_once(NOON + MINUTE) == Ticked()
    assert await one.run_once(NOON + 2 * MINUTE) == Ticked(started=1)
    assert await keys(store) == [
        "scheduled:each-minute:2026-06-01T12:01:00Z",
        "scheduled:each-minute:2026-06-01T12:02:00Z",
    ]
    [newest, _] = (await store.list_page(ListFilter(tenant="dev"))).operations
    assert newest.type == "told"
    assert msgspec.json.decode(newest.input or b"", type=Told) == INPUT


async def test_of_many_workers_one_starts(store, scheduler):
    workers = [scheduler() for _ in range(8)]
    await workers[0].run_once(NOON)
    for minute in range(1, 6):
        rounds = await asyncio.gather(*(worker.run_once(NOON + minute * MINUTE) for worker in workers))
        assert sum(each.started for each in rounds) == 1
    assert len(await keys(store)) == 5


async def test_a_worker_that_dies_before_its_turn_is_noted_leaves_replays(store, scheduler, monkeypatch):
    one = scheduler()
    await one.run_once(NOON)
    with monkeypatch.context() as patch:
        patch.setitem(SQL, "advance_schedule", DIES)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await one.run_once(NOON + MINUTE)
    assert len(await keys(store)) == 1, "the operation is there"
    assert await scheduler().run_once(NOON + MINUTE) == Ticked(replayed=1)
    assert len(await keys(store)) == 1


@pytest.mark.parametrize(("missed", "started"), [("skip", 0), ("latest", 1), ("all", 90)])
async def test_missed_ticks_are_made_up_for_as_the_schedule_says(store, scheduler, missed, started):
    one = scheduler(missed=missed)
    await one.run_once(NOON)
    late = NOON + 90 * MINUTE + timedelta(seconds=30)
    if missed == "skip":
        one = scheduler(missed=missed, every=3600)
    assert (await one.run_once(late + timedelta(minutes=1))).started == started + (missed == "all")
    assert (await one.run_once(late + timedelta(minutes=1))).started == 0


async def test_a_paused_schedule_starts_nothing_and_does_not_make_up_for_it(store, scheduler):
    schedules, one = Schedules(store.pool), scheduler(missed="all", every=86_400)
    now = datetime.now(UTC)
    await one.run_once(now - 10 * DAY)
    await schedules.pause("dev", "each-minute")
    assert await one.run_once(now) == Ticked()
    assert (await schedules.resume("dev", "each-minute")).paused_at is None
    assert await one.run_once() == Ticked(), "it counts from its resumption"
    assert (await one.run_once(datetime.now(UTC) + DAY)).started == 1


async def test_resuming_what_is_not_paused_forgets_nothing(store, scheduler):
    one = scheduler()
    now = datetime.now(UTC)
    await one.run_once(now - 10 * MINUTE)
    await Schedules(store.pool).resume("dev", "each-minute")
    assert (await one.run_once(now)).started == 1


async def test_a_clock_that_is_set_back_starts_nothing_twice(store, scheduler):
    one = scheduler(missed="all")
    await one.run_once(NOON)
    assert (await one.run_once(NOON + 5 * MINUTE)).started == 5
    assert await one.run_once(NOON + 2 * MINUTE) == Ticked()
    assert await one.run_once(NOON + 5 * MINUTE) == Ticked()


async def test_a_tick_whose_input_has_changed_since_it_was_started_is_left_alone(store, scheduler, monkeypatch):
    one = scheduler()
    await one.run_once(NOON)
    with monkeypatch.context() as patch:
        patch.setitem(SQL, "advance_schedule", DIES)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await one.run_once(NOON + MINUTE)
    changed = scheduler(input=Told((StepTold("another"),)))
    assert await changed.run_once(NOON + MINUTE) == Ticked(replayed=1)
    assert (await changed.run_once(NOON + 2 * MINUTE)).started == 1


async def test_a_tick_takes_its_place_by_whose_turn_it_is_and_by_its_tenants_weight(store, scheduler):
    head = time.time_ns() - 10_000_000_000  # what waits has waited for ten seconds
    await factory.operation(store.pool, fair_order=head)
    await TenantLimits(store.pool).set("dev", weight=100)
    one = scheduler(missed="all")
    await one.run_once(NOON)
    assert await one.run_once(NOON + 2 * MINUTE) == Ticked(started=2)
    rows = await store.pool.fetch("select fair_order from operations where tenant = 'dev' order by fair_order")
    first, second = (row["fair_order"] for row in rows)
    assert head < first < second <= head + 2 * COST_NS / 100


async def test_real_workers_start_each_tick_once_and_go_on_when_one_is_killed(crew: Crew):
    environment = {"OPERATIONS_REGISTRY": "tests.worker.definitions:with_schedule"}
    first, _ = crew.start_worker(**environment), crew.start_worker(**environment)
    await succeeded(crew, 2)
    first.kill()
    await succeeded(crew, len(await keys(crew.store)) + 2)
    ticks = await keys(crew.store)
    assert len(ticks) == len(set(ticks))
    assert all(key.startswith("scheduled:each-second:") for key in ticks if key)


async def succeeded(crew: Crew, count: int) -> None:
    """Return when so many operations have."""
    async with asyncio.timeout(30):  # only a test that fails waits so long
        wanted = ListFilter(tenant="dev", statuses=["succeeded"])
        while len((await crew.store.list_page(wanted)).operations) < count:  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.02)
