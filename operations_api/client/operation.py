"""A handle on one operation: wait for it, watch it, ask for its cancellation."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from typing import Any, Final, Generic, TypeVar

import httpx
import msgspec

from operations_api.client.api import Api, Request
from operations_api.client.failure import NotDoneYet, OperationFailed
from operations_api.client.retrying import seconds_of
from operations_api.client.snapshot import Snapshot

R = TypeVar("R")

WAIT_SECONDS: Final = 25
"""Of the 30 the API grants at most: proxies that give up after 30 are common."""

PAUSE_SECONDS: Final = 1.0
"""Before asking again, where the API did not wait and did not say when."""


class Operation(Generic[R]):
    """One operation. ``now`` is what was last seen of it; ``replayed`` whether the start found it there already.

    ``url`` is all that another process needs: ``await client.operation(url)``. Nothing but ``cancel()`` ever stops the
    work: a time-out, a closed client or a process that dies does not.
    """

    def __init__(self, api: Api, now: Snapshot, result_type: type[R], *, replayed: bool = False) -> None:
        self._api = api
        self._path = f"/operations/{now.id}"
        self._result_type = result_type
        self.now = now
        self.replayed = replayed

    @property
    def id(self) -> str:
        return self.now.id

    @property
    def url(self) -> str:
        return f"{self._api.url}{self._path}"

    async def refresh(self) -> Snapshot:
        """Ask what it is now. Raises ``RequestRefused`` (404 or 410 when it is forgotten) and ``ApiUnavailable``."""
        return (await self._poll(0))[0]

    async def result(self, timeout: float | None = None) -> R:
        """What came of it, once it is done; of the type that was asked for, else a dict.

        ``timeout`` is in seconds, for ever by default; then ``NotDoneYet`` is raised and the operation goes on. Raises
        ``OperationFailed`` when it ended without success, ``ApiUnavailable`` when the API is away for longer than the
        client's patience, ``msgspec.ValidationError`` when the result is not of the type.
        """
        try:
            async with asyncio.timeout(timeout):
                while not self.now.done:
                    await self._wait(timeout)
        except TimeoutError:
            raise NotDoneYet(f"Operation {self.id} is still {self.now.status} after {timeout} s; it goes on.") from None
        return self.outcome()

    def outcome(self) -> R:
        """The same of an operation that is known to be done; ``NotDoneYet`` when it is not."""
        if not self.now.done:
            raise NotDoneYet(f"Operation {self.id} is still {self.now.status}.")
        if self.now.error is not None:
            raise OperationFailed(self.id, self.now.error)
        return msgspec.convert(self.now.result or {}, self._result_type)

    async def cancel(self) -> Snapshot:
        """Ask for its cancellation, and give what it is then: ``canceling``, or ``canceled`` already.

        Raises ``RequestRefused`` with the slug ``operation-not-cancelable`` when it is too late. Wait with
        ``result()``, which raises ``OperationFailed`` with ``canceled`` set once nothing is held any more.
        """
        self._see((await self._api.operation(Request(method="POST", path=f"{self._path}/cancel")))[0])
        return self.now

    async def watch(self) -> AsyncIterator[Snapshot]:
        """Every version that is seen, the present one first, until it is done; across broken connections.

        Raises ``RequestRefused`` and ``ApiUnavailable`` as ``refresh()`` does; that it failed is no error here.
        """
        async for snapshot in self._api.events(f"{self._path}/events"):
            self._see(snapshot)
            yield snapshot

    async def _wait(self, timeout: float | None) -> None:
        """Ask once, and let the API hold the answer; where it holds none, pause as it says."""
        seconds = WAIT_SECONDS if timeout is None else min(WAIT_SECONDS, max(1, math.ceil(timeout)))
        asked_at = time.monotonic()
        now, response = await self._poll(seconds)
        if not now.done and time.monotonic() - asked_at < seconds:
            await asyncio.sleep(seconds_of(response.headers.get("Retry-After"), time.time()) or PAUSE_SECONDS)

    async def _poll(self, wait_seconds: int) -> tuple[Snapshot, httpx.Response]:
        request = Request(method="GET", path=self._path, wait_seconds=wait_seconds)
        snapshot, response = await self._api.operation(request)
        self._see(snapshot)
        return self.now, response

    def _see(self, snapshot: Snapshot) -> None:
        """Keep the newest; an answer may have overtaken another."""
        if snapshot.version >= self.now.version:
            self.now = snapshot


AnyOperation = Operation[dict[str, Any]]
