"""The service under attack: `serve` and `worker` as processes of their own, an attacker's key, and a victim."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec

from operations_api.store.api_keys import ApiKeys
from operations_api.store.store import Store
from tests.fuzz.verdict import judge, judge_log
from tests.fuzz.wire import PATIENCE_SECONDS, QUIET_SECONDS, Answer, exchange
from tests.processes import ROOT

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

MARK = "fuzz-mark-55d1"
"""Stands in many a key, token and input that is sent; no log may hold it."""


class Target:
    """Takes conversations: bytes in which ``@KEY@`` and the like stand for what differs from run to run."""

    def __init__(self, port: int, api: subprocess.Popen[bytes], log: Path, attacker: str, victim: str) -> None:
        self.port = port
        self.log = log
        self.last = b""
        self._api = api
        self._attacker = _Client(port, attacker)
        self._victim = _Client(port, victim)
        self._secret = f"secret-of-the-victim-{uuid4().hex}"
        self._theirs = self._victim.start("their-key", self._secret)
        self._victim.start("their-other-key", self._secret)
        self._before = self._victim.everything()
        self._judged = 0
        self._names: dict[bytes, bytes] = {}

    def refresh(self) -> None:
        """Give the attacker an operation that waits: the former may have been canceled and forgotten by now."""
        own = self._attacker.start(f"own-{uuid4().hex}", "x")
        self._attacker.start(f"own-{uuid4().hex}", "y")
        names = {
            "KEY": self._attacker.key,
            "ID": own,
            "TOKEN": self._attacker.page_token(),
            "THEIRS": self._theirs,
            "THEIR-TENANT": "victim",
            "THEIR-TOKEN": self._victim.page_token(),
            "MARK": MARK,
        }
        self._names = {f"@{name}@".encode(): value.encode() for name, value in names.items()}

    def answers(self, conversation: bytes) -> list[Answer]:
        """All answers to requests the last of which asks the server to close, each as it must be."""
        return self.bears(conversation, quiet_seconds=PATIENCE_SECONDS)

    def bears(self, conversation: bytes, quiet_seconds: float = QUIET_SECONDS) -> list[Answer]:
        """The answers, each as it must be. Fails as well when another connection is not served afterwards."""
        self.last = conversation
        answers = exchange(self.port, self.filled(conversation), quiet_seconds=quiet_seconds)
        for answer in answers:
            judge(answer)
            assert self._secret.encode() not in answer.body, "what belongs to somebody else was answered"
        (alive,) = exchange(self.port, LIVE, quiet_seconds=PATIENCE_SECONDS)
        assert alive.status == 200
        judge_log(self._newly_logged(), [self._secret, self._attacker.key, self._victim.key, MARK])
        return answers

    def filled(self, conversation: bytes) -> bytes:
        """The conversation with what the names stand for; ``@NEW@`` is another one each time."""
        return re.sub(rb"@[A-Z-]+@", lambda match: self._meant(match[0]), conversation)

    def is_unharmed(self) -> None:
        """Fail when the victim's operations have changed."""
        assert self._victim.everything() == self._before, "the victim's operations have changed"

    def memory_bytes(self) -> int:
        """What the API's process holds in memory."""
        return int(Path(f"/proc/{self._api.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _meant(self, name: bytes) -> bytes:
        return uuid4().hex.encode() if name == b"@NEW@" else self._names.get(name, name)

    def _newly_logged(self) -> str:
        """What the log has more than the last time, as far as its lines are complete."""
        with self.log.open("rb") as file:
            file.seek(self._judged)
            complete = b"".join(line for line in file if line.endswith(b"\n"))
        self._judged += len(complete)
        return complete.decode(errors="backslashreplace")


class _Client:
    """Somebody who uses the service as intended."""

    def __init__(self, port: int, key: str) -> None:
        self.key = key
        self._base_url = f"http://127.0.0.1:{port}"

    def start(self, key: str, text: str) -> str:
        """Start an operation that waits for ever; its id."""
        body = {"input": {"text": text}, "labels": {"text": text}, "not_before": "2999-01-01T00:00:00Z"}
        answer = self._send("POST", "/operations/note", {"Idempotency-Key": key}, msgspec.json.encode(body))
        return str(answer.json()["id"])

    def everything(self) -> str:
        """All operations, as text."""
        return self._send("GET", "/operations").text

    def page_token(self) -> str:
        return str(self._send("GET", "/operations?page_size=1").json()["next_page_token"])

    def _send(self, method: str, path: str, more: dict[str, str] | None = None, body: bytes = b"") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **(more or {})}
        with httpx.Client(base_url=self._base_url, trust_env=False, timeout=30) as client:
            return client.request(method, path, headers=headers, content=body).raise_for_status()


@asynccontextmanager
async def attacked(database_url: str, redis_url: str, directory: Path) -> AsyncIterator[Target]:
    """The service on these servers, until the block ends. Its log is kept in the directory."""
    attacker, victim = await _keys(database_url)
    listening = socket.create_server(("127.0.0.1", 0))
    port = int(listening.getsockname()[1])
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "OPERATIONS_REGISTRY": "tests.http.service:REGISTRY",
        "OPERATIONS_LOG": "console",
        "OPERATIONS_DATA_DIR": str(directory),
        "OPERATIONS_DRAIN_SECONDS": "1",
    }
    log = directory / "log"
    with closing(listening), log.open("ab") as file:
        listening.set_inheritable(True)
        serve = ["serve", "--socket", str(listening.fileno())]
        processes = [_running(command, environment, file, listening.fileno()) for command in (serve, ["worker"])]
        try:
            yield Target(port, processes[0], log, attacker, victim)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _running(arguments: list[str], environment: dict[str, str], log: object, keep_open: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "operations_api", *arguments]
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        command, cwd=ROOT, env=environment, stdout=log, stderr=log, pass_fds=(keep_open,)
    )


async def _keys(database_url: str) -> tuple[str, str]:
    store = await Store.open(database_url, pool_size=1)
    keys = ApiKeys(store.pool)
    attacker = await keys.create("attacker", ["submit", "read", "operate"])
    victim = await keys.create("victim", ["submit", "read", "operate"])
    await store.close()
    return attacker, victim
