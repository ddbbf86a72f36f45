"""What is over is forgotten: in batches, by one worker at a time, at a cost that does not grow with the table."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from operations_api.domain.operation import FOR_EVER
from operations_api.store.cleaning import LOCK, SQL, TOMBSTONE, CannotErase, Cleaned, Kept, erase
from operations_api.store.queries import load
from operations_api.store.store import Store
from operations_api.store.webhook_deliveries import WebhookDeliveries
from tests.store import factory
from tests.store.factory import LONG_AGO, SOON, request
from tests.worker.crew import Crew
from worker.clean import CLEAN_BATCH, CLEAN_SECONDS, Cleaner

OPERATIONS = load("operations")
A_SECOND = timedelta(seconds=1)
SECRET = '{"card": "4111"}'


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


@pytest.fixture
def cleaner(store: Store) -> Cleaner:
    return Cleaner(store.pool)


async def finished(connection: asyncpg.Connection, **overrides: Any) -> Any:
    """An operation that is done, with its key, a step, what an operator did to it and receivers are told of it."""
    row = await factory.operation(
        connection, **{"status": "succeeded", "input": SECRET, "result": SECRET, "labels": SECRET, **overrides}
    )
    await factory.key(connection, row, key=str(row["id"]))
    await factory.step(connection, row, state="committed", result=SECRET, reservation=SECRET)
    await connection.execute(
        "insert into operator_actions (tenant, operation_id, verb, actor, evidence) values ($1, $2, 'retry', 'x', $3)",
        row["tenant"], row["id"], SECRET,
    )  # fmt: skip
    for state in ("next_attempt_at", "delivered_at", "dead_at"):
        await factory.webhook(
            connection, tenant=row["tenant"], operation_id=row["id"], url="https://4111.example", failure="no 4111",
            **{"next_attempt_at": None, state: SOON},
        )  # fmt: skip
    return row


async def count(connection: asyncpg.Connection, table: str) -> int:
    return int(await connection.fetchval(f"select count(*) from {table}"))  # noqa: S608 -- our own words


async def everything_of(connection: asyncpg.Connection) -> str:
    """All that the tables with an operation's data hold, as text."""
    tables = ("operations", "operation_steps", "operator_actions", "idempotency_keys", "webhooks")
    rows = [row for table in tables for row in await connection.fetch(f"select * from {table}")]  # noqa: S608
    return "\n".join(map(str, rows))


# -- retention ---------------------------------------------------------------------------------------------------------


async def test_nothing_is_forgotten_an_instant_before_its_time(connection, cleaner):
    await finished(connection)
    await factory.operation(connection)
    before = await everything_of(connection)
    assert await cleaner.run_once(SOON - timedelta(microseconds=1)) == Cleaned()
    assert await everything_of(connection) == before
    assert await cleaner.run_once(SOON) == Cleaned(operations=1, keys=1)


async def test_of_what_is_expired_a_tombstone_stays_and_the_key_is_free(connection, cleaner, store):
    row = await finished(connection, group_name="account:4111")
    await cleaner.run_once(SOON)
    assert "4111" not in await everything_of(connection)
    for table in ("operation_steps", "operator_actions", "idempotency_keys", "webhooks"):
        assert await count(connection, table) == 0
    operation = await store.get(row["tenant"], row["id"])
    assert operation is not None
    assert operation.deleted_at is not None, "what HTTP answers with 410"
    assert not (await store.start(request(key=str(row["id"])))).replayed


async def test_a_tombstone_goes_after_thirty_days_and_not_before(connection, cleaner, store):
    row = await finished(connection)
    await cleaner.run_once(SOON)
    assert await cleaner.run_once(SOON + TOMBSTONE - A_SECOND) == Cleaned()
    assert await store.get(row["tenant"], row["id"]) is not None
    assert await cleaner.run_once(SOON + TOMBSTONE) == Cleaned(tombstones=1)
    assert await store.get(row["tenant"], row["id"]) is None


async def test_the_key_of_a_deleted_operation_is_free_once_it_expires_too(connection, cleaner):
    await finished(connection, deleted_at=LONG_AGO, input=None, result=None)
    assert await cleaner.run_once(SOON - A_SECOND) == Cleaned()
    assert await cleaner.run_once(SOON) == Cleaned(operations=1, keys=1)


