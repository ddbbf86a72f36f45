"""Migrations: applied once whoever comes first, the same as the schema, and refused in words when they do not fit."""

import asyncio
from importlib.resources import files

import asyncpg
import pytest

from operations_api.domain.errors import MigrationError
from operations_api.store import migrate as module
from operations_api.store.migrate import Migration, known_migrations, migrate, pending
from tests.conftest import run_sql

NAMES = [migration.name for migration in known_migrations()]

CATALOG = {
    "tables": """
        select relname, relkind::text, array_to_string(reloptions, ',')
        from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'S', 'm', 'p')
    """,
    "columns": """
        select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
            pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation::text
        from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid and c.relkind = 'r'
        left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
    """,
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        from pg_constraint where connamespace = 'public'::regnamespace
    """,
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
    "views": "select viewname, definition from pg_views where schemaname = 'public'",
    "triggers": """
        select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    """,
    "functions": """
        select proname, pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
    """,
}


async def catalog(url):
    connection = await asyncpg.connect(url)
    try:
        rows = {name: await connection.fetch(query) for name, query in CATALOG.items()}
    finally:
        await connection.close()
    return {
        name: sorted(tuple(map(str, row)) for row in found if "schema_migrations" not in str(row[0]))
        for name, found in rows.items()
    }


async def applied(url):
    connection = await asyncpg.connect(url)
    try:
        return [row["name"] for row in await connection.fetch("select name from schema_migrations order by name")]
    finally:
        await connection.close()


async def test_the_migrations_make_what_the_schema_says(database, empty_database):
    await run_sql(empty_database, (files("operations_api.store") / "sql" / "schema.sql").read_text())
    said, made = await catalog(empty_database), await catalog(database)
    for kind in CATALOG:
        assert made[kind] == said[kind]
        assert made[kind], f"no {kind} were compared"


async def test_eight_that_migrate_at_once_apply_each_migration_once(empty_database):
    results = await asyncio.gather(*(migrate(empty_database) for _ in range(8)))
    assert sorted(results) == [[]] * 7 + [NAMES]
    assert await applied(empty_database) == NAMES


async def test_what_is_pending_is_told_before_and_after(empty_database):
    assert await pending(empty_database) == NAMES
    await migrate(empty_database)
    assert await pending(empty_database) == []


@pytest.mark.parametrize("check", [migrate, pending])
class TestWhatDoesNotFit:
    async def test_a_migration_that_was_changed_is_refused(self, database, check):
        await run_sql(database, f"update schema_migrations set checksum = 'x' where name = '{NAMES[0]}'")  # noqa: S608
        with pytest.raises(MigrationError, match=f"{NAMES[0]} was changed.*undo the change"):
            await check(database)

    async def test_a_migration_that_is_missing_between_others_is_refused(self, database, check):
        await run_sql(database, "insert into schema_migrations values ('9999_newer', 'x', true)")
        await run_sql(database, f"delete from schema_migrations where name = '{NAMES[0]}'")  # noqa: S608
        with pytest.raises(MigrationError, match=f"{NAMES[0]} was never applied although 9999_newer was: restore"):
            await check(database)

    async def test_an_unknown_migration_that_is_not_additive_is_refused(self, database, check):
        await run_sql(database, "insert into schema_migrations values ('9999_newer', 'x', false)")
        with pytest.raises(MigrationError, match=r"9999_newer.*run the release that made it"):
            await check(database)

    async def test_an_unknown_migration_that_is_not_newer_is_refused(self, database, check):
        await run_sql(database, "insert into schema_migrations values ('0000_older', 'x', true)")
        with pytest.raises(MigrationError, match="0000_older"):
            await check(database)

    async def test_a_newer_schema_that_only_added_things_is_accepted(self, database, check):
        await run_sql(database, "insert into schema_migrations values ('9999_newer', 'x', true)")
        assert await check(database) == []


async def test_a_migration_that_fails_is_undone_and_named(database, monkeypatch):
    broken = Migration("9998_broken", "create table half (id int); select nonsense;", "x", True)
    monkeypatch.setattr(module, "known_migrations", lambda: [*known_migrations(), broken])
    with pytest.raises(MigrationError, match="9998_broken failed and was undone"):
        await migrate(database)
    assert await applied(database) == NAMES
    with pytest.raises(asyncpg.UndefinedTableError):
        await run_sql(database, "select from half")


def test_every_migration_says_whether_it_only_adds():
    with pytest.raises(MigrationError, match="its first line must be"):
        module._read("9999_silent", "create table silent (id int)")
    assert sorted(NAMES) == NAMES
    assert all(name[:4].isdigit() for name in NAMES)
