"""Who is told of a tenant's operations, and what a tenant's webhooks are signed with."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import uuid_utils.compat as uuid_utils

from operations_api.domain.webhook import SECRET_BYTES, secret_text
from operations_api.store.connection import Pool, connected
from operations_api.store.queries import load

SQL: Final = load("webhooks")
KEYS: Final = load("api_keys")


class Endpoint(msgspec.Struct, frozen=True):
    """A receiver of whatever its tenant starts. ``disabled_at``: since when it says that it is gone."""

    id: UUID
    url: str
    created_at: datetime
    disabled_at: datetime | None


class Secret(msgspec.Struct, frozen=True):
    """A secret that webhooks are signed with; until when, if another one has taken its place."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None


class WebhookReceivers:
    """Those of all tenants. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def can_sign(self, tenant: str) -> bool:
        """Whether the tenant has a secret."""
        async with connected(self._pool) as connection:
            return bool(await connection.fetchval(SQL["has_signing_secret"], tenant))

    async def new_secret(self, tenant: str, overlap_seconds: float) -> tuple[Secret, str]:
        """Make a secret, and give it: the only time it can be seen. The one before is used beside it for a while."""
        secret = secrets.token_bytes(SECRET_BYTES)
        async with connected(self._pool) as connection, connection.transaction():
            await connection.execute(KEYS["create_tenant"], tenant)
            await connection.execute(SQL["limit_old_secrets"], tenant, overlap_seconds)
            row = await connection.fetchrow(SQL["add_secret"], tenant, uuid_utils.uuid7(), secret)
        return Secret(**row), secret_text(secret)

    async def secrets(self, tenant: str) -> list[Secret]:
        """Those in use, the newest first."""
        async with connected(self._pool) as connection:
            return [Secret(**row) for row in await connection.fetch(SQL["list_secrets"], tenant)]

    async def add_endpoint(self, tenant: str, url: str) -> Endpoint:
        """Tell this receiver of whatever the tenant starts from now on."""
        async with connected(self._pool) as connection, connection.transaction():
            await connection.execute(KEYS["create_tenant"], tenant)
            return Endpoint(**await connection.fetchrow(SQL["add_endpoint"], tenant, uuid_utils.uuid7(), url))

    async def endpoints(self, tenant: str) -> list[Endpoint]:
        """A tenant's receivers, the oldest first."""
        async with connected(self._pool) as connection:
            return [Endpoint(**row) for row in await connection.fetch(SQL["list_endpoints"], tenant)]

    async def remove_endpoint(self, tenant: str, id: UUID) -> bool:
        """Tell it nothing any more; False when there is none with this id."""
        async with connected(self._pool) as connection:
            return bool(await connection.fetch(SQL["remove_endpoint"], tenant, id))
