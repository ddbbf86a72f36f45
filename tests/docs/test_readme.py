"""The README is executed: its lines work as pasted, its definition is the file in docs/, its links lead somewhere."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SEPARATOR = "\x1e"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory to run in, with what the README's commands find in the checkout."""
    directory = tmp_path_factory.mktemp("checkout")
    (directory / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "book_desk.py", directory / "docs")
    return directory


@pytest.fixture(scope="module")
def address(checkout: Path) -> Iterator[str]:
    """Where `make run` answers, the examples and the README's definition loaded."""
    environment = os.environ | {"PORT": "0", "OPERATIONS_REGISTRY": "examples:registry,docs.book_desk:registry"}
    environment |= {"PYTHONPATH": str(ROOT), "OPERATIONS_DATA_DIR": ".operations"}
    for name in ("OPERATIONS_DEV_KEY", "DATABASE_URL", "REDIS_URL"):  # the reader has set none of them
        environment.pop(name, None)
    command = [sys.executable, "-m", "operations_api", "dev"]
    with subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            yield next(line.split()[1] for line in running.stdout if line.startswith("API "))
        finally:
            running.send_signal(signal.SIGINT)
            running.stdout.read()


@pytest.fixture(scope="module")
def answers(checkout: Path, address: str) -> list[list[dict[str, Any]]]:
    """What the README's lines answer when they are pasted one after the other: by section, the documents."""
    script = f"printf '{SEPARATOR}'\n".join(section.replace("http://127.0.0.1:8000", address) for section in SECTIONS)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [list(documents(text)) for text in done.stdout.split(SEPARATOR)]


def test_alice_buys_a_kettle(answers: list[list[dict[str, Any]]]) -> None:
    (operation,) = answers[1]
    assert (operation["status"], operation["done"]) == ("succeeded", True)
    assert operation["result"]["sku"] == "kettle"


def test_the_same_key_with_another_body_is_refused(answers: list[list[dict[str, Any]]]) -> None:
    (problem,) = answers[2]
    assert (problem["status"], problem["operation_id"]) == (422, answers[1][0]["id"])


def test_bob_has_too_little_money(answers: list[list[dict[str, Any]]]) -> None:
    (operation,) = answers[3]
    assert operation["status"] == "failed"
    assert (operation["error"]["reason"], operation["error"]["effect"]) == ("INSUFFICIENT_FUNDS", "none")


def test_a_slow_operation_is_polled_to_its_end(answers: list[list[dict[str, Any]]]) -> None:
    polled, waited = answers[4]
    assert polled["id"] == waited["id"]
    assert (polled["done"], waited["status"]) == (False, "succeeded")


def test_the_definition_of_the_readme_works(answers: list[list[dict[str, Any]]]) -> None:
    first, second = answers[5]
    assert (first["status"], first["result"]) == ("succeeded", {"desk": "desk-7"})
    assert (second["status"], second["error"]["reason"]) == ("failed", "DESK_TAKEN")


def test_the_definition_of_the_readme_is_the_file_in_docs() -> None:
    assert f"```python\n{(ROOT / 'docs' / 'book_desk.py').read_text(encoding='utf-8')}```" in README


def test_every_command_the_readme_names_is_there() -> None:
    commands = set(re.findall(r"operations-api ([a-z]+)", README))
    assert commands
    for command in commands:
        subprocess.run([sys.executable, "-m", "operations_api", command, "--help"], capture_output=True, check=True)


@pytest.mark.parametrize("page", [p for p in ROOT.rglob("*.md") if not {".venv", ".git"} & set(p.parts)], ids=str)
def test_every_link_between_documents_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def documents(text: str) -> Iterator[dict[str, Any]]:
    """The JSON documents in a text, one after the other."""
    decoder = json.JSONDecoder()
    text = text.lstrip()
    while text:
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:].lstrip()
