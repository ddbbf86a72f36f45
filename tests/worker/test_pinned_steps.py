"""An operation goes on with the steps it started with, or not at all."""

from __future__ import annotations

from operations_api.domain.operation import StepPin
from tests.worker.crew import Crew
from tests.worker.definitions import StepTold

FIRST, SECOND = StepPin("first", "step", "external"), StepPin("second", "step", "external")
OTHERS = {
    "renamed": (FIRST, StepPin("third", "step", "external")),
    "reordered": (SECOND, FIRST),
    "added since": (FIRST,),
    "removed since": (FIRST, SECOND, StepPin("third", "step", "external")),
    "of another kind": (FIRST, StepPin("second", "action", "external")),
    "of another effect": (FIRST, StepPin("second", "step", "local")),
}


async def test_an_operation_whose_steps_are_not_those_of_its_definition_any_more_is_left_alone(crew: Crew) -> None:
    crew.start_worker()
    told = StepTold("first"), StepTold("second")
    ids = {how: await crew.begin(*told, steps=pins) for how, pins in OTHERS.items()}
    ids["as they were"] = await crew.begin(*told)
    assert (await crew.done(ids.pop("as they were"))).status == "succeeded"
    for how, id in ids.items():
        operation = await crew.until(id, lambda operation: operation.status == "needs_attention")
        assert b'"reason":"STEPS_CHANGED"' in bytes(operation.blocked or b""), how
        assert crew.calls(id) == [], how
