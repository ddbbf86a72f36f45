"""What `serve` and `worker` do: one process' work, or several processes with the same socket and servers."""

from __future__ import annotations

import gc
import os
import socket
import tempfile
from collections.abc import Sequence
from typing import Final

from operations_api.database import run_on_database, with_pool
from operations_api.embedded.servers import connect_or_start
from operations_api.loading import load_registry
from operations_api.processes import Program, Supervisor, operations_api
from operations_api.serving import listen
from operations_api.serving import serve as serve_on
from operations_api.settings import Settings
from operations_api.store.definitions import remember_once_migrated

COLLECT_AFTER: Final = 10_000
"""Objects that may be in a cycle: a busy loop always has more of them than the 700 after which Python looks."""


def serve(settings: Settings, processes: int, inherited: int | None) -> int:
    """Serve the API; `inherited` is the file number of a socket that already listens. Returns the exit code."""
    with _socket(settings, inherited) as listening, connect_or_start(settings) as resolved:
        if processes == 1:
            return _serve_here(resolved, listening)
        command = operations_api("serve", "--socket", str(listening.fileno()))
        return _supervise("api", command, processes, resolved, keep_open=(listening.fileno(),))


def work(settings: Settings, processes: int) -> int:
    """Execute operations. Returns the exit code."""
    with connect_or_start(settings) as resolved:
        if processes == 1:
            return _work_here(resolved)
        return _supervise("worker", operations_api("worker"), processes, resolved)


def environment_of(settings: Settings) -> dict[str, str]:
    """This process' environment with the servers' addresses: a child must find the same ones."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    return {**os.environ, "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}


def _socket(settings: Settings, inherited: int | None) -> socket.socket:
    return listen(settings) if inherited is None else socket.socket(fileno=inherited)


def _serve_here(settings: Settings, listening: socket.socket) -> int:
    from operations_api.http.app import create_app

    registry = load_registry(settings)
    # the application checks it too, but would say it in a traceback
    run_on_database(with_pool(settings.database_url, lambda pool: remember_once_migrated(pool, registry)))
    app = create_app(settings, registry)
    _collect_seldom()
    serve_on(app, listening, settings)
    return 0


def _work_here(settings: Settings) -> int:
    import uvloop

    from worker.app import run

    registry = load_registry(settings)
    _collect_seldom()
    uvloop.run(run(settings, registry))
    return 0


def _collect_seldom() -> None:
    """Look for garbage seldom: modules and routes are none, and what a request leaves behind is in no cycle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def _supervise(
    name: str, command: Sequence[str], processes: int, settings: Settings, keep_open: Sequence[int] = ()
) -> int:
    load_registry(settings)  # what is wrong with it is said once, here, not once per child
    environment = environment_of(settings)
    with tempfile.TemporaryDirectory(prefix="operations-api-metrics-") as counted:
        environment.setdefault("PROMETHEUS_MULTIPROC_DIR", counted)  # so that each child's metrics are those of all
        programs = [Program(f"{name}-{n}", command, environment, keep_open) for n in range(1, processes + 1)]
        return Supervisor([programs], settings.drain_seconds).run()
