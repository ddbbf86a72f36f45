"""/schedules: what starts by itself is listed, paused, resumed, and started once besides."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from operations_api import Registry, Schedule
from operations_api.embedded.servers import ServerUrls
from tests.conftest import database_named, run_sql
from tests.http.service import MEMO, Client, NoteInput, Service, new_key, note, running

TENANT = f"t{uuid4().hex}"
SCHEDULES = [
    Schedule("nightly", "note", NoteInput("night"), tenant=TENANT, cron="0 3 * * *", timezone="Europe/Berlin"),
    Schedule("frequent", "memo", NoteInput(), tenant=TENANT, every=60, missed="all"),
    Schedule("foreign", "note", NoteInput(), tenant="somebody-else", every=60),
]


@pytest.fixture(scope="module")
async def scheduled(servers: ServerUrls, template: str) -> AsyncIterator[Service]:
    name = f"scheduled_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    registry = Registry([note(), MEMO], SCHEDULES)
    async with running(database_named(servers.database_url, name), servers.redis_url, registry=registry) as service:
        yield service
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
async def owner(scheduled: Service) -> AsyncIterator[Client]:
    async with scheduled.client(await scheduled.new_key(TENANT)) as client:
        yield client


async def listed(client: Client) -> dict[str, dict[str, Any]]:
    response = await client.get("/schedules")
    assert response.status_code == 200
    return {each["name"]: each for each in response.json()["schedules"]}


async def test_a_tenant_sees_its_own_schedules_and_when_they_are_next(owner: Client):
    schedules = await listed(owner)
    assert list(schedules) == ["frequent", "nightly"]
    nightly = schedules["nightly"]
    assert datetime.now(UTC).isoformat() < nightly.pop("next_tick_at")
    assert nightly == {
        "name": "nightly",
        "type": "note",
        "cron": "0 3 * * *",
        "every_seconds": None,
        "timezone": "Europe/Berlin",
        "missed": "latest",
        "paused": False,
        "paused_at": None,
        "last_tick_at": None,
        "links": {verb: f"/schedules/nightly/{verb}" for verb in ("pause", "resume", "run")},
    }


async def test_pausing_and_resuming_are_shown_and_may_be_repeated(owner: Client):
    paused = (await owner.post("/schedules/frequent/pause")).json()
    assert (paused["paused"], paused["next_tick_at"]) == (True, None)
    assert (await owner.post("/schedules/frequent/pause")).json() == paused
    assert (await listed(owner))["frequent"] == paused
    for _ in range(2):
        resumed = await owner.post("/schedules/frequent/resume")
        assert (resumed.status_code, resumed.json()["paused"], resumed.json()["paused_at"]) == (200, False, None)


async def test_running_now_starts_the_schedules_input_under_the_requests_key(owner: Client):
    key = new_key()
    first = await owner.post("/schedules/nightly/run", headers={"Idempotency-Key": key})
    again = await owner.post("/schedules/nightly/run", headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
    found = (await owner.get(first.headers["location"], params={"view": "full"})).json()
    assert (found["type"], found["input"]["text"]) == ("note", "night")


async def test_running_now_needs_a_key(owner: Client):
    response = await owner.post("/schedules/nightly/run")
    assert response.status_code == 400
    assert response.json()["type"].endswith("/problems/idempotency-key-missing")


async def test_what_is_paused_can_be_run_now(owner: Client):
    await owner.post("/schedules/frequent/pause")
    assert (await owner.post("/schedules/frequent/run", headers={"Idempotency-Key": new_key()})).status_code == 202
    await owner.post("/schedules/frequent/resume")


@pytest.mark.parametrize("verb", ["pause", "resume", "run"])
@pytest.mark.parametrize("name", ["foreign", "unknown"])
async def test_another_tenants_schedule_is_as_unknown_as_any_other(owner: Client, name: str, verb: str):
    response = await owner.post(f"/schedules/{name}/{verb}", headers={"Idempotency-Key": new_key()})
    assert response.status_code == 404
    assert "GET /schedules" in response.json()["detail"]


@pytest.mark.parametrize(
    ("scope", "allowed"), [("read", {"list"}), ("operate", {"pause", "resume"}), ("submit", {"run"})]
)
async def test_each_verb_needs_its_scope(scheduled: Service, scope: str, allowed: set[str]):
    async with scheduled.client(await scheduled.new_key(TENANT, [scope])) as client:
        answers = {
            "list": await client.get("/schedules"),
            **{
                verb: await client.post(f"/schedules/nightly/{verb}", headers={"Idempotency-Key": new_key()})
                for verb in ("pause", "resume", "run")
            },
        }
    assert {verb for verb, answer in answers.items() if answer.status_code != 403} == allowed
