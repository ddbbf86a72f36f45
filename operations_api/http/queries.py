"""Query parameters: unknown ones are ignored, unknown values of known ones are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec

from operations_api.domain.inputs import ValidationFailed

_TIME: Final = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)])


def one(request: Any, name: str) -> str | None:
    """The value of a parameter, None when absent. Raises ``ValidationFailed`` when it is given twice or holds NUL."""
    if not request.scope["query_string"]:
        return None
    values = request.query_params.getall(name, [])
    if len(values) > 1:
        raise refused(name, "is given more than once; give it once.")
    if values and "\0" in values[0]:
        raise refused(name, "holds the character NUL; remove it.")
    return values[0] if values else None


def word(request: Any, name: str, allowed: tuple[str, ...], default: str) -> str:
    """A parameter that is one of a few words."""
    value = one(request, name)
    if value is None:
        return default
    if value not in allowed:
        raise refused(name, f"must be {' or '.join(allowed)}.")
    return value


def moment(request: Any, name: str) -> datetime | None:
    """A parameter that is a time with an offset (RFC 3339)."""
    value = one(request, name)
    if value is None:
        return None
    try:
        decoded: datetime = _TIME.decode(msgspec.json.encode(value))
        decoded.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        raise refused(name, "must be a time such as 2026-01-31T12:00:00Z (a + must be sent as %2B).") from None
    return decoded


def refused(name: str, sentence: str) -> ValidationFailed:
    """The refusal of a parameter; it has no place in a body, so the pointer is that of the whole."""
    return ValidationFailed([{"detail": f"The query parameter {name} {sentence}", "pointer": ""}])
