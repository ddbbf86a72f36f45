"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): one key, in one of two spellings.

``"abc"``, the structured-field string, and bare ``abc``, which today's SDKs send, are the same key. A key has 1 to 255
visible ASCII characters without ``"``, ``,`` and ``\\``: nothing is ever escaped, and a joined list cannot be a key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from operations_api.domain.problem import KEY_EXPIRED, KEY_INVALID, KEY_MISSING, Problem

MAX_LENGTH: Final = 255

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours the clock that made a UUIDv7 may be."""

PATTERN: Final = r'^(?:[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}|"[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}")$'
"""Both spellings, for documentation and generated clients."""

_KEY: Final = re.compile(rb"[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+")
_UUID7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


class IdempotencyKeyMissing(Problem):
    """The request has no Idempotency-Key."""

    kind = KEY_MISSING


class IdempotencyKeyInvalid(Problem):
    """The header is not one key; the detail says what to do."""

    kind = KEY_INVALID


class IdempotencyKeyExpired(Problem):
    """The key is unknown and its own time says that a replay could not be recognised; nothing runs."""

    kind = KEY_EXPIRED


def parse(lines: Sequence[bytes]) -> str:
    """The key in the header's lines. Raises ``IdempotencyKeyMissing`` and ``IdempotencyKeyInvalid``."""
    if not lines:
        raise IdempotencyKeyMissing(
            "Send an Idempotency-Key header that is unique to this piece of work, such as an order number or a UUID."
        )
    if len(lines) > 1:
        raise IdempotencyKeyInvalid(f"There are {len(lines)} Idempotency-Key headers; send exactly one.")
    key = _unquoted(lines[0].strip(b" \t"))
    if len(key) > MAX_LENGTH:
        raise IdempotencyKeyInvalid(f"The key has {len(key)} characters; use at most {MAX_LENGTH}.")
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid(_fault(key))
    return key.decode("ascii")


def age_problem(key: str, now: datetime, retention: timedelta) -> IdempotencyKeyExpired | None:
    """What to refuse a key with *if it is unknown*: its UUIDv7 is older than ``retention`` or too far in the future.

    ``now`` is aware. Any other key has no age, and a known key is a replay whatever its age is.
    """
    made_at = _made_at(key)
    if made_at is None:
        return None
    if made_at < now.timestamp() - retention.total_seconds():
        return IdempotencyKeyExpired(
            f"The key is a UUIDv7 from before the retention of {_days(retention)}, so whether it was used is no longer "
            "known. Make sure that the work was not done already, then use a fresh key."
        )
    if made_at > now.timestamp() + CLOCK_SKEW.total_seconds():
        return IdempotencyKeyExpired(
            "The key is a UUIDv7 from more than 5 minutes in the future. "
            "Set the clock that made it, then use a fresh key."
        )
    return None


def _unquoted(value: bytes) -> bytes:
    if not value:
        raise IdempotencyKeyInvalid("The key is empty; send 1 to 255 visible ASCII characters.")
    if not value.startswith(b'"'):
        return value
    closing = value.find(b'"', 1)
    if closing < 0:
        raise IdempotencyKeyInvalid('The key begins with a quote that is never closed; send "key" or bare key.')
    if closing == 1:
        raise IdempotencyKeyInvalid(
            'The key between the quotes is empty; send 1 to 255 characters, as in "order-4711".'
        )
    if closing < len(value) - 1:
        raise IdempotencyKeyInvalid(
            "Something follows the closing quote; send one key alone, without parameters or further keys."
        )
    return value[1:closing]


def _fault(key: bytes) -> str:
    if b"," in key:
        return "The key holds a comma, as a list of keys would; send exactly one key without commas."
    if b'"' in key or b"\\" in key:
        return "The key holds a quote or a backslash; leave both out, so that nothing needs escaping."
    if b" " in key or b"\t" in key:
        return "The key holds white space; use visible ASCII characters only."
    return "The key holds a control or non-ASCII character; use visible ASCII characters only."


def _made_at(key: str) -> float | None:
    """Seconds since the epoch at which a UUIDv7 was made (RFC 9562 section 5.7); None for any other key."""
    if not _UUID7.fullmatch(key):
        return None
    return (UUID(key).int >> 80) / 1000


def _days(period: timedelta) -> str:
    days = period.total_seconds() / 86_400
    return f"{days:g} day" if days == 1 else f"{days:g} days"
