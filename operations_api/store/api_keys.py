"""API keys: a tenant and scopes behind a secret of which only the SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import uuid_utils.compat as uuid_utils

from operations_api.domain.errors import OperationsError
from operations_api.store.connection import Pool, connected
from operations_api.store.queries import load

SCOPES: Final = ("submit", "read", "operate", "admin")

SQL: Final = load("api_keys")


class ApiKey(msgspec.Struct, frozen=True):
    """What is known of a key; the secret itself is not."""

    id: UUID
    tenant: str
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None
    replaced_by: UUID | None


Keys = list[ApiKey]


class ScopeUnknown(OperationsError):
    """A scope nobody knows; the message lists those there are."""


def sha256_of(secret: str) -> bytes:
    """What is stored of a secret. Secrets are 256 random bits, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


class ApiKeys:
    """The keys of all tenants."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(
        self,
        tenant: str,
        scopes: Sequence[str],
        name: str = "",
        key: str | None = None,
        expires_in_seconds: float | None = None,
    ) -> str:
        """Make a key and its tenant, and give the secret: the only time it can be seen.

        With ``key`` that secret is used, and making it again changes nothing. Raises ``ScopeUnknown``.
        """
        if unknown := sorted(set(scopes) - set(SCOPES)) or (["(none)"] if not scopes else []):
            raise ScopeUnknown(f"unknown scope {', '.join(unknown)}: use {', '.join(SCOPES)}")
        secret = key or _new_secret()
        async with connected(self._pool) as connection, connection.transaction():
            await connection.execute(SQL["create_tenant"], tenant)
            await connection.execute(
                SQL["create_key"], uuid_utils.uuid7(), tenant, name, sha256_of(secret), sorted(set(scopes)),
                expires_in_seconds,
            )  # fmt: skip
        return secret

    async def find(self, sha256: bytes) -> ApiKey | None:
        """The key with this hash, unless it is revoked or has expired.

        What is compared is the hash, by an index: how long that takes tells nothing of a secret.
        """
        async with connected(self._pool) as connection:
            row = await connection.fetchrow(SQL["find_key"], sha256)
        return None if row is None else ApiKey(**row)

    async def list(self, tenant: str | None = None) -> Keys:
        """All keys, or those of one tenant, oldest first."""
        async with connected(self._pool) as connection:
            return [ApiKey(**row) for row in await connection.fetch(SQL["list_keys"], tenant)]

    async def revoke(self, identifier: UUID) -> bool:
        """Revoke a key; False when there is none with this id."""
        async with connected(self._pool) as connection:
            return bool(await connection.fetch(SQL["revoke_key"], identifier))

    async def rotate(self, identifier: UUID, overlap_seconds: float) -> str | None:
        """Put a new key in the place of this one, which works for ``overlap_seconds`` more, and give the new secret.

        The new key has the tenant, name, scopes and length of life of the old one. None when there is no key with this
        id that still works, or it was replaced before.
        """
        secret = _new_secret()
        async with connected(self._pool) as connection:
            made = await connection.fetch(
                SQL["rotate_key"], identifier, uuid_utils.uuid7(), sha256_of(secret), overlap_seconds
            )
        return secret if made else None


def _new_secret() -> str:
    return f"op_{secrets.token_urlsafe(32)}"
