"""A database whose clock can be set: what its sessions take for Postgres' ``clock_timestamp()`` is ours."""

from __future__ import annotations

from urllib.parse import urlsplit

import asyncpg

INSTALL = """
create schema stepped;
create table stepped.ahead (seconds float8 not null);
insert into stepped.ahead values (0);
create function stepped.clock_timestamp() returns timestamptz language sql volatile as $$
    select pg_catalog.clock_timestamp() + make_interval(secs => seconds) from stepped.ahead
$$;
"""
# defaults name the function they were made with
DEFAULTS = """
select format('alter table %I alter column %I set default stepped.clock_timestamp()', table_name, column_name)
from information_schema.columns
where table_schema = 'public' and column_default = 'clock_timestamp()'
"""


class SteppedClock:
    """The clock of one database, for all sessions that begin after ``install``."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    async def install(self) -> None:
        """Take the place of Postgres' own clock."""
        connection = await asyncpg.connect(self._database_url)
        name = urlsplit(self._database_url).path[1:]
        await connection.execute(INSTALL)
        for row in await connection.fetch(DEFAULTS):
            await connection.execute(row[0])
        await connection.execute(f"alter database {name} set search_path = stepped, pg_catalog, public")
        await connection.close()

    async def set_ahead(self, seconds: float) -> None:
        """From now on the clock is so far ahead of the true time."""
        connection = await asyncpg.connect(self._database_url)
        await connection.execute("update stepped.ahead set seconds = $1", seconds)
        await connection.close()
