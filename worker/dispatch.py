"""Which operations this worker takes, and when: woken when something starts, by itself every second.

A wake-up is a hint; the claim chooses. Each round makes ready what has slept long enough, then claims as much as
there are free slots.

A suspect, which was there twice when its worker died, is executed with nothing beside it: one at a time, and between
two of them the others have the worker for as long as the first one had. While it waits for the worker to be empty, and
while it runs, nothing is claimed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from operations_api import crash_points
from operations_api.domain.errors import LeaseLost, StoreUnavailable
from operations_api.domain.first_call import FirstCall, first_call_of
from operations_api.domain.plan import Finish, Sleep
from operations_api.domain.registry import Registry
from operations_api.store.leases import Held, Known, Leased, Leases
from operations_api.store.type_limits import TypeLimits
from worker.entry import parked_before
from worker.execute import Run
from worker.lease import Lease, Leaseholder
from worker.script import Script, Services
from worker.steps import Unfit

CLAIM_BATCH: Final = 64
SWEEP_BATCH: Final = 500

ROUND_SECONDS: Final = 1.0
"""How late an operation starts that nobody woke a worker for."""

BACKLOG_PAUSE_SECONDS: Final = 0.01
"""While more is ready than there are slots, free ones are filled this late, so that one claim fills several of them."""

MANY_SLOTS: Final = 8
"""An eighth of the slots is worth a claim at once."""

ERROR_PAUSE_SECONDS: Final = 0.5

Execute = Callable[[Leased, Lease], Coroutine[Any, Any, None]]

ALONE_PATIENCE_SECONDS: Final = 30.0
"""How long a suspect keeps a worker from claiming, and how long the worker then claims before the next one may."""

log = structlog.get_logger(__name__)


class Dispatcher:
    """Claims operations and runs each in a task of its own, at most ``slots`` at a time."""

    def __init__(
        self,
        registry: Registry,
        leases: Leases,
        type_limits: TypeLimits,
        leaseholder: Leaseholder,
        services: Services,
        *,
        slots: int,
    ) -> None:
        self._registry = registry
        self._first_calls = _first_calls(registry)
        self._leases = leases
        self._type_limits = type_limits
        self._leaseholder = leaseholder
        self._services = services
        self._slots = slots
        self._awake = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], Lease] = {}
        self._draining = False
        self._swept_at = -ROUND_SECONDS
        self._suspect: asyncio.Task[None] | None = None
        self._suspect_since = -ROUND_SECONDS
        self._suspects_at = -ROUND_SECONDS
        self._more_suspects = False
        self._more_is_ready = False
        self._looks_soon = False

    def wake(self) -> None:
        """Something may be ready: look now."""
        self._awake.set()

    async def keep_dispatching(self) -> None:
        """Rounds until drained; while Postgres is away they go on failing quietly."""
        while not self._draining:
            try:
                claimed = await self.run_once()
            except Exception as error:  # whatever it is: a worker that stops looking is lost
                unexpected = None if isinstance(error, StoreUnavailable) else error
                log.warning("nothing can be claimed", error=str(error), exc_info=unexpected)
                await asyncio.sleep(ERROR_PAUSE_SECONDS * (1 + random.random()))  # noqa: S311 -- spreads the load
                continue
            if claimed < CLAIM_BATCH or len(self._tasks) >= self._slots:
                await self._rest()

    async def run_once(self) -> int:
        """One round: sweep if it is time, claim, start. How many were claimed."""
        self._awake.clear()
        sweep_is_due = time.monotonic() - self._swept_at >= ROUND_SECONDS
        if sweep_is_due:
            self._swept_at = time.monotonic()
            self._services.meter.swept(await self._leases.sweep(SWEEP_BATCH))
            await self._type_limits.lift()
        if self._draining or self._suspect is not None:
            return 0
        claimed = await self._claim(self._slots - len(self._tasks))
        if (sweep_is_due or self._more_suspects) and not self._draining and time.monotonic() >= self._suspects_at:
            await self._take_suspect()
        return claimed

    async def _claim(self, free: int) -> int:
        self._more_is_ready = True  # unless it turns out that there is less than was asked for
        if free <= 0:
            return 0
        asked_at, most = time.monotonic(), min(free, CLAIM_BATCH)
        await self._type_limits.let_in(most)
        for call in self._first_calls.values():
            crash_points.reach("before-intent", call.step, "reserve")
        claimed = await self._leases.claim(self._registry.versions, most, self._first_calls)
        self._more_is_ready = len(claimed) == most
        for leased in claimed:
            self._start(leased, asked_at)
        self._services.meter.claimed(len(claimed))
        return len(claimed)

    def claim_no_more(self) -> None:
        """End the rounds; what the last one is claiming just now still begins."""
        self._draining = True
        self.wake()

    async def drain(self, seconds: float) -> None:
        """Once the rounds have ended: let what runs finish for so long, then give the rest back."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for lease in self._tasks.values():
            lease.give_back()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), ROUND_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311

    async def _take_suspect(self) -> None:
        asked_at = time.monotonic()
        leased = await self._leases.claim_suspect(self._registry.versions)
        self._more_suspects = leased is not None  # where there is one there may be more
        if leased is not None:
            self._suspect_since = asked_at
            self._suspect = self._start(leased, asked_at, self._run_alone)

    def _start(self, leased: Leased, asked_at: float, run: Execute | None = None) -> asyncio.Task[None]:
        operation = leased.operation
        held = Held(operation.tenant, operation.id, leased.epoch)
        lease = Lease(held, asked_at, lambda: task.cancel())
        executing = _in_its_name(leased, lease, run or self._run)
        task = asyncio.get_running_loop().create_task(executing, name=f"operation {operation.id}")
        self._leaseholder.hold(lease)
        self._tasks[task] = lease
        task.add_done_callback(self._finished)
        return task

    async def _run_alone(self, leased: Leased, lease: Lease) -> None:
        """Run it when everything else has ended, so that the next death has one suspect only."""
        log.warning("executed alone: workers died while they had it")
        try:
            empty = await self._others_end(lease)
        except asyncio.CancelledError:
            await self._leases.give_back(lease.held)
            raise
        if self._draining or not empty:
            self._suspects_at = time.monotonic() + ALONE_PATIENCE_SECONDS
            await self._leases.give_back(lease.held)
        elif (alone := await self._leases.begin_alone(lease.held)) is not None:
            await self._run(alone, lease)

    async def _others_end(self, lease: Lease) -> bool:
        """Whether everything else ends soon: a suspect must not keep the slots empty for as long as an import takes."""
        others = [task for task in self._tasks if self._tasks[task] is not lease]
        if not others:
            return True
        _, running = await asyncio.wait(others, timeout=ALONE_PATIENCE_SECONDS)
        return not running

    async def _run(self, leased: Leased, lease: Lease) -> None:
        operation = leased.operation
        try:
            script = Script(
                self._registry.versions[operation.type, operation.definition_version], leased, self._services
            )
            plan = await Run(leased, lease, script, self._services, self._leases).to_rest()
        except Unfit as reason:
            await self._services.journal.write(parked_before(leased, str(reason), self._services.clock.now()))
        except LeaseLost as error:
            self._services.meter.lease_lost()
            log.warning("lease lost", reason=str(error))
            self.wake()
        else:
            if isinstance(plan.move, Sleep):
                self._wake_at(plan.move)
            elif isinstance(plan.move, Finish):
                self._services.meter.finished(operation.type, succeeded=plan.move.succeeded)
                log.debug("finished")
                if operation.group is not None or operation.type in self._registry.limits:
                    self.wake()  # the next of its group is ready now, and its type has room

    def _wake_at(self, move: Sleep) -> None:
        """This worker looks again at the very time, so that a retry need not wait for the next round.

        And now: a request to turn back that came while it was going to sleep has made it ready.
        """
        self.wake()
        if move.until is not None:
            delay = (move.until - self._services.clock.now()).total_seconds()
            if delay < ROUND_SECONDS * 60:
                asyncio.get_running_loop().call_later(max(delay, 0) + 0.005, self._sweep_now)

    def _let_others_have_their_turn(self) -> None:
        now = time.monotonic()
        turn_seconds = min(now - self._suspect_since, ALONE_PATIENCE_SECONDS)
        self._suspects_at = max(self._suspects_at, now + turn_seconds)
        asyncio.get_running_loop().call_later(turn_seconds, self.wake)

    def _sweep_now(self) -> None:
        self._swept_at = -ROUND_SECONDS
        self.wake()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._leaseholder.let_go(self._tasks.pop(task))
        if task is self._suspect:
            self._suspect = None
            self._let_others_have_their_turn()
            self.wake()
        elif self._more_is_ready:
            self._look_soon()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("operation could not be run", exc_info=error)

    def _look_soon(self) -> None:
        """Once for all that end meanwhile; at once where that is many."""
        if (self._slots - len(self._tasks)) * MANY_SLOTS >= self._slots:
            self.wake()
        elif not self._looks_soon:
            self._looks_soon = True
            asyncio.get_running_loop().call_later(BACKLOG_PAUSE_SECONDS, self._look)

    def _look(self) -> None:
        self._looks_soon = False
        self.wake()


def _first_calls(registry: Registry) -> dict[Known, FirstCall]:
    found = {name: first_call_of(definition) for name, definition in registry.versions.items()}
    return {name: call for name, call in found.items() if call is not None}


async def _in_its_name(leased: Leased, lease: Lease, run: Execute) -> None:
    """Every line that is logged meanwhile, by whomever, names the operation: it has a task of its own."""
    operation = leased.operation
    structlog.contextvars.bind_contextvars(
        operation=str(operation.id), tenant=operation.tenant, type=operation.type, epoch=leased.epoch
    )
    await run(leased, lease)
