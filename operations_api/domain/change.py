"""The news that an operation changed."""

from __future__ import annotations

from uuid import UUID

import msgspec


class Change(msgspec.Struct, frozen=True, array_like=True):
    """An operation has this version now; ``done`` when it is terminal."""

    tenant: str
    id: UUID
    version: int
    done: bool
