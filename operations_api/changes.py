"""News of operations over Redis: so that whoever waits for one learns of a change at once.

Workers and the HTTP side publish that an operation changed; the HTTP side watches for those somebody waits for. A
message is a hint and may be lost, late or doubled: what is true is read from Postgres, and how far everything has come
that is waited for is looked at every second anyway, all together. Without Redis everything goes on, up to a second
later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import msgspec
import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from operations_api.domain.change import Change
from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.operation import Operation
from operations_api.endings import end

CHANNEL: Final = "operations-api:changed"

MAX_CHANGES_PER_MESSAGE: Final = 500
"""Some 40 kB: far below any limit of the server's buffers for subscribers."""

PATIENCE_SECONDS: Final = 1.0
"""A Redis that does not answer within this time costs nobody more; for as long again it is not asked."""

LOOK_SECONDS: Final = 1.0
"""How late a lost message makes an answer, at most."""

LOOK_AT_ONCE: Final = 1_000
"""Operations in one query: a few milliseconds of it."""


class Seen(Protocol):
    """What a predicate may look at: an operation as read, or the news of one."""

    @property
    def version(self) -> int: ...
    @property
    def done(self) -> bool: ...


Predicate = Callable[[Seen], bool]
Name = tuple[str, UUID]
"""An operation's tenant and id."""

Read = Callable[[str, UUID], Awaitable[Operation | None]]
Look = Callable[[Sequence[Name]], Awaitable[Sequence[Change]]]
"""How far these operations have come; those that are not there are left out."""

Part = TypeVar("Part")

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Change]).decode

log = structlog.get_logger(__name__)


class Changes:
    """Publishes. One per process; never raises and never takes long."""

    def __init__(self, redis_url: str) -> None:
        self._redis: redis.Redis = _client(redis_url, socket_timeout=PATIENCE_SECONDS)
        self._silent_until = 0.0

    async def publish(self, changes: Sequence[Change]) -> None:
        """Tell whoever waits, in one round trip. A failure is logged once a second and otherwise forgotten."""
        now = asyncio.get_running_loop().time()
        if not changes or now < self._silent_until:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._send(changes)
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = now + 2 * PATIENCE_SECONDS
            log.warning("changes are not published, waiting takes up to a second longer", error=str(error))

    async def close(self) -> None:
        """Disconnect."""
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _send(self, changes: Sequence[Change]) -> None:
        if len(changes) <= MAX_CHANGES_PER_MESSAGE:
            await self._redis.publish(CHANNEL, _encode(changes))
            return
        async with self._redis.pipeline(transaction=False) as pipeline:
            for some in _in_parts(changes, MAX_CHANGES_PER_MESSAGE):
                pipeline.publish(CHANNEL, _encode(some))
            await pipeline.execute()


