"""Who takes what, and when: nothing is done twice, nothing waits for long, nobody spins."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from statistics import median

import pytest

from operations_api.queue import Queue
from tests.processes import watching
from tests.worker.crew import PATIENCE_SECONDS, POLL_SECONDS, PROGRAM, Crew
from tests.worker.definitions import StepTold
from worker.dispatch import ROUND_SECONDS

ORDER = (StepTold("stock", effect="local"), StepTold("funds"), StepTold("mail", kind="action"))
DONE_ONCE = Counter(["stock:reserve", "funds:reserve", "stock:commit", "funds:commit", "mail:execute"])
IDLE_SECONDS = 2.0
BACKENDS = """
    select pid from pg_stat_activity
    where datname = current_database() and application_name in ('operations-api worker', 'operations-api leases')
"""


async def test_two_workers_do_two_hundred_operations_once_each(crew: Crew) -> None:
    workers = [crew.start_worker(OPERATIONS_WORKER_SLOTS="20") for _ in range(2)]
    waiting = [await crew.begin(StepTold("slow", trouble={"reserve": "wait"})) for _ in range(40)]
    for id in waiting:
        await crew.seen(id, "call", "slow", "reserve")
    ids = [await crew.begin(*ORDER) for _ in range(200)]
    for id in waiting:
        crew.open_gate(id, "slow", "reserve")
    for id in ids:
        assert (await crew.done(id)).status == "succeeded"
    for id in ids:
        assert await crew.effects(id) == DONE_ONCE
        assert len(crew.calls(id)) == len(DONE_ONCE), "nobody called anything twice"
        assert (await crew.row(id))["lease_epoch"] == 1
    assert {line.pid for id in waiting for line in crew.ledger(id)} == {worker.pid for worker in workers}


async def test_a_backlog_is_claimed_as_slots_become_free_and_not_by_rounds(crew: Crew) -> None:
    slots, backlog = 10, 300
    ids = [await crew.begin(StepTold("only", effect="local"), fair_order=place) for place in range(backlog)]
    crew.start_worker(OPERATIONS_WORKER_SLOTS=str(slots))
    await crew.done(ids[slots])
    began = time.monotonic()
    for id in ids:
        await crew.done(id)
    rounds = (time.monotonic() - began) / ROUND_SECONDS
    assert rounds < backlog / slots / 2, "filling all slots once a round would take twice as many"


async def test_operations_outlive_the_backends_that_serve_them(crew: Crew) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    worker = crew.start_worker()
    await crew.done(await crew.begin(StepTold("warm-up")))  # one that cannot even start says so and ends
    ids = [await crew.begin(*ORDER, StepTold("slow", trouble={"reserve": "retry 2"})) for _ in range(40)]
    for _ in range(12):
        await _kill_a_backend(crew, chance)
        ids += [await crew.begin(*ORDER) for _ in range(5)]
    for id in ids:
        await crew.done(id)
    for id in ids:
        assert (await crew.get(id)).status == "succeeded"
        assert set((await crew.effects(id)).values()) == {1}, crew.calls(id)
    assert worker.process.poll() is None


async def test_a_worker_leaves_alone_what_it_does_not_know(crew: Crew) -> None:
    crew.start_worker()
    unknown = await crew.begin(StepTold("only"), definition_version=2)
    known = await crew.begin(StepTold("only"))
    assert (await crew.done(known)).status == "succeeded"
    assert (await crew.get(unknown)).status == "pending"
    crew.start_worker(OPERATIONS_REGISTRY="tests.worker.definitions:with_version_two")
    assert (await crew.done(unknown)).status == "succeeded"


async def test_a_worker_whose_steps_are_not_those_the_database_knows_refuses_to_start(crew: Crew) -> None:
    first = crew.start_worker()
    assert (await crew.done(await crew.begin(StepTold("only")))).status == "succeeded"
    changed = crew.start_worker(OPERATIONS_REGISTRY="tests.worker.definitions:with_other_steps")
    assert await changed.ended() == 1
    assert 'definition "plain" version 1 has other steps than the database has seen' in changed.said()
    assert "Traceback" not in changed.said()
    assert first.process.poll() is None


@pytest.mark.parametrize(
    ("registry", "reason"), [("with_stricter_input", "INPUT_UNREADABLE"), ("with_broken_steps", "STEPS_CHANGED")]
)
async def test_an_operation_that_its_definition_no_longer_fits_needs_attention(
    crew: Crew, registry: str, reason: str
) -> None:
    worker = crew.start_worker(OPERATIONS_REGISTRY=f"tests.worker.definitions:{registry}")
    id = await crew.begin(StepTold("only"))
    operation = await crew.until(id, lambda operation: operation.status == "needs_attention")
    assert f'"reason":"{reason}"'.encode() in bytes(operation.blocked or b"")
    assert crew.calls(id) == []
    assert worker.process.poll() is None


async def test_a_bell_starts_an_idle_operation_sooner_than_the_look_each_second(crew: Crew, redis_url: str) -> None:
    crew.start_worker()
    await crew.done(await crew.begin(StepTold("warm-up")))
    queue = await Queue.open(redis_url)
    unwoken = [await _seconds_to_start(crew, None) for _ in range(3)]
    woken = [await _seconds_to_start(crew, queue) for _ in range(15)]
    await queue.close()
    assert median(woken) * 5 < median(unwoken), (woken, unwoken)


async def test_a_bell_tells_a_reserve_in_flight_of_a_cancel_request_at_once(crew: Crew, redis_url: str) -> None:
    crew.start_worker(OPERATIONS_LEASE_SECONDS="60")  # a heartbeat is twenty seconds away
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}))
    await crew.seen(id, "call", "slow", "reserve")
    queue = await Queue.open(redis_url)
    await crew.store.cancel("dev", id)
    queue.cancel_requested("dev", id)
    asked_at = time.monotonic()
    [told] = await crew.seen(id, "cancel requested", "slow", "reserve")
    await queue.close()
    assert told.at - asked_at < 20 / 2


async def test_an_idle_worker_does_not_spin(crew: Crew) -> None:
    worker = crew.start_worker()
    await crew.done(await crew.begin(StepTold("warm-up")))
    before, wakes = worker.cpu_seconds(), worker.wakes()
    began = time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    share = (worker.cpu_seconds() - before) / (time.monotonic() - began)
    assert share < 0.1, "of what a busy loop would use"
    assert worker.wakes() - wakes < 200, "each look at the queue would be a few"


async def test_several_processes_work_side_by_side_and_stop_together(crew: Crew) -> None:
    parent = crew.start_worker("--processes", "2", OPERATIONS_WORKER_SLOTS="1")
    ids = [await crew.begin(StepTold("slow", trouble={"reserve": "wait"})) for _ in range(2)]
    pids = {(await crew.seen(id, "call", "slow", "reserve"))[0].pid for id in ids}
    assert len(pids) == 2
    assert parent.pid not in pids
    for id in ids:
        crew.open_gate(id, "slow", "reserve")
    for id in ids:
        assert (await crew.done(id)).status == "succeeded"
    with watching(list(pids)) as children:
        parent.send(signal.SIGTERM)
        assert await parent.ended() == 0
        assert children.all_end()


async def test_the_stock_arq_command_executes_operations_and_drains(crew: Crew, redis_url: str) -> None:
    worker = crew.start_worker(command=[PROGRAM.with_name("arq"), "worker.app.WorkerSettings"])
    queue = await Queue.open(redis_url)
    ids = []
    for _ in range(20):
        ids.append(await crew.begin(*ORDER))
        queue.wake()
    for id in ids:
        assert (await crew.done(id)).status == "succeeded"
        assert await crew.effects(id) == DONE_ONCE
    slow = await crew.begin(StepTold("slow", trouble={"commit": "wait"}))
    queue.wake()
    await crew.seen(slow, "call", "slow", "commit")
    await queue.close()
    worker.send(signal.SIGTERM)
    crew.open_gate(slow, "slow", "commit")
    assert await worker.ended() == 0
    assert (await crew.get(slow)).status == "succeeded"


async def _kill_a_backend(crew: Crew, chance: random.Random) -> None:
    """One of the worker's, as soon as there is one."""
    pids = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if pids := await crew.connection.fetch(BACKENDS):
                break
            await asyncio.sleep(POLL_SECONDS)
    await crew.connection.execute("select pg_terminate_backend($1)", chance.choice(pids)["pid"])


async def _seconds_to_start(crew: Crew, queue: Queue | None) -> float:
    id = await crew.begin(StepTold("only"))
    if queue is not None:
        queue.wake()
    operation = await crew.done(id)
    assert operation.started_at is not None
    return (operation.started_at - operation.created_at).total_seconds()
