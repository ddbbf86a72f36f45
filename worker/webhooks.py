"""Webhooks on their way: taken from the table in which the changes themselves have written them, and sent.

Each is sent until its receiver takes it, by the schedule of ``domain/webhook.py``. One receiver hears of one operation
in order: a later webhook is not taken from the table before the earlier one is settled. Tenants take turns, and each
tenant's receivers: who does not answer holds up no slots but a few, and nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog

from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.operation import Operation
from operations_api.domain.representation import shown, timestamp
from operations_api.domain.webhook import ANSWER_SECONDS, Webhook, headers, pause_seconds
from operations_api.meter import UNMETERED, Meter, WebhookOutcome
from operations_api.store.webhooks import Claimed, Lane, Room, Webhooks
from operations_api.tracer import UNTRACED, Tracer
from worker.courier import Courier, Reply

SLOTS: Final = 256
"""How many are under way at a time: each waits for somebody else's machine."""

TENANT_SLOTS: Final = 64
"""Of those, at most so many are of one tenant: when its receivers do not answer, others have the rest."""

LANE_SLOTS: Final = 32
"""And of one receiver: the tenant's other ones have the rest."""

LANES: Final = 256
"""How many lanes are looked at together. A round looks at all there are, and after it the next one begins."""

CLAIM_SECONDS: Final = 4 * ANSWER_SECONDS
"""How long nobody else tries one that was taken: an attempt, and what is read and written around it."""

ROUND_SECONDS: Final = 1.0

BREATH_SECONDS: Final = 0.02
"""Between two rounds: the slots that become free meanwhile are filled together."""

log = structlog.get_logger(__name__)


class Deliverer:
    """Sends what is due, of all tenants."""

    def __init__(
        self, webhooks: Webhooks, courier: Courier, meter: Meter = UNMETERED, tracer: Tracer = UNTRACED
    ) -> None:
        self._webhooks = webhooks
        self._tracer = tracer
        self._meter = meter
        self._courier = courier
        self._tasks: dict[asyncio.Task[None], Lane] = {}
        self._after: Lane | None = None
        self._awake = asyncio.Event()

    async def keep_delivering(self) -> None:
        """Rounds until cancelled; while Postgres is away they go on failing quietly."""
        while True:
            try:
                await self.run_once()
            except Exception as error:  # whatever it is: a worker that stops looking is lost
                unexpected = None if isinstance(error, StoreUnavailable) else error
                log.warning("webhooks cannot be sent", error=str(error), exc_info=unexpected)
            await asyncio.sleep(BREATH_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), ROUND_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311
            self._awake.clear()

    async def run_once(self) -> int:
        """One round: take what is due, lane after lane, and begin to send it. How many those are."""
        count = 0
        while free := SLOTS - len(self._tasks):
            lanes = await self._webhooks.next_lanes(self._after, LANES)
            claimed = await self._claim(lanes, free) if lanes else []
            count += len(claimed)
            for each in claimed:
                self._begin(each)
            self._after = _where_to_go_on(lanes, [each.lane for each in claimed] if len(claimed) == free else [])
            if self._after is None:
                break
        return count

    async def _claim(self, lanes: list[Lane], free: int) -> list[Claimed]:
        tenants = Counter(lane.tenant for lane in self._tasks.values())
        of_lanes = Counter(self._tasks.values())
        rooms = [
            (lane, Room(LANE_SLOTS - of_lanes[lane], TENANT_SLOTS - tenants[lane.tenant]))
            for lane in lanes
            if of_lanes[lane] < LANE_SLOTS and tenants[lane.tenant] < TENANT_SLOTS
        ]
        return await self._webhooks.claim(rooms, free, CLAIM_SECONDS) if rooms else []

    def _begin(self, claimed: Claimed) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(claimed), name=f"webhook {claimed.webhook.id}")
        self._tasks[task] = claimed.lane
        task.add_done_callback(self._finished)

    async def drain(self) -> None:
        """Wait for those under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Give up those under way, which are tried again by others, and disconnect."""
        for task in self._tasks:
            task.cancel()
        await self.drain()
        await self._courier.close()

    async def _deliver(self, claimed: Claimed) -> None:
        load = await self._webhooks.load(claimed)
        if load.operation is None:
            await self._give_up(claimed, None, "the operation was deleted")
            return
        if load.secrets:
            reply = await self._tell(claimed.webhook, load.operation, load.secrets)
        else:
            reply = Reply(None, "the tenant has no webhook secret")
        self._meter.webhook_tried(_outcome(reply))
        await self._settle(claimed, reply)

    async def _tell(self, webhook: Webhook, operation: Operation, secrets: Sequence[bytes]) -> Reply:
        """One attempt, in a span below the operation's start."""
        named = {"type": operation.type, "operation": str(operation.id), "tenant": operation.tenant}
        attempt = webhook.attempts
        with self._tracer.span(f"webhook {webhook.type}", operation.traceparent, **named, attempt=attempt) as span:
            at, body = int(time.time()), payload(webhook, operation)
            signed = headers(str(webhook.id), at, body, secrets)
            reply = await self._courier.carry(webhook.url, signed | _trace(span.traceparent), body)
            span.end_with(_outcome(reply), is_error=not reply.taken)
        return reply

    async def _settle(self, claimed: Claimed, reply: Reply) -> None:
        if reply.taken:
            assert reply.status is not None
            await self._webhooks.delivered(claimed, reply.status)
            late = datetime.now(UTC) - claimed.webhook.created_at
            self._meter.webhook_delivered(max(late.total_seconds(), 0.0))
        elif reply.status == HTTPStatus.GONE:
            self._meter.webhooks_died(await self._webhooks.gone(claimed, reply.status))
        else:
            spread = random.random()  # noqa: S311 -- spreads the load
            pause = pause_seconds(claimed.webhook.attempts, spread, reply.asked_seconds)
            if pause is None:
                await self._give_up(claimed, reply.status, reply.failure or "")
            else:
                await self._webhooks.failed(claimed, pause, reply.status, reply.failure or "")

    async def _give_up(self, claimed: Claimed, status: int | None, failure: str) -> None:
        await self._webhooks.failed(claimed, None, status, failure)
        self._meter.webhooks_died(1)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._awake.set()  # there is a slot, and what had to wait for this one may be due
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a webhook could not be settled, and is tried again", error=str(error))


def _outcome(reply: Reply) -> WebhookOutcome:
    if reply.taken:
        return "taken"
    if reply.status is None:
        return "unanswered"
    return "gone" if reply.status == HTTPStatus.GONE else "refused"


def _where_to_go_on(lanes: list[Lane], taken: list[Lane]) -> Lane | None:
    """The lane behind which to look next, None: the first one. ``taken``: of what has left no slot for others."""
    if taken:
        return max(taken, key=lanes.index)  # as Postgres orders them
    return lanes[-1] if len(lanes) == LANES else None


def payload(webhook: Webhook, operation: Operation) -> bytes:
    """What is sent: the operation as it is now, without its result, which is for whoever may read it."""
    data = msgspec.structs.replace(shown(operation), result=msgspec.UNSET)
    body: dict[str, Any] = {"type": webhook.type, "timestamp": timestamp(webhook.created_at), "data": data}
    return msgspec.json.encode(body)


def _trace(traceparent: str | None) -> dict[str, str]:
    return {} if traceparent is None else {"traceparent": traceparent}
