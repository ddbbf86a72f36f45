"""Group commit: one flush for all who ask while the previous flush is under way, at once when idle.

A caller alone waits for nothing. Callers that come while a flush is in flight are gathered and go together in the
next one, so the batch grows by itself with the load and no timer is needed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from operations_api.domain.errors import OperationsError, StoreUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")

DEFAULT_BATCH: Final = 128
DEFAULT_QUEUE: Final = 10_000
"""More callers than this wait longer than they are willing to: they are told to come back instead."""


class Batcher(Generic[Item, Result]):
    """Gathers items for ``flush``, which gets a list and gives as many results, an exception in the place of a bad one.

    When a whole flush fails for a reason of one of its items, the items are flushed one by one, so that only the bad
    one fails. A caller that is cancelled takes nobody with it. Raises ``StoreUnavailable`` when the queue is full.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        limit: int = DEFAULT_BATCH,
        queue_limit: int = DEFAULT_QUEUE,
        flights: int = 1,
        count: Callable[[int], None] | None = None,
    ) -> None:
        """``count`` hears how large each batch is."""
        self._flush = flush
        self._count = count
        self._limit = limit
        self._queue_limit = queue_limit
        self._flights = flights
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._flying: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """The result for this item. Raises what the flush gave for it."""
        if len(self._waiting) >= self._queue_limit:
            raise StoreUnavailable("too many requests are waiting for the database")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._flying) < self._flights:
            self._take_off()
        return await future

    async def drain(self) -> None:
        """Wait until everything submitted so far is flushed."""
        while self._flying:
            await asyncio.gather(*self._flying, return_exceptions=True)

    def _take_off(self) -> None:
        self._flying.add(asyncio.get_running_loop().create_task(self._fly()))

    async def _fly(self) -> None:
        try:
            while batch := self._next_batch():
                if self._count is not None:
                    self._count(len(batch))
                await self._settle(batch)
        finally:
            # now, not in a callback: who submits before that runs would wait for a flight that has ended
            task = asyncio.current_task()
            assert task is not None
            self._flying.discard(task)

    def _next_batch(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        while self._waiting and len(batch) < self._limit:
            item, future = self._waiting.popleft()
            if not future.done():  # its caller has gone
                batch.append((item, future))
        return batch

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
            if len(results) != len(batch):
                raise RuntimeError(f"the flush gave {len(results)} results for {len(batch)} items")
        except OperationsError as error:
            _answer(batch, [error] * len(batch))
        except Exception as error:
            if len(batch) == 1:
                _answer(batch, [error])
            else:
                for single in batch:
                    await self._settle([single])
        else:
            _answer(batch, results)


def _answer(batch: list[tuple[Item, asyncio.Future[Result]]], results: Sequence[Result | Exception]) -> None:
    for (_, future), result in zip(batch, results, strict=True):
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
