"""A service as it runs in production: API processes, a worker, and keys of two tenants."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec

from tests.ports import free_port
from tests.processes import ROOT


class Keys(msgspec.Struct, frozen=True):
    """Who asks: everything but admin, another tenant, and somebody who may only read."""

    full: str
    other: str
    read: str

    def options(self) -> list[str]:
        """As the command takes them."""
        return ["--key", self.full, "--other-key", self.other, "--read-key", self.read]


class Platform(msgspec.Struct, frozen=True):
    """Where the replicas are, whose keys there are, and with which settings processes run."""

    urls: Sequence[str]
    keys: Keys
    environment: Mapping[str, str]
    logs: Path

    def examined(self, *options: str, urls: Sequence[str] | None = None) -> Examined:
        """What `operations-api conformance` says of the replicas, or of what is at these addresses."""
        named = [word for url in (self.urls if urls is None else urls) for word in ("--url", url)]
        done = command("conformance", *named, *self.keys.options(), "--json", *options)
        assert done.stdout, done.stderr
        return Examined(done.returncode, msgspec.json.decode(done.stdout))


class Examined(msgspec.Struct, frozen=True):
    """An exit code and the report."""

    code: int
    report: dict[str, object]

    def names(self, result: str) -> list[str]:
        """The cases with this result."""
        cases = msgspec.convert(self.report["cases"], list[dict[str, object]])
        return [str(case["name"]) for case in cases if case["result"] == result]

    def failures(self) -> str:
        """Everything about what failed, to be shown by an assertion."""
        cases = msgspec.convert(self.report["cases"], list[dict[str, object]])
        failed = [case for case in cases if case["result"] == "failed"]
        return "\n".join(
            f"{case['name']}: {case.get('sentence')}\n{case.get('request')}\n{case.get('answer')}" for case in failed
        )


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of ours, run to its end."""
    words = [sys.executable, "-m", "operations_api", *arguments]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def running_platform(
    environment: Mapping[str, str], keys: Keys, logs: Path, *, replicas: int = 2
) -> Iterator[Platform]:
    """API processes and a worker, until the block ends."""
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(environment, logs)) for _ in range(replicas)]
        stack.enter_context(process(environment, logs / "worker.log", "worker"))
        yield Platform(urls, keys, environment, logs)


@contextmanager
def serving(environment: Mapping[str, str], logs: Path) -> Iterator[str]:
    """An API process, once it answers: its URL."""
    port = free_port()
    log = logs / f"api-{port}.log"
    with process({**environment, "PORT": str(port)}, log, "serve") as api:
        url = f"http://127.0.0.1:{port}"
        while not answers(url):
            assert api.poll() is None, log.read_text()
        yield url


@contextmanager
def process(environment: Mapping[str, str], log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that logs into a file, where nobody has to read for it to go on."""
    words = [sys.executable, "-m", "operations_api", *arguments]
    with log.open("wb") as said:
        started = subprocess.Popen(words, cwd=ROOT, env={**os.environ, **environment}, stdout=said, stderr=said)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def answers(url: str) -> bool:
    """Whether somebody is there already."""
    try:
        return httpx.get(f"{url}/health/live", trust_env=False, timeout=60).is_success
    except httpx.TransportError:
        return False
