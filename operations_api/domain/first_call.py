"""The call that every operation of a definition begins with, known before anybody has looked at the operation.

The claim stores its intent, so that an external first step costs no write of its own: n sequential external steps need
2n + 1 writes, the claim included.
"""

from __future__ import annotations

import msgspec

from operations_api.domain.definition import Definition
from operations_api.domain.execution import StepRecord
from operations_api.domain.operation import pins_of
from operations_api.domain.progress import progress_of


class FirstCall(msgspec.Struct, frozen=True):
    """The reserve of the step at ``position``. ``pins`` and ``progress`` are JSON: what the operation must be pinned
    to, and how far it is when nothing is done. ``timeout_seconds`` is that of the call."""

    position: int
    step: str
    timeout_seconds: float
    pins: str
    progress: str


def first_call_of(definition: Definition) -> FirstCall | None:
    """None where the input chooses the steps, and where the first call is a local one or a Pivot's."""
    if not isinstance(definition.steps, tuple):
        return None
    position, step = next(((at, each) for at, each in enumerate(definition.steps) if each.kind == "step"), (0, None))
    if step is None or step.effect != "external":
        return None
    pins = pins_of(definition.steps)
    records = [StepRecord(position=at, key=pin.key, kind=pin.kind, effect=pin.effect) for at, pin in enumerate(pins)]
    return FirstCall(position, step.key, step.timeout_seconds, _json(pins), _json(progress_of(records)))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
