"""The same client for code without an event loop. A thin front: every call waits for a thread with a loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, Generic, TypeVar, Unpack, overload

from operations_api.client.client import Client, StartOptions
from operations_api.client.operation import Operation
from operations_api.client.snapshot import Snapshot

R = TypeVar("R")
T = TypeVar("T")


class SyncClient:
    """``Client`` for code without an event loop: the same arguments, the same errors. For any number of threads.

    Not to be carried across a fork: make one in each process.
    """

    def __init__(self, url: str, key: str, **options: Any) -> None:
        self._client = Client(url, key, **options)
        self._loop = _Loop()

    def __enter__(self) -> SyncClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread. No operation is affected."""
        self._loop.run(self._client.close())
        self._loop.close()

    @overload
    def start(self, type: str, input: Any, **options: Unpack[StartOptions]) -> SyncOperation[dict[str, Any]]: ...

    @overload
    def start(
        self, type: str, input: Any, *, result_type: type[R], **options: Unpack[StartOptions]
    ) -> SyncOperation[R]: ...

    def start(self, type: str, input: Any, **more: Any) -> SyncOperation[Any]:
        """See ``Client.start``."""
        return SyncOperation(self._loop.run(self._client.start(type, input, **more)), self._loop)

    @overload
    def operation(self, url: str) -> SyncOperation[dict[str, Any]]: ...

    @overload
    def operation(self, url: str, *, result_type: type[R]) -> SyncOperation[R]: ...

    def operation(self, url: str, **more: Any) -> SyncOperation[Any]:
        """See ``Client.operation``."""
        return SyncOperation(self._loop.run(self._client.operation(url, **more)), self._loop)

    def operations(self, **filters: str) -> Iterator[Snapshot]:
        """See ``Client.operations``."""
        return self._loop.iterate(self._client.operations(**filters))

    def request(
        self, method: str, path: str, body: Any = None, *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """See ``Client.request``."""
        return self._loop.run(self._client.request(method, path, body, idempotency_key=idempotency_key))


class SyncOperation(Generic[R]):
    """``Operation`` for code without an event loop."""

    def __init__(self, operation: Operation[R], loop: _Loop) -> None:
        self._operation = operation
        self._loop = loop

    @property
    def id(self) -> str:
        return self._operation.id

    @property
    def url(self) -> str:
        return self._operation.url

    @property
    def now(self) -> Snapshot:
        return self._operation.now

    @property
    def replayed(self) -> bool:
        return self._operation.replayed

    def refresh(self) -> Snapshot:
        """See ``Operation.refresh``."""
        return self._loop.run(self._operation.refresh())

    def result(self, timeout: float | None = None) -> R:
        """See ``Operation.result``."""
        return self._loop.run(self._operation.result(timeout))

    def outcome(self) -> R:
        """See ``Operation.outcome``."""
        return self._operation.outcome()

    def cancel(self) -> Snapshot:
        """See ``Operation.cancel``."""
        return self._loop.run(self._operation.cancel())

    def watch(self) -> Iterator[Snapshot]:
        """See ``Operation.watch``."""
        return self._loop.iterate(self._operation.watch())


class _Loop:
    """An event loop in a thread of its own, which does not keep the program alive."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="operations-api client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of it. Whoever interrupts the waiting, as with Ctrl-C, ends the request, too."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        """One after the other; whoever stops early closes what they come from."""
        try:
            while True:
                try:
                    yield self.run(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            self.run(_close(items))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)


async def _close(items: Any) -> None:
    await items.aclose()
