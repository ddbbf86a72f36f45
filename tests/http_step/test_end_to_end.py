"""Operations whose steps are another process's, executed by a real worker, with lost answers and deaths."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from operations_api.domain.fingerprint import canonical, fingerprint
from operations_api.domain.operation import Operation, StepPin
from operations_api.domain.starting import StartRequest
from operations_api.store.store import Store
from tests.http_step.theatre import Theatre, theatre

POLL_SECONDS = 0.02
DAY_SECONDS = 86_400
STEPS = ("stalls", "balcony")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path, seats=10) as process:
        yield process


class Agency:
    """Starts operations, watches them, and runs the workers that execute them."""

    def __init__(self, store: Store, environment: dict[str, str]) -> None:
        self.store = store
        self._environment = environment
        self._workers: list[subprocess.Popen[bytes]] = []

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        program = Path(sys.executable).with_name("operations-api")
        worker = subprocess.Popen([program, "worker"], env={**self._environment, **environment})
        self._workers.append(worker)
        return worker

    async def stop(self) -> None:
        for worker in self._workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self._workers:
            await asyncio.to_thread(worker.wait)

    async def begin(self, seats: int) -> UUID:
        input = {"seats": seats}
        request = StartRequest(
            tenant="dev",
            type="book-seats",
            key=uuid4().hex,
            fingerprint=fingerprint("book-seats", {"input": input}),
            id=uuid4(),
            definition_version=1,
            steps=tuple(StepPin(key, "step", "external") for key in STEPS),
            input=canonical(input),
            labels={},
            deadline=None,
            not_before=None,
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            retention_seconds=DAY_SECONDS,
            fair_order=1,
        )
        return (await self.store.start(request)).operation.id

    async def until(self, id: UUID, is_met: Callable[[Operation], bool]) -> Operation:
        while True:
            operation = await self.store.get("dev", id)
            if is_met(operation):
                return operation
            await asyncio.sleep(POLL_SECONDS)

    async def finish(self, seats: int) -> Operation:
        return await self.until(await self.begin(seats), lambda operation: operation.done)


@pytest.fixture
async def agency(store: Store, database: str, redis_url: str, tmp_path: Path, house: Theatre) -> AsyncIterator[Agency]:
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": redis_url,
        "OPERATIONS_REGISTRY": "tests.http_step.booking:registry",
        "OPERATIONS_LEASE_SECONDS": "2",
        "OPERATIONS_DATA_DIR": str(tmp_path),
        "EXAMPLES_PARTICIPANT_URL": house.url,
    }
    agency = Agency(store, environment)
    yield agency
    await agency.stop()


def ticket_of(operation: Operation) -> Any:
    assert operation.status == "succeeded", operation.error
    return msgspec.json.decode(operation.result)["ticket"]


async def test_seats_are_booked_by_another_process(agency: Agency, house: Theatre):
    agency.start_worker()
    ticket = ticket_of(await agency.finish(seats=2))
    [stalls, balcony] = house.bookings()
    assert (stalls["state"], balcony["state"]) == ("committed", "committed")
    assert ticket == f"ticket-{stalls['id']}"


async def test_what_a_participant_refuses_is_given_back_everywhere(agency: Agency, house: Theatre):
    agency.start_worker()
    operation = await agency.finish(seats=6)  # the stalls get 6 of 10, the balcony cannot
    error = msgspec.json.decode(operation.error)
    assert (operation.status, error["reason"], error["effect"]) == ("failed", "SOLD_OUT", "none")
    assert house.states() == {"stalls": "released"}


@pytest.mark.parametrize("queries", ["", "yes"])
@pytest.mark.parametrize("phase", ["reserve", "commit"])
@pytest.mark.parametrize("outcome", ["no-answer", "busy"])
async def test_an_answer_that_is_lost_or_late_books_once(agency, house, phase: str, outcome: str, queries: str):
    house.simulate(phase, outcome, times=3)
    agency.start_worker(BOOKING_QUERIES=queries)
    ticket_of(await agency.finish(seats=5))
    assert house.states() == {"stalls": "committed", "balcony": "committed"}
    assert sum(booking["seats"] for booking in house.bookings()) == 10


async def test_a_rollback_whose_answer_is_lost_releases_once(agency: Agency, house: Theatre):
    house.simulate("rollback", "no-answer", times=2)
    agency.start_worker()
    assert (await agency.finish(seats=6)).status == "failed"
    assert house.states() == {"stalls": "released"}


@pytest.mark.parametrize("point", ["after-intent", "after-effect"])
@pytest.mark.parametrize("phase", ["reserve", "commit"])
async def test_a_worker_killed_around_a_call_books_once(agency: Agency, house: Theatre, point: str, phase: str):
    doomed = agency.start_worker(OPERATIONS_CRASH_POINT=f"{point}:balcony:{phase}")
    id = await agency.begin(seats=5)
    assert await asyncio.to_thread(doomed.wait) == -signal.SIGKILL
    expected = {"after-intent": {"reserve": None, "commit": "held"}, "after-effect": {"reserve": "held"}}
    assert house.states().get("balcony") == expected[point].get(phase, "committed")
    agency.start_worker()
    ticket_of(await agency.until(id, lambda operation: operation.done))
    assert house.states() == {"stalls": "committed", "balcony": "committed"}


async def test_a_killed_reserve_that_is_canceled_is_released(agency: Agency, house: Theatre):
    doomed = agency.start_worker(OPERATIONS_CRASH_POINT="after-effect:balcony:reserve")
    id = await agency.begin(seats=5)
    await asyncio.to_thread(doomed.wait)
    await agency.store.cancel("dev", id)
    agency.start_worker()
    assert (await agency.until(id, lambda operation: operation.done)).status == "canceled"
    assert house.states() == {"stalls": "released", "balcony": "released"}
