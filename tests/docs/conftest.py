"""What somebody has who follows the pages: the commands, and `operations-api dev` with the examples."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from operations_api.embedded.binaries import postgres_directory
from operations_api.embedded.servers import running_servers
from operations_api.settings import Settings
from tests.ports import free_port
from tests.processes import ROOT


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment where nothing is set, with ``operations-api``, ``python`` and Postgres' programs on the path."""
    directory = tmp_path_factory.mktemp("reader")
    (directory / "home").mkdir()
    (directory / "bin").mkdir()
    _program(directory / "bin" / "operations-api", f'"{sys.executable}" -m operations_api')
    _program(directory / "bin" / "python", f'"{sys.executable}"')
    programs = postgres_directory(Settings(data_dir=directory))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPERATIONS_", "EXAMPLES_"))}
    for name in ("DATABASE_URL", "REDIS_URL", "PORT", "HOST"):
        kept.pop(name, None)
    path = f"{directory / 'bin'}:{programs}:{kept['PATH']}"
    return kept | {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(directory / "home"), "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def dev(commands: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The same, and ``operations-api dev`` with the examples: where it answers, and as whom to ask."""
    directory = tmp_path_factory.mktemp("dev")
    given = {**commands, "PORT": str(free_port()), "OPERATIONS_DATA_DIR": str(directory)}
    command = [sys.executable, "-m", "operations_api", "dev"]
    with subprocess.Popen(command, cwd=directory, env=given, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            url = next(line.split()[1] for line in running.stdout if line.startswith("API "))
            key = (directory / "dev-key").read_text().strip()
            servers = running_servers(Settings(data_dir=directory))
            assert servers
            yield given | {"OPERATIONS_URL": url, "OPERATIONS_API_KEY": key, "DATABASE_URL": servers.database_url}
        finally:
            running.send_signal(signal.SIGINT)
            running.stdout.read()


def _program(path: Path, command: str) -> None:
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)
