"""Who asks: ``Authorization: Bearer <api key>``, or a token of an external issuer where one is set (``issuer.py``).

Only the SHA-256 of a key is stored. What a key or a token may do is remembered for a moment, so that a busy client
costs no query and no check of a signature per request, and what was revoked or has expired stops working within
seconds.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from cachetools import TTLCache

from operations_api.domain.errors import OutcomeUnknown, StoreUnavailable
from operations_api.domain.problem import Problem
from operations_api.http.problems import FORBIDDEN, UNAUTHORIZED
from operations_api.store.api_keys import sha256_of

REMEMBERED_SECONDS: Final = 2.0
"""What was revoked or has expired works at most this much longer, in each process."""

REMEMBERED_KEYS: Final = 10_000
"""More active keys than this only cost a query each now and then."""

TENANT_HEADER: Final = b"operations-tenant"
"""How a key with the scope ``admin`` says which tenant it acts for; without it, for its own."""

_BEARER: Final = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] +([!-~]+)")
TENANT: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_JWT: Final = re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
"""Three parts in base64url, the first of which begins as a JSON object does. No key that was made here has a dot."""


class Caller(msgspec.Struct, frozen=True):
    """Whoever sent a request: the tenant it acts for, what it may do, and the name and id of its key or its subject."""

    tenant: str
    scopes: frozenset[str]
    actor: str = ""


class StoredKey(Protocol):
    """The part of a stored API key that matters here."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def revoked_at(self) -> Any: ...


class Tokens(Protocol):
    """Whoever knows the caller behind a JSON Web Token."""

    async def caller(self, token: str) -> Caller: ...


FindKey = Callable[[bytes], Awaitable[StoredKey | None]]


class Authenticator:
    """Finds the caller behind a request's headers."""

    def __init__(
        self, find_key: FindKey, tokens: Tokens | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._find_key = find_key
        self._tokens = tokens
        self._known: TTLCache[bytes, Caller] = TTLCache(REMEMBERED_KEYS, REMEMBERED_SECONDS, timer=clock)
        self._asking: dict[bytes, asyncio.Future[Caller | None]] = {}

    async def caller(self, headers: Sequence[tuple[bytes, bytes]]) -> Caller:
        """The caller. Raises a ``Problem`` of 401, 403 or 503, and ``StoreUnavailable``."""
        secret = _secret(headers)
        digest = sha256_of(secret)
        return _acting_for(self._known.get(digest) or await self._found(secret, digest), headers)

    async def _found(self, secret: str, digest: bytes) -> Caller:
        if self._tokens is not None and _JWT.fullmatch(secret):
            bearer = self._known[digest] = await self._tokens.caller(secret)
            return bearer
        holder = await self._ask_once(digest)
        if holder is None:
            raise Problem(
                "This API key is unknown, revoked or expired; check it, or ask for a new one.", kind=UNAUTHORIZED
            )
        return holder

    async def _ask_once(self, digest: bytes) -> Caller | None:
        """Concurrent requests with the same key share one query."""
        asking = self._asking.get(digest)
        if asking is None:
            asking = self._asking[digest] = asyncio.ensure_future(self._ask(digest))
            asking.add_done_callback(lambda _: self._asking.pop(digest, None))
        return await asyncio.shield(asking)

    async def _ask(self, digest: bytes) -> Caller | None:
        try:
            key = await self._find_key(digest)
        except OutcomeUnknown as error:  # a question has no outcome: nothing was accepted
            raise StoreUnavailable(str(error)) from error
        if key is None or key.revoked_at is not None:
            return None
        self._known[digest] = caller = Caller(key.tenant, frozenset(key.scopes), _actor(key))
        return caller


def _secret(headers: Sequence[tuple[bytes, bytes]]) -> str:
    lines = [value for name, value in headers if name == b"authorization"]
    if not lines:
        raise Problem("Send your API key as Authorization: Bearer <key>.", kind=UNAUTHORIZED)
    match = _BEARER.fullmatch(lines[0].strip()) if len(lines) == 1 else None
    if match is None:
        raise Problem("The Authorization header must be one line: Bearer <key>.", kind=UNAUTHORIZED)
    return match[1].decode("ascii")


def _acting_for(caller: Caller, headers: Sequence[tuple[bytes, bytes]]) -> Caller:
    tenants = [value for name, value in headers if name == TENANT_HEADER]
    if not tenants or tenants == [caller.tenant.encode()]:
        return caller
    if "admin" not in caller.scopes:
        raise Problem(
            'Acting for another tenant needs the scope "admin"; leave the Operations-Tenant header out.', kind=FORBIDDEN
        )
    if len(tenants) > 1 or not TENANT.fullmatch(tenants[0]):
        raise Problem("Operations-Tenant must name one tenant.", kind=FORBIDDEN)
    return Caller(tenants[0].decode("ascii"), caller.scopes, caller.actor)


def _actor(key: StoredKey) -> str:
    return f"{key.name} ({key.id})" if key.name else str(key.id)
