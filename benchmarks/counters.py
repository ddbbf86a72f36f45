"""What Postgres has done, as it counts itself: unlike time, it does not depend on what else a machine does."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import asyncpg

SETTLE_SECONDS = 1.5
"""A session tells the others of its counts once a second, and when it ends."""

READ = """
select
    (select blks_hit + blks_read from pg_stat_database where datname = current_database()) as pages,
    (select wal_bytes::bigint from pg_stat_wal) as wal,
    coalesce(sum(n_tup_upd) filter (where relname = 'operations'), 0)::bigint as operations_updated,
    coalesce(sum(n_tup_hot_upd) filter (where relname = 'operations'), 0)::bigint as operations_hot,
    coalesce(sum(n_tup_upd) filter (where relname = 'operation_steps'), 0)::bigint as steps_updated,
    coalesce(sum(n_tup_hot_upd) filter (where relname = 'operation_steps'), 0)::bigint as steps_hot
from pg_stat_user_tables
"""


class Counters(NamedTuple):
    """Since the database was made; the log (WAL) is all databases'."""

    pages: int
    wal: int
    operations_updated: int
    operations_hot: int
    steps_updated: int
    steps_hot: int

    @classmethod
    async def read(cls, database_url: str) -> Counters:
        await asyncio.sleep(SETTLE_SECONDS)
        connection = await asyncpg.connect(database_url)
        try:
            return cls(**await connection.fetchrow(READ))
        finally:
            await connection.close()

    def since(self, before: Counters, answered: int) -> dict[str, Any]:
        """Pages looked at and bytes logged for each answer, and the share of updates that touched no index."""
        more = Counters(*(now - then for now, then in zip(self, before, strict=True)))
        return {
            "pages_each": more.pages / answered,
            "wal_bytes_each": more.wal / answered,
            "hot": {
                "operations": _share(more.operations_hot, more.operations_updated),
                "steps": _share(more.steps_hot, more.steps_updated),
            },
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
