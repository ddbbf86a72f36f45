"""Operation tokens: idempotency keys that are made here, each for one start of one type by one tenant.

``optoken_{expiry}_{random}``: the expiry, in seconds since the epoch, can be read from the token itself, so that one
that is long forgotten is still told from one that was never made.
"""

from __future__ import annotations

import math
import re
import secrets
from datetime import UTC, datetime
from typing import Final

import msgspec

from operations_api.domain.idempotency_key import IdempotencyKeyExpired, IdempotencyKeyInvalid
from operations_api.domain.problem import Problem

PREFIX: Final = "optoken_"
"""No key that begins with it is anything else."""

RANDOM_BYTES: Final = 24
"""Nobody guesses 192 bits."""

SHORTEST_SECONDS: Final = 1
LONGEST_SECONDS: Final = 86_400
"""A day, the shortest retention: a token has expired before the key that it is could be free for another start."""

DEFAULT_SECONDS: Final = 3_600

_TOKEN: Final = re.compile(rf"{PREFIX}(?P<expiry>[0-9]{{10}})_[A-Za-z0-9_-]{{32}}")


class OperationToken(msgspec.Struct, frozen=True):
    """A token, whose it is, what it starts, and until when."""

    tenant: str
    token: str
    type: str
    expires_at: datetime


def new_token(tenant: str, type: str, expires_at: datetime) -> OperationToken:
    """A token that nobody else has. It expires at a whole second, and not before it was to."""
    expiry = math.ceil(expires_at.timestamp())
    token = f"{PREFIX}{expiry}_{secrets.token_urlsafe(RANDOM_BYTES)}"
    return OperationToken(tenant, token, type, datetime.fromtimestamp(expiry, UTC))


def is_token(key: str) -> bool:
    """Whether a key is to be looked at as a token."""
    return key.startswith(PREFIX)


def token_problem(key: str, known: OperationToken | None, type: str, now: datetime) -> Problem | None:
    """What to refuse an unused token with. ``known`` is what is known of it for the tenant that sends it."""
    shape = _TOKEN.fullmatch(key)
    if shape is not None and int(shape["expiry"]) <= now.timestamp():
        return IdempotencyKeyExpired("The operation token has expired unused; ask for a new one at /operation-tokens.")
    if shape is None or known is None:
        return IdempotencyKeyInvalid(
            "This is no operation token of your tenant; ask for one at /operation-tokens, or use a key of your own "
            f"that does not begin with {PREFIX}."
        )
    if known.type != type:
        return IdempotencyKeyInvalid(
            f"This operation token is for the type {known.type}; ask for one for {type} at /operation-tokens."
        )
    return None
