"""Server-Sent Events, parsed from bytes as they arrive (WHATWG HTML section 9.2.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

# not splitlines(): that also splits at U+2028 and its like, which may stand in the text of an operation
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


class Event(msgspec.Struct, frozen=True):
    """One event. ``id`` is the last one that was sent; empty when none was."""

    id: str
    data: bytes


class EventParser:
    """Given the chunks of a stream, in whatever pieces, gives its events. Half an event at the end is none."""

    def __init__(self) -> None:
        self._rest = b""
        self._id = ""
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that this chunk completes."""
        for line in self._lines(chunk):
            if line:
                self._take(line)
            elif self._data:
                yield Event(self._id, b"\n".join(self._data))
                self._data = []

    def _lines(self, chunk: bytes) -> list[bytes]:
        pending = self._rest + chunk
        # a CR at the very end may be the first half of CR LF
        held = pending.endswith(b"\r")
        *lines, self._rest = _LINE_END.split(pending[:-1] if held else pending)
        if held:
            self._rest += b"\r"
        if lines and not self._begun:
            self._begun = True
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        return lines

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
