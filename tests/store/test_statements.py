"""Every statement of the product is one the schema understands: a misspelt column fails here."""

from importlib.resources import files

import asyncpg
import pytest

from operations_api.store.barrier import BARRIER_SCHEMA
from operations_api.store.queries import load

FILES = sorted(
    entry.name.removesuffix(".sql")
    for entry in (files("operations_api.store") / "sql").iterdir()
    if entry.name.endswith(".sql") and entry.name != "schema.sql"
)
STATEMENTS = [(table, name) for table in FILES for name in load(table)]


@pytest.mark.parametrize(("table", "name"), STATEMENTS)
async def test_a_statement_can_be_prepared(connection, table, name):
    if table == "barrier":  # its table is in the users' own databases, not in ours
        await connection.execute(BARRIER_SCHEMA)
    await connection.prepare(load(table)[name])


async def test_a_misspelt_column_is_found(connection):
    statement = load("operations")["get_operations"].replace("o.tenant", "o.tennant", 1)
    with pytest.raises(asyncpg.UndefinedColumnError):
        await connection.prepare(statement)


def test_every_statement_has_a_name_of_its_own_and_a_sentence():
    for table in FILES:
        text = (files("operations_api.store") / "sql" / f"{table}.sql").read_text()
        assert text.count("-- name:") == len(load(table))
        for name, statement in load(table).items():
            assert statement.startswith("-- "), f"{table}: {name} has no sentence"
            assert "%" not in statement, f"{table}: {name} is put together from pieces"
