"""When to poll again, and how patient to be."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from operations_api.domain.operation import Operation
from operations_api.http.retry_after import SAMPLES, Advice, Measured
from tests.http.service import Client, Service, running

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def operation(age: float, **more: Any) -> Operation:
    fields: dict[str, Any] = dict.fromkeys(Operation.__struct_fields__)
    moment = NOW - timedelta(seconds=age)
    fields |= {"tenant": "t", "id": UUID(int=1), "type": "note", "status": "running", "version": 1, "labels": {}}
    return Operation(**(fields | {"created_at": moment, "updated_at": moment} | more))


@pytest.mark.parametrize(
    ("age", "seconds", "milliseconds"),
    [
        (0, "1", "1000"),
        (-3, "3", "3000"),
        (9, "1", "1000"),
        (25, "3", "2500"),
        (100, "10", "10000"),
        (1e6, "60", "60000"),
    ],
)
def test_while_nothing_is_known_it_is_a_tenth_of_the_age_within_bounds(age: float, seconds: str, milliseconds: str):
    assert Advice().headers(operation(age), NOW) == [("Retry-After", seconds), ("Retry-After-Ms", milliseconds)]


def test_nobody_need_ask_before_it_may_begin():
    later = operation(100, not_before=NOW + timedelta(seconds=12))
    assert dict(Advice().headers(later, NOW))["Retry-After"] == "12"


def test_nothing_is_advised_when_it_is_done():
    assert Advice().headers(msgspec.structs.replace(operation(5), status="failed"), NOW) == []


def learned(*seconds: float) -> Advice:
    advice = Advice()
    advice.learn(Measured("t", uuid4(), "note", each) for each in seconds)
    return advice


def advised(advice: Advice, age: float, **more: Any) -> int:
    return int(dict(advice.headers(operation(age, **more), NOW))["Retry-After-Ms"])


@pytest.mark.parametrize(
    ("usual", "age", "milliseconds"),
    [
        (0.3, 0, 1_000),
        (20, 0, 20_000),
        (20, 15, 5_000),
        (20, 19.5, 2_000),
        (20, 100, 10_000),
        (3600, 0, 60_000),
        (3600, 3590, 60_000),
    ],
)
def test_nobody_need_ask_before_it_usually_is_done_nor_often_from_then_on(usual: float, age: float, milliseconds: int):
    assert advised(learned(*[usual] * 10), age) == milliseconds


def test_where_durations_differ_the_quick_ones_are_waited_for_and_then_a_tenth_of_the_middle():
    assert advised(learned(*[7.0] * 20, *[50.0] * 40), 0) == 7_000
    assert advised(learned(*[7.0] * 20, *[50.0] * 40), 6) == 5_000
    assert advised(learned(*[0.0] * 20, *[50.0] * 40), 0) == 5_000


def test_the_newest_durations_are_the_ones_that_count():
    advice = learned(*[50.0] * SAMPLES, *[2.0] * SAMPLES)
    assert advised(advice, 0) == 2_000


def test_types_are_apart():
    assert advised(learned(10.0), 0, type="memo") == 1_000


def test_an_operation_is_counted_once_however_often_it_is_shown():
    advice, quick = learned(*[10.0] * 20), operation(1, status="succeeded", finished_at=NOW)
    for _ in range(SAMPLES):
        assert advice.headers(quick, NOW) == []
    assert advised(advice, 0) == 10_000


def test_a_canceled_operation_says_nothing():
    advice = learned(10.0)
    advice.headers(operation(0.5, status="canceled", finished_at=NOW), NOW)
    assert advised(advice, 0) == 10_000


async def test_the_service_learns_from_what_it_shows_and_after_a_restart_from_the_database(
    database: str, redis_url: str
):
    async with running(database, redis_url) as service, service.client(await service.new_key()) as client:
        assert (await client.start()).headers["retry-after"] == "1"
        for _ in range(3):
            await shown_done(service, client, 12.2)
        fresh = await client.start()
        assert 10 <= int(fresh.headers["retry-after"]) <= 13
        assert (await client.start(type="memo")).headers["retry-after"] == "1", "another type"
    async with running(database, redis_url) as service, service.client(await service.new_key()) as client:
        assert 10 <= int((await client.start()).headers["retry-after"]) <= 13
        assert (await client.start(type="memo")).headers["retry-after"] == "1"


async def shown_done(service: Service, client: Client, seconds: float) -> None:
    """Show an operation that took so long, as far as the database knows."""
    operation = await client.started()
    await service.store.pool.execute(AGE, UUID(operation["id"]), seconds)
    await service.succeed(operation["id"])
    # as the service sets it: the tests' own way to an end is a day before it expires
    await service.store.pool.execute(EXPIRE, UUID(operation["id"]))
    response = await client.get(operation["links"]["self"])
    assert response.json()["done"] is True
    assert "retry-after" not in response.headers


AGE = "update operations set created_at = created_at - make_interval(secs => $2) where id = $1"
EXPIRE = "update operations set expires_at = finished_at + make_interval(secs => retention_seconds) where id = $1"
