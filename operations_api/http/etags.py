"""Entity tags (RFC 9110 sections 8.8.3 and 13.1): an operation's is its version, quoted; the full view's differs."""

from __future__ import annotations

import re
from typing import Final

import msgspec

_TAG: Final = re.compile(r'[ \t]*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*')
_ELEMENT: Final = re.compile(r'(?:[^,"]|"[^"]*"|"[^"]*$)+')
"""What stands between two commas that are not within quotes; an open quote goes on to the end."""


class Condition(msgspec.Struct, frozen=True):
    """The tags of an If-Match or If-None-Match header, ``anything`` for ``*``. Malformed parts match nothing."""

    tags: frozenset[str]
    strong: frozenset[str]
    anything: bool

    def matches_weakly(self, tag: str) -> bool:
        """Whether If-None-Match names this tag, which is given with its quotes."""
        return self.anything or tag in self.tags

    def matches_version(self, version: int) -> bool:
        """Whether If-Match names this version, as either view shows it, by strong comparison."""
        return self.anything or tag_of(version) in self.strong or tag_of(version, full=True) in self.strong


def tag_of(version: int, *, full: bool = False) -> str:
    """The strong entity tag of a version, as the basic or the full view shows it."""
    return f'"{version}-full"' if full else f'"{version}"'


def condition(lines: list[str]) -> Condition | None:
    """The condition in the header's lines, or None where there is none."""
    if not lines:
        return None
    value = ", ".join(lines)
    if value.strip() == "*":
        return Condition(frozenset(), frozenset(), anything=True)
    found = [match for element in _ELEMENT.findall(value) if (match := _TAG.fullmatch(element))]
    return Condition(
        tags=frozenset(f'"{match[2]}"' for match in found),
        strong=frozenset(f'"{match[2]}"' for match in found if not match[1]),
        anything=False,
    )
