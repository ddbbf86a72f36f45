"""The public keys of an external issuer (JWKS, RFC 7517), from a file or a URL: fetched when needed, not more often.

A key that is not known is looked for at most once in ``AGAIN_SECONDS``, whoever asks and however many; until then it
stays unknown. Known keys are renewed in the background, so that nobody waits for the issuer who need not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import structlog

FRESH_SECONDS: Final = 300.0
"""A key that its issuer has withdrawn is believed this much longer at most, as long as the issuer can be reached."""

AGAIN_SECONDS: Final = 10.0
"""Tokens with invented key ids cost the issuer no more than one request in this time."""

STALE_SECONDS: Final = 86_400.0
"""While the issuer cannot be reached its keys are believed for a day: its outage is not ours, and yet it may be used to
keep a withdrawn key alive."""

PATIENCE_SECONDS: Final = 5.0
"""Only tokens whose key is not known yet wait for so long."""

LIMIT_BYTES: Final = 1_048_576
"""No set of keys is larger than this."""

Key = dict[str, Any]

log = structlog.get_logger(__name__)


class KeysUnavailable(Exception):
    """The key may be there, but its issuer cannot be asked now; the message says what happened."""


class KeySet:
    """One issuer's keys. ``source`` is an https URL or the path of a file."""

    def __init__(self, source: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched_at = self._tried_at = -float("inf")
        self._failure = ""
        self._fetching: asyncio.Task[None] | None = None
        # made once: it reads the certificates of all authorities
        self._tls = httpx.create_ssl_context() if source.startswith("https:") else None

    async def find(self, kid: str) -> Key | None:
        """The key with this id, None when its issuer has none. Raises ``KeysUnavailable``."""
        if kid not in self._keys:
            if (fetching := self._refresh()) is not None:
                await asyncio.shield(fetching)
            if kid not in self._keys and self._fetched_at < self._tried_at:
                raise KeysUnavailable(self._failure)
        elif self._clock() - self._fetched_at > FRESH_SECONDS:
            self._refresh()
        return self._keys.get(kid)

    async def close(self) -> None:
        """Stop asking."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _refresh(self) -> asyncio.Task[None] | None:
        """The fetch under way, one begun now, or None when the last one was a moment ago."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if self._clock() - self._tried_at < AGAIN_SECONDS:
            return None
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = keys_of(await self._read())
        except Exception as error:  # whatever it was, the next one must not ask again at once
            self._tried_at = self._clock()
            self._failure = str(error) or type(error).__name__
            log.warning("the keys of the issuer cannot be read", source=self._source, error=self._failure)
            if self._tried_at - self._fetched_at > STALE_SECONDS:
                self._keys = {}
            return
        self._keys = found
        self._fetched_at = self._tried_at = self._clock()

    async def _read(self) -> bytes:
        if not self._source.startswith(("https:", "http:")):
            return await asyncio.to_thread(Path(self._source).read_bytes)
        body = bytearray()
        async with (
            httpx.AsyncClient(verify=self._tls or True, timeout=PATIENCE_SECONDS) as client,
            client.stream("GET", self._source) as response,
        ):
            if response.status_code != 200:
                raise ValueError(f"it answered {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LIMIT_BYTES:
                    raise ValueError(f"it sent more than {LIMIT_BYTES} bytes")
        return bytes(body)


def keys_of(document: bytes) -> dict[str, Key]:
    """The keys of a JWKS by their ids; those without one, and those for encryption, are left out.

    Raises ``ValueError`` when it is no JWKS.
    """
    found = msgspec.json.decode(document)  # raises a ValueError
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list):
        raise ValueError("it is no JWKS: an object whose member keys is a list")
    usable = [key for key in keys if isinstance(key, dict) and key.get("use", "sig") == "sig"]
    return {key["kid"]: key for key in usable if isinstance(key.get("kid"), str)}
