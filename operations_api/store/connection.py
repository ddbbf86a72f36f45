"""Connections to Postgres: what every session promises, and how a broken one is told from a refused statement."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import asyncpg
import msgspec

from operations_api.domain.errors import OutcomeUnknown, StoreUnavailable

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection = Any
"""An asyncpg connection, or the proxy a pool gives out."""

LOCK_TIMEOUT_MS: Final = 2_000
"""How long a request waits for another one that is binding the same key."""

ACQUIRE_SECONDS: Final = 5.0
"""Who waited this long for a session is better told to come back."""

PLANNING: Final = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}
"""How every session plans: once, by keys, for tables of any size.

Left to itself, Postgres plans by the size that a table has when a session first asks, and keeps it: in a new system
that is a scan of the whole, until autovacuum looks a minute and a hundred thousand operations later. In a large one it
plans small batches anew each time, which takes longer than executing them. See decision record 29. A bitmap has no
order: a claim would read all that is ready and sort it (record 34).
"""

UNREACHABLE: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
)
"""What asyncpg raises when the server is away, going away, full, a standby, or takes too long.

The last but one looks like a mistake of ours; it is what the first statement meets on a connection whose backend was
killed while it was idle ("cannot switch to state 12; another operation (2) is in progress").
"""

NOTHING_WAS_SENT: Final = (ConnectionRefusedError, FileNotFoundError, asyncpg.CannotConnectNowError)
CONFLICTS: Final = (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError, asyncpg.SerializationError)
"""Expected between concurrent transactions: the same statements are tried again, one by one."""

UNSTORABLE: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError)
"""Said of the values: the same ones are refused again. The last is what asyncpg says before it sends anything."""


COMMIT_AND_RESET: Final = "COMMIT; SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;"
"""What asyncpg resets a session with, in the message that commits. Where the COMMIT fails, the pool does it later."""


class Session(asyncpg.Connection):
    """A session, reset when it goes back to its pool only if it was lent: no statement of ours leaves anything behind.

    The reset is a round trip, and would be every second one. Where a transaction is all that happens while it is lent,
    the reset goes along with its COMMIT.
    """

    _lent = False
    _reset_with_commit = False

    def lend(self) -> None:
        """Code that is not ours gets it now and may leave anything behind: settings, locks, cursors."""
        self._lent = True

    def get_reset_query(self) -> str:
        """What asyncpg sends before anybody else gets the session, if anything."""
        return super().get_reset_query() if self._lent else ""

    def reset_with_commit(self) -> None:
        """The next COMMIT is the last that happens while it is lent."""
        self._reset_with_commit = True

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        """Execute; asyncpg's own transactions come through here as well."""
        if not self._reset_with_commit or query != "COMMIT;":
            return await super().execute(query, *args, timeout=timeout)
        self._reset_with_commit = False
        status = await super().execute(COMMIT_AND_RESET, timeout=timeout)
        self._lent = False
        return status

    async def reset(self, *, timeout: float | None = None) -> None:
        """As new for whoever is next."""
        self._reset_with_commit = False
        await super().reset(timeout=timeout)
        self._lent = False


async def open_pool(
    database_url: str,
    *,
    size: int,
    session: dict[str, str] | None = None,
    min_size: int = 1,
    patience_seconds: float | None = None,
) -> Pool:
    """A pool of at most ``size`` sessions; one that is silent for ``patience_seconds`` is dropped.

    Raises ``StoreUnavailable`` when Postgres cannot be reached.
    """
    own = {"application_name": "operations-api", "lock_timeout": str(LOCK_TIMEOUT_MS)}
    try:
        return await asyncpg.create_pool(
            database_url,
            min_size=min_size,
            max_size=size,
            init=_prepare,
            connection_class=Session,
            server_settings={**own, **PLANNING, **(session or {})},
            max_cacheable_statement_size=0,  # a claim is as long as its worker knows definitions
            timeout=5,
            command_timeout=patience_seconds,
        )
    except UNREACHABLE as error:
        raise StoreUnavailable(f"Postgres cannot be reached: {error}") from error


@asynccontextmanager
async def connected(pool: Pool) -> AsyncIterator[Connection]:
    """A session of the pool for one or a few statements.

    Raises ``StoreUnavailable`` when none can be had, ``OutcomeUnknown`` when it broke after something was sent.
    """
    try:
        # a time-out costs a task and a timer, which nobody needs who finds one free
        connection = await pool.acquire(timeout=None if pool.get_idle_size() else ACQUIRE_SECONDS)
    except UNREACHABLE as error:
        raise StoreUnavailable(f"no connection to Postgres can be had: {error or type(error).__name__}") from error
    async with unavailable_when_broken():
        try:
            yield connection
        finally:
            await pool.release(connection, timeout=ACQUIRE_SECONDS)


@asynccontextmanager
async def unavailable_when_broken() -> AsyncIterator[None]:
    """Turn what asyncpg raises for a broken connection into ``StoreUnavailable`` or ``OutcomeUnknown``."""
    try:
        yield
    except ValueError:
        raise  # a mistake of ours: asyncpg's complaints about parameters are also InterfaceErrors
    except UNREACHABLE as error:
        kind = StoreUnavailable if isinstance(error, NOTHING_WAS_SENT) else OutcomeUnknown
        raise kind(f"Postgres cannot be reached now: {error or type(error).__name__}") from error


async def _prepare(connection: Connection) -> None:
    # json columns stay the bytes they are: they are embedded in answers, not looked into
    await _set_codec(connection, "json", msgspec.Raw)
    await _set_codec(connection, "jsonb", msgspec.json.decode)


async def _set_codec(connection: Connection, name: str, decoder: Callable[[str], Any]) -> None:
    await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=decoder, format="text")
