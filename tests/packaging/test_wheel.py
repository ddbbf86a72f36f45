"""The wheel is the whole product: installed somewhere else, without the checkout, it does the main job."""

import json
import os
import signal
import site
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of an environment with the locked packages and the wheel, but not the checkout."""
    directory = tmp_path_factory.mktemp("installed")
    venv.create(directory, with_pip=False)
    python = directory / "bin" / "python"
    packages = next((directory / "lib").glob("python*/site-packages"))
    # a path in a .pth file is searched for packages, but its own .pth files, the checkout's among them, are not read
    (packages / "locked.pth").write_text("\n".join(site.getsitepackages()))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True)
    return python.parent


def run(installed: Path, directory: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OPERATIONS_"))}
    command = (str(installed / command[0]), *command[1:])
    return subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True, text=True).stdout


def test_it_does_not_lean_on_the_checkout(installed: Path, tmp_path: Path) -> None:
    places = (
        "import operations_api, worker, examples; print(*[m.__path__[0] for m in (operations_api, worker, examples)])"
    )
    for place in run(installed, tmp_path, "python", "-c", places).split():
        assert Path(place).is_relative_to(installed.parent)


def test_the_command_says_how_to_use_it(installed: Path, tmp_path: Path) -> None:
    assert "operations-api dev" in run(installed, tmp_path, "operations-api", "--help")


def test_it_documents_the_same_api(installed: Path, tmp_path: Path) -> None:
    printed = run(installed, tmp_path, "operations-api", "openapi")
    assert json.loads(printed) == json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))


def test_it_can_hold_a_service_to_the_contract(installed: Path, tmp_path: Path) -> None:
    assert len(run(installed, tmp_path, "operations-api", "conformance", "--list").splitlines()) > 500


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    """Where `operations-api dev` of the wheel answers."""
    outside = ("PYTHON", "OPERATIONS_", "DATABASE_URL", "REDIS_URL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(outside)}
    environment |= {"PORT": "0", "OPERATIONS_DEV_KEY": "key-of-the-wheel"}
    command = [str(installed / "operations-api"), "dev"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            yield next(line.split()[1] for line in running.stdout if line.startswith("API "))
        finally:
            running.send_signal(signal.SIGINT)
            running.stdout.read()


def test_it_does_the_main_job(address: str) -> None:
    """Migrations, queries, the examples' tables and the pages are files: all of them must be inside."""
    headers = {"Authorization": "Bearer key-of-the-wheel", "Content-Type": "application/json", "Idempotency-Key": "a"}
    body = {"input": {"account": "alice", "sku": "kettle", "email": "alice@example.com"}}
    start = urllib.request.Request(  # noqa: S310 -- our own address
        f"{address}/operations/place-order", json.dumps(body).encode(), headers | {"Prefer": "wait=30"}
    )
    with urllib.request.urlopen(start) as answer:  # noqa: S310
        assert json.load(answer)["status"] == "succeeded"
    for page in ("/docs", "/problems/malformed-json"):
        with urllib.request.urlopen(address + page) as answer:  # noqa: S310
            assert b"<!doctype html>" in answer.read()
