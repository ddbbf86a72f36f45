"""Bare Litestar: what the framework and the server can do when nothing is done."""

from __future__ import annotations

from pathlib import Path

from benchmarks.system import APPS, OUR_PYTHON, PEERS_PYTHON, Program, Servers, System

UVICORN = ["-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]


def uvicorn(app: str, port: int, python: Path = PEERS_PYTHON) -> list[str]:
    """The same server, and the same settings of it, for every application in Python."""
    return [str(python), *UVICORN, "--port", str(port), app]


class Litestar(System):
    name = "litestar"
    title = "bare Litestar"
    settings = "one uvicorn process (uvloop, httptools); POST sends the decoded body back, GET a fixed answer"
    executes = False

    def programs(self, servers: Servers) -> list[Program]:
        return [Program("api", uvicorn("echo:app", self.port, OUR_PYTHON), directory=APPS)]
