"""The operation tokens that were made and have not expired."""

from __future__ import annotations

from typing import Final

from operations_api.domain.operation_token import OperationToken
from operations_api.store.connection import Pool, connected
from operations_api.store.queries import load

SQL: Final = load("operation_tokens")


class OperationTokens:
    """One per process. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, token: OperationToken) -> None:
        """From now on it may be used."""
        async with connected(self._pool) as connection:
            await connection.execute(SQL["keep_token"], token.tenant, token.token, token.type, token.expires_at)

    async def find(self, tenant: str, token: str) -> OperationToken | None:
        """What this tenant's token is for; None when it was never made, or has expired and is forgotten."""
        async with connected(self._pool) as connection:
            row = await connection.fetchrow(SQL["find_token"], tenant, token)
        return None if row is None else OperationToken(**row)
