"""The whole service as its own processes: an API on a port of its own, which may be killed and started again, and a
worker that executes the worked definitions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from examples.seed import seed
from operations_api.store.api_keys import ApiKeys
from operations_api.store.store import Store
from tests.ports import free_port
from tests.processes import ROOT

PROGRAM = Path(sys.executable).with_name("operations-api")
POLL_SECONDS = 0.02


class LiveService:
    """Where it is reached, a key for it, and power over its processes."""

    def __init__(self, environment: dict[str, str], key: str, place: Path) -> None:
        self.key = key
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.authorization = {"Authorization": f"Bearer {key}"}
        self._environment = {**environment, "PORT": str(self.port)}
        self._place = place
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start both processes, and wait until the API answers."""
        self._run("worker")
        self.start_api()

    def start_api(self) -> None:
        """Start the API on its port, and wait until it answers."""
        api = self._run("serve")
        while not self._answers():
            assert api.poll() is None, self.said()
            time.sleep(POLL_SECONDS)

    def kill_api(self) -> None:
        """End the API as a crash does: connections are cut, nothing is finished."""
        self._processes["serve"].send_signal(signal.SIGKILL)
        self._processes["serve"].wait()

    def stop(self) -> None:
        """End whatever runs."""
        for process in self._processes.values():
            process.kill()
            process.wait()

    def begin(self, type: str, input: dict[str, object]) -> dict[str, object]:
        """Start an operation and give it as it was answered."""
        headers = self.authorization | {"Idempotency-Key": uuid4().hex}
        url = f"{self.base_url}/operations/{type}"
        answer = httpx.post(url, json={"input": input}, headers=headers, trust_env=False, timeout=60)
        assert answer.status_code == 202, answer.text
        operation: dict[str, object] = answer.json()
        return operation

    def cancel(self, id: object) -> None:
        """Ask for the cancellation of an operation."""
        url = f"{self.base_url}/operations/{id}/cancel"
        httpx.post(url, headers=self.authorization, trust_env=False, timeout=60).raise_for_status()

    def said(self) -> str:
        """What the processes wrote to their logs."""
        return "\n".join(f"-- {log.stem}\n{log.read_text()}" for log in sorted(self._place.glob("*.log")))

    def _run(self, command: str) -> subprocess.Popen[bytes]:
        with (self._place / f"{command}.log").open("ab") as log:
            process = subprocess.Popen([PROGRAM, command], env=self._environment, cwd=ROOT, stdout=log, stderr=log)
        self._processes[command] = process
        return process

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/health/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False


@asynccontextmanager
async def live_service(database_url: str, redis_url: str, place: Path, **settings: str) -> AsyncIterator[LiveService]:
    """The service on these servers until the block ends; ``settings`` are environment variables."""
    await seed(database_url)
    store = await Store.open(database_url, pool_size=1)
    key = await ApiKeys(store.pool).create("clients", ["submit", "read", "operate"])
    await store.close()
    service = LiveService(_environment(database_url, redis_url, place) | settings, key, place)
    try:
        service.start()
        yield service
    finally:
        service.stop()


def _environment(database_url: str, redis_url: str, place: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("OPERATIONS_", "SMTP_"))},
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "HOST": "127.0.0.1",
        "OPERATIONS_REGISTRY": "examples:registry",
        "OPERATIONS_DATA_DIR": str(place),
        "OPERATIONS_LOG": "json",
        "EXAMPLES_SPOOL_DIR": str(place / "mail"),
        "EXAMPLES_PROVIDER_URL": f"unix:{place}/provider.sock",
    }
