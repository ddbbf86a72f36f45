"""Webhooks of others that started nothing, kept with the reason."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from operations_api.store.connection import Pool, connected
from operations_api.store.queries import load

SQL: Final = load("webhook_events")


class StoredEvent(msgspec.Struct, frozen=True):
    """A signed event that has started nothing, and why."""

    tenant: str
    source: str
    event_id: str
    type: str
    body: msgspec.Raw
    reason: str
    received_at: datetime


class WebhookEvents:
    """Those of all tenants. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, tenant: str, source: str, event_id: str, type: str, body: bytes, reason: str) -> None:
        """Keep one; sent again it is kept once, with the newest reason."""
        async with connected(self._pool) as connection:
            await connection.execute(SQL["keep_event"], tenant, source, event_id, type, body.decode(), reason)

    async def newest(self, tenant: str | None, source: str | None, limit: int) -> list[StoredEvent]:
        """The newest first; of one tenant and source, or (None) of any."""
        async with connected(self._pool) as connection:
            rows = await connection.fetch(SQL["newest_events"], tenant, source, limit)
        return [StoredEvent(**{**row, "body": msgspec.Raw(row["body"])}) for row in rows]
