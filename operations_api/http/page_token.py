"""Page tokens: where a list goes on. Opaque to clients, and tied to the tenant and the filters they were made for."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from operations_api.domain.fingerprint import canonical
from operations_api.domain.inputs import ValidationFailed
from operations_api.http.queries import refused

Place = tuple[datetime, UUID]
"""When the last operation of a page was created, and its id."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIED_BYTES: Final = 8
_LENGTH: Final = _TIED_BYTES + 8 + 16


def issue(tenant: str, filters: Mapping[str, str], place: Place) -> str:
    """The token of the page after ``place``."""
    created_at, id = place
    since_us = (created_at - _EPOCH) // _MICROSECOND
    return _written(_tie(tenant, filters) + since_us.to_bytes(8, "big", signed=True) + id.bytes)


def read(token: str, tenant: str, filters: Mapping[str, str]) -> Place:
    """The place a token stands for. Raises ``ValidationFailed`` when it is not of this tenant and these filters."""
    try:
        content = urlsafe_b64decode(token.encode("ascii") + b"==")
        created_at = _EPOCH + timedelta(microseconds=int.from_bytes(content[_TIED_BYTES:-16], "big", signed=True))
    except (ValueError, OverflowError):
        raise _wrong() from None
    if len(content) != _LENGTH or content[:_TIED_BYTES] != _tie(tenant, filters) or _written(content) != token:
        raise _wrong()
    return created_at, UUID(bytes=content[-16:])


def _written(content: bytes) -> str:
    return urlsafe_b64encode(content).decode("ascii").rstrip("=")


def _tie(tenant: str, filters: Mapping[str, str]) -> bytes:
    return hashlib.sha256(canonical([tenant, dict(filters)])).digest()[:_TIED_BYTES]


def _wrong() -> ValidationFailed:
    return refused("page_token", "is not of this list; begin again without it, or keep the filters as they were.")
