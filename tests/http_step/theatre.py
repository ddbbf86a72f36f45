"""The example participant as a process of its own, and how a test talks to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from tests.processes import line_of, module, running

DIRECT = build_opener(ProxyHandler({}))


class Theatre:
    def __init__(self, url: str) -> None:
        self.url = url

    def bookings(self) -> list[dict[str, Any]]:
        return self.ask("GET", "/bookings")["bookings"]

    def states(self) -> dict[str, str]:
        return {booking["step"]: booking["state"] for booking in self.bookings()}

    def simulate(self, phase: str, outcome: str, times: int = 1) -> None:
        self.ask("POST", "/simulate", {"phase": phase, "outcome": outcome, "times": times})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with DIRECT.open(Request(self.url + path, data=data, method=method)) as response:  # noqa: S310 -- our own
            return json.load(response)


@contextmanager
def theatre(directory: Path, seats: int = 100) -> Iterator[Theatre]:
    environment = {
        "EXAMPLES_PARTICIPANT_URL": "http://127.0.0.1:0",
        "EXAMPLES_PARTICIPANT_STORE": str(directory / "bookings.sqlite3"),
        "EXAMPLES_PARTICIPANT_SEATS": str(seats),
    }
    with running(module("examples.participant"), environment) as process:
        yield Theatre(line_of(process).removeprefix("participant listens on "))
