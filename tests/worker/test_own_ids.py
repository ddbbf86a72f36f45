"""What two tenants started under the same id stays apart, in this database and beyond it."""

from uuid import uuid4

import msgspec

from operations_api.domain.operation import StepPin
from operations_api.domain.starting import StartRequest
from operations_api.store.own_ids import OwnIds
from tests.worker.crew import DAY_SECONDS, Crew
from tests.worker.definitions import StepTold, Told, registry


async def test_two_tenants_with_the_same_id_never_share_a_token(crew: Crew) -> None:
    crew.start_worker()
    id, told = uuid4(), Told((StepTold("pay"),))
    definition = registry.current["told"]
    for tenant in ("dev", "other"):
        request = StartRequest(
            tenant=tenant,
            type="told",
            key=None,
            fingerprint=bytes(32),
            id=id,
            definition_version=definition.version,
            steps=tuple(StepPin(step.key, step.kind, step.effect) for step in definition.steps_for(told)),
            input=msgspec.json.encode(told),
            labels={},
            deadline=None,
            not_before=None,
            traceparent=None,
            retention_seconds=DAY_SECONDS,
            fair_order=1,
        )
        await OwnIds(crew.store.pool).start(request)
    calls = await crew.seen(id, "call", "pay", "reserve", times=2)
    assert {call.token for call in calls} == {f"dev:{id}:pay:reserve", f"other:{id}:pay:reserve"}
    commits = await crew.seen(id, "call", "pay", "commit", times=2)
    assert {call.token for call in commits} == {f"dev:{id}:pay:commit", f"other:{id}:pay:commit"}


async def test_an_operation_that_was_started_under_a_key_has_tokens_that_begin_with_its_id(crew: Crew) -> None:
    crew.start_worker()
    id = await crew.begin(StepTold("pay"))
    (call,) = await crew.seen(id, "call", "pay", "reserve")
    assert call.token == f"{id}:pay:reserve"
