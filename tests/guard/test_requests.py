"""What a request costs the HTTP face: statements, calls of functions, and memory that stays."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import Counter

import pytest

from tests.guard.bounds import hold
from tests.guard.counting import calls_each
from tests.guard.face import Face

MANY = 64
WAITING = 100
NOW_AND_THEN = ("find_key", "head_of_queue", "list_tenant_limits")
"""What a process asks again when a second or two have passed, for all requests together."""


def of_requests(sent: Counter[str]) -> dict[str, int]:
    """What requests cost. Fails when what is asked now and then was asked twice: nothing here takes so long."""
    assert all(sent[name] <= 1 for name in NOW_AND_THEN), sent
    return {name: times for name, times in sent.items() if name not in NOW_AND_THEN}


async def test_a_start_and_a_poll_are_one_statement_each(face: Face, sent: Counter[str]) -> None:
    sent.clear()
    id = await face.start()
    assert of_requests(sent) == {"start_operations": 1}
    await face.poll(id)
    assert of_requests(sent) == {"start_operations": 1, "get_operations": 1}


async def test_many_starts_at_once_share_their_statements(face: Face, sent: Counter[str]) -> None:
    sent.clear()
    await asyncio.gather(*(face.start() for _ in range(MANY)))
    assert of_requests(sent).keys() == {"start_operations"}
    hold("statements_of_64_starts", sent["start_operations"])


async def test_many_polls_at_once_share_their_statements(face: Face, sent: Counter[str]) -> None:
    ids = [await face.start() for _ in range(MANY)]
    sent.clear()
    await asyncio.gather(*(face.poll(id) for id in ids))
    assert of_requests(sent).keys() == {"get_operations"}
    hold("statements_of_64_polls", sent["get_operations"])


async def test_a_start_calls_no_more_of_our_functions_than_it_did(face: Face) -> None:
    hold("calls_of_a_start", await calls_each(face.start))


async def test_a_replay_calls_no_more_of_our_functions_than_it_did(face: Face) -> None:
    await face.start(key="again")
    hold("calls_of_a_replay", await calls_each(lambda: face.start(key="again")))


async def test_a_poll_calls_no_more_of_our_functions_than_it_did(face: Face) -> None:
    id = await face.start()
    hold("calls_of_a_poll", await calls_each(lambda: face.poll(id)))


async def test_a_304_calls_no_more_of_our_functions_than_it_did(face: Face) -> None:
    id = await face.start()
    etag = (await face.poll(id)).headers["etag"]

    async def revalidate() -> None:
        assert (await face.poll(id, **{"if-none-match": etag})).status == 304

    hold("calls_of_a_304", await calls_each(revalidate))


@pytest.mark.parametrize("what", ["start", "poll"])
async def test_one_of_many_costs_less_than_one_alone(face: Face, what: str) -> None:
    id = await face.start()

    async def one() -> None:
        await (face.start() if what == "start" else face.poll(id))

    async def many() -> None:
        await asyncio.gather(*(one() for _ in range(MANY)))

    alone, together = await calls_each(one), await calls_each(many, times=1) / MANY
    assert together < alone * 0.9, (together, alone)


async def test_a_client_that_waits_takes_no_more_memory_than_it_did(face: Face) -> None:
    id = await face.start()
    tracemalloc.start()
    try:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        waiting = [asyncio.create_task(face.poll(id, prefer="wait=30")) for _ in range(WAITING)]
        async with asyncio.timeout(60):  # only so that one that does not wait fails instead of hanging the test
            while face.waiting() < WAITING:  # noqa: ASYNC110 -- nothing says that all have come
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # and have read what they wait for
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
        assert not any(task.done() for task in waiting)
    finally:
        tracemalloc.stop()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    hold("kilobytes_of_a_waiting_client", taken / WAITING / 1024)
