"""What `dev` does: everything on one machine, from nothing to an answer."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import msgspec

from operations_api.database import run_on_database, with_pool
from operations_api.domain.registry import Registry
from operations_api.embedded.launch import die_with
from operations_api.embedded.servers import EmbeddedServers
from operations_api.loading import load_registry
from operations_api.processes import Program, Supervisor, operations_api, stopping_signals
from operations_api.production import environment_of
from operations_api.serving import base_url, listen
from operations_api.settings import Settings
from operations_api.store.api_keys import SCOPES, ApiKeys
from operations_api.store.connection import Pool
from operations_api.store.migrate import migrate
from operations_api.welcome import welcome

TENANT = "dev"
LOOPBACK = "127.0.0.0/8,::1/128"
POLL_SECONDS = 0.02
ANSWER_SECONDS = 5.0


def run(settings: Settings, die_with_parent: bool) -> int:
    """Start everything, say how to use it, and run until told to stop. Returns the exit code.

    Raises an `OperationsError` when something cannot start: nothing is left running then.
    """
    parent = os.getppid()
    if die_with_parent:
        die_with(parent, signal.SIGTERM)
    _stop_at_once_while_starting()
    registry = load_registry(settings)
    with EmbeddedServers() as servers:
        servers.claim(settings)  # before the port: of a second `dev` this is the fault, the taken port only follows
        with listen(settings) as listening:
            resolved = _start(servers, settings)
            key = _dev_key(settings)
            run_on_database(_prepare(resolved, key))
            _welcome_when_ready(base_url(listening), key, registry)
            check = _checks(servers, parent if die_with_parent else None)
            return Supervisor(_groups(resolved, listening), settings.drain_seconds, check).run()


def _stop_at_once_while_starting() -> None:
    """Until the supervisor listens, a stop is what a kill is: the kernel ends the servers, the next start cleans up.

    An exception from a signal's handler could strike inside an event loop or a lock, and hang instead.
    """
    for number in stopping_signals():
        signal.signal(number, signal.SIG_DFL)


def _start(servers: EmbeddedServers, settings: Settings) -> Settings:
    urls = servers.start(settings, settings.database_url is None, settings.redis_url is None)
    return msgspec.structs.replace(
        settings,
        database_url=settings.database_url or urls.database_url,
        redis_url=settings.redis_url or urls.redis_url,
    )


def _dev_key(settings: Settings) -> str:
    """`OPERATIONS_DEV_KEY`, else the one kept beside the data, else a new one kept there."""
    if settings.dev_key is not None:
        return settings.dev_key
    path = settings.data_dir / "dev-key"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(f"dev_{secrets.token_urlsafe(24)}\n")
        unfinished.replace(path)
    return path.read_text().strip()


async def _prepare(settings: Settings, key: str) -> None:
    assert settings.database_url is not None
    await migrate(settings.database_url)

    async def create(pool: Pool) -> str:
        return await ApiKeys(pool).create(TENANT, list(SCOPES), TENANT, key=key)

    await with_pool(settings.database_url, create)
    if _serves_examples(settings):
        from examples.seed import seed

        await seed(settings.database_url)


def _groups(settings: Settings, listening: socket.socket) -> list[list[Program]]:
    environment = environment_of(settings)
    environment.setdefault("OPERATIONS_WEBHOOK_NETWORKS", LOOPBACK)  # a receiver to try is on this machine
    groups = []
    if _serves_examples(settings):
        environment.setdefault("EXAMPLES_PROVIDER_URL", f"http://127.0.0.1:{_free_port()}")
        groups = [[Program("provider", [sys.executable, "-m", "examples.provider"], environment)]]
    socket_number = listening.fileno()
    api = Program("api", operations_api("serve", "--socket", str(socket_number)), environment, (socket_number,))
    return [[api], [Program("worker", operations_api("worker"), environment)], *groups]


def _serves_examples(settings: Settings) -> bool:
    return any(name.strip().split(":")[0].split(".")[0] == "examples" for name in settings.registry.split(","))


def _free_port() -> int:
    """Somebody could take it before the provider does; then the provider is started again, and says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _checks(servers: EmbeddedServers, parent: int | None) -> Callable[[], None]:
    def check() -> None:
        servers.check()
        if parent is not None and os.getppid() != parent:  # where the kernel does not tell
            os.kill(os.getpid(), signal.SIGTERM)

    return check


def _welcome_when_ready(base: str, key: str, registry: Registry) -> None:
    def wait() -> None:
        while not _is_ready(base):
            time.sleep(POLL_SECONDS)
        print(welcome(base, key, registry), flush=True)

    threading.Thread(target=wait, name="welcome", daemon=True).start()


def _is_ready(base: str) -> bool:
    """Asked directly: a proxy that the environment names is not for this."""
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
