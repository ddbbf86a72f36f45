"""Serving: the listening socket, and the HTTP server on it."""

from __future__ import annotations

import errno
import math
import signal
import socket
import sys
from types import FrameType
from typing import Any, Protocol

from operations_api.domain.errors import OperationsError, SettingsError
from operations_api.settings import Settings

# as many as the kernel usually allows: a burst waits in line instead of being refused
BACKLOG = 2048
# longer than the idle time of common load balancers, so that we never close a connection they are about to use
KEEP_ALIVE_SECONDS = 75
# whoever takes nothing of what it is sent for so long has hung; the kernel drops it, with all that is buffered for it
SILENT_PEER_MS = 60_000


class Application(Protocol):
    """An ASGI application that can be told to let nobody wait any longer."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...
    def stop_waiting(self) -> None: ...


class ApiFailed(OperationsError):
    """The API could not start; its log says why."""


def listen(settings: Settings) -> socket.socket:
    """The socket on `HOST` and `PORT`. Raises `SettingsError` when it cannot be had, saying which setting to change."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise SettingsError(f"HOST: {settings.host!r} is not an address of this machine ({error.strerror}).") from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":  # connections inherit it
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_PEER_MS)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise _refusal(settings, error) from None
    return listening


def serve(app: Application, listening: socket.socket, settings: Settings) -> None:
    """Serve an ASGI application until SIGTERM or SIGINT, then let open requests finish for `drain_seconds`.

    Raises `ApiFailed` when the application does not start.
    """
    import uvicorn

    from operations_api.connections import guarded

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=guarded(settings),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # absolute URLs come from OPERATIONS_PUBLIC_URL, never from what a client may write
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, math.ceil(settings.drain_seconds)),
    )

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            app.stop_waiting()  # whoever is waiting for an operation gets it as it is
            super().handle_exit(sig, frame)

    server = Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn restores this handler when it is done and raises the signal again: what comes after it must still run
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    server.run(sockets=[listening])
    if not server.started:
        raise ApiFailed("The API did not start; the log above says why.")


def base_url(listening: socket.socket) -> str:
    """Where a program on this machine reaches the socket."""
    host, port = listening.getsockname()[:2]
    return local_url(host, port)


def local_url(host: str, port: int) -> str:
    """Where a program on this machine reaches what listens there; "every address" is none to connect to."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _refusal(settings: Settings, error: OSError) -> SettingsError:
    if error.errno == errno.EADDRINUSE:
        return SettingsError(
            f"PORT: {settings.port} on {settings.host} is taken by another process; choose another, as in PORT=8001."
        )
    if error.errno == errno.EACCES:
        return SettingsError(f"PORT: {settings.port} is reserved for root; choose one above 1023, as in PORT=8000.")
    return SettingsError(f"HOST: cannot listen on {settings.host} port {settings.port} ({error.strerror}).")
