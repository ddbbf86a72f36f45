"""What a heartbeat learns reaches the call it is meant for, at once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from operations_api.queue import Queue
from operations_api.store.leases import Held, Leases, renew
from operations_api.store.store import Store
from tests.store import factory
from tests.store.conftest import KNOWN
from tests.worker.crew import Crew
from tests.worker.definitions import StepTold
from worker.lease import NO_HEARTBEAT_EXIT_CODE, Lease, Leaseholder

LEASE_SECONDS = 600.0
"""By itself nothing is renewed or given up while these tests run."""


async def test_a_call_is_given_up_as_soon_as_a_heartbeat_finds_its_lease_lost(crew: Crew, redis_url: str) -> None:
    crew.start_worker(OPERATIONS_LEASE_SECONDS=str(LEASE_SECONDS))
    id = await crew.begin(StepTold("slow", trouble={"reserve": "wait"}, timeout_seconds=LEASE_SECONDS))
    await crew.seen(id, "call", "slow", "reserve")
    await crew.connection.execute("update operations set lease_epoch = lease_epoch + 1 where id = $1", id)
    queue = await Queue.open(redis_url)
    queue.cancel_requested("dev", id)  # a hint: the worker asks Postgres at once, which says something else
    await crew.seen(id, "cancelled", "slow", "reserve")
    await queue.close()


async def test_a_process_ends_when_its_heartbeats_have(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(leaseholder: Leaseholder) -> None:
        raise RuntimeError("can't start new thread")

    codes: list[int] = []
    monkeypatch.setattr("worker.lease.os._exit", codes.append)
    monkeypatch.setattr(Leaseholder, "_connect", fail)
    leaseholder = Leaseholder("nowhere", uuid4(), 0.03)
    leaseholder.start()
    await asyncio.to_thread(leaseholder.join)
    leaseholder._ending.set()
    assert codes == [NO_HEARTBEAT_EXIT_CODE]


async def test_answers_in_whatever_order_go_to_the_leases_they_speak_of(
    store: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def renew_backwards(*arguments: Any) -> Any:
        return (await renew(*arguments))[::-1]

    monkeypatch.setattr("worker.lease.renew", renew_backwards)
    connection = await asyncpg.connect(database)
    owner = uuid4()
    leaseholder = Leaseholder(database, owner, LEASE_SECONDS)
    leaseholder._ending.set()  # its thread never starts
    for place in range(5):
        await factory.operation(connection, fair_order=place)
    claimed = await Leases(store.pool, owner, LEASE_SECONDS).claim(KNOWN, 5)
    stopped = asyncio.Event()
    leases = [Lease(Held(one.operation.tenant, one.operation.id, one.epoch), 0.0, stopped.set) for one in claimed]
    for lease in leases:
        leaseholder.hold(lease)
    await store.cancel(leases[1].held.tenant, leases[1].held.id)
    await leaseholder._renew(connection)
    await connection.close()
    assert [lease.cancel_requested for lease in leases] == [False, True, False, False, False]
    assert all(lease.renewed_at > 0 for lease in leases)
