"""Whose receivers do not answer keeps nobody else waiting: tenants take turns, and so do a tenant's receivers."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from operations_api.store.queries import load
from operations_api.store.store import Store
from operations_api.store.webhook_receivers import WebhookReceivers
from operations_api.store.webhooks import CALLBACKS, Lane, Room, Webhooks
from tests.store.factory import operation, webhook
from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.inbox import Inbox
from worker import webhooks as delivering
from worker.addresses import Guard, networks
from worker.courier import Courier, Reply
from worker.webhooks import Deliverer

OpenInbox = Callable[..., Inbox]

MANY = """
insert into webhooks (tenant, id, operation_id, version, type, url, endpoint_id, next_attempt_at)
select $1, gen_random_uuid(), $2, n, 'operation.succeeded', 'http://127.0.0.1:1/' || n, $3, now() - interval '1 hour'
from generate_series(1, $4) as n
"""
"""So many that have been due for an hour, each for a receiver of its own."""

PATIENCE_SECONDS = 30.0
DEAD_SECONDS = 3600.0


class Deaf(Courier):
    """Whose receivers on port 1 take the connection and never answer; the others do."""

    async def carry(self, url: str, headers: object, body: bytes) -> Reply:
        if ":1/" in url:
            await asyncio.sleep(DEAD_SECONDS)
        return await super().carry(url, headers, body)  # type: ignore[arg-type]


@pytest.fixture
async def deaf(store: Store):  # type: ignore[no-untyped-def]
    deliverer = Deliverer(Webhooks(store.pool), Deaf(Guard(networks(LOOPBACK))))
    yield deliverer
    await deliverer.stop()


async def ended(store: Store, tenant: str) -> UUID:
    """An operation of a tenant that signs its webhooks."""
    await store.pool.execute("insert into tenants (name) values ($1) on conflict do nothing", tenant)
    await WebhookReceivers(store.pool).new_secret(tenant, 0)
    row = await operation(store.pool, tenant=tenant, status="succeeded")
    id: UUID = row["id"]
    return id


async def tell(store: Store, tenant: str, inbox: Inbox, count: int, endpoint: UUID | None = None) -> None:
    """So many that are due only now, for a receiver that answers."""
    id = await ended(store, tenant)
    for number in range(count):
        await webhook(
            store.pool, tenant=tenant, operation_id=id, url=await inbox.url(f"/{number}"), endpoint_id=endpoint
        )
    await store.pool.execute("update webhooks set next_attempt_at = now() where url not like '%:1/%'")


async def rounds_until(deliverer: Deliverer, inbox: Inbox, count: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(inbox.so_far()) < count:
            await deliverer.run_once()
            await asyncio.sleep(0.01)


async def test_a_hundred_thousand_for_dead_receivers_delay_nobody_elses_ten(
    store: Store, deaf: Deliverer, open_inbox: OpenInbox
) -> None:
    inbox = open_inbox()
    for endpoint in (None, *(uuid4() for _ in range(9))):
        await store.pool.execute(MANY, "acme", await ended(store, "acme"), endpoint, 10_000)
    for _ in range(10):
        await deaf.run_once()
    await tell(store, "zeta", inbox, 10)
    await rounds_until(deaf, inbox, 10)
    assert {request["path"] for request in inbox.so_far()} == {f"/{number}" for number in range(10)}


async def test_a_dead_receiver_leaves_slots_for_its_tenants_other_one(
    store: Store, deaf: Deliverer, open_inbox: OpenInbox
) -> None:
    inbox = open_inbox()
    await store.pool.execute(MANY, "acme", await ended(store, "acme"), uuid4(), 1_000)
    for _ in range(10):
        await deaf.run_once()
    await tell(store, "acme", inbox, 10, endpoint=uuid4())
    await rounds_until(deaf, inbox, 10)


async def test_more_tenants_than_slots_take_turns(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "SLOTS", 3)
    monkeypatch.setattr(delivering, "LANES", 4)
    told: Counter[str] = Counter()
    deliverer = Deliverer(Webhooks(store.pool), Courier(Guard(())))

    async def note(claimed: object) -> None:
        told[claimed.tenant] += 1  # type: ignore[attr-defined]

    monkeypatch.setattr(deliverer, "_deliver", note)
    tenants = [f"tenant-{number}" for number in range(10)]
    for tenant in tenants:
        await store.pool.execute(MANY, tenant, uuid4(), None, 50)
    while sum(told.values()) < 100:
        await deliverer.run_once()
        await deliverer.drain()
    assert set(told) == set(tenants)
    assert max(told.values()) <= 3 * min(told.values()), told
    await deliverer.stop()


async def test_of_a_lane_and_of_a_tenant_no_more_are_taken_than_there_is_room(store: Store) -> None:
    webhooks, endpoint = Webhooks(store.pool), uuid4()
    for receiver in (None, endpoint):
        await store.pool.execute(MANY, "acme", uuid4(), receiver, 20)
    await store.pool.execute(MANY, "zeta", uuid4(), None, 20)
    lanes = await webhooks.next_lanes(None, 10)
    assert lanes == [Lane("acme", CALLBACKS), Lane("acme", endpoint), Lane("zeta", CALLBACKS)]
    assert await webhooks.next_lanes(lanes[0], 1) == [lanes[1]]
    rooms = [(lanes[0], Room(4, 6)), (lanes[1], Room(4, 6)), (lanes[2], Room(5, 6))]
    taken = Counter(each.lane.tenant for each in await webhooks.claim(rooms, 100, 60))
    assert taken == {"acme": 6, "zeta": 5}
    again = await webhooks.claim([(lane, Room(100, 100)) for lane in lanes], 100, 60)
    assert len(again) == 49, "and none is taken twice"


async def test_a_round_costs_the_same_however_much_is_due(store: Store) -> None:
    reads = []
    for size in (2_000, 40_000):
        for tenant in ("acme", "zeta"):
            await store.pool.execute(MANY, tenant, uuid4(), None, size)
        await store.pool.execute("vacuum analyze webhooks")
        lanes = "array['acme', 'zeta'], array[gen_random_uuid(), gen_random_uuid()]"
        lanes = re.sub(r"gen_random_uuid\(\)", f"'{CALLBACKS}'::uuid", lanes)
        reads.append([
            await read(store, "next_lanes", f"'', '{CALLBACKS}', 64"),
            await read(store, "claim_webhooks", f"{lanes}, array[8, 8], array[8, 8], 16, 60"),
        ])  # fmt: skip
    assert all(after <= 3 * before + 100 for before, after in zip(*reads, strict=True)), reads


async def read(store: Store, name: str, arguments: str) -> int:
    """How many pages one run read, planned for whatever may be asked; it is undone afterwards."""
    async with store.pool.acquire() as connection:
        await connection.execute("set plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare taking as {load('webhooks')[name]}")
        undone = connection.transaction()
        await undone.start()
        text = await connection.fetchval(f"explain (analyze, buffers, format json) execute taking({arguments})")
        await undone.rollback()
        await connection.execute("deallocate taking")
        plan = json.loads(bytes(text))[0]["Plan"]
        assert "Seq Scan" not in json.dumps(plan)
        return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
