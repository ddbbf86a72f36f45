"""Every block of every page is executed, in the order in which somebody reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest

from tests.docs.blocks import PAGES, Block, blocks_of
from tests.docs.reader import Reader, shows
from tests.ports import free_port
from tests.processes import ROOT

README = ROOT / "README.md"
"""Its definition and its lines for a shell are executed by test_readme.py, which looks at each answer."""

WITH_BLOCKS = [page for page in PAGES if blocks_of(page) and page != README]
STATEMENTS = [block for page in PAGES for block in blocks_of(page) if block.language == "sql"]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_what_it_says(page: Path, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    environment = environment_for(page, request)
    instead = {":8000": f":{environment['PORT']}", "9000": str(free_port())}
    reader = Reader(tmp_path, environment, instead)
    try:
        reader.follow(page)
    finally:
        reader.leave()


def test_the_readmes_commands_are_there(commands: Mapping[str, str], tmp_path: Path) -> None:
    reader = Reader(tmp_path, commands, {})
    try:
        reader.follow(README, but={"python", "sh"})
    finally:
        reader.leave()


@pytest.mark.parametrize("block", STATEMENTS, ids=str)
async def test_a_statement_fits_the_schema(block: Block, database: str) -> None:
    connection = await asyncpg.connect(database)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(block.text)
    finally:
        await transaction.rollback()
        await connection.close()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("```sh\nfalse\n```\n", "a command failed"),
        ("```sh\necho one\n```\n\n```text\ntwo\n```\n", "this is not what is shown"),
        ("```python\nassert 1 == 2\n```\n", "a command failed"),
        ("```\nsomething\n```\n", "nobody knows how to execute a block without a language"),
        ("```fortran\nEND\n```\n", "nobody knows how to execute fortran"),
        ("```console\n$ make nothing\n```\n", "a command failed"),
        ("```console\n$ operations-api serve --nonsense ...\n```\n", "--nonsense"),
        ("```console\n$ docker compose run --rm nobody keys list\n```\n", "nobody"),
        ("```mermaid\nstateDiagram-v2\n    succeeded --> pending\n```\n", "wrong.md:1"),
        ("```json\n{\n```\n", "Expecting"),
    ],
)
def test_a_page_that_is_wrong_fails(text: str, complaint: str, commands: Mapping[str, str], tmp_path: Path) -> None:
    """Else the tests above would prove nothing."""
    page = tmp_path / "wrong.md"
    page.write_text(text)
    reader = Reader(tmp_path, commands, {})
    try:
        with pytest.raises(AssertionError, match=complaint):
            reader.follow(page)
    finally:
        reader.leave()


def test_dots_stand_for_anything_and_nothing_else_does() -> None:
    assert shows("a\nlong\nb [1]\n", "a\n...\nb [1]")
    assert not shows("a\nb\nc", "a\nb")
    assert not shows("ab", "a.")


MEETS = ("operations-api ", "OPERATIONS_", "_URL", "$API")
"""What is in a block that has to do with a service."""


def environment_for(page: Path, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """A page that starts ``dev`` itself has nothing; the others have one that runs, if they do anything with it."""
    blocks = blocks_of(page)
    typed = "".join(block.text for block in blocks if block.language in ("console", "sh", "python"))
    if "operations-api dev" in typed or not any(word in typed for word in MEETS):
        commands: Mapping[str, str] = request.getfixturevalue("commands")
        return {**commands, "PORT": str(free_port())}
    dev: Mapping[str, str] = request.getfixturevalue("dev")
    named_by_the_readme = {"API": dev["OPERATIONS_URL"], "KEY": dev["OPERATIONS_API_KEY"]}
    return {**dev, **named_by_the_readme, "THEATRE_URL": dev["DATABASE_URL"]}
