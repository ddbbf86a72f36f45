"""Growth: what is loaded is what the service would have left there, and the page says what was measured."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from benchmarks.growth.parts import PARTS
from benchmarks.growth.report import ratios, render
from benchmarks.growth.stock import ENDS, TABLES, TENANTS, fill
from benchmarks.runner import machine
from benchmarks.systems import GROWN, by_name
from benchmarks.wire import Answer
from operations_api.store.store import ListFilter, Store

COUNT = 6_000
ORPHANS = """
select count(*) from idempotency_keys as k
where not exists (
    select from operations as o
    where o.tenant = k.tenant and o.id = k.operation_id and o.type = k.type and o.idempotency_key = k.key
)
"""


@pytest.fixture
async def connection(database: str) -> Any:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


async def test_what_is_loaded_fits_together(database: str, connection: asyncpg.Connection) -> None:
    await fill(database, COUNT)
    [many] = await connection.fetchrow("select count(*) from operations")
    statuses = dict(await connection.fetch("select status, count(*) from operations group by status"))
    [tenants] = await connection.fetchrow("select count(distinct tenant) from operations")
    assert many == COUNT
    assert set(statuses) == {"succeeded", "failed", "canceled", "needs_attention", "pending"}
    assert sum(share for _, share in ENDS) == 1000
    assert TENANTS / 10 < tenants <= TENANTS
    assert await connection.fetchval(ORPHANS) == 0
    assert await connection.fetchval("select count(*) from operations where ready") == 0
    counts = {table: await connection.fetchval(f"select count(*) from {table}") for table in TABLES}  # noqa: S608
    assert min(counts["idempotency_keys"], counts["operation_steps"]) > 0.9 * COUNT, counts
    assert 0.04 * COUNT < counts["webhooks"] < 0.06 * COUNT, counts


async def test_what_is_loaded_reads_like_any_operation(database: str, store: Store) -> None:
    await fill(database, COUNT)
    page = await store.list_page(ListFilter(tenant="tenant-0000", limit=10))
    assert len(page.operations) == 10
    assert page.has_more


async def test_what_is_to_be_cleaned_is_expired_and_nothing_else(database: str, connection: asyncpg.Connection) -> None:
    await fill(database, COUNT)
    assert await connection.fetchval("select count(*) from operations where expires_at < now()") < COUNT * 0.05
    await fill(database, COUNT, expired=True, seed=2)
    expired = "select count(*) from operations where expires_at < now() and tombstone_until is null"
    assert await connection.fetchval(expired) == COUNT


@pytest.mark.parametrize("name", GROWN)
def test_an_operation_is_fetched_by_whoever_started_it(name: str) -> None:
    system = by_name(name)(port=1, secret="first,second,third")
    for number, secret in ((7, b"second"), (9, b"first")):
        key = f"run-starts-{number}"
        started = system.start(key)
        assert b"Bearer " + secret in started
        assert len(started) > system.input_bytes  # type: ignore[attr-defined]
        answer = Answer(202, b"", b'{"id":"an-id","idempotency_key":"' + key.encode() + b'"}')
        assert b"Bearer " + secret in system.poll(system.id_of(answer))
        assert b"/operations/an-id HTTP" in system.fetch(system.id_of(answer))


def test_the_section_has_every_part_and_says_what_was_not_reached() -> None:
    page = render(_data())
    assert "| finished operations a second, with the most beside the fewest | 0.8 | 0.75 | **no** |" in page
    assert "| finished operations for a second of CPU, with the most beside the fewest | 0.8 | 0.50 | **no** |" in page
    assert "| starts a second, with the most beside the fewest | 0.8 | 1.00 | yes |" in page
    assert all(by_name(name).title[1:] in page for name in GROWN)
    assert "of 32 hot statements".lower() in page.lower()
    assert "- it sorts" in page
    assert set(PARTS) == {*GROWN, "cleaning"}


def test_the_section_says_where_the_machine_was_busy() -> None:
    data = _data()
    for name in GROWN:
        data["parts"][name]["machine"] |= {"cores_used_before": 1.7 if name == "grown" else 0.1, "cores": 2}
    assert render(data).count("1.7 of its 2 cores just before") == 1


def test_growth_is_judged_by_medians() -> None:
    rounds = [{"10": {"starts": {"rate": 10.0}}, "20": {"starts": {"rate": value}}} for value in (9.0, 1.0, 8.0)]
    assert ratios({"rounds": rounds}) == {"starts": 0.8}


def _data() -> dict[str, Any]:
    def figures(finished: float) -> dict[str, Any]:
        part = {"rate": 100.0, "p50_ms": 1.0, "p99_ms": 2.0, "pages_each": 9.0, "cpu_ms_each": {"api": 1.0}}
        cpu = {"api": 1.0, "worker": 0.0 if finished == 100.0 else 1.0, "client": 9.0}
        sustained = {**part, "rate": finished, "cpu_ms_each": cpu}
        return {"starts": part, "polls finished": part, "sustained": sustained, "idle": part}

    rounds = [{"10000": figures(100.0), "5000000": figures(75.0)}]
    windows = {"rate": 1.0, "lowest_rate": 1.0, "p50_ms": 1.0, "p99_ms": 1.0, "worst_p99_ms": 1.0, "seconds": 1.0}
    cleaning = {"before": windows, "during": windows, "expired": 10, "cleaned": 9, "cleaned_each_second": 3.0}
    plans = {"operations": 5_000_000, "statements": 32, "wrong": ["it sorts"]}
    here = machine()
    parts = {name: {"machine": here.copy(), "rounds": rounds} for name in GROWN}
    sizes = {"10000": {"operations": 10_000, "bytes": 1}, "5000000": {"operations": 5_000_000, "bytes": 2}}
    return {"sizes": sizes, "parts": {**parts, "cleaning": cleaning, "plans": plans}}
