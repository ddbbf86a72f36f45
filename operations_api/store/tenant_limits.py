"""Limits of single tenants, which an operator sets, and what a tenant has in flight."""

from __future__ import annotations

from typing import Final

import asyncpg
import msgspec

from operations_api.domain.errors import OperationsError
from operations_api.store.connection import Pool, connected
from operations_api.store.queries import load

NO_LIMIT: Final = 0
"""What is stored where a tenant has no limit although the settings have one."""

SQL: Final = load("tenant_limits")


class TenantLimit(msgspec.Struct, frozen=True):
    """One tenant's own limits. None: the setting's; ``NO_LIMIT``: none. ``weight``: its share of the workers, or 1."""

    tenant: str
    requests_per_second: int | None = None
    operations_in_flight: int | None = None
    weight: int | None = None


class Unchanged(msgspec.Struct, frozen=True):
    """In the place of a limit: it stays what it is."""


UNCHANGED: Final = Unchanged()

Listed = list[TenantLimit]


class TenantUnnameable(OperationsError):
    """Not the name of a tenant; the message says what is."""


class TenantLimits:
    """Those of all tenants. Everything raises ``StoreUnavailable`` when Postgres cannot be reached."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def set(
        self,
        tenant: str,
        requests_per_second: int | Unchanged | None = UNCHANGED,
        operations_in_flight: int | Unchanged | None = UNCHANGED,
        weight: int | Unchanged | None = UNCHANGED,
    ) -> TenantLimit:
        """Change a tenant's limits, and give all of them. Raises ``TenantUnnameable``."""
        given = [*_change(requests_per_second), *_change(operations_in_flight), *_change(weight)]
        try:
            async with connected(self._pool) as connection:
                row = await connection.fetchrow(SQL["set_tenant_limits"], tenant, *given)
        except asyncpg.CheckViolationError:
            raise TenantUnnameable(
                f'"{tenant}" is no name of a tenant: use up to 100 letters, digits, dots, hyphens and underscores, the '
                "first a letter or digit."
            ) from None
        return TenantLimit(**row)

    async def list(self) -> Listed:
        """All there are, by tenant; none while the migration that makes room for them is to be applied."""
        try:
            async with connected(self._pool) as connection:
                return [TenantLimit(**row) for row in await connection.fetch(SQL["list_tenant_limits"])]
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
            return []

    async def remove(self, tenant: str) -> bool:
        """Let the settings hold for a tenant; False when they did already."""
        async with connected(self._pool) as connection:
            return bool(await connection.fetch(SQL["remove_tenant_limits"], tenant))

    async def count_in_flight(self, tenant: str, at_most: int) -> int:
        """How many operations of this tenant are not done; ``at_most`` when there are more."""
        async with connected(self._pool) as connection:
            return int(await connection.fetchval(SQL["count_in_flight"], tenant, at_most))


def _change(limit: int | Unchanged | None) -> tuple[bool, int | None]:
    return (False, None) if isinstance(limit, Unchanged) else (True, limit)
