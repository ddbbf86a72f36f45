"""A stand-in for a payment provider: a process of its own, with its own memory, that can be told to misbehave.

    python -m examples.provider          # EXAMPLES_PROVIDER_URL, EXAMPLES_PROVIDER_STORE

``POST /charges`` with an ``Idempotency-Key`` charges a card, once per key: the same key again gets the first answer.
``GET /charges/{key}`` tells what became of it (404: the key never arrived); ``GET /charges`` lists every charge.

The body is ``{"card", "amount_minor", "simulate": {"outcome", "delay_ms", "unavailable_times"}}``:

- ``charge`` and ``decline`` answer 201 and 402, after ``delay_ms``
- ``no-answer`` charges, waits for ``delay_ms`` and hangs up: the caller cannot know
- ``unavailable_times``: so many requests with this key are answered 503 before anything happens
"""

from __future__ import annotations

import json
import os
import socketserver
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from examples.queries import queries

SQL: Final = queries("provider.sql")


def main(environ: Mapping[str, str] = os.environ) -> None:
    """Serve until killed. A line on stdout says that it listens."""
    url = environ.get("EXAMPLES_PROVIDER_URL")
    if not url:
        sys.exit("set EXAMPLES_PROVIDER_URL to where to listen: http://127.0.0.1:8001 or unix:/path/to/socket")
    data_dir = Path(environ.get("OPERATIONS_DATA_DIR") or ".operations")
    store = Charges(Path(environ.get("EXAMPLES_PROVIDER_STORE") or data_dir / "provider.sqlite3"))
    with _server(url, store) as server:
        print(f"provider listens on {url}", flush=True)
        server.serve_forever()


class Charges:
    """The provider's memory: one row per idempotency key, on disk before it is answered."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._connect() as connection:
            connection.execute(SQL["create"])
            connection.execute(SQL["forget_unfinished"])

    def arrive(self, key: str, card: str, amount_minor: int, unavailable_times: int) -> tuple[dict[str, Any], bool]:
        """Note a request, and whether it is the one that has to do the work."""
        with self._connect() as connection:
            [charge] = connection.execute(SQL["arrive"], (key, f"ch_{uuid4().hex}", card, amount_minor))
        return dict(charge), charge["requests"] == unavailable_times + 1

    def settle(self, key: str, state: str) -> dict[str, Any]:
        """Charge or decline, once."""
        with self._connect() as connection:
            connection.execute(SQL["settle"], (state, key))
            return dict(connection.execute(SQL["find"], (key,)).fetchone())

    def find(self, key: str) -> dict[str, Any] | None:
        """What became of a key, or None when it never arrived."""
        with self._connect() as connection:
            row = connection.execute(SQL["find"], (key,)).fetchone()
        return dict(row) if row else None

    def all(self) -> list[dict[str, Any]]:
        """Every charge and every refusal."""
        with self._connect() as connection:
            return [dict(row) for row in connection.execute(SQL["all"])]

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()


class Handler(BaseHTTPRequestHandler):
    """One connection. ``charges`` is set by the server it belongs to."""

    charges: Charges
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: headers and body apart would wait for each other's acknowledgement

    def handle(self) -> None:
        with suppress(ConnectionError):  # the caller did not wait for the answer; it will ask again
            super().handle()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        key = self.headers.get("Idempotency-Key")
        if self.path != "/charges" or not key:
            return self._answer(400, {"error": "POST /charges needs an Idempotency-Key"})
        simulate = body.get("simulate") or {}
        unavailable_times = simulate.get("unavailable_times", 0)
        charge, is_first = self.charges.arrive(key, body["card"], body["amount_minor"], unavailable_times)
        if charge["requests"] <= unavailable_times:
            return self._answer(503, {"error": "try again"})
        if is_first:
            return self._work(key, simulate)
        return self._report(charge)

    def do_GET(self) -> None:
        if self.path == "/charges":
            return self._answer(200, {"charges": self.charges.all()})
        charge = self.charges.find(unquote(self.path.removeprefix("/charges/")))
        return self._answer(200, charge) if charge else self._answer(404, {"error": "this key never arrived"})

    def _work(self, key: str, simulate: dict[str, Any]) -> None:
        outcome, delay_seconds = simulate.get("outcome", "charge"), simulate.get("delay_ms", 0) / 1_000
        if outcome == "no-answer":
            self.charges.settle(key, "charged")
            time.sleep(delay_seconds)
            self.close_connection = True
            return
        time.sleep(delay_seconds)
        self._report(self.charges.settle(key, "declined" if outcome == "decline" else "charged"))

    def _report(self, charge: dict[str, Any]) -> None:
        self._answer({"charged": 201, "declined": 402, "processing": 409}[charge["state"]], charge)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: the charges are the record."""


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread per connection, over TCP."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128  # a burst of payments should not be refused by the stand-in


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The same over a Unix socket."""

    daemon_threads = True
    request_queue_size = Server.request_queue_size


def _server(url: str, charges: Charges) -> socketserver.BaseServer:
    handler = type("BoundHandler", (Handler,), {"charges": charges})
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname:
        return Server((parts.hostname, parts.port or 80), handler)
    if parts.scheme == "unix" and parts.path:
        Path(parts.path).unlink(missing_ok=True)  # left by a predecessor that was killed
        return UnixServer(parts.path, handler)
    sys.exit(f"EXAMPLES_PROVIDER_URL is {url}: it should be http://host:port or unix:/path/to/socket")


if __name__ == "__main__":
    main()
