"""The bench: its client reads answers as they were sent, its figures are medians, its page says what was measured."""

import asyncio
import subprocess
from typing import Any

import asyncpg
import msgspec
import pytest

from benchmarks.ceiling import started
from benchmarks.goals import BOUNDS, GOALS, measured, reached
from benchmarks.medians import medians, rate
from benchmarks.plan import MIDDLE, PLANS, QUICK, Plan
from benchmarks.processes import cpu_seconds, family, memory_mb
from benchmarks.report import render
from benchmarks.runner import NAMES, machine
from benchmarks.systems import PLACES, by_name
from benchmarks.wire import complete, connect, request
from operations_api.store.queries import load

START_AND_STOP_SECONDS = 11.0
"""Servers, processes and clients; seen on two cores."""

OK = b'HTTP/1.1 200 OK\r\nETag: "3"\r\nContent-Length: 5\r\n\r\n'


@pytest.mark.parametrize(
    ("received", "status", "body"),
    [
        (OK + b"hello", 200, b"hello"),
        (b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", 202, b""),
        (b'HTTP/1.1 304 Not Modified\r\netag: "3"\r\n\r\n', 304, b""),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"2\r\nok\r\n0\r\n\r\n"),
    ],
)
def test_an_answer_is_whole_with_its_last_byte_and_not_before(received: bytes, status: int, body: bytes) -> None:
    answer = complete(received)
    assert answer is not None
    assert (answer.status, answer.body) == (status, body)
    assert complete(received[:-1]) is None


def test_headers_are_found_in_any_case() -> None:
    answer = complete(OK + b"hello")
    assert answer is not None
    assert answer.header(b"etag") == b'"3"'
    assert answer.header(b"tag") == b""


async def test_a_closed_connection_is_an_error_and_no_answer() -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(close, "127.0.0.1") as server:
        connection = await connect(server.sockets[0].getsockname()[1])
        with pytest.raises(ConnectionError):
            await connection.ask(request("GET", "/"))


def test_every_system_starts_under_a_key_and_says_what_it_is() -> None:
    for name in PLACES:
        system = by_name(name)(port=1, secret="secret")
        assert system.name == name
        assert system.title
        assert system.settings
        assert b"\r\nidempotency-key: a-key\r\n" in system.start("a-key")


async def test_the_ceiling_binds_what_a_start_needs(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(started(load("operations")["start_operations"], 3))
        assert await connection.fetchval("select count(*) from operations where ready") == 3
    finally:
        await connection.close()


def test_a_process_that_has_just_ended_costs_nothing_more() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    assert family(ended.pid) == [ended.pid]
    assert (cpu_seconds(ended.pid), memory_mb(ended.pid)) == (0.0, 0.0)


def test_the_median_leaves_out_rounds_that_failed() -> None:
    rounds = [{"naive": {"starts": {"rate": value}}} for value in (1.0, 9.0, 2.0)] + [{"naive": {"failed": "why"}}]
    assert rate(medians({"rounds": rounds}), "naive", "starts") == 2.0


def test_a_goal_is_a_ratio_of_one_run() -> None:
    figures = {"operations": {"idle": {"p50_ms": 4.0}}, "restate": {"idle": {"p50_ms": 8.0}}}
    assert [reached(goal, figures) for goal in GOALS if goal.inverse] == [2.0]
    assert all(reached(goal, {}) is None for goal in GOALS)
    assert {name for goal in GOALS for name in (goal.system, goal.other)} <= set(NAMES)


def test_a_bound_adds_up_what_it_names() -> None:
    idle = {"api": 0.25, "worker": 0.5, "postgres": 9.0}
    figures = {"operations": {"idle_cpu_percent": idle, "crowd": {"api": 20.0}}}
    got = {bound.figure: measured(bound, figures) for bound in BOUNDS}
    assert got["idle_cpu_percent"] == 0.75
    assert got["crowd"] == 200.0
    assert got["idle"] is None


def test_no_goal_rests_on_what_is_measured_once() -> None:
    named = {name for goal in GOALS for name in (goal.system, goal.other)}
    assert not [name for plan in PLANS.values() for name in plan.once if name in named]


def test_the_middle_length_takes_at_most_25_minutes() -> None:
    waits = sum(
        _seconds(name, MIDDLE) * (1 if name in MIDDLE.once else MIDDLE.rounds) for name in NAMES if name in PLACES
    )
    assert waits <= 25 * 60


def _seconds(name: str, plan: Plan) -> float:
    """What one round of a system takes, starting and stopping included."""
    system = by_name(name)
    finishing = min(plan.sustained_seconds, system.longest_seconds) if system.executes else 0.0
    polls = plan.polls_seconds * (3 if system.executes else 1)
    rest = plan.starts_seconds + polls + plan.drain_seconds * (system.executes and system.drains)
    return START_AND_STOP_SECONDS + plan.rest_seconds + finishing + (rest if "starts" in system.measures else 0.0)


def test_every_system_is_measured_in_the_middle_length_as_in_the_full_one() -> None:
    assert MIDDLE.rounds >= 3
    assert MIDDLE.sustained_seconds >= 30
    assert set(PLANS) == {"quick", "middle", "full"}


def test_the_page_has_every_system_and_says_which_failed() -> None:
    page = render(_data({"operations": _figures(50.0), "naive": {"failed": "it did not start"}}), "full.json")
    assert "| operations-api | 50 | 1.0, 2.0 | 50 |" in page
    assert "it failed: naive" in page
    assert "not measured" in page


def _data(figures: dict[str, Any]) -> dict[str, Any]:

    systems = {name: {"title": by_name(name).title, "settings": by_name(name).settings} for name in figures}
    return {"machine": machine(), "plan": msgspec.to_builtins(QUICK), "systems": systems, "rounds": [figures]}


def _figures(value: float) -> dict[str, Any]:
    part = {"rate": value, "p50_ms": 1.0, "p99_ms": 2.0}
    return {"starts": part, "sustained": part, "drain": {"rate": value}, "idle": part, "first_answer_seconds": 1.0}
