"""JSON Pointers (RFC 6901): where in a body something is wrong."""

from __future__ import annotations

import re
from typing import Any, Final

_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])")
"""One step of a path as msgspec writes it: ``.member``, ``[3]``, or ``[...]`` for some value of a dict."""


def child(pointer: str, name: str | int) -> str:
    """The pointer of a member or item of what ``pointer`` points to."""
    return f"{pointer}/{name}" if isinstance(name, int) else f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def steps_of(path: str) -> list[str | int | None]:
    """The steps of a msgspec path such as ``$.lines[3].labels[...]``; None stands for a name it does not tell."""
    found: list[str | int | None] = []
    for name, position, unnamed in _STEP.findall(path):
        found.append(None if unnamed else int(position) if position else name)
    return found


def joined(steps: list[str | int], at: str = "") -> str:
    """The pointer that leads along ``steps`` from ``at``."""
    for step in steps:
        at = child(at, step)
    return at


def value_at(value: Any, steps: list[str | int]) -> Any:
    """What is found along ``steps``. Raises ``LookupError`` and ``TypeError`` where there is nothing."""
    for step in steps:
        value = value[step]
    return value
