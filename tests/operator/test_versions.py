"""Versions: what nobody can execute is said, and goes on by itself once somebody can."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from operations_api import Definition, Registry
from operations_api.domain.errors import DefinitionError
from operations_api.http.resources import Resources
from operations_api.settings import Settings
from operations_api.store.definitions import UNANNOUNCED_SECONDS, announce, in_flight, park_orphans
from operations_api.store.leases import Leases
from tests.operator.definitions import SCRIPTED
from tests.operator.desk import TENANT, Desk, needs_attention, step
from tests.processes import ROOT, module

EXAMPLES_ONLY = "examples:registry"


async def test_what_no_worker_can_execute_needs_attention_and_goes_on_by_itself(desk: Desk) -> None:
    script = await desk.scripted(step("a"))
    await unannounced_for(desk, UNANNOUNCED_SECONDS + 1)
    desk.start_worker(EXAMPLES_ONLY)
    blocked = await desk.until(script.id, needs_attention)
    assert [each["reason"] for each in blocked["blocked"]] == ["no_worker_for_version"]
    assert (await desk.row(script.id))["ready"]
    desk.start_worker()
    ended = await script.done()
    assert (ended["status"], script.calls()) == ("succeeded", ["a:reserve", "a:commit"])


async def test_what_waits_for_its_version_can_be_canceled(desk: Desk) -> None:
    script = await desk.scripted(step("a"))
    await unannounced_for(desk, UNANNOUNCED_SECONDS + 1)
    await park_orphans(desk.pool, 100)
    answer = await desk.client.post(f"/operations/{script.id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "canceled")


async def test_an_operation_that_was_being_canceled_goes_on_canceling(desk: Desk) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a"), a_reserve="wait")
    await script.called("a:reserve")
    worker.kill()
    await desk.client.post(f"/operations/{script.id}/cancel")
    await desk.past_calls(script.id)
    await desk.pool.execute(
        "update operations set ready = true, next_wake_at = null, lease_owner = null, lease_expires_at = null "
        "where id = $1",
        UUID(script.id),
    )
    await unannounced_for(desk, UNANNOUNCED_SECONDS + 1)
    assert len(await park_orphans(desk.pool, 100)) == 1
    script.tell("a-reserve", "")
    desk.start_worker()
    assert (await script.done())["status"] == "canceled"


@pytest.mark.parametrize(("cancel_requested", "status"), [(False, "running"), (True, "canceling")])
async def test_whoever_knows_the_version_needs_nobody_any_more(desk: Desk, cancel_requested: bool, status: str) -> None:
    script = await desk.scripted(step("a"))
    await unannounced_for(desk, UNANNOUNCED_SECONDS + 1)
    await park_orphans(desk.pool, 100)
    await desk.pool.execute(
        "update operations set phase = 'reserving', cancel_requested_at = case when $2 then clock_timestamp() end "
        "where id = $1",
        UUID(script.id),
        cancel_requested,
    )
    [claimed] = await Leases(desk.pool, uuid4(), 15).claim([("scripted", 1)], 10)
    assert (claimed.operation.status, claimed.operation.blocked) == (status, None)


@pytest.mark.parametrize(("seconds", "parked"), [(UNANNOUNCED_SECONDS - 10, 0), (UNANNOUNCED_SECONDS + 1, 1)])
async def test_a_version_has_a_minute_to_find_a_worker(desk: Desk, seconds: float, parked: int) -> None:
    await desk.scripted(step("a"))
    await unannounced_for(desk, seconds)
    assert len(await park_orphans(desk.pool, 100)) == parked


async def test_a_version_that_is_announced_is_left_alone_and_so_is_what_a_worker_holds(desk: Desk) -> None:
    script = await desk.scripted(step("a"))
    await unannounced_for(desk, UNANNOUNCED_SECONDS + 1)
    await announce(desk.pool, [("scripted", 1)])
    assert await park_orphans(desk.pool, 100) == []
    await unannounced_for(desk, UNANNOUNCED_SECONDS + 1)
    await desk.pool.execute(
        "update operations set ready = false, next_wake_at = clock_timestamp() where id = $1", UUID(script.id)
    )
    assert await park_orphans(desk.pool, 100) == []


async def test_a_worker_announces_what_it_knows(desk: Desk) -> None:
    desk.start_worker(EXAMPLES_ONLY)
    async with asyncio.timeout(60):
        while not (known := await with_worker(desk)):  # noqa: ASYNC110 -- Postgres has no event for it
            await asyncio.sleep(0.01)
    assert "probe" in known
    assert "scripted" not in known


async def test_what_is_in_flight_is_counted_by_version_and_status_for_those_who_may_know(desk: Desk) -> None:
    scripts = [await desk.scripted(step("a")) for _ in range(3)]
    await unannounced_for(desk, UNANNOUNCED_SECONDS + 1)
    await park_orphans(desk.pool, 1)
    await desk.client.post(f"/operations/{scripts[0].id}/cancel")
    await desk.pool.execute("update operations set tenant = 'another' where id = $1", UUID(scripts[1].id))
    assert sum((await counted(desk, ["operate", "admin"])).values()) == 2
    assert sum((await counted(desk, ["operate"])).values()) == 1
    async with desk.service.client(await desk.service.new_key(TENANT, ["read"])) as reader:
        assert (await reader.get("/definitions")).status_code == 403


async def test_a_version_whose_steps_have_changed_refuses_to_start(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "before.py").write_text(SHOP.format(steps="(One(),)"))
    (tmp_path / "after.py").write_text(SHOP.format(steps="(One(), Two())"))
    await serve_until_remembered(desk, tmp_path, "before:registry")
    for command in ("serve", "worker"):
        refused = await run(desk, tmp_path, "after:registry", command)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
        assert 'definition "shop" version 1 has other steps than the database has seen' in refused.stderr
        assert "give the changed one version 2" in refused.stderr


async def test_the_api_starts_beside_a_database_that_nobody_has_migrated(empty_database: str, redis_url: str) -> None:
    resources = Resources(Settings(database_url=empty_database, redis_url=redis_url), Registry([SCRIPTED]))
    await resources.open()
    await resources.close()


async def test_the_api_remembers_what_it_serves(desk: Desk, redis_url: str) -> None:
    changed = Definition(
        name="scripted",
        input=SCRIPTED.input,
        result=SCRIPTED.result,
        steps=SCRIPTED.steps_for(msgspec.convert({"place": "/", "steps": [step("a")]}, SCRIPTED.input)),
        build_result=SCRIPTED.build_result,
    )
    resources = Resources(Settings(database_url=desk.database_url, redis_url=redis_url), Registry([changed]))
    with pytest.raises(DefinitionError, match="other steps"):
        await resources.open()
    await resources.store.close()


async def with_worker(desk: Desk) -> set[str]:
    return {each.type for each in await in_flight(desk.pool, None) if each.has_worker}


async def counted(desk: Desk, scopes: list[str]) -> dict[str, int]:
    async with desk.service.client(await desk.service.new_key(TENANT, scopes)) as client:
        answer: dict[str, Any] = (await client.get("/definitions")).json()
    [scripted] = [each for each in answer["definitions"] if each["type"] == "scripted"]
    return dict(scripted["in_flight"])


async def unannounced_for(desk: Desk, seconds: float) -> None:
    await desk.pool.execute(
        "update definitions set first_seen_at = clock_timestamp() - make_interval(secs => $1), "
        "announced_at = announced_at - make_interval(secs => $1) where name = 'scripted'",
        seconds,
    )


async def serve_until_remembered(desk: Desk, place: Path, registry: str) -> None:
    """Run an API until it has noted its definitions."""
    command, given = module("operations_api", "serve"), environment(desk, place, registry)
    process = await asyncio.create_subprocess_exec(*command, env=given, cwd=place, stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(60):
            while not await desk.pool.fetchval(SHOP_IS_KNOWN):  # noqa: ASYNC110 -- Postgres has no event for it
                await asyncio.sleep(0.01)
    finally:
        process.kill()
        await process.wait()


async def run(desk: Desk, place: Path, registry: str, command: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        module("operations_api", command),
        env=environment(desk, place, registry),
        cwd=place,
        capture_output=True,
        text=True,
        timeout=60,
    )


def environment(desk: Desk, place: Path, registry: str) -> dict[str, str]:
    return {**os.environ, **desk.environment, "OPERATIONS_REGISTRY": registry, "PORT": "0", "PYTHONPATH": str(ROOT)}


SHOP_IS_KNOWN = "select exists (select from definitions where name = 'shop')"
SHOP = """
from operations_api import Action, Context, Definition, Registry
from tests.operator.definitions import Done, ScriptedInput

class One(Action):
    key = "one"
    async def execute(self, ctx: Context, input: ScriptedInput) -> Done: ...

class Two(Action):
    key = "two"
    async def execute(self, ctx: Context, input: ScriptedInput) -> Done: ...

registry = Registry([
    Definition(name="shop", input=ScriptedInput, result=Done, steps={steps}, build_result=lambda input, results: None)
])
"""