async def test_a_key_that_names_another_operation_by_now_stays(connection, cleaner, store):
    row = await finished(connection, expires_at=LONG_AGO)
    started = await store.start(request(key=str(row["id"])))
    assert await cleaner.run_once() == Cleaned(operations=1, keys=0)
    found = await store.start(request(key=str(row["id"])))
    assert (found.replayed, found.operation.id) == (True, started.operation.id)


async def test_what_is_kept_for_ever_outlives_the_century(connection, cleaner):
    await finished(connection, expires_at=LONG_AGO + FOR_EVER)
    cleaned = await cleaner.run_once(LONG_AGO + timedelta(days=36_500))
    assert cleaned == Cleaned(webhooks=1, dead_webhooks=1), "what is kept is the operation"


async def test_a_start_whose_expired_key_is_cleaned_away_meanwhile_starts(connection, cleaner, store, monkeypatch):
    row = await finished(connection, expires_at=LONG_AGO)
    look_up = store._look_up

    async def and_then_clean(starts: Any) -> None:
        await look_up(starts)
        await cleaner.run_once()

    monkeypatch.setattr(store, "_look_up", and_then_clean)
    assert not (await store.start(request(key=str(row["id"])))).replayed


async def test_tokens_and_bodies_go_when_their_time_is_over_and_not_before(connection, cleaner):
    await factory.recent_body(connection)
    await connection.execute("insert into operation_tokens values ('acme', 'optoken_1', 'place-order', $1)", SOON)
    assert await cleaner.run_once(SOON - A_SECOND) == Cleaned()
    assert await cleaner.run_once(SOON) == Cleaned(tokens=1, bodies=1)
    assert await count(connection, "operation_tokens") == await count(connection, "recent_bodies") == 0


DAY = timedelta(days=1)


async def test_webhooks_and_events_are_kept_for_as_long_as_is_set_and_not_longer(connection, store):
    cleaner = Cleaner(store.pool, Kept(webhooks=DAY, dead_webhooks=2 * DAY, webhook_events=3 * DAY))
    await factory.webhook(connection, next_attempt_at=None, delivered_at=LONG_AGO)
    await factory.webhook(connection, next_attempt_at=None, dead_at=LONG_AGO)
    await factory.webhook(connection, next_attempt_at=LONG_AGO)
    await factory.webhook_event(connection, received_at=LONG_AGO)
    for days, gone in ((1, {"webhooks": 1}), (2, {"dead_webhooks": 1}), (3, {"webhook_events": 1})):
        assert await cleaner.run_once(LONG_AGO + days * DAY - A_SECOND) == Cleaned()
        assert await cleaner.run_once(LONG_AGO + days * DAY) == Cleaned(**gone)
    assert await count(connection, "webhooks") == 1, "what is to be sent stays until it is settled"


async def test_a_webhook_that_was_replayed_is_not_forgotten_for_having_been_given_up(connection, cleaner, store):
    row = await factory.webhook(connection, next_attempt_at=None, dead_at=LONG_AGO)
    await WebhookDeliveries(store.pool).replay(row["tenant"], row["id"])
    assert await cleaner.run_once() == Cleaned()


async def test_a_secret_goes_when_nothing_is_signed_with_it_any_more(connection, cleaner):
    await factory.tenant(connection)
    await factory.webhook_secret(connection, expires_at=SOON)
    newest = await factory.webhook_secret(connection)
    assert await cleaner.run_once(SOON - A_SECOND) == Cleaned()
    assert await cleaner.run_once(SOON) == Cleaned(secrets=1)
    assert await connection.fetchval("select id from webhook_secrets") == newest["id"]


async def test_a_full_batch_of_anything_is_followed_by_the_next_one_at_once(connection, store):
    cleaner = Cleaner(store.pool, batch=2)
    for _ in range(3):
        await factory.webhook(connection, next_attempt_at=None, dead_at=LONG_AGO)
    assert [cleaner.is_full(await cleaner.run_once()) for _ in range(2)] == [True, False]


# -- bounded, one at a time, in nobody's way ---------------------------------------------------------------------------


