"""Webhooks on their way: taken from the table in which the changes themselves have written them, and sent.

Each is sent until its receiver takes it, by the schedule of ``domain/webhook.py``. One receiver hears of one operation
in order: a later webhook is not taken from the table before the earlier one is settled.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog

from operations_api.domain.errors import StoreUnavailable
from operations_api.domain.operation import Operation
from operations_api.domain.representation import shown, timestamp
from operations_api.domain.webhook import ANSWER_SECONDS, Webhook, headers, pause_seconds
from operations_api.store.webhooks import Claimed, Webhooks
from worker.courier import Courier, Reply

SLOTS: Final = 64
"""How many are under way at a time: each waits for somebody else's machine."""

CLAIM_SECONDS: Final = 4 * ANSWER_SECONDS
"""How long nobody else tries one that was taken: an attempt, and what is read and written around it."""

ROUND_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


class Deliverer:
    """Sends what is due, of all tenants."""

    def __init__(self, webhooks: Webhooks, courier: Courier) -> None:
        self._webhooks = webhooks
        self._courier = courier
        self._tasks: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()

    async def keep_delivering(self) -> None:
        """Rounds until cancelled; while Postgres is away they go on failing quietly."""
        while True:
            try:
                await self.run_once()
            except Exception as error:  # whatever it is: a worker that stops looking is lost
                unexpected = None if isinstance(error, StoreUnavailable) else error
                log.warning("webhooks cannot be sent", error=str(error), exc_info=unexpected)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), ROUND_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311
            self._awake.clear()

    async def run_once(self) -> int:
        """One round: take what is due and begin to send it. How many those are."""
        free = SLOTS - len(self._tasks)
        claimed = await self._webhooks.claim(free, CLAIM_SECONDS) if free else []
        for each in claimed:
            task = asyncio.get_running_loop().create_task(self._deliver(each), name=f"webhook {each.webhook.id}")
            self._tasks.add(task)
            task.add_done_callback(self._finished)
        return len(claimed)

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
            await self._webhooks.failed(claimed, None, None, "the operation was deleted")
            return
        if load.secrets:
            at, body = int(time.time()), payload(claimed.webhook, load.operation)
            signed = headers(str(claimed.webhook.id), at, body, load.secrets)
            reply = await self._courier.carry(claimed.webhook.url, signed | _trace(load.operation), body)
        else:
            reply = Reply(None, "the tenant has no webhook secret")
        await self._settle(claimed, reply)

    async def _settle(self, claimed: Claimed, reply: Reply) -> None:
        if reply.taken:
            assert reply.status is not None
            await self._webhooks.delivered(claimed, reply.status)
        elif reply.status == HTTPStatus.GONE:
            await self._webhooks.gone(claimed, reply.status)
        else:
            spread = random.random()  # noqa: S311 -- spreads the load
            pause = pause_seconds(claimed.webhook.attempts, spread, reply.asked_seconds)
            await self._webhooks.failed(claimed, pause, reply.status, reply.failure or "")

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._awake.set()  # there is a slot, and what had to wait for this one may be due
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a webhook could not be settled, and is tried again", error=str(error))


def payload(webhook: Webhook, operation: Operation) -> bytes:
    """What is sent: the operation as it is now, without its result, which is for whoever may read it."""
    data = msgspec.structs.replace(shown(operation), result=msgspec.UNSET)
    body: dict[str, Any] = {"type": webhook.type, "timestamp": timestamp(webhook.created_at), "data": data}
    return msgspec.json.encode(body)


def _trace(operation: Operation) -> dict[str, str]:
    return {} if operation.traceparent is None else {"traceparent": operation.traceparent}
