"""When to poll again: in proportion to how long the operation has taken so far."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from operations_api.domain.operation import Operation

SHARE_OF_AGE: Final = 0.1
"""Polling this often makes a client learn of the end at most a tenth of the duration late."""

MIN_SECONDS: Final = 1.0
MAX_SECONDS: Final = 30.0


def advice_headers(operation: Operation, now: datetime) -> list[tuple[str, str]]:
    """``Retry-After`` in whole seconds and ``Retry-After-Ms`` while the operation is not done; nothing after."""
    if operation.done:
        return []
    seconds = seconds_until_worthwhile(operation, now)
    return [("Retry-After", str(math.ceil(seconds))), ("Retry-After-Ms", str(math.ceil(seconds * 1000)))]


def seconds_until_worthwhile(operation: Operation, now: datetime) -> float:
    """A tenth of its age, and not before it may begin; between 1 and 30 seconds."""
    begins = max(operation.created_at, operation.not_before or operation.created_at)
    age = (now - begins).total_seconds()
    return min(max(-age, age * SHARE_OF_AGE, MIN_SECONDS), MAX_SECONDS)