async def test_a_batch_has_a_bound_and_the_oldest_go_first(connection, store):
    rows = [await finished(connection, expires_at=LONG_AGO + number * A_SECOND) for number in reversed(range(7))]
    cleaner = Cleaner(store.pool, batch=3)
    assert [(await cleaner.run_once()).operations for _ in range(2)] == [3, 3]
    left = await connection.fetch("select id from operations where tombstone_until is null")
    assert [row["id"] for row in left] == [rows[0]["id"]]


@pytest.mark.parametrize("what", ["operations", "tombstones", "tokens", "bodies"])
def test_while_there_is_more_it_goes_on_in_proportion_to_what_a_batch_takes(cleaner, what):
    full, rest = Cleaned(**{what: CLEAN_BATCH}), Cleaned(**{what: CLEAN_BATCH - 1})
    assert cleaner.pause_after(full, 0.02) == pytest.approx(0.06)
    assert cleaner.pause_after(full, 2.0) == pytest.approx(6.0)
    assert cleaner.pause_after(rest, 0.02) == CLEAN_SECONDS


async def test_only_one_cleans_at_a_time(connection, cleaner):
    await finished(connection)
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
        assert await cleaner.run_once(SOON) == Cleaned()
    assert await cleaner.run_once(SOON) == Cleaned(operations=1, keys=1)


async def test_what_somebody_else_holds_is_left_for_later_and_nobody_waits(connection, cleaner):
    held, _ = [await finished(connection) for _ in range(2)]
    async with connection.transaction():
        await connection.execute("select from operations where id = $1 for update", held["id"])
        assert await cleaner.run_once(SOON) == Cleaned(operations=1, keys=1)
    assert await cleaner.run_once(SOON) == Cleaned(operations=1, keys=1)


MANY = """
insert into operations (
    tenant, id, type, definition_version, steps, status, phase, decision, input, result, retention_seconds, ready,
    fair_order, created_at, finished_at, expires_at, deleted_at, tombstone_until
)
select
    'acme', gen_random_uuid(), 'place-order', 1, '[]', 'succeeded', 'finished', 'commit',
    case when kind <> 'tombstone' then '{}'::json end, case when kind <> 'tombstone' then '{}'::json end, 1, false, 1,
    '2026-01-01', '2026-01-02', case when kind = 'due' then '2026-01-03' else '2099-01-01' end::timestamptz,
    case when kind = 'tombstone' then now() end, case when kind = 'tombstone' then '2099-01-01'::timestamptz end
from generate_series(1, $1), (select $2::text as kind) as k
"""


MANY_WEBHOOKS = """
insert into webhooks (
    tenant, id, operation_id, version, type, url, endpoint_id, next_attempt_at, delivered_at, dead_at
)
select
    'acme', gen_random_uuid(), gen_random_uuid(), 2, 'operation.succeeded', 'https://example.com', null,
    case when state = 0 then now() end, case when state = 1 then at end, case when state = 2 then at end
from (select n % 3 as state, now() - $2 * interval '1 day' as at from generate_series(1, $1) as n) as s
"""
MANY_EVENTS = """
insert into webhook_events (tenant, source, event_id, type, body, reason, received_at)
select 'acme', 'shop', gen_random_uuid()::text, 'a', '{}', 'b', now() - $2 * interval '1 day'
from generate_series(1, $1)
"""
MANY_SECRETS = """
insert into webhook_secrets (tenant, id, secret, expires_at)
select 'acme', gen_random_uuid(), sha256('a'), now() + (0.5 - $2 / 100.0) * interval '1 day' from generate_series(1, $1)
"""


@pytest.mark.parametrize("statement", [
    "remove_delivered_webhooks", "remove_dead_webhooks", "remove_webhook_events", "remove_secrets"
])  # fmt: skip
async def test_the_cost_of_forgetting_webhooks_does_not_grow_with_their_table(connection, statement):
    await factory.tenant(connection)
    reads = []
    for size in (5_000, 40_000):
        for many in (MANY_WEBHOOKS, MANY_EVENTS, MANY_SECRETS):
            await connection.execute(many, size, 0)
            await connection.execute(many, 30, 100)
        await connection.execute("vacuum analyze")
        plan = await explained(connection, statement)
        assert "Seq Scan" not in json.dumps(plan)
        reads.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    assert reads[1] <= 2 * reads[0] + 60, reads


