"""Webhooks as Standard Webhooks 1.0 has them: what is signed, with what, when it is tried again, and where it may go.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

URL_LENGTH: Final = 2048
"""Longer ones are refused by many servers and proxies on the way."""

SECRET_BYTES: Final = 32
"""As many as the hash has; the standard asks for 24 to 64."""

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- what every secret begins with

PAUSES_SECONDS: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The standard's example of a schedule: ten attempts, the last one 75 hours after the first."""

LONGEST_PAUSE_SECONDS: Final = 86_400.0
"""A receiver may ask for more patience than the schedule has, but not to be forgotten."""

ANSWER_SECONDS: Final = 15.0
"""From the question for its name to the head of its answer: a receiver should note a webhook first and work later."""

State = Literal["pending", "delivered", "dead"]


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """What one receiver is told of one change. ``attempts`` counts the one under way.

    Without ``endpoint_id`` it goes to the operation's own ``callback_url``.
    """

    id: UUID
    operation_id: UUID
    version: int
    type: str
    url: str
    endpoint_id: UUID | None
    created_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    dead_at: datetime | None
    answer_status: int | None
    failure: str | None

    @property
    def state(self) -> State:
        """Where it is: waiting for an attempt, taken, or given up."""
        if self.delivered_at is not None:
            return "delivered"
        return "pending" if self.dead_at is None else "dead"


def headers(id: str, at: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """What says who sent it and when; ``at`` in seconds since 1970. One signature for each secret."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signature(id, at, body, secret) for secret in secrets),
    }


def signature(id: str, at: int, body: bytes, secret: bytes) -> str:
    """The symmetric scheme ``v1``: HMAC-SHA256 over id, time and body."""
    digest = hmac.digest(secret, b"%s.%d.%s" % (id.encode(), at, body), "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def secret_text(secret: bytes) -> str:
    """A secret as people copy it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def pause_seconds(attempts: int, spread: float, asked_seconds: float | None) -> float | None:
    """How long after this many failed attempts the next one comes; None when that was the last.

    ``spread`` (0 to 1) is drawn by chance, so that what failed together is not tried together. A receiver that
    ``asked`` for more time gets it.
    """
    if attempts > len(PAUSES_SECONDS):
        return None
    pause = PAUSES_SECONDS[attempts - 1] * (0.9 + 0.1 * spread)
    return max(pause, min(asked_seconds or 0.0, LONGEST_PAUSE_SECONDS))


def url_fault(url: str) -> str | None:
    """What is wrong with an address that webhooks are to be sent to, as a sentence; None when nothing is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "This is no URL; use one such as https://example.com/hooks."
    if len(url) > URL_LENGTH or not all("!" <= character <= "~" for character in url):
        return f"A URL has at most {URL_LENGTH} visible ASCII characters; encode the others."
    if parts.scheme not in ("https", "http") or not host or port == 0:
        return "This is no https or http URL; use one such as https://example.com/hooks."
    if parts.username is not None or parts.password is not None:
        return "A URL with a user name or password is not called; leave them out and check the signature."
    return "A URL with a fragment is not called; leave out # and what follows." if "#" in url else None
