"""The example with a barrier in docs/writing-definitions.md bears every death, and does not without its barrier."""

from __future__ import annotations

import re
from typing import Any

import asyncpg
import pytest

from operations_api import BARRIER_SCHEMA, Definition
from operations_api.testing import WrongHandlers, check_definition
from tests.processes import ROOT

PAGE = (ROOT / "docs" / "writing-definitions.md").read_text(encoding="utf-8")
[EXAMPLE] = [
    block for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if "await barrier(" in block
]


@pytest.fixture
async def connection(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session in the theatre's database, where one show has three seats."""
    monkeypatch.setenv("THEATRE_URL", empty_database)
    opened = await asyncpg.connect(empty_database)
    await opened.execute(BARRIER_SCHEMA)
    await opened.execute("create table shows (name text primary key, free int, held int, sold int)")
    yield opened
    await opened.close()


def example(text: str = EXAMPLE) -> tuple[Definition, Any]:
    """The definition of this text, and its input."""
    module: dict[str, Any] = {"__name__": "book_seats"}
    exec(compile(text, "docs/writing-definitions.md", "exec", dont_inherit=True), module)  # noqa: S102  # our own page
    return module["BOOK_SEATS"], module["Booking"]


async def check(connection: asyncpg.Connection, definition: Definition, input: Any) -> None:
    async def open_the_house() -> None:
        await connection.execute("truncate shows; insert into shows values ('Hamlet', 3, 0, 0)")

    async def ledger(operation_id: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await connection.fetch("select * from shows")]

    await check_definition(definition, input, ledger=ledger, before_each=open_the_house)


@pytest.mark.parametrize("seats", [2, 4], ids=["sold", "sold out"])
async def test_the_example_of_the_documentation_bears_every_death(connection: asyncpg.Connection, seats: int) -> None:
    definition, booking = example()
    await check(connection, definition, booking(show="Hamlet", seats=seats))


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        ("reserve", 'commit of step "seats" finds it absent; call the barrier in every handler'),
        ("commit", 'commit of step "seats" is not idempotent'),
        ("rollback", 'rollback of step "seats"'),
    ],
)
async def test_a_handler_that_goes_round_the_barrier_is_caught(
    connection: asyncpg.Connection, handler: str, says: str
) -> None:
    before, found, after = EXAMPLE.partition(f"async def {handler}(")
    assert found
    definition, booking = example(before + found + after.replace("await barrier(ctx, connection)", "True", 1))
    with pytest.raises(WrongHandlers) as caught:
        await check(connection, definition, booking(show="Hamlet", seats=2))
    assert says in str(caught.value), caught.value


async def test_the_table_of_the_barrier_can_be_printed_as_the_documentation_says() -> None:
    assert "from operations_api import BARRIER_SCHEMA; print(BARRIER_SCHEMA)" in PAGE
    assert BARRIER_SCHEMA.startswith("-- ")
    assert "create table if not exists operations_barrier (" in BARRIER_SCHEMA