async def test_what_receivers_were_told_of_an_operation_is_found_by_an_index(connection):
    await connection.execute(MANY_WEBHOOKS, 20_000, 0)
    await connection.execute("vacuum analyze webhooks")
    await connection.execute("set plan_cache_mode = force_generic_plan")
    for statement in (SQL["erase_webhooks"], OPERATIONS["erase_told"]):
        await connection.execute(f"prepare erasing as {statement}")
        of = "array['acme'], array[gen_random_uuid()]" if "unnest" in statement else "'acme', gen_random_uuid()"
        text = await connection.fetchval(f"explain (format json) execute erasing({of})")
        await connection.execute("deallocate erasing")
        assert "webhooks_by_operation" in text
        assert "Seq Scan" not in text


@pytest.mark.parametrize("statement", ["entomb_operations", "remove_tombstones"])
async def test_the_cost_of_a_batch_does_not_grow_with_the_table(connection, statement):
    reads = []
    for size in (500, 20_000):
        await connection.execute(MANY, size, "kept")
        await connection.execute(MANY, size, "tombstone")
        await connection.execute(MANY, 10, "due")
        await connection.execute("vacuum analyze operations")
        plan = await explained(connection, statement)
        assert "Seq Scan" not in json.dumps(plan)
        reads.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    assert reads[1] <= 2 * reads[0] + 20, reads


async def explained(connection: asyncpg.Connection, name: str) -> Any:
    """What the statement read for one batch, as any number of its runs plans it; it is undone afterwards."""
    count = len(set(re.findall(r"\$\d", SQL[name])))
    arguments = ", ".join(["null", "500", "60"][:count])
    await connection.execute("set plan_cache_mode = force_generic_plan")
    await connection.execute(f"prepare batch as {SQL[name]}")
    try:
        async with connection.transaction():
            text = await connection.fetchval(f"explain (analyze, buffers, format json) execute batch({arguments})")
            await connection.execute("set constraints all immediate")
            return json.loads(text)[0]["Plan"]
    finally:
        await connection.execute("deallocate batch")


async def test_a_worker_cleans_by_itself(connection, crew: Crew):
    row = await finished(connection, expires_at=datetime.now(LONG_AGO.tzinfo) - A_SECOND)
    crew.start_worker()
    await crew.journaled(row["id"], lambda cleaned: cleaned["tombstone_until"] is not None)


# -- erasing -----------------------------------------------------------------------------------------------------------


async def test_erasing_removes_what_clients_steps_and_operators_said_and_keeps_key_and_tombstone(connection, store):
    row = await finished(connection, message="of 4111", callback_url="http://4111.example", group_name="account:4111")
    assert await erase(store.pool, row["id"]) == row["tenant"]
    assert "4111" not in await everything_of(connection)
    assert await count(connection, "idempotency_keys") == 1
    operation = await store.get(row["tenant"], row["id"])
    assert operation is not None
    assert (operation.deleted_at is not None, operation.expires_at) == (True, row["expires_at"])
    assert await erase(store.pool, row["id"]) == row["tenant"], "again is no error"


async def test_what_is_not_done_is_not_erased(connection, store):
    row = await factory.operation(connection, input=SECRET)
    with pytest.raises(CannotErase, match="cancel it, or wait for its end"):
        await erase(store.pool, row["id"])
    assert "4111" in await everything_of(connection)


async def test_an_id_of_several_tenants_is_erased_for_the_one_that_is_named(connection, store):
    mine = await finished(connection)
    await finished(connection, tenant="globex", id=mine["id"])
    with pytest.raises(CannotErase, match="acme, globex"):
        await erase(store.pool, mine["id"])
    await erase(store.pool, mine["id"], "globex")
    left = await connection.fetch("select tenant from operations where deleted_at is null")
    assert [row["tenant"] for row in left] == ["acme"]
    with pytest.raises(CannotErase, match="There is no operation"):
        await erase(store.pool, mine["id"], "initech")
