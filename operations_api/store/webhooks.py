"""Webhooks that are due, as workers take and settle them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from operations_api.domain.operation import Operation
from operations_api.domain.webhook import Webhook
from operations_api.store.connection import Pool, connected
from operations_api.store.queries import columns, load
from operations_api.store.rows import to_operation, to_webhook

SQL: Final = load("webhooks")
OPERATIONS: Final = load("operations")


CALLBACKS: Final = UUID(int=0)
"""Stands in the place of an endpoint for the callbacks of a tenant's operations."""


class Lane(NamedTuple):
    """What waits together: what one endpoint is to be told, or all the callbacks of a tenant."""

    tenant: str
    receiver: UUID


class Room(NamedTuple):
    """How many more of a lane, and of its tenant, may be under way."""

    of_lane: int
    of_tenant: int


class Claimed(msgspec.Struct, frozen=True):
    """One to send now."""

    tenant: str
    webhook: Webhook

    @property
    def lane(self) -> Lane:
        """Where it waited."""
        return Lane(self.tenant, self.webhook.endpoint_id or CALLBACKS)


class Load(msgspec.Struct, frozen=True):
    """What it takes to send one: the operation as it is now and what to sign with, the newest first."""

    operation: Operation | None
    secrets: Sequence[bytes]


class Webhooks:
    """Those of all tenants. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def next_lanes(self, after: Lane | None, count: int) -> list[Lane]:
        """The next ``count`` lanes in which something is undelivered, behind one or (None) from the first."""
        tenant, receiver = after or ("", CALLBACKS)
        async with connected(self._pool) as connection:
            rows = await connection.fetch(SQL["next_lanes"], tenant, receiver, count)
        return [Lane(row["tenant"], row["lane"]) for row in rows]

    async def claim(self, rooms: Sequence[tuple[Lane, Room]], limit: int, lease_seconds: float) -> list[Claimed]:
        """Take up to ``limit`` that are due in these lanes, in turn.

        Who does not settle one in time leaves it to others.
        """
        places = columns(((*lane, *room) for lane, room in rooms), width=4)
        async with connected(self._pool) as connection:
            rows = await connection.fetch(SQL["claim_webhooks"], *places, limit, lease_seconds)
        return [Claimed(row["tenant"], to_webhook(row)) for row in rows]

    async def load(self, claimed: Claimed) -> Load:
        """What is to be sent."""
        async with connected(self._pool) as connection:
            names = [claimed.tenant], [claimed.webhook.operation_id]
            rows = await connection.fetch(OPERATIONS["get_operations"], *names)
            secrets = await connection.fetch(SQL["signing_secrets"], claimed.tenant)
        operation = to_operation(rows[0]) if rows and rows[0]["deleted_at"] is None else None
        return Load(operation, [row["secret"] for row in secrets])

    async def delivered(self, claimed: Claimed, status: int) -> None:
        """It was taken."""
        await self._settle(claimed, True, None, status, None)

    async def failed(self, claimed: Claimed, pause_seconds: float | None, status: int | None, failure: str) -> None:
        """It was not taken; it is tried again after a pause or (None) given up."""
        await self._settle(claimed, False, pause_seconds, status, failure)

    async def gone(self, claimed: Claimed, status: int) -> int:
        """Its receiver wants nothing any more. How many webhooks were given up for that, this one included."""
        webhook, tenant = claimed.webhook, claimed.tenant
        forget, bury, whose = _farewell(webhook)
        async with connected(self._pool) as connection, connection.transaction():
            await connection.execute(SQL[forget], tenant, *whose)
            failure = "the receiver is gone"
            settled = await connection.fetch(
                SQL["settle_webhook"], tenant, webhook.id, webhook.attempts, False, None, status, failure
            )
            others = await connection.fetch(SQL[bury], tenant, *whose)
        return len(settled) + len(others)

    async def _settle(self, claimed: Claimed, taken: bool, pause: float | None, *said: Any) -> None:
        webhook = claimed.webhook
        async with connected(self._pool) as connection:
            await connection.execute(
                SQL["settle_webhook"], claimed.tenant, webhook.id, webhook.attempts, taken, pause, *said
            )


def _farewell(webhook: Webhook) -> tuple[str, str, tuple[Any, ...]]:
    """The statements that forget a receiver and bury what it had not taken, and whose that is."""
    if webhook.endpoint_id is not None:
        return "disable_endpoint", "bury_webhooks_of_endpoint", (webhook.endpoint_id,)
    return "forget_callback", "bury_webhooks_of_operation", (webhook.operation_id, webhook.url)
