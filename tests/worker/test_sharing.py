"""Groups, priorities, weights and limits, with several real workers that are killed meanwhile."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter, defaultdict
from itertools import groupby
from uuid import UUID

import asyncpg
import pytest

from operations_api.domain.fair_order import FairOrder
from tests.worker.crew import PATIENCE_SECONDS, POLL_SECONDS, Crew, Worker
from tests.worker.definitions import StepTold
from worker.dispatch import ROUND_SECONDS

NOW_NS = 1_800_000_000_000_000_000
AT_ONCE = 3
STEPS = (StepTold("stock", effect="local"), StepTold("funds", trouble={"reserve": "retry 1"}), StepTold("goods"))
KILLS = 4
LIMITED = "tests.worker.definitions:with_limit"


@pytest.fixture
def chance() -> random.Random:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


async def replace_one(crew: Crew, workers: list[Worker], chance: random.Random, **environment: str) -> None:
    """Kill one of the workers, and start another."""
    workers.pop(chance.randrange(len(workers))).kill()
    workers.append(crew.start_worker(**environment))


async def all_done(crew: Crew, ids: list[UUID]) -> None:
    for id in ids:
        assert (await crew.done(id)).status == "succeeded"


def order_of(crew: Crew, ids: list[UUID]) -> list[str]:
    """Whose calls they were, in the order of the ledger, the calls of one without another's in between as one."""
    known = {str(id) for id in ids}
    return [id for id, _ in groupby(line.operation for line in crew.lines() if line.operation in known)]


async def test_a_group_runs_one_at_a_time_and_in_order_whoever_is_killed(crew: Crew, chance: random.Random) -> None:
    workers = [crew.start_worker() for _ in range(3)]
    groups: dict[str, list[UUID]] = defaultdict(list)
    for number in range(48):
        group = f"g{number % 6}"
        groups[group].append(await crew.begin(*STEPS, group=group))
    for kill in range(KILLS):
        ended = groups[f"g{kill}"][kill + 1]
        await crew.seen(ended, "call", "funds", "reserve")
        await replace_one(crew, workers, chance)
    for ids in groups.values():
        await all_done(crew, ids)
        assert order_of(crew, ids) == [str(id) for id in ids]


async def test_the_next_of_a_group_or_type_does_not_wait_for_the_next_round(crew: Crew) -> None:
    crew.start_worker(OPERATIONS_REGISTRY=LIMITED)
    await crew.done(await crew.begin(StepTold("warm-up")))
    needed = 20
    for at_once, more in ((1, {"group": "g"}), (AT_ONCE, {"limited": True})):
        began = time.monotonic()
        await all_done(crew, [await crew.begin(StepTold("one"), **more) for _ in range(needed * at_once)])
        rounds = (time.monotonic() - began) / ROUND_SECONDS
        assert rounds < needed / 2, "one round for each would take twice as many"


async def test_a_worker_that_was_frozen_past_its_lease_does_not_overtake_its_group(crew: Crew) -> None:
    frozen = crew.start_worker()
    first = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}), group="g")
    second = await crew.begin(StepTold("slow"), group="g")
    await crew.seen(first, "call", "slow", "reserve")
    frozen.send(signal.SIGSTOP)
    crew.start_worker()
    await crew.seen(first, "call", "slow", "reserve", times=2)
    crew.open_gate(first, "slow", "reserve")
    await all_done(crew, [first, second])
    frozen.send(signal.SIGCONT)
    await crew.done(await crew.begin(StepTold("slow"), group="g"))
    assert order_of(crew, [first, second])[:2] == [str(first), str(second)]


async def test_a_limit_holds_for_the_whole_fleet_whoever_is_killed(
    crew: Crew, database: str, chance: random.Random
) -> None:
    workers = [crew.start_worker(OPERATIONS_REGISTRY=LIMITED) for _ in range(3)]
    ids = [await crew.begin(*STEPS, limited=True, fair_order=place) for place in range(30)]
    most = asyncio.create_task(_most_at_once(database))
    for kill in range(KILLS):
        await crew.seen(ids[5 * kill], "call", "goods", "reserve")
        await replace_one(crew, workers, chance, OPERATIONS_REGISTRY=LIMITED)
    await all_done(crew, ids)
    most.cancel()
    (seen,) = await asyncio.gather(most)
    assert seen == AT_ONCE, "and as many as there is room for"
    for id in ids:
        assert set((await crew.effects(id)).values()) == {1}


async def test_what_waits_for_room_is_not_in_the_way_of_others(crew: Crew) -> None:
    crew.start_worker(OPERATIONS_REGISTRY=LIMITED, OPERATIONS_WORKER_SLOTS=str(AT_ONCE + 1))
    slow = StepTold("slow", trouble={"reserve": "wait"})
    limited = [await crew.begin(slow, limited=True, fair_order=place) for place in range(AT_ONCE + 5)]
    for id in limited[:AT_ONCE]:
        await crew.seen(id, "call", "slow", "reserve")
    assert (await crew.done(await crew.begin(StepTold("plain"), type="plain", fair_order=100))).status == "succeeded"
    for id in limited:
        crew.open_gate(id, "slow", "reserve")
    await all_done(crew, limited)


async def test_priorities_and_weights_decide_who_comes_first_and_nobody_starves(
    crew: Crew, chance: random.Random
) -> None:
    order = FairOrder(chance.random)
    lanes = {
        "low": [order.place("dev", NOW_NS, priority="low") for _ in range(40)],
        "normal": [order.place("dev", NOW_NS) for _ in range(40)],
        "high": [order.place("dev", NOW_NS, priority="high") for _ in range(40)],
        "heavy": [order.place("heavy", NOW_NS, weight=4) for _ in range(40)],
    }
    names: dict[str, str] = {}
    for name, places in lanes.items():
        for place in places:
            tenant = "heavy" if name == "heavy" else "dev"
            names[str(await crew.begin(StepTold("one"), fair_order=place, tenant=tenant))] = name
    workers = [crew.start_worker(OPERATIONS_WORKER_SLOTS="1") for _ in range(2)]
    await _until_called(crew, 20)
    await replace_one(crew, workers, chance, OPERATIONS_WORKER_SLOTS="1")
    await _until_called(crew, 160)
    begun = [names[id] for id in dict.fromkeys(line.operation for line in crew.lines())]
    first = Counter(begun[:52])  # eight high, four heavy and one normal in thirteen
    assert first["high"] == pytest.approx(32, abs=5)
    assert first["heavy"] == pytest.approx(16, abs=4)
    assert first["normal"] == pytest.approx(4, abs=3)
    assert "low" in begun[:120], "it gets its share while others wait"


async def _until_called(crew: Crew, count: int) -> None:
    async with asyncio.timeout(4 * PATIENCE_SECONDS):  # they come one after the other
        while len({line.operation for line in crew.lines()}) < count:  # noqa: ASYNC110  # a file has no event for it
            await asyncio.sleep(POLL_SECONDS)


async def _most_at_once(database: str) -> int:
    """The most that had a lease at any time, until this is cancelled."""
    connection = await asyncpg.connect(database)
    most = 0
    try:
        while True:
            most = max(most, await connection.fetchval("select count(*) from operations where lease_owner is not null"))
            await asyncio.sleep(POLL_SECONDS / 2)
    except asyncio.CancelledError:
        return most
    finally:
        await connection.close()
