"""docs/conditional-updates.md is executed: statements on Postgres, its API and its commands beside a real service."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from examples import registry
from examples.seed import seed
from operations_api.client import Client
from tests.http.service import EVERY_SCOPE, running
from tests.processes import ROOT, module
from tests.processes import running as process

PAGE = (ROOT / "docs" / "conditional-updates.md").read_text(encoding="utf-8")
VERSIONED, COMPARED, LOGGED = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
STEP, API = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
[COMMANDS] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
DONE_SECONDS = 30.0


@pytest.fixture
async def connection(empty_database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(empty_database)
    yield connection
    await connection.close()


@pytest.fixture
async def environment(
    database: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[dict[str, str]]:
    """What a reader's shell and service have, beside an API and a worker."""
    await seed(database)
    monkeypatch.setenv("DATABASE_URL", database)
    async with running(database, redis_url, registry=registry) as service:
        monkeypatch.setenv("OPERATIONS_URL", service.base_url)
        monkeypatch.setenv("OPERATIONS_API_KEY", await service.new_key("dev", EVERY_SCOPE))
        given = {"REDIS_URL": redis_url, "OPERATIONS_REGISTRY": "examples:registry"}
        with process(module("operations_api", "worker"), {"OPERATIONS_DATA_DIR": str(tmp_path), **given}):
            yield dict(os.environ)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Litestar:
    """The API of the page, as the module it would be: Litestar looks its handlers' annotations up there."""
    (tmp_path / "shop_api.py").write_text(API, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shop_api", raising=False)
    loaded: Litestar = importlib.import_module("shop_api").app
    return loaded


def statements(block: str) -> list[str]:
    return [statement for statement in block.split(";\n") if statement.strip()]


async def test_whoever_has_seen_an_older_version_changes_nothing(connection: asyncpg.Connection) -> None:
    *before, read, change = statements(VERSIONED)
    for statement in before:
        await connection.execute(statement)
    assert tuple(await connection.fetchrow(read)) == (3_900, 1)
    assert await connection.fetchval(change) == 2
    assert await connection.fetchrow(change) is None
    assert tuple(await connection.fetchrow(read)) == (4_200, 2)


async def test_what_does_not_suffice_is_not_taken(connection: asyncpg.Connection) -> None:
    *before, take = statements(COMPARED)
    for statement in before:
        await connection.execute(statement)
    assert await connection.fetchval(take) == 200
    assert await connection.fetchrow(take) is None
    with pytest.raises(asyncpg.CheckViolationError, match="wallets_balance_is_not_negative"):
        await connection.execute("update wallets set balance_minor = balance_minor - 300")


async def test_what_is_logged_twice_counts_once(connection: asyncpg.Connection) -> None:
    *before, add, find_broken = statements(LOGGED)
    for statement in before:
        await connection.execute(statement)
    assert await connection.fetchval(add) == 10
    assert await connection.fetchrow(add) is None
    assert await connection.fetchval("select points from customers") == 10
    assert await connection.fetch(find_broken) == []
    await connection.execute("update customers set points = points + 10")
    assert [row["name"] for row in await connection.fetch(find_broken)] == ["alice"]


def test_the_step_of_the_page_is_the_one_of_the_worked_definition() -> None:
    exec(STEP, {})  # noqa: S102  # our own page
    text = STEP[STEP.index("class Price(Step)") :]
    assert text in (ROOT / "examples" / "adjust_price.py").read_text(encoding="utf-8")


async def test_the_api_of_the_page_changes_a_price_for_whoever_has_seen_it(
    environment: dict[str, str], app: Litestar
) -> None:
    async with AsyncTestClient(app) as reader:
        before = await reader.get("/products/teapot")
        tag = before.headers["etag"]
        assert (before.json()["price_minor"], tag) == (2_450, '"1"')
        changed = await change(reader, {"If-Match": tag, "Idempotency-Key": "one"})
        assert (changed["status"], changed["result"]["version"]) == ("succeeded", 2)
        after = await reader.get("/products/teapot")
        assert (after.json()["price_minor"], after.headers["etag"]) == (2_650, '"2"')
        stale = await change(reader, {"If-Match": tag, "Idempotency-Key": "two"})
        assert (stale["status"], stale["error"]["reason"]) == ("failed", "STALE_VERSION")
        assert (await change(reader, {"If-Match": tag, "Idempotency-Key": "one"}))["id"] == changed["id"]


@pytest.mark.parametrize(("tag", "status"), [(None, 428), ('W/"1"', 412), ("1", 412), ('"0"', 412)])
async def test_the_api_of_the_page_starts_nothing_for_what_nobody_can_have_seen(
    environment: dict[str, str], app: Litestar, tag: str | None, status: int
) -> None:
    async with AsyncTestClient(app) as reader:
        headers = {} if tag is None else {"If-Match": tag}
        answer = await reader.put("/products/teapot/price", json={"price_minor": 1}, headers=headers)
        assert answer.status_code == status
        assert (await reader.get("/products/nothing")).status_code == 404
    async with Client(environment["OPERATIONS_URL"], environment["OPERATIONS_API_KEY"]) as client:
        assert [one async for one in client.operations()] == []


async def test_the_commands_of_the_page_end_with_a_412(environment: dict[str, str], tmp_path: Path) -> None:
    program = Path(sys.executable).parent
    given = environment | {"PATH": f"{program}:{environment['PATH']}", "HOME": str(tmp_path)}
    command = ["bash", "-euo", "pipefail", "-c", COMMANDS]
    done = await asyncio.to_thread(subprocess.run, command, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"labels":{"season":"winter"}' in done.stdout
    assert '"status":412' in done.stdout.rpartition("winter")[2]


async def change(reader: AsyncTestClient[Litestar], headers: dict[str, str]) -> dict[str, Any]:
    """The operation that changes the price, once it is done."""
    answer = await reader.put("/products/teapot/price", json={"price_minor": 2_650}, headers=headers)
    assert answer.status_code == 202
    async with Client(os.environ["OPERATIONS_URL"], os.environ["OPERATIONS_API_KEY"]) as client:
        operation = await client.operation(answer.headers["location"])
        async with asyncio.timeout(DONE_SECONDS):
            async for now in operation.watch():
                last = now
    return dict(last.document)
