"""The other side of an ``HttpStep``: a service that takes part in operations, with the standard library alone.

    EXAMPLES_PARTICIPANT_URL=http://127.0.0.1:8002 python -m examples.participant

It sells the seats of a theatre (EXAMPLES_PARTICIPANT_SEATS) and remembers them in a file (EXAMPLES_PARTICIPANT_STORE).
``POST /reserve`` holds ``{"seats": n}`` of the input, ``/commit`` makes tickets of
them, ``/rollback`` gives them back, ``/refund`` (compensate) buys the tickets back, ``/query`` tells how it stands;
``GET /bookings`` lists everything. A step that uses it::

    HttpStep("seats", reserve=f"{url}/reserve", commit=f"{url}/commit", rollback=f"{url}/rollback")

Write one in your language by these rules; each is one statement or one line below.

1. Key what you hold by (tenant, operation_id, step): one row, one state. ``Idempotency-Key`` names the same, and the
   phase.
2. Do the work and remember it in one transaction, before you answer. The same call again gets the same answer.
3. A rollback of what was never reserved answers 2xx and leaves a tombstone: that reserve may still be on its way.
4. A reserve that meets the tombstone is refused, and not with a ``reason``: it is nobody's answer any more.
5. "Already committed" and "already released" are 2xx. A commit after a rollback, or the other way round, is an error.
6. A definitive no is 409 or 422 with a problem document that has a ``reason``; "not now" is 429 or 503 with
   ``Retry-After``. Whatever else you answer is taken for "it may have worked", and you are called again.

``POST /simulate`` makes it misbehave: ``{"phase", "outcome": "no-answer" | "busy", "times"}``. ``no-answer`` does the
work and hangs up, ``busy`` answers 503 before anything happens.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from examples.queries import queries

SQL: Final = queries("participant.sql")
SEATS: Final = 100
BODY_LIMIT_BYTES: Final = 2 * 1024 * 1024
"""Twice what an input may have."""

Document = dict[str, Any]
Answer = tuple[int, Document]


def main(environ: Mapping[str, str] = os.environ) -> None:
    """Serve until killed. A line on stdout says where it listens; port 0 takes a free one."""
    url = urlsplit(environ.get("EXAMPLES_PARTICIPANT_URL") or "")
    if url.scheme != "http" or not url.hostname or url.port is None:
        sys.exit("set EXAMPLES_PARTICIPANT_URL to where to listen, such as http://127.0.0.1:8002")
    data_dir = Path(environ.get("OPERATIONS_DATA_DIR") or ".operations")
    store = Path(environ.get("EXAMPLES_PARTICIPANT_STORE") or data_dir / "participant.sqlite3")
    bookings = Bookings(store, int(environ.get("EXAMPLES_PARTICIPANT_SEATS") or SEATS))
    handler = type("BoundHandler", (Handler,), {"theatre": Theatre(bookings)})
    with Server((url.hostname, url.port), handler) as server:
        print(f"participant listens on http://{url.hostname}:{server.server_port}", flush=True)
        server.serve_forever()


class Bookings:
    """What the participant remembers: one row per (tenant, operation, step), on disk before it is answered."""

    def __init__(self, path: Path, seats: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._seats = seats
        with self._transaction() as connection:
            connection.execute(SQL["create"])

    def reserve(self, key: Document, seats: int) -> Document | None:
        """Hold seats once; the row as it is now, or None when there are too few left."""
        with self._transaction() as connection:
            connection.execute(SQL["hold"], {**key, "seats": seats, "limit": self._seats})
            return self._row(connection, key)

    def move(self, key: Document, statement: str) -> Document | None:
        """Commit, release or refund, each once; the row as it is now."""
        with self._transaction() as connection:
            connection.execute(SQL[statement], key)
            return self._row(connection, key)

    def find(self, key: Document) -> Document | None:
        """The row, if there is one."""
        with self._transaction() as connection:
            return self._row(connection, key)

    def all(self) -> list[Document]:
        """Every row."""
        with self._transaction() as connection:
            return [dict(row) for row in connection.execute(SQL["all"])]

    def _row(self, connection: sqlite3.Connection, key: Document) -> Document | None:
        row = connection.execute(SQL["find"], key).fetchone()
        return dict(row) if row else None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("begin immediate")
            yield connection
            connection.execute("commit")
        finally:
            connection.close()  # an open transaction ends with it, undone


class Theatre:
    """What each call means. What /simulate told it to do wrong it owes, by phase."""

    def __init__(self, bookings: Bookings) -> None:
        self.bookings = bookings
        self._owed: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self.calls: dict[str, Callable[[Document, Document], Answer]] = {
            "reserve": self._reserve,
            "commit": self._commit,
            "rollback": self._rollback,
            "refund": self._refund,
            "query": self._query,
        }

    def simulate(self, told: Document) -> None:
        """Misbehave from now on, so many times."""
        with self._lock:
            self._owed[told["phase"], told["outcome"]] = told.get("times", 1)

    def owes(self, phase: str, outcome: str) -> bool:
        """Whether this call is one of those to go wrong."""
        with self._lock:
            owed = self._owed.get((phase, outcome), 0)
            self._owed[phase, outcome] = max(owed - 1, 0)
        return owed > 0

    def _reserve(self, key: Document, told: Document) -> Answer:
        seats = told["input"].get("seats")
        if not isinstance(seats, int) or seats < 1:
            return 422, {"title": "No seats", "reason": "SEATS_INVALID", "detail": "seats must be a number from 1."}
        booking = self.bookings.reserve(key, seats)
        if booking is None:
            return 422, {"title": "Sold out", "reason": "SOLD_OUT", "detail": "There are not so many seats left."}
        if booking["state"] == "released":  # rule 4: an error without a reason
            return 410, {"title": "Released already", "detail": "This reserve came after its rollback."}
        return 200, {"booking": booking["id"], "seats": booking["seats"]}

    def _commit(self, key: Document, told: Document) -> Answer:
        booking = self.bookings.move(key, "commit")
        if booking is None or booking["state"] != "committed":
            return 500, {
                "title": "Nothing is held",
                "detail": "That cannot happen while the caller keeps its promises.",
            }
        return 200, {"ticket": f"ticket-{booking['id']}"}

    def _rollback(self, key: Document, told: Document) -> Answer:
        booking = self.bookings.move(key, "release")
        if booking is not None and booking["state"] == "committed":
            return 500, {"title": "Committed already", "detail": "Only a refund can undo it."}
        return 200, {}

    def _refund(self, key: Document, told: Document) -> Answer:
        self.bookings.move(key, "refund")
        return 200, {}

    def _query(self, key: Document, told: Document) -> Answer:
        booking = self.bookings.find(key)
        state = "absent" if booking is None else booking["state"]
        return 200, {"state": "released" if state == "refunded" else state}


class Handler(BaseHTTPRequestHandler):
    """One connection. ``theatre`` is set by the server it belongs to."""

    theatre: Theatre
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: headers and body apart would wait for each other's acknowledgement

    def handle(self) -> None:
        with suppress(ConnectionError):  # the caller did not wait for the answer; it will ask again
            super().handle()

    def do_GET(self) -> None:
        if self.path != "/bookings":
            return self._answer(404, {"title": "There is GET /bookings and nothing else"})
        return self._answer(200, {"bookings": self.theatre.bookings.all()})

    def do_POST(self) -> None:
        phase = self.path.removeprefix("/")
        try:
            told = self._body()
            if phase == "simulate":
                self.theatre.simulate(told)
                return self._answer(200, {})
            call = self.theatre.calls[phase]
            key = {name: str(told[name]) for name in ("tenant", "operation_id", "step")}
        except (KeyError, ValueError) as error:
            return self._answer(400, {"title": "This is no call of a step", "detail": repr(error)})
        if self.theatre.owes(phase, "busy"):
            return self._answer(503, {"title": "Busy"}, {"Retry-After": "0"})
        status, document = call(key, told)
        if self.theatre.owes(phase, "no-answer"):
            self.close_connection = True
            return None
        return self._answer(status, document)

    def _body(self) -> Document:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT_BYTES:
            self.close_connection = True
            raise ValueError(f"a body has at most {BODY_LIMIT_BYTES} bytes")
        body = json.loads(self.rfile.read(length))
        if not isinstance(body, dict):
            raise ValueError("the body must be a JSON object")
        return body

    def _answer(self, status: int, document: Document, headers: Mapping[str, str] | None = None) -> None:
        content = json.dumps(document if status < 400 else {"status": status, **document}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: the bookings are the record."""


class Server(ThreadingHTTPServer):
    """A thread per connection."""

    request_queue_size = 128  # a burst of operations should not be refused by the example


if __name__ == "__main__":
    main()
