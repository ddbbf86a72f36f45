"""The ``traceparent`` header (W3C Trace Context): stored with the operation when well-formed, else ignored.

It is sent on to other services, so it holds nothing that could not stand in a header.
"""

from __future__ import annotations

import re
from typing import Final

_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]*)?")

MAX_LENGTH: Final = 255
"""Later versions of the header may be longer than 55 characters; more than this is nobody's trace."""


def traceparent(lines: list[str]) -> str | None:
    """The header's value, or None when it is absent, repeated or malformed. Version 00 has nothing after the flags."""
    if len(lines) != 1 or len(lines[0]) > MAX_LENGTH:
        return None
    match = _TRACEPARENT.fullmatch(lines[0])
    if match is None or (match[1] and lines[0].startswith("00")):
        return None
    return lines[0]
