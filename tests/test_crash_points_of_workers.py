"""Every crash point is where it says: a real worker dies there, and the journal shows what was stored by then."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from examples.probe import PROBE, ProbeInput
from examples.seed import seed
from operations_api.crash_points import POINTS
from operations_api.domain.fingerprint import canonical, fingerprint
from operations_api.domain.operation import pins_of
from operations_api.domain.starting import StartRequest
from operations_api.store.store import Store
from tests.processes import PATIENCE_SECONDS, running

STORED = {
    # an external call's intent and outcome are stored by themselves; a local call's are one transaction
    "external": ["reserved", "committing", "committing", "committing", "committing", "committed"],
    "local": ["reserved", "reserved", "reserved", "reserved", "reserved", "committed"],
}


async def start(store: Store, effect: str) -> None:
    input = {"steps": 3, "effect": effect}
    steps = PROBE.steps_for(ProbeInput(steps=3, effect="local" if effect == "local" else "external"))
    await store.start(
        StartRequest(
            tenant="dev",
            type="probe",
            key=uuid4().hex,
            fingerprint=fingerprint("probe", {"input": input}),
            id=uuid4(),
            definition_version=1,
            steps=pins_of(steps),
            input=canonical(input),
            labels={},
            deadline=None,
            not_before=None,
            traceparent=None,
            retention_seconds=86_400,
            fair_order=1,
        )
    )


@pytest.mark.parametrize("effect", ["external", "local"])
@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_dies_where_it_is_told(store, database, redis_url, tmp_path: Path, effect: str, point: str):
    await seed(database)
    await start(store, effect)
    environment = {
        "DATABASE_URL": database,
        "REDIS_URL": redis_url,
        "OPERATIONS_DATA_DIR": str(tmp_path),
        "OPERATIONS_CRASH_POINT": f"{point}:step-1:commit",
    }
    assert await asyncio.to_thread(ending, environment) == -signal.SIGKILL
    connection = await asyncpg.connect(database)
    state = await connection.fetchval("select state from operation_steps where key = 'step-1'")
    await connection.close()
    assert state == STORED[effect][POINTS.index(point)]


def ending(environment: dict[str, str]) -> int:
    program = Path(sys.executable).with_name("operations-api")
    with running([str(program), "worker"], environment) as worker:
        return worker.wait(PATIENCE_SECONDS)
