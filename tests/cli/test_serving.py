"""`serve` and `worker` as in production: several processes, stopped and killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import httpx
import msgspec
import pytest

from tests.ports import free_port
from tests.processes import children_of, command_line, module, running, watching


@pytest.fixture
def port() -> int:
    return free_port()


@contextmanager
def serving(environment: Mapping[str, str], port: int, *arguments: str) -> Iterator[Popen[str]]:
    """`serve`, once it answers."""
    command = module("operations_api", "serve", *arguments)
    with running(command, {**environment, "PORT": str(port)}) as process:
        wait_for_answer(process, port)
        yield process


def wait_for_answer(process: Popen[str], port: int) -> None:
    while process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False, timeout=60).raise_for_status()
        except httpx.ConnectError:
            continue
        return
    assert process.stderr is not None
    raise AssertionError(f"ended with {process.returncode}: {process.stderr.read()}")


def servings(pid: int) -> list[int]:
    """The serving processes below the parent, once there are two."""
    found: list[int] = []
    while len(found) < 2:
        found = [child for child in children_of(pid) if "\0serve\0" in command_line(child)]
    return found


def test_several_processes_answer_on_one_port_and_a_killed_one_is_replaced(
    environment: Mapping[str, str], port: int
) -> None:
    with serving(environment, port, "--processes", "2") as process:
        before = servings(process.pid)
        with watching(before) as both:
            assert both.alive()
        with watching(before[:1]) as killed:
            os.kill(before[0], signal.SIGKILL)
            assert killed.all_end()
        wait_for_answer(process, port)
        while before[0] in (after := servings(process.pid)):
            pass
        assert before[1] in after
        with watching(children_of(process.pid)) as everything:
            process.send_signal(signal.SIGTERM)
            assert everything.all_end()
        assert process.wait() == 0


def test_the_command_line_says_where_to_listen_before_the_environment_does(
    environment: Mapping[str, str], port: int
) -> None:
    told = module("operations_api", "serve", "--host", "127.0.0.1", "--port", str(port))
    with running(told, {**environment, "HOST": "192.0.2.1", "PORT": "1"}) as process:
        wait_for_answer(process, port)


def test_a_stopped_api_stops_the_servers_it_started(environment: Mapping[str, str], port: int, data_dir: Path) -> None:
    with serving(environment, port) as process:
        urls = msgspec.json.decode((data_dir / "servers.json").read_bytes())
        with watching(children_of(process.pid)) as servers:
            process.send_signal(signal.SIGTERM)
            assert servers.all_end()
        assert process.wait() == 0
    assert not Path(urls["redis_url"].removeprefix("unix://")).parent.exists()
    assert not (data_dir / "servers.json").exists()


def test_an_answer_does_not_name_the_server_software(environment: Mapping[str, str], port: int) -> None:
    with serving(environment, port):
        answer = httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False, timeout=60)
        assert "server" not in answer.headers


def test_no_process_outlives_an_api_that_is_killed(environment: Mapping[str, str], port: int) -> None:
    with serving(environment, port, "--processes", "2") as process, watching(servings(process.pid)) as both:
        process.kill()
        assert both.all_end()