class Watch:
    """Waits. One per process: one subscription and one timer, however many requests are waiting."""

    def __init__(self, redis_url: str, read: Read, look: Look, *, look_seconds: float = LOOK_SECONDS) -> None:
        # no time-out on reading: silence is what an idle subscription hears
        self._redis: redis.Redis = _client(redis_url, socket_timeout=None)
        self._read = read
        self._look = look
        self._look_seconds = look_seconds
        self._waiters: dict[Name, set[_Waiter]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def open(self) -> None:
        """Begin to listen. Needs a running loop; Redis need not be there."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look_for_ever())]

    async def close(self) -> None:
        """Stop listening; whoever still waits gets the operation as it is."""
        self.release()
        await end(*self._tasks)
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    def release(self) -> None:
        """Let nobody wait any longer, now and from now on: the process is about to stop. Safe from any thread."""
        self._closed = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake_all)

    async def until(self, tenant: str, id: UUID, predicate: Predicate, timeout: float) -> Operation | None:
        """The operation once ``predicate`` holds, or as it is after ``timeout`` seconds; None when there is none.

        The predicate must follow from version and ``done`` alone. Raises what reading raises.
        """
        ends_at = asyncio.get_running_loop().time() + timeout
        with self._waiting(tenant, id, predicate) as waiter:
            return await self._wait(tenant, id, waiter, ends_at)

    async def follow(
        self, tenant: str, id: UUID, version: int, quiet_seconds: float
    ) -> AsyncGenerator[Operation | None, None]:
        """The operation whenever it is newer than ``version`` and what was given last; None after each so long silence.

        Ends when nobody may wait any longer. While the store cannot be reached nothing is newer.
        """
        clock = asyncio.get_running_loop().time
        with self._waiting(tenant, id, lambda seen: seen.version > version) as waiter:
            quiet_until = clock() + quiet_seconds
            while not self._closed:
                waiter.woken.clear()  # before reading: news that arrives meanwhile means reading again
                operation = await self._newer(tenant, id, version)
                if operation is not None:
                    version = operation.version
                    yield operation
                    quiet_until = clock() + quiet_seconds
                while not await self._woken(waiter, quiet_until):
                    yield None
                    quiet_until = clock() + quiet_seconds

    async def _newer(self, tenant: str, id: UUID, version: int) -> Operation | None:
        try:
            operation = await self._read(tenant, id)
        except StoreUnavailable as error:
            log.warning("an operation that is followed cannot be read now", error=str(error))
            return None
        return None if operation is None or operation.version <= version else operation

    @contextmanager
    def _waiting(self, tenant: str, id: UUID, predicate: Predicate) -> Iterator[_Waiter]:
        waiter = _Waiter(predicate)
        waiters = self._waiters.setdefault((tenant, id), set())
        waiters.add(waiter)
        try:
            yield waiter
        finally:
            waiters.discard(waiter)
            if not waiters and self._waiters.get((tenant, id)) is waiters:
                del self._waiters[tenant, id]

    async def _woken(self, waiter: _Waiter, ends_at: float) -> bool:
        """Whether it was woken before this time of the loop's."""
        if self._closed:
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout_at(ends_at):
                await waiter.woken.wait()
        return waiter.woken.is_set()

    async def _wait(self, tenant: str, id: UUID, waiter: _Waiter, ends_at: float) -> Operation | None:
        while True:
            waiter.woken.clear()  # before reading: news that arrives meanwhile means reading again
            operation = await self._read(tenant, id)
            is_over = asyncio.get_running_loop().time() >= ends_at
            if operation is None or waiter.predicate(operation) or is_over or self._closed:
                return operation
            await self._woken(waiter, ends_at)

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                for names in _in_parts(list(self._waiters), LOOK_AT_ONCE):
                    await self._look_at(names)
            except Exception as error:  # whoever waits goes on waiting, as long as it wanted to
                log.warning("whether anything waited for has changed cannot be read now", error=repr(error))

    async def _look_at(self, names: Sequence[Name]) -> None:
        """Wake those who wait for what has changed or gone, and nobody else: most of ten thousand have not to run."""
        changes = await self._look(names)
        self._tell(changes)
        for name in {*names}.difference((change.tenant, change.id) for change in changes):
            self._wake(self._waiters.get(name, ()))

    async def _listen(self) -> None:
        while True:
            try:
                await self._subscribe()
            except (RedisError, OSError) as error:
                log.warning("changes are not heard, waiting takes up to a second longer", error=str(error))
            await asyncio.sleep(PATIENCE_SECONDS)

    async def _subscribe(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(CHANNEL)
            async for message in subscription.listen():
                self._hear(message["data"])

    def _hear(self, data: Any) -> None:
        if not self._waiters:
            return
        try:
            changes = _decode(data)
        except ValueError:  # no msgpack, of another shape, or text that is no UTF-8
            log.warning("something that is no change was published", channel=CHANNEL)
            return
        self._tell(changes)

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            waiters = self._waiters.get((change.tenant, change.id), ())
            self._wake(waiter for waiter in waiters if waiter.predicate(change))

    def _wake_all(self) -> None:
        self._wake(waiter for waiters in self._waiters.values() for waiter in waiters)

    def _wake(self, waiters: Iterable[_Waiter]) -> None:
        for waiter in waiters:
            waiter.woken.set()


class _Waiter:
    """One request that waits, and what for."""

    __slots__ = ("predicate", "woken")

    def __init__(self, predicate: Predicate) -> None:
        self.predicate = predicate
        self.woken = asyncio.Event()


def change_of(operation: Operation) -> Change:
    """The news that an operation is as it is now."""
    return Change(operation.tenant, operation.id, operation.version, operation.done)


def _in_parts(whole: Sequence[Part], size: int) -> Iterable[Sequence[Part]]:
    return (whole[at : at + size] for at in range(0, len(whole), size))


def _client(redis_url: str, *, socket_timeout: float | None) -> redis.Redis:
    client: redis.Redis = redis.Redis.from_url(
        redis_url, socket_timeout=socket_timeout, socket_connect_timeout=PATIENCE_SECONDS
    )
    return client
