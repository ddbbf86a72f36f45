"""Who held which operation when, as the database saw it, and how long the operations of the dead were left alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

PROCESS = "chaos.process"
"""A setting of each worker's sessions: which life of which process they belong to."""

LEASE_BOOK = """
create schema chaos;
create table chaos.leases (
    place bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    operation uuid not null,
    is_held boolean not null,
    process text
);
create function chaos.note_lease() returns trigger language plpgsql as $$
begin
    insert into chaos.leases (operation, is_held, process)
    values (new.id, new.lease_owner is not null, current_setting('chaos.process', true));
    return null;
end
$$;
create trigger chaos_lease
    after update of lease_owner on operations
    for each row when (old.lease_owner is distinct from new.lease_owner)
    execute function chaos.note_lease();
"""
"""Beside the tables of the product: a line whenever a lease is taken, given back, or found to have run out."""


class Line(msgspec.Struct, frozen=True):
    """``process`` took the lease, or ended it: its own, or that of somebody who did not renew it."""

    at: float
    operation: UUID
    is_held: bool
    process: str | None


class Takeover(msgspec.Struct, frozen=True):
    """An operation that a killed worker held, and when another one took it: the kill and the claim, by one clock."""

    operation: UUID
    killed_at: float
    taken_at: float

    @property
    def seconds(self) -> float:
        return self.taken_at - self.killed_at


async def read_leases(connection: asyncpg.Connection[Any]) -> list[Line]:
    """The whole book, in the order in which each operation's leases changed."""
    rows = await connection.fetch(
        "select extract(epoch from at)::float8 as at, operation, is_held, process from chaos.leases order by place"
    )
    return [Line(**row) for row in rows]


def takeovers(lines: Iterable[Line], killed_at: dict[str, float]) -> list[Takeover]:
    """Every operation that one of the killed held when it died. ``killed_at``: their lives, and when they ended."""
    held: dict[UUID, Line] = {}
    found = []
    for line in lines:
        before = held.pop(line.operation, None)
        if before is not None and before.process is not None and line.at >= killed_at[before.process]:
            if line.is_held:
                found.append(Takeover(line.operation, killed_at[before.process], line.at))
            elif line.process != before.process:  # its lease was found to have run out; who takes it comes next
                held[line.operation] = before
        if line.is_held and line.process in killed_at:
            held[line.operation] = line
    return found
