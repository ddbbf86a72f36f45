"""What a client would prefer (RFC 7240): ``wait=N``, ``return=minimal``, ``respond-async``.

Unknown and malformed preferences are ignored; of one given twice the first counts (section 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

MAX_WAIT_SECONDS: Final = 30
"""Proxies commonly give up after 60 seconds without an answer; half of that leaves room for two in a row."""

MAX_LINE: Final = 1_000
"""No sensible list of preferences is longer; more would only be work."""

_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_WORD: Final = rf"(?:{_NAME}|{_QUOTED})"
_PREFERENCE: Final = re.compile(
    rf"[ \t]*({_NAME})[ \t]*(?:=[ \t]*({_WORD})?)?[ \t]*(?:;[ \t]*(?:{_NAME}[ \t]*(?:=[ \t]*{_WORD}?)?)?[ \t]*)*"
)
_ELEMENT: Final = re.compile(rf"(?:[^,\"]|{_QUOTED})+")


class Preferences(msgspec.Struct, frozen=True):
    """``wait`` is in seconds and already capped; None when the client would not wait."""

    wait: int | None = None
    minimal: bool = False
    respond_async: bool = False

    def applied(self, *, minimal: bool) -> list[tuple[str, str]]:
        """The ``Preference-Applied`` header, where any was honoured; ``minimal`` only where the route offers it."""
        words = []
        if self.respond_async:
            words.append("respond-async")
        if self.wait is not None:
            words.append(f"wait={self.wait}")
        if self.minimal and minimal:
            words.append("return=minimal")
        return [("Preference-Applied", ", ".join(words))] if words else []


NONE: Final = Preferences()


def parse(lines: Iterable[str]) -> Preferences:
    """The preferences in the header's lines."""
    asked: dict[str, str] = {}
    for line in lines:
        for element in _ELEMENT.findall(line[:MAX_LINE]):
            match = _PREFERENCE.fullmatch(element)
            if match is not None:
                asked.setdefault(match[1].lower(), _unquoted(match[2] or ""))
    if not asked:
        return NONE
    return Preferences(
        wait=_seconds(asked.get("wait")),
        minimal=asked.get("return", "").lower() == "minimal",
        respond_async=asked.get("respond-async") == "",
    )


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


def _seconds(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdigit()):
        return None
    return MAX_WAIT_SECONDS if len(text) > 9 else min(int(text), MAX_WAIT_SECONDS)
