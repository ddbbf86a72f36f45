"""Idempotency keys: one key for one piece of work, made from what makes it that piece of work.

A key that is made anew by every run of a program protects against a lost answer, but not against the program itself
being run twice. So:

- a person did something (pressed a button, sent a form): ``for_user_action``
- a clock did: ``for_schedule``
- somebody else's system told of something: ``for_external_event``
- none of these, and only this process will ever ask for it: ``random``, kept beside the work before it is sent

The first three give the same key for the same arguments, on every machine and in every version.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Final

import msgspec
import uuid_utils

from operations_api.domain.idempotency_key import MAX_LENGTH

_PLAIN: Final = re.compile(r"[\x21\x23-\x2b\x2d-\x39\x3b-\x5b\x5d-\x7e]+")
"""What a part of a key may hold to stand in it as it is: all that keys may hold, but the colon between the parts."""


def for_user_action(user: str, action: str, *what: object) -> str:
    """The key of what somebody wants done: the same when they press the button again.

    ``what`` tells apart what one user may want twice: the cart, the form's own id, the amount. Two orders of one user
    need different ones. Raises ``ValueError`` for an empty part.
    """
    return _joined("user", user, action, *map(str, what))


def for_schedule(task: str, at: datetime) -> str:
    """The key of one tick of a clock: any number of machines that wake for it start it once.

    ``at`` is the time that was planned, not the time it is now. Raises ``ValueError`` when it has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("A planned time without a time zone is another moment on another machine: give it one.")
    moment = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{_joined('scheduled', task)}:{moment}Z"


def for_external_event(system: str, event_id: str) -> str:
    """The key of what another system told of: its redeliveries are replays.

    ``event_id`` is the id that stays the same when it is sent again. Raises ``ValueError`` for an empty part.
    """
    return _joined("external", system, event_id)


def random() -> str:
    """A fresh key: a UUIDv7, which the API refuses when it is too old for a replay to be recognised.

    Store it beside the work before the work is sent. Without that, who runs twice does it twice.
    """
    return str(uuid_utils.uuid7())


def _joined(origin: str, *parts: str) -> str:
    """Readable where that is unambiguous, else a hash of the parts; no two lists of parts give the same key."""
    if not all(parts):
        raise ValueError(f"A part of the key is empty: {parts!r}. Leave it out, or say what it is.")
    readable = ":".join((origin, *parts))
    hashed = f"{origin}-sha256:{hashlib.sha256(msgspec.json.encode(parts)).hexdigest()}"
    if len(readable) > MAX_LENGTH - _ROOM_FOR_A_TIME or not all(map(_PLAIN.fullmatch, parts)):
        return hashed
    return readable


_ROOM_FOR_A_TIME: Final = len(":2026-01-01T00:00:00.000000Z")
