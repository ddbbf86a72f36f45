"""docs/client.md and docs/command-line.md are executed: their blocks do what the pages say of them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Where `operations-api dev` answers, and as whom to ask."""
    directory = tmp_path_factory.mktemp("dev")
    home = directory / "home"
    home.mkdir()
    program = directory / "bin" / "operations-api"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m operations_api "$@"\n')
    program.chmod(0o755)
    given = os.environ | {"PORT": "0", "OPERATIONS_DATA_DIR": str(directory), "OPERATIONS_REGISTRY": ""}
    given |= {"PYTHONPATH": str(ROOT), "HOME": str(home), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    for name in ("OPERATIONS_DEV_KEY", "DATABASE_URL", "REDIS_URL"):
        given.pop(name, None)
    command = [sys.executable, "-m", "operations_api", "dev"]
    with subprocess.Popen(command, cwd=directory, env=given, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            url = next(line.split()[1] for line in running.stdout if line.startswith("API "))
            key = (directory / "dev-key").read_text().strip()
            yield given | {"OPERATIONS_URL": url, "OPERATIONS_API_KEY": key}
        finally:
            running.send_signal(signal.SIGINT)
            running.stdout.read()


def done(command: list[str], environment: Mapping[str, str]) -> str:
    said = subprocess.run(command, env=environment, cwd=environment["HOME"], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_the_programs_of_the_page_on_the_client_work(environment: Mapping[str, str]) -> None:
    first, second = blocks(CLIENT, "python")
    assert "kettle" in done([sys.executable, "-W", "error", "-c", first], environment)
    lines = done([sys.executable, "-W", "error", "-c", second], environment).splitlines()
    assert lines[-3].startswith("succeeded finished")
    assert lines[-2].startswith("Probed(reservations=[")
    assert lines[-1].startswith("{")


def test_the_commands_of_the_page_work(environment: Mapping[str, str]) -> None:
    commands, bash, fish = blocks(COMMANDS, "sh")
    said = done(["bash", "-euo", "pipefail", "-c", commands], environment)
    assert '"sku": "kettle"' in said
    assert "succeeded (finished)" in said
    assert said.endswith("too late\n")
    done(["bash", "-euo", "pipefail", "-c", bash + fish], environment)
    home = Path(environment["HOME"])
    assert "_OPERATIONS_API_COMPLETE" in (home / ".config/fish/completions/operations-api.fish").read_text()
    asked = "source ~/.bashrc; complete -p operations-api"
    assert "operations-api" in done(["bash", "-euo", "pipefail", "-c", asked], environment)


def test_every_option_the_page_names_is_there(environment: Mapping[str, str]) -> None:
    for command, row in re.findall(r"^\| `(submit|watch|get|list|cancel)[^`]*` \|(.*)\|$", COMMANDS, re.MULTILINE):
        shown = done(["operations-api", command, "--help"], environment)
        assert all(option in shown for option in re.findall(r"`(--[a-z-]+)`", row)), command


def test_the_example_of_json_is_json(environment: Mapping[str, str]) -> None:
    listed = json.loads(done(["operations-api", "list", "--json"], environment))
    assert isinstance(listed, list)
