"""A context as the engine makes it, and a server that answers what a test tells it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import structlog

from operations_api import Context, HttpStep

OPERATION = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
DEADLINE = datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=UTC)


class Recorder:
    """A real server on a real socket. ``answer`` is (status, headers, body) or None to hang up."""

    def __init__(self) -> None:
        self.answer: tuple[int, dict[str, str], bytes] | None = (200, {}, b"{}")
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections: set[Any] = set()
        self.url = ""
        self.gather: Callable[[], Any] = lambda: None

    def step(self, **settings: Any) -> HttpStep:
        urls = {name: f"{self.url}/{name}" for name in ("reserve", "commit", "rollback", "query", "compensate")}
        return HttpStep("seats", **{**urls, "timeout_seconds": 30, **settings})


@contextmanager
def recording() -> Iterator[Recorder]:
    recorder = Recorder()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def handle(self) -> None:
            with suppress(ConnectionError):  # the step gave up on an answer that was too long
                super().handle()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            recorder.requests.append((self.path, dict(self.headers), body))
            recorder.connections.add(self.client_address)
            recorder.gather()
            if recorder.answer is None:
                self.close_connection = True
                return
            status, headers, content = recorder.answer
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        recorder.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield recorder
        server.shutdown()


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def context(phase: str, **changes: Any) -> Context:
    values: dict[str, Any] = {
        "operation_id": OPERATION,
        "tenant": "dev",
        "type": "book-seats",
        "step": "seats",
        "phase": phase,
        "attempt": 1,
        "epoch": 1,
        "deadline": DEADLINE,
        "traceparent": None,
        "input": {"seats": 2},
        "reservations": {},
        "results": {},
        "last_checkpoint": None,
        "_get_logger": structlog.get_logger,
        "_reporter": None,
        "_is_cancel_requested": lambda: False,
    }
    return Context(**{**values, **changes})
