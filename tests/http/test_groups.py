"""What a start may say of its place among the others: a group, a priority."""

import asyncio
import time
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from operations_api import Definition, Registry
from operations_api.domain.fair_order import COST_NS, COSTS
from operations_api.places import Places
from tests.conftest import run_sql
from tests.http.service import Client, Service, note, running

PLAIN, LIMITED = note(), note(concurrency_limit=2)

LOW_COST_NS = COST_NS * COSTS["low"]


async def place_of(service: Service, operation: dict[str, Any]) -> int:
    row = await service.store.pool.fetchrow("select fair_order from operations where id = $1", UUID(operation["id"]))
    return int(row["fair_order"])


async def test_group_and_priority_are_shown_and_a_group_can_be_listed(client: Client) -> None:
    operation = await client.started({"input": {}, "group": "account:7", "priority": "high"})
    other = await client.started()
    assert (operation["group"], operation["priority"]) == ("account:7", "high")
    assert (other["group"], other["priority"]) == (None, "normal")
    found = (await client.get("/operations", params={"group": "account:7"})).json()["operations"]
    assert [each["id"] for each in found] == [operation["id"]]


async def test_the_second_of_a_group_waits_and_its_cancel_is_done_at_once(service: Service, client: Client) -> None:
    first, second, third = [await client.started({"input": {}, "group": "g"}) for _ in range(3)]
    canceled = await client.post(second["links"]["cancel"])
    assert (canceled.status_code, canceled.json()["status"]) == (202, "canceled")
    rows = await service.store.pool.fetch("select ready, finished_at from operations where group_name = 'g'")
    assert sorted((row["ready"], row["finished_at"] is None) for row in rows) == [
        (False, False),
        (False, True),
        (True, True),
    ]
    assert first["status"] == third["status"] == "pending"


@pytest.mark.parametrize(
    ("member", "value"),
    [("group", ""), ("group", "x" * 256), ("group", 7), ("priority", "urgent"), ("priority", "High"), ("priority", 1)],
)
async def test_what_is_no_group_or_priority_is_refused(client: Client, member: str, value: Any) -> None:
    response = await client.start({"input": {}, member: value})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == f"/{member}"


async def test_a_type_says_what_holds_for_starts_that_say_nothing(database: str, redis_url: str) -> None:
    registry = Registry([note(priority="low", concurrency_limit=2)])
    async with running(database, redis_url, registry=registry) as service:
        async with service.client(await service.new_key()) as client:
            shown = [(await client.started({"input": {}} | said))["priority"] for said in ({}, {"priority": "high"})]
            (type,) = (await client.get("/service-info")).json()["types"]
        rows = await service.store.pool.fetch("select limited, ready, waits_for_room from operations")
    assert shown == ["low", "high"]
    assert (type["priority"], type["concurrency_limit"]) == ("low", 2)
    assert {tuple(row) for row in rows} == {(True, False, True)}


async def test_a_burst_of_one_tenant_takes_places_further_and_further_ahead(service: Service, client: Client) -> None:
    burst = [await place_of(service, await client.started()) for _ in range(30)]
    assert burst == sorted(set(burst))
    assert burst[-1] - burst[0] >= 28 * COST_NS, "each is a cost further away, however quickly they come"


@pytest.mark.parametrize(
    ("definition", "limited"), [(PLAIN, None), (LIMITED, LIMITED.name)], ids=["for a worker", "for room of its type"]
)
async def test_while_a_queue_is_served_slowly_its_tenant_does_not_delay_another(
    definition: Definition, limited: str | None
) -> None:
    head = time.time_ns() - 10_000_000_000

    async def read_head(limited_type: str | None) -> int | None:
        return head if limited_type == limited else None

    places = Places(lambda tenant: 10 if tenant == "heavy" else 1, read_head)
    await places.look(definition)
    slow = [places.next("slow", definition, "normal") for _ in range(100)]
    assert head < places.next("other", definition, "normal") <= head + COST_NS < slow[-1]
    assert places.next("heavy", definition, "normal") <= head + COST_NS / 10


async def test_a_tenant_with_more_weight_has_its_places_closer(database: str, redis_url: str) -> None:
    await run_sql(database, "insert into tenants values ('heavy')")
    await run_sql(database, "insert into tenant_limits (tenant, weight) values ('heavy', 100)")
    async with running(database, redis_url) as service:
        closest = {}
        for tenant in ("heavy", "light"):
            async with service.client(await service.new_key(tenant)) as client:
                low = {"input": {}, "priority": "low"}
                started = await asyncio.gather(*(client.started(low) for _ in range(30)))
                places = sorted([await place_of(service, each) for each in started])
            closest[tenant] = min(after - before for before, after in pairwise(places))
    assert closest["light"] >= LOW_COST_NS / 2
    assert closest["heavy"] < LOW_COST_NS / 2
