"""The supervisor, as its own process with real children and real signals."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from tests.processes import line_of, running, watching

# a child says who it is, and what it is told
CHILD = """
import os, signal, sys
name, obeys = sys.argv[1], sys.argv[2] == "obeys"
def say(word):
    os.write(1, f"{name} {word} {os.getpid()}\\n".encode())  # in one piece: its siblings write to the same pipe
def told(number, frame):
    say("told")
    if obeys:
        sys.exit(0)
signal.signal(signal.SIGTERM, told)
say("started")
while True:
    signal.pause()
"""
SUPERVISOR = """
import os, sys
from operations_api.logs import configure
from operations_api.processes import Program, Supervisor
from operations_api.settings import Settings
configure(Settings(), "supervisor")
child, trouble = sys.argv[1:3]
def check():
    if os.path.exists(trouble):
        raise RuntimeError("a server is gone")
def program(word):
    name, _, manner = word.partition(":")
    return Program(name, [sys.executable, "-c", child, name, manner or "obeys"])
groups = [[program(word) for word in group.split(",")] for group in sys.argv[3:]]
sys.exit(Supervisor(groups, drain_seconds=600, check=check).run())
"""


@contextmanager
def supervisor(*groups: str, child: str = CHILD, trouble: str = "/nonexistent") -> Iterator[Popen[str]]:
    with running([sys.executable, "-c", SUPERVISOR, child, trouble, *groups]) as process:
        yield process


def said(process: Popen[str], count: int) -> list[tuple[str, str, int]]:
    return [_parsed(line_of(process)) for _ in range(count)]


def test_a_child_that_is_killed_is_started_again_and_the_others_are_left_alone() -> None:
    with supervisor("a,b") as process:
        pids = {name: pid for name, _, pid in said(process, 2)}
        with watching([pids["b"]]) as other:
            for _ in range(2):
                os.kill(pids["a"], signal.SIGKILL)
                [(name, word, pid)] = said(process, 1)
                assert (name, word) == ("a", "started")
                assert pid != pids["a"]
                pids["a"] = pid
            assert other.alive()


def test_a_child_that_cannot_start_ends_everything_with_its_code() -> None:
    broken = f"import sys\nif sys.argv[1] == 'broken': sys.exit(7)\n{CHILD}"
    with supervisor("fine", "broken", child=broken) as process:
        process.communicate()
        assert process.returncode == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_asks_group_after_group_and_waits_for_each(number: signal.Signals) -> None:
    with supervisor("first", "second,third") as process:
        pids = [pid for _, _, pid in said(process, 3)]
        with watching(pids) as children:
            process.send_signal(number)
            told = said(process, 3)
            assert children.all_end()
        assert process.wait() == 0
        assert [word for _, word, _ in told] == ["told"] * 3
        assert told[0][0] == "first"


def test_a_second_signal_ends_what_does_not_stop() -> None:
    with supervisor("stubborn:ignores") as process:
        [(_, _, pid)] = said(process, 1)
        with watching([pid]) as child:
            process.send_signal(signal.SIGTERM)
            assert said(process, 1) == [("stubborn", "told", pid)]
            assert child.alive()
            process.send_signal(signal.SIGTERM)
            assert child.all_end()
        assert process.wait() == 1


def test_no_child_outlives_a_supervisor_that_is_killed() -> None:
    with supervisor("a,stubborn:ignores") as process, watching([pid for _, _, pid in said(process, 2)]) as children:
        process.kill()
        assert children.all_end()


def test_a_check_that_fails_ends_everything(tmp_path: Path) -> None:
    trouble = tmp_path / "trouble"
    with supervisor("a", trouble=str(trouble)) as process:
        [(_, _, pid)] = said(process, 1)
        with watching([pid]) as child:
            trouble.touch()
            _, complaint = process.communicate()
            assert child.all_end()
        assert "a server is gone" in complaint


def _parsed(line: str) -> tuple[str, str, int]:
    name, word, pid = line.split()
    return name, word, int(pid)
