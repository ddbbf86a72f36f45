"""`operations-api dev`: the main job, as a person meets it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
import msgspec
import pytest

import examples
from tests.processes import ROOT, children_of, command_line, line_of, module, running, watching

DEV = module("operations_api", "dev")


@contextmanager
def dev(environment: Mapping[str, str]) -> Iterator[Dev]:
    with running(DEV, environment) as process:
        yield Dev(process)


class Dev:
    """A running `dev`, and what it has printed."""

    def __init__(self, process: Popen[str]) -> None:
        self.process = process
        lines = [line_of(process)]
        while "Ctrl-C" not in lines[-1]:
            lines.append(line_of(process))
        self.printed = "\n".join(lines)

    def value(self, name: str) -> str:
        found = re.search(rf"^{name} +(\S+)$", self.printed, re.MULTILINE)
        assert found, self.printed
        return found[1]

    @property
    def commands(self) -> list[str]:
        return re.findall(r"^curl .*?(?:\n\n|\Z)", self.printed, re.MULTILINE | re.DOTALL)

    def read(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.value('API key')}"}
        url = f"{self.value('API')}{path}"
        return httpx.get(url, headers=headers, trust_env=False, timeout=60).raise_for_status().json()

    def start(self, name: str, body: Any) -> Any:
        headers = {
            "Authorization": f"Bearer {self.value('API key')}",
            "Idempotency-Key": f"{name}-1",
            "Content-Type": "application/json",
            "Prefer": "wait=30",
        }
        url = f"{self.value('API')}/operations/{name}"
        answer = httpx.post(url, headers=headers, content=msgspec.json.encode(body), timeout=60, trust_env=False)
        return answer.raise_for_status().json()

    def below(self) -> list[int]:
        return children_of(self.process.pid)


def run(*arguments: str, environment: Mapping[str, str], directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = module("operations_api", *arguments)
    return subprocess.run(command, env={**os.environ, **environment}, cwd=directory, capture_output=True, text=True)


def paste(command: str) -> Any:
    said = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True).stdout
    return msgspec.json.decode(said)


def test_the_printed_commands_start_an_operation_and_poll_it_to_its_end(environment: Mapping[str, str]) -> None:
    with dev(environment) as started:
        start, poll = started.commands
        operation = paste(start)
        assert operation["type"] == "place-order"
        polled = paste(poll)
        assert polled["id"] == operation["id"]
        assert polled["status"] == "succeeded"
        assert started.value("Docs") == f"{started.value('API')}/docs"


def test_every_worked_definition_succeeds_with_its_example(environment: Mapping[str, str]) -> None:
    with dev(environment) as started:
        for name, definition in examples.registry.current.items():
            operation = started.start(name, {"input": definition.example})
            assert operation["status"] == "succeeded", operation


def test_commands_beside_a_running_dev_use_its_servers(environment: Mapping[str, str]) -> None:
    with dev(environment) as started:
        made = run("keys", "create", "--tenant", "acme", "--scopes", "submit,read", environment=environment)
        assert re.fullmatch(r"\S+\n", made.stdout), made
        assert made.stderr == ""
        listed = run("keys", "list", "--tenant", "acme", environment=environment).stdout
        identifier, *_ = listed.split()
        assert "active" in listed
        assert made.stdout.strip() not in listed
        assert run("keys", "revoke", identifier[:13], environment=environment).returncode == 0
        assert "revoked" in run("keys", "list", "--tenant", "acme", environment=environment).stdout
        assert "nothing to do" in run("migrate", environment=environment).stdout
        healthy = run("doctor", environment=environment)
        assert healthy.returncode == 0, healthy
        assert [line.split()[0] for line in healthy.stdout.splitlines()] == [
            "settings",
            "registry",
            "postgres",
            "migrations",
            "redis",
        ]
        assert started.process.poll() is None


def test_a_second_dev_on_the_same_data_is_refused_in_one_sentence(environment: Mapping[str, str]) -> None:
    with dev(environment) as started:
        port = started.value("API").rsplit(":", 1)[1]
        second = run("dev", environment={**environment, "PORT": port})
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert f"pid {started.process.pid}" in second.stderr
        assert "OPERATIONS_DATA_DIR" in second.stderr


def test_a_taken_port_is_refused_in_one_sentence(environment: Mapping[str, str], data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("dev", environment={**environment, "PORT": port})
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"PORT: {port}" in refused.stderr
    assert not (data_dir / "postgres").exists(), "nothing was started for it"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OPERATIONS_REGISTRY", "nowhere:registry"), ("OPERATIONS_POSTGRES_BIN", "/nowhere"), ("PORT", "many"),
     ("HOST", "no.such.host.invalid")],
)  # fmt: skip
def test_what_cannot_start_is_said_in_one_sentence(environment: Mapping[str, str], variable: str, value: str) -> None:
    refused = run("dev", environment={**environment, variable: value})
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert refused.stdout == ""
    assert variable in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_no_process_and_no_socket_and_keeps_the_data(
    environment: Mapping[str, str], number: signal.Signals
) -> None:
    with dev(environment) as started:
        key, operation = started.value("API key"), paste(started.commands[0])
        urls = msgspec.json.decode((Path(environment["OPERATIONS_DATA_DIR"]) / "servers.json").read_bytes())
        with watching(started.below()) as processes:
            started.process.send_signal(number)
            assert processes.all_end()
        assert started.process.wait() == 0
        assert not Path(urls["redis_url"].removeprefix("unix://")).parent.exists()
    with dev(environment) as again:
        assert again.value("API key") == key
        assert again.read(f"/operations/{operation['id']}")["created_at"] == operation["created_at"]


def test_the_key_is_kept_where_only_its_owner_reads_it(environment: Mapping[str, str], data_dir: Path) -> None:
    with dev(environment) as started:
        kept = data_dir / "dev-key"
        assert kept.read_text().strip() == started.value("API key")
        assert kept.stat().st_mode & 0o777 == 0o600
        assert started.value("API key") not in "".join(path.read_text() for path in data_dir.glob("*.log*"))


def test_a_given_key_is_the_key(environment: Mapping[str, str], data_dir: Path) -> None:
    with dev({**environment, "OPERATIONS_DEV_KEY": "a-key-of-my-own"}) as started:
        assert started.value("API key") == "a-key-of-my-own"
        assert paste(started.commands[0])["type"] == "place-order"
        assert not (data_dir / "dev-key").exists()


def test_no_process_outlives_a_dev_that_is_killed(environment: Mapping[str, str]) -> None:
    with dev(environment) as started:
        below = started.below()
        assert len(below) >= 4
        with watching(below) as processes:
            started.process.kill()
            assert processes.all_end()


def test_no_process_outlives_a_parent_that_is_killed_when_dev_is_told_to_die_with_it(
    environment: Mapping[str, str],
) -> None:
    parent = f"import subprocess; subprocess.run({[*DEV, '--die-with-parent']!r})"
    with running([sys.executable, "-c", parent], environment) as process:
        started = Dev(process)
        with watching(started.below()) as processes:
            process.kill()
            assert processes.all_end()


@pytest.mark.parametrize("moment", ["owner.lock", "postgres.unfinished", "postgres", "servers.json", "dev-key"])
def test_a_stop_while_it_starts_ends_it_and_is_no_obstacle(
    environment: Mapping[str, str], data_dir: Path, moment: str
) -> None:
    with running(DEV, environment) as process:
        while not (data_dir / moment).exists():
            assert process.poll() is None
        with watching(children_of(process.pid)) as processes:
            process.send_signal(signal.SIGTERM)
            assert processes.all_end()
        assert process.wait() == -signal.SIGTERM
    with dev(environment) as started:
        assert paste(started.commands[0])["type"] == "place-order"


def test_a_worker_that_is_killed_is_replaced_and_the_operation_finishes(environment: Mapping[str, str]) -> None:
    with dev({**environment, "OPERATIONS_LEASE_SECONDS": "1"}) as started:
        [worker] = [pid for pid in started.below() if "operations_api\0worker" in command_line(pid)]
        os.kill(worker, signal.SIGKILL)
        start, poll = started.commands
        paste(start)
        assert paste(poll)["status"] == "succeeded"
