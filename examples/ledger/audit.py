"""The balance checker: whether the books add up and nothing is left behind."""

from __future__ import annotations

from typing import Any, Final, Protocol

from examples.queries import queries

SQL: Final = queries("ledger/audit.sql")


class Connection(Protocol):
    """The part of a database connection an audit needs."""

    async def fetch(self, query: str, *args: Any) -> list[Any]: ...


async def audit(connection: Connection) -> list[str]:
    """What is wrong, one sentence each; empty when all is well.

    All postings and each transfer's sum to zero, every balance is the sum of its postings, what accounts and shelves
    say is held is what the holds say, and no finished operation holds anything or kept what it should have given back.
    The operations themselves must be in the same database.
    """
    rows = await connection.fetch(SQL["books"]) + await connection.fetch(SQL["finished_operations"])
    return [row["finding"] for row in rows]
