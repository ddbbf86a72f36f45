"""News over Redis makes waiting quick; losing it makes waiting a second longer and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import redis.asyncio

from operations_api.changes import CHANNEL, MAX_CHANGES_PER_MESSAGE, Change, Changes, Seen, Watch, change_of
from operations_api.domain.operation import Operation

NEVER = 1_000
"""Seconds: longer than any test."""

NOWHERE = "redis://127.0.0.1:1"


class Reader:
    """Stands where the store is: operations by id, and how often they were read."""

    def __init__(self) -> None:
        self.operations: dict[UUID, Operation] = {}
        self.reads = 0
        self.looks = 0
        self.has_read = asyncio.Event()

    async def __call__(self, tenant: str, id: UUID) -> Operation | None:
        self.reads += 1
        self.has_read.set()
        return self.operations.get(id)

    async def look(self, names: Sequence[tuple[str, UUID]]) -> list[Change]:
        self.looks += 1
        return [change_of(self.operations[id]) for _, id in names if id in self.operations]

    def add(self) -> UUID:
        id = uuid4()
        fields: dict[str, Any] = dict.fromkeys(Operation.__struct_fields__)
        now = datetime.now(UTC)
        fields |= {"tenant": "t", "id": id, "type": "note", "status": "running", "version": 1, "labels": {}}
        self.operations[id] = Operation(**(fields | {"created_at": now, "updated_at": now}))
        return id

    def change(self, id: UUID, **more: Any) -> Change:
        operation = msgspec.structs.replace(self.operations[id], version=self.operations[id].version + 1, **more)
        self.operations[id] = operation
        return Change("t", id, operation.version, operation.done)


def is_done(seen: Seen) -> bool:
    return seen.done


@asynccontextmanager
async def watching(redis_url: str, reader: Reader) -> AsyncIterator[Watch]:
    """A watch that hears Redis, or one that reads again each second: what arrives has arrived that way."""
    watch = Watch(redis_url, reader, reader.look, look_seconds=1 if redis_url == NOWHERE else NEVER)
    listening = 0 if redis_url == NOWHERE else await listeners(redis_url)
    watch.open()
    try:
        if redis_url != NOWHERE:
            await subscribed(redis_url, listening + 1)
        yield watch
    finally:
        await watch.close()


async def listeners(redis_url: str) -> int:
    """How many listen for changes: other services on this server do so too."""
    client: Any = redis.asyncio.from_url(redis_url)
    count = (await client.pubsub_numsub(CHANNEL))[0][1]
    await client.aclose()
    return int(count)


async def subscribed(redis_url: str, count: int) -> None:
    """Return when so many listen for changes."""
    while await listeners(redis_url) < count:  # noqa: ASYNC110 -- Redis has no event for it
        await asyncio.sleep(0.005)


async def test_a_waiter_reads_again_once_for_news_it_waits_for(redis_url: str):
    reader, changes = Reader(), Changes(redis_url)
    id = reader.add()
    async with watching(redis_url, reader) as watch:
        waiting = asyncio.create_task(watch.until("t", id, is_done, 20))
        await reader.has_read.wait()
        for _ in range(20):
            await changes.publish([reader.change(id)])  # not done: nothing to read
        await changes.publish([reader.change(id, status="succeeded")])
        async with asyncio.timeout(15):
            operation = await waiting
    await changes.close()
    assert operation is not None
    assert operation.status == "succeeded"
    assert reader.reads == 2


async def test_what_is_waited_for_is_looked_at_about_once_a_second_and_read_when_it_has_changed():
    reader = Reader()
    id = reader.add()
    async with watching(NOWHERE, reader) as watch:
        operation = await watch.until("t", id, is_done, 2.5)
        assert operation is not None
        assert not operation.done
        assert reader.reads == 2, "at the beginning and at the end"
        assert 1 <= reader.looks <= 4
        waiting = asyncio.create_task(watch.until("t", id, is_done, 20))
        reader.change(id, status="failed")
        async with asyncio.timeout(15):  # before its own time is over
            found = await waiting
    assert found is not None
    assert found.done


async def test_whoever_follows_reads_only_when_there_is_news(redis_url: str):
    reader, changes = Reader(), Changes(redis_url)
    id = reader.add()
    async with watching(redis_url, reader) as watch, aclosing(watch.follow("t", id, 1, 0.01)) as following:
        assert [await anext(following) for _ in range(5)] == [None] * 5
        assert reader.reads == 1
        await changes.publish([reader.change(id)])
        async with asyncio.timeout(15):
            while (operation := await anext(following)) is None:
                pass
        assert operation.version == 2
        assert reader.reads == 2
    await changes.close()


async def test_what_has_gone_is_not_waited_for_any_longer():
    reader = Reader()
    id = reader.add()
    async with watching(NOWHERE, reader) as watch:
        waiting = asyncio.create_task(watch.until("t", id, is_done, 20))
        await reader.has_read.wait()
        del reader.operations[id]
        async with asyncio.timeout(15):
            assert await waiting is None


async def test_whatever_is_published_the_next_news_is_heard(redis_url: str):
    reader, publisher = Reader(), redis.asyncio.from_url(redis_url)
    id = reader.add()
    change = [reader.change(id, status="succeeded")]
    no_text = msgspec.msgpack.encode([Change("~~~", id, 1, True)]).replace(b"~", b"\xff")
    async with watching(redis_url, reader) as watch:
        reader.operations[id] = msgspec.structs.replace(reader.operations[id], status="running")
        waiting = asyncio.create_task(watch.until("t", id, is_done, NEVER))
        await reader.has_read.wait()
        for rubbish in (b"", b"\xc1", b"\x91" * 100_000, msgspec.msgpack.encode([1]), no_text):
            await publisher.publish(CHANNEL, rubbish)
        reader.operations[id] = msgspec.structs.replace(reader.operations[id], status="succeeded")
        await publisher.publish(CHANNEL, msgspec.msgpack.encode(change))
        async with asyncio.timeout(15):
            assert await waiting == reader.operations[id]
    await publisher.aclose()


async def test_news_of_others_wakes_nobody(redis_url: str):
    reader, changes = Reader(), Changes(redis_url)
    id, other = reader.add(), reader.add()
    async with watching(redis_url, reader) as watch:
        waiting = asyncio.create_task(watch.until("t", id, is_done, 20))
        await reader.has_read.wait()
        others = [Change("t", other, 9, True), Change("stranger", id, 9, True)]
        await changes.publish(others * 100)
        await changes.publish([reader.change(id, status="canceled")])
        async with asyncio.timeout(15):
            await waiting
    await changes.close()
    assert reader.reads == 2


async def test_what_is_not_there_is_not_waited_for(redis_url: str):
    reader = Reader()
    async with watching(redis_url, reader) as watch:
        assert await watch.until("t", uuid4(), is_done, 20) is None
    assert reader.reads == 1


async def test_a_waiter_that_leaves_is_forgotten(redis_url: str):
    reader = Reader()
    id = reader.add()
    async with watching(redis_url, reader) as watch:
        waiting = [asyncio.create_task(watch.until("t", id, is_done, 20)) for _ in range(3)]
        await reader.has_read.wait()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert watch._waiters == {}


async def test_a_large_batch_arrives_whole(redis_url: str):
    reader, changes = Reader(), Changes(redis_url)
    ids = [reader.add() for _ in range(3)]
    async with watching(redis_url, reader) as watch:
        waiting = [asyncio.create_task(watch.until("t", id, is_done, 20)) for id in ids]
        await reader.has_read.wait()
        filling = [Change("t", UUID(int=number), 1, False) for number in range(MAX_CHANGES_PER_MESSAGE)]
        first, second, third = (reader.change(id, status="succeeded") for id in ids)
        await changes.publish([first, *filling, second, *filling, third])
        async with asyncio.timeout(15):
            assert all(operation is not None and operation.done for operation in await asyncio.gather(*waiting))
    await changes.close()


async def test_listening_goes_on_after_redis_drops_the_connection(redis_url: str):
    reader, changes = Reader(), Changes(redis_url)
    id = reader.add()
    client: Any = redis.asyncio.from_url(redis_url)
    async with watching(redis_url, reader) as watch:
        listening = await listeners(redis_url)
        await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await subscribed(redis_url, listening)
        waiting = asyncio.create_task(watch.until("t", id, is_done, 20))
        await reader.has_read.wait()
        await changes.publish([reader.change(id, status="succeeded")])
        async with asyncio.timeout(15):
            operation = await waiting
    await client.aclose()
    await changes.close()
    assert operation is not None
    assert operation.done


async def test_publishing_without_redis_neither_fails_nor_delays_what_follows():
    changes = Changes(NOWHERE)
    for _ in range(1000):
        await changes.publish([Change("t", uuid4(), 1, True)])
    await changes.close()


async def test_publishing_to_a_redis_that_does_not_answer_is_given_up_soon():
    """A server that accepts connections and says nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    changes = Changes(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with asyncio.timeout(30):
        for _ in range(1000):
            await changes.publish([Change("t", uuid4(), 1, True)])
    await changes.close()
    server.close()
