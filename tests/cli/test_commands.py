"""The commands themselves: help, exit codes, what goes where."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import click
import pytest

from operations_api.cli import GROUPS, cli
from operations_api.settings import VARIABLES
from tests.processes import ROOT, module

GROUPS_ALONE = ((), ("keys",), ("tenants",), ("webhooks",), ("schedules",), ("sources",))
COMMANDS = [
    *GROUPS_ALONE,
    *((name,) for name in cli.commands if (name,) not in GROUPS_ALONE),
    *((name, each) for (name,) in GROUPS_ALONE[1:] for each in cast("click.Group", cli.commands[name]).commands),
]


def run(*arguments: str, environment: Mapping[str, str], directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = module("operations_api", *arguments)
    return subprocess.run(command, env={**os.environ, **environment}, cwd=directory, capture_output=True, text=True)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_without_starting_anything(
    command: tuple[str, ...], environment: Mapping[str, str], data_dir: Path
) -> None:
    said = run(*command, "--help", environment=environment)
    assert said.returncode == 0
    assert said.stderr == ""
    assert "Usage: operations-api" in said.stdout
    if command not in GROUPS_ALONE:
        assert f"operations-api {' '.join(command)}" in said.stdout.split("Example")[1], "an example to copy"
    assert not data_dir.exists()


def test_every_command_is_in_one_group_of_the_help() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(cli.commands)


@pytest.mark.parametrize("command", [("--help",), ("nonsense",)])
def test_no_colours_go_into_a_pipe_even_when_a_build_server_asks_for_them(
    command: tuple[str, ...], environment: Mapping[str, str]
) -> None:
    said = run(
        *command, environment={**environment, "FORCE_COLOR": "1", "GITHUB_ACTIONS": "true", "TERM": "xterm-256color"}
    )
    assert "\x1b" not in said.stdout + said.stderr


@pytest.mark.parametrize(
    "command",
    [("nonsense",), ("serve", "--processes", "0"), ("keys", "create"), ("keys", "revoke"), ("dev", "--no-such")],
)
def test_wrong_usage_ends_with_2(command: tuple[str, ...], environment: Mapping[str, str]) -> None:
    said = run(*command, environment=environment)
    assert said.returncode == 2
    assert said.stdout == ""
    assert said.stderr


def test_the_version_is_the_packages(environment: Mapping[str, str]) -> None:
    assert run("--version", environment=environment).stdout == "operations-api, version 0.1.0\n"


def test_settings_lists_every_variable_with_default_and_unit(environment: Mapping[str, str]) -> None:
    said = run("settings", environment=environment).stdout
    for variable in VARIABLES:
        assert f"{variable.name}=" in said
        assert variable.sentence in said
    assert "OPERATIONS_LEASE_SECONDS=15.0\n" in said
    assert "[seconds]" in said


def test_settings_shows_what_is_given_but_no_secret(environment: Mapping[str, str]) -> None:
    given = {
        "OPERATIONS_LEASE_SECONDS": "30",
        "OPERATIONS_DEV_KEY": "s3cr3t-key",
        "DATABASE_URL": "postgresql://u:s3cr3t@h/d",
    }
    said = run("settings", environment={**environment, **given}).stdout
    assert "OPERATIONS_LEASE_SECONDS=30\n" in said
    assert "Default: 15.0." in said
    assert "s3cr3t" not in said


@pytest.mark.parametrize("command", [("migrate",), ("keys", "list"), ("serve",), ("worker",), ("openapi",)])
def test_a_wrong_setting_is_one_sentence_and_1(command: tuple[str, ...], environment: Mapping[str, str]) -> None:
    said = run(*command, environment={**environment, "OPERATIONS_RETENTION_DAYS": "0"})
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("operations-api: OPERATIONS_RETENTION_DAYS: ")
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [("migrate",), ("keys", "list")])
def test_a_database_that_is_away_is_one_sentence_and_1(
    command: tuple[str, ...], environment: Mapping[str, str]
) -> None:
    away = {"DATABASE_URL": "postgresql://app@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}
    said = run(*command, environment={**environment, **away})
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.count("\n") == 1
    assert "Postgres" in said.stderr


@pytest.mark.parametrize(
    "command", [("serve", "--processes", "2"), ("worker", "--processes", "2"), ("openapi",), ("serve",)]
)
def test_a_registry_that_cannot_be_loaded_is_one_sentence_and_1(
    command: tuple[str, ...], environment: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text("registry = 1 / 0\n")
    said = run(*command, environment={**environment, "OPERATIONS_REGISTRY": "broken:registry"}, directory=tmp_path)
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "broken.py, line 1: ZeroDivisionError" in said.stderr


def test_commands_without_servers_start_them_for_as_long_as_they_live(
    environment: Mapping[str, str], data_dir: Path
) -> None:
    first = run("migrate", environment=environment)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("applied ")
    assert not (data_dir / "servers.json").exists()
    assert "nothing to do" in run("migrate", environment=environment).stdout
    made = run("keys", "create", "--tenant", "acme", "--scopes", "read", environment=environment)
    assert made.returncode == 0
    assert len(made.stdout.split()) == 1


def test_keys_before_the_first_migration_say_what_to_run(environment: Mapping[str, str]) -> None:
    said = run("keys", "list", environment=environment)
    assert said.returncode == 1
    assert "operations-api migrate" in said.stderr


def test_an_unknown_scope_is_refused_with_those_there_are(environment: Mapping[str, str]) -> None:
    run("migrate", environment=environment)
    said = run("keys", "create", "--tenant", "acme", "--scopes", "read,fly", environment=environment)
    assert (said.returncode, said.stdout) == (1, "")
    assert "fly" in said.stderr
    assert "operate" in said.stderr


def test_revoking_a_key_that_is_not_there_is_refused(environment: Mapping[str, str]) -> None:
    run("migrate", environment=environment)
    said = run("keys", "revoke", "0123", environment=environment)
    assert said.returncode == 1
    assert "keys list" in said.stderr


def test_the_doctor_says_what_to_do_and_starts_nothing(environment: Mapping[str, str], data_dir: Path) -> None:
    said = run("doctor", environment=environment)
    assert said.returncode == 1
    lines = {line.split()[0]: line for line in said.stdout.splitlines()}
    assert " ok " in lines["settings"]
    assert " ok " in lines["registry"]
    assert "WRONG" in lines["postgres"]
    assert "DATABASE_URL" in lines["postgres"]
    assert "REDIS_URL" in lines["redis"]
    assert not data_dir.exists()


def test_the_doctor_finds_servers_that_do_not_answer(environment: Mapping[str, str]) -> None:
    away = {"DATABASE_URL": "postgresql://app@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}
    said = run("doctor", environment={**environment, **away})
    assert said.returncode == 1
    assert "correct DATABASE_URL" in said.stdout
    assert "correct REDIS_URL" in said.stdout


def test_the_doctor_finds_a_wrong_setting_and_a_wrong_registry(environment: Mapping[str, str]) -> None:
    assert "PORT: 'x'" in run("doctor", environment={**environment, "PORT": "x"}).stdout
    assert (
        'no module "nowhere"' in run("doctor", environment={**environment, "OPERATIONS_REGISTRY": "nowhere:x"}).stdout
    )


def test_the_doctor_finds_keys_of_an_issuer_that_cannot_be_read(environment: Mapping[str, str], tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    believing = {
        "OPERATIONS_JWT_JWKS": str(keys), "OPERATIONS_JWT_ISSUER": "https://id.example/",
        "OPERATIONS_JWT_AUDIENCE": "operations",
    }  # fmt: skip
    for text, expected in ((None, "WRONG"), ("<html>", "WRONG"), ('{"keys": []}', "ok")):
        keys.write_text(text) if text else None
        said = run("doctor", environment={**environment, **believing}).stdout
        (line,) = (line for line in said.splitlines() if line.startswith("tokens"))
        assert f" {expected} " in line
        assert ("correct OPERATIONS_JWT_JWKS" in line) == (expected == "WRONG")


def test_openapi_goes_to_stdout_or_into_a_file(environment: Mapping[str, str], tmp_path: Path) -> None:
    printed = run("openapi", environment=environment)
    assert printed.returncode == 0, printed.stderr
    assert json.loads(printed.stdout)["openapi"].startswith("3.1")
    written = run("openapi", "--output", str(tmp_path / "openapi.json"), environment=environment)
    assert (written.returncode, written.stdout) == (0, "")
    assert (tmp_path / "openapi.json").read_text() == printed.stdout
