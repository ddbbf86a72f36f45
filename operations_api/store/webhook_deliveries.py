"""What a tenant's receivers were told and are to be told, as the tenant sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from operations_api.domain.webhook import State, Webhook
from operations_api.store.connection import Pool, connected
from operations_api.store.queries import load
from operations_api.store.rows import to_webhook

SQL: Final = load("webhooks")


class WebhookDeliveries:
    """Those of all tenants. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self,
        tenant: str,
        limit: int,
        operation_id: UUID | None = None,
        state: State | None = None,
        after: tuple[datetime, UUID] | None = None,
    ) -> list[Webhook]:
        """One tenant's, the newest first, after the given place."""
        created_at, id = after or (None, None)
        async with connected(self._pool) as connection:
            rows = await connection.fetch(SQL["list_webhooks"], tenant, operation_id, state, created_at, id, limit)
        return [to_webhook(row) for row in rows]

    async def replay(self, tenant: str, id: UUID) -> Webhook | None:
        """Send it again under the same id, unless it waits for an attempt anyway; None when there is no such one."""
        async with connected(self._pool) as connection:
            again = await connection.fetchrow(SQL["replay_webhook"], tenant, id)
            row = again or await connection.fetchrow(SQL["find_webhook"], tenant, id)
        return None if row is None else to_webhook(row)
