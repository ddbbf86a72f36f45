"""The leases this process holds, and the thread that keeps them.

The thread has its own loop and connection, so that a handler which blocks the main loop does not cost the leases of
all others. A lease that cannot be renewed in time is given up by itself: its calls are cancelled before anybody else
may claim the operation. When the main loop has been silent for half a lease, nothing could be cancelled any more, so
the process ends at once.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from operations_api.store.connection import PLANNING, UNREACHABLE
from operations_api.store.leases import Held, Renewal, renew

RENEWALS_PER_LEASE: Final = 3
"""Two may fail before the lease is in danger."""

GIVEN_UP_AT: Final = 0.85
"""The part of a lease after which it counts as lost: its calls must have ended before somebody else may begin."""

SILENT_LOOP_EXIT_CODE: Final = 70
OUTLIVED_LEASE_EXIT_CODE: Final = 71
NO_HEARTBEAT_EXIT_CODE: Final = 72

log = structlog.get_logger(__name__)


class Lease:
    """One operation this process may work on. ``cancel_requested`` is what the client asked; ``lost`` ends the work.

    ``written_at`` (of the monotonic clock, as ``renewed_at``) is before the newest write for it was sent: the time of a
    call runs from then, because in the database its end is counted from when the intent was stored.

    ``wanted_back``: the worker drains. A handler that runs is cancelled, a write that is under way is not, so that what
    the database has is known when the operation is given back.
    """

    def __init__(self, held: Held, renewed_at: float, stop: Callable[[], object]) -> None:
        self.held = held
        self.renewed_at = renewed_at
        self.written_at = renewed_at
        self.cancel_requested = False
        self.lost = False
        self.wanted_back = False
        self.in_handler = InHandler()
        self._stop = stop

    def lose(self) -> None:
        """Somebody else may hold the operation now: stop what is going on."""
        if not self.lost:
            self.lost = True
            self._stop()

    def give_back(self) -> None:
        """The worker drains: end the call under way, or stop before the next one."""
        self.wanted_back = True
        if self.in_handler.is_running:
            self._stop()


class InHandler:
    """To be entered while a handler runs. A lease has one for all its calls: a worker makes thousands a second."""

    __slots__ = ("is_running",)

    def __init__(self) -> None:
        self.is_running = False

    def __enter__(self) -> None:
        self.is_running = True

    def __exit__(self, *error: object) -> None:
        self.is_running = False


class Leaseholder(threading.Thread):
    """Renews every lease of the process at a third of its length, and ends the process when its loop hangs."""

    def __init__(self, database_url: str, owner: UUID, lease_seconds: float) -> None:
        super().__init__(name="leaseholder", daemon=True)
        self._database_url = database_url
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._leases: dict[tuple[str, UUID], Lease] = {}
        self._loop = asyncio.get_running_loop()
        self._pulse = time.monotonic()
        self._ending = threading.Event()  # not _stop: Thread has one
        self._due = threading.Event()
        self._beat_pulse()

    def hold(self, lease: Lease) -> None:
        """Keep this lease from now on. A former one of the same operation has ended, whatever this process thought."""
        key = (lease.held.tenant, lease.held.id)
        if former := self._leases.get(key):
            former.lose()
        self._leases[key] = lease

    def let_go(self, lease: Lease) -> None:
        """The work on it is over."""
        key = (lease.held.tenant, lease.held.id)
        if self._leases.get(key) is lease:
            del self._leases[key]

    def hint_cancel(self, tenant: str, id: UUID) -> None:
        """Somebody says over Redis that the client asked to cancel: ask Postgres now, which alone knows."""
        if (tenant, id) in self._leases:
            self._due.set()

    async def stop(self) -> None:
        """End the thread, and wait until it uses the loop no more."""
        self._ending.set()
        self._due.set()
        await asyncio.to_thread(self.join)

    def run(self) -> None:
        """Until ``stop``. A process without heartbeats would claim operations and lose them, for ever: it ends."""
        try:
            asyncio.run(self._keep())
        except BaseException:
            log.critical("leases cannot be kept any more: ending the process", exc_info=True)
            os._exit(NO_HEARTBEAT_EXIT_CODE)

    def _beat_pulse(self) -> None:
        self._pulse = time.monotonic()
        self._lose_expired()
        if not self._ending.is_set():
            self._loop.call_later(self._lease_seconds / 10, self._beat_pulse)

    async def _keep(self) -> None:
        connection: asyncpg.Connection[asyncpg.Record] | None = None
        while await self._next_beat():
            self._end_if_silent()
            try:
                # a network that swallows everything must not keep the leases from being given up in time
                async with asyncio.timeout(self._beat_ms() / 1000):
                    if connection is None or connection.is_closed():
                        connection = await self._connect()
                    await self._renew(connection)
            except (*UNREACHABLE, asyncpg.PostgresError) as error:
                log.warning("leases could not be renewed", error=repr(error), leases=len(self._leases))
                _drop(connection)
                connection = None
        _drop(connection)

    async def _next_beat(self) -> bool:
        """Wait for the next heartbeat, or for a hint that it is due now; False at the end."""
        await asyncio.to_thread(self._due.wait, self._lease_seconds / RENEWALS_PER_LEASE)
        self._due.clear()
        return not self._ending.is_set()

    async def _connect(self) -> asyncpg.Connection[asyncpg.Record]:
        settings = {"application_name": "operations-api leases", "statement_timeout": str(self._beat_ms()), **PLANNING}
        return await asyncpg.connect(self._database_url, timeout=self._beat_ms() / 1000, server_settings=settings)

    async def _renew(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        leases = list(self._leases.values())
        if not leases:
            return
        asked_at = time.monotonic()
        renewals = await renew(connection, self._owner, self._lease_seconds, [lease.held for lease in leases])
        # the database answers in whatever order it likes
        answers = {(renewal.tenant, renewal.id): renewal for renewal in renewals}
        for lease in leases:
            self._note(lease, answers[lease.held.tenant, lease.held.id], asked_at)

    def _note(self, lease: Lease, renewal: Renewal, asked_at: float) -> None:
        if not renewal.held:
            self._loop.call_soon_threadsafe(self._lose_if_held, lease)
            return
        if renewal.renewed:
            lease.renewed_at = asked_at
        if renewal.cancel_requested:
            lease.cancel_requested = True

    def _lose_expired(self) -> None:
        oldest = time.monotonic() - self._lease_seconds * GIVEN_UP_AT
        for lease in list(self._leases.values()):
            if lease.renewed_at < oldest:
                lease.lose()

    def _lose_if_held(self, lease: Lease) -> None:
        if self._leases.get((lease.held.tenant, lease.held.id)) is lease:
            lease.lose()

    def _end_if_silent(self) -> None:
        if time.monotonic() - self._pulse > self._lease_seconds / 2:
            log.critical("the event loop is blocked: ending the process before its leases do")
            os._exit(SILENT_LOOP_EXIT_CODE)

    def _beat_ms(self) -> int:
        return int(self._lease_seconds / RENEWALS_PER_LEASE * 1000)


def _drop(connection: asyncpg.Connection[asyncpg.Record] | None) -> None:
    """Close without a farewell: it may never be answered."""
    if connection is not None:
        connection.terminate()
