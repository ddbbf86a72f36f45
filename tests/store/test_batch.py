"""A batcher serves at once when idle, gathers while busy, and lets nobody suffer for another."""

import asyncio

import pytest

from operations_api.domain.errors import LeaseLost, StoreUnavailable
from operations_api.store.batch import Batcher


class Database:
    """Flushes when told to, and remembers what went together."""

    def __init__(self):
        self.flushed = []
        self.begun = asyncio.Semaphore(0)
        self.open = asyncio.Event()
        self.open.set()

    async def flush(self, items):
        self.flushed.append(list(items))
        self.begun.release()
        await self.open.wait()
        if "broken" in items:
            raise ValueError("broken")
        return [LeaseLost(item) if item == "refused" else item.upper() for item in items]


@pytest.fixture
def database():
    return Database()


async def occupied(database, batcher):
    """A flush is in flight from here on, until ``database.open`` is set."""
    database.open.clear()
    first = asyncio.create_task(batcher.submit("first"))
    await database.begun.acquire()
    return first


async def submitted(batcher, *items):
    tasks = [asyncio.create_task(batcher.submit(item)) for item in items]
    for _ in range(5):
        await asyncio.sleep(0)  # each of them has handed its item in, and whatever that began is under way
    return tasks


async def test_a_caller_alone_waits_for_nobody(database):
    assert await Batcher(database.flush).submit("a") == "A"
    assert database.flushed == [["a"]]


async def test_who_comes_while_a_flush_is_in_flight_goes_with_the_next_one(database):
    batcher = Batcher(database.flush)
    first = await occupied(database, batcher)
    others = await submitted(batcher, "a", "b", "c")
    assert database.flushed == [["first"]]
    database.open.set()
    assert await asyncio.gather(first, *others) == ["FIRST", "A", "B", "C"]
    assert database.flushed == [["first"], ["a", "b", "c"]]


async def test_a_batch_has_a_limit_and_keeps_the_order(database):
    batcher = Batcher(database.flush, limit=2)
    first = await occupied(database, batcher)
    others = await submitted(batcher, "a", "b", "c")
    database.open.set()
    await asyncio.gather(first, *others)
    assert database.flushed == [["first"], ["a", "b"], ["c"]]


async def test_as_many_flushes_are_in_flight_as_allowed_and_no_more(database):
    batcher = Batcher(database.flush, flights=2)
    first = await occupied(database, batcher)
    second = (await submitted(batcher, "second"))[0]
    await database.begun.acquire()
    third = (await submitted(batcher, "third"))[0]
    assert database.flushed == [["first"], ["second"]]
    database.open.set()
    assert await asyncio.gather(first, second, third) == ["FIRST", "SECOND", "THIRD"]


async def test_a_bad_item_fails_alone(database):
    batcher = Batcher(database.flush)
    first = await occupied(database, batcher)
    others = await submitted(batcher, "a", "broken", "b")
    database.open.set()
    answers = await asyncio.gather(first, *others, return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == ["FIRST", "A", "B"]
    assert isinstance(answers[2], ValueError)
    assert database.flushed[1:] == [["a", "broken", "b"], ["a"], ["broken"], ["b"]]


async def test_an_item_may_be_refused_by_its_own_answer(database):
    batcher = Batcher(database.flush)
    answers = await asyncio.gather(*(batcher.submit(item) for item in ("a", "refused", "b")), return_exceptions=True)
    assert [answers[0], answers[2]] == ["A", "B"]
    assert isinstance(answers[1], LeaseLost)


async def test_when_the_database_is_away_everybody_hears_it_and_nothing_is_tried_one_by_one():
    async def away(items):
        flushed.append(list(items))
        raise StoreUnavailable("away")

    flushed = []
    answers = await asyncio.gather(*map(Batcher(away).submit, "abc"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 3
    assert flushed == [["a", "b", "c"]]


async def test_a_cancelled_caller_takes_nobody_with_it(database):
    batcher = Batcher(database.flush)
    first = await occupied(database, batcher)
    gone, stays = await submitted(batcher, "gone", "stays")
    gone.cancel()
    first.cancel()
    database.open.set()
    async with asyncio.timeout(10):  # only so that it fails instead of hanging when nobody answers
        assert await stays == "STAYS"
    assert database.flushed == [["first"], ["stays"]]


async def test_a_full_queue_refuses_instead_of_growing(database):
    batcher = Batcher(database.flush, queue_limit=2)
    first = await occupied(database, batcher)
    waiting = await submitted(batcher, "a", "b")
    refused = asyncio.create_task(batcher.submit("c"))
    await asyncio.sleep(0)
    database.open.set()
    with pytest.raises(StoreUnavailable, match="too many"):
        await refused
    assert await asyncio.gather(first, *waiting) == ["FIRST", "A", "B"]
    assert await batcher.submit("c") == "C"


async def test_draining_waits_for_everything_that_was_submitted(database):
    batcher = Batcher(database.flush)
    first = await occupied(database, batcher)
    others = await submitted(batcher, "a", "b")
    asyncio.get_running_loop().call_soon(database.open.set)
    await batcher.drain()
    assert database.flushed == [["first"], ["a", "b"]]
    assert await asyncio.gather(first, *others) == ["FIRST", "A", "B"]


async def test_a_flush_that_gives_too_few_answers_leaves_nobody_waiting():
    async def forgetful(items):
        return []

    answers = await asyncio.gather(*map(Batcher(forgetful).submit, "ab"), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["the flush gave 0 results for 1 items"] * 2


@pytest.mark.parametrize("flights", [1, 2])
async def test_who_asks_again_the_moment_the_answer_comes_is_not_left_behind(flights):
    async def flush(items):
        await asyncio.sleep(0)
        return list(items)

    async def ask_again_and_again():
        return [await batcher.submit(number) for number in range(3)]

    batcher = Batcher(flush, flights=flights, limit=1)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*(ask_again_and_again() for _ in range(flights))) == [[0, 1, 2]] * flights
