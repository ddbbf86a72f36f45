"""`schedules` against a running API."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess

from tests.http.conftest import tenant
from tests.http.service import Client, Service
from tests.http.test_schedules import TENANT, owner, scheduled
from tests.processes import ROOT, module

__all__ = ["owner", "scheduled", "tenant"]


async def said(service: Service, *arguments: str) -> str:
    """What the command prints, which must be all there is to say."""
    environment = {"OPERATIONS_URL": service.base_url, "OPERATIONS_API_KEY": await service.new_key(TENANT)}
    command = module("operations_api", "schedules", *arguments)
    done = await asyncio.to_thread(
        subprocess.run, command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


async def test_schedules_are_listed_paused_resumed_and_run(scheduled: Service, owner: Client) -> None:
    titles, frequent, nightly = (await said(scheduled, "list")).splitlines()
    assert titles.split() == ["NAME", "TYPE", "WHEN", "MISSED", "LAST", "NEXT"]
    assert frequent.split()[:6] == ["frequent", "memo", "every", "60", "s", "all"]
    assert "0 3 * * * Europe/Berlin" in nightly
    assert await said(scheduled, "pause", "nightly") == "nightly is paused\n"
    [each] = [each for each in json.loads(await said(scheduled, "list", "--json")) if each["name"] == "nightly"]
    assert each["paused"] is True
    assert (await said(scheduled, "resume", "nightly")).startswith("nightly is next on 20")
    started = json.loads(await said(scheduled, "run", "nightly", "--key", "mine", "--json"))
    assert await said(scheduled, "run", "nightly", "--key", "mine") == f"{started['id']} is pending (queued)\n"
    assert (await owner.get(started["links"]["self"])).json()["type"] == "note"
