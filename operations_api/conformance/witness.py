"""What was seen in the whole run: every answer, and every operation in it, in the order of time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from operations_api.conformance.wire import Answer


class Sighting(msgspec.Struct, frozen=True):
    """An operation as an answer, or an event in it, showed it: asked for at ``sent_at``, there at ``received_at``.

    ``view`` tells representations apart that have different members.
    """

    operation: dict[str, Any]
    answer: Answer
    sent_at: float
    received_at: float

    @property
    def view(self) -> str:
        return "full" if "steps" in self.operation else "basic"


class Witness:
    """Remembers. ``started`` are the ids of the operations that this run began, and has to clear away."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.sightings: dict[str, list[Sighting]] = {}

    def saw(self, answer: Answer) -> None:
        """Keep an answer and the operations in it."""
        self.answers.append(answer)
        document = answer.json_or_none if answer.media_type == "application/json" else None
        for operation in _operations(document):
            self._sighted(Sighting(operation, answer, answer.sent_at, answer.received_at))

    def saw_event(self, answer: Answer, line: bytes) -> None:
        """Keep the operation in a line of an event stream, if there is one."""
        if line.startswith(b"data:"):
            for operation in _operations(json.loads(line.removeprefix(b"data:"))):
                self._sighted(Sighting(operation, answer, answer.sent_at, time.monotonic()))

    def _sighted(self, sighting: Sighting) -> None:
        self.sightings.setdefault(sighting.operation["id"], []).append(sighting)

    @property
    def started(self) -> dict[str, str]:
        """The operations this run has started, each with the Authorization it was started with."""
        found = {}
        for answer in self.answers:
            if answer.status == 202 and (path := answer.header("content-location")):
                found[path.rpartition("/")[2]] = _authorization(answer.request)
        return found

    def in_order(self) -> Iterator[list[Sighting]]:
        """For each operation what was seen of it, by version and, of the same version, by time."""
        for seen in self.sightings.values():
            yield sorted(seen, key=lambda each: (each.operation["version"], each.received_at))


def _operations(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        candidates = document.get("operations", [document])
        for each in candidates if isinstance(candidates, list) else []:
            if isinstance(each, dict) and isinstance(each.get("id"), str) and "version" in each and "done" in each:
                yield each


def _authorization(request: bytes) -> str:
    for line in request.split(b"\r\n"):
        if line.lower().startswith(b"authorization:"):
            return line.split(b" ")[-1].decode("latin-1")
    return ""
