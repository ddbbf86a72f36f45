"""What every operation of a definition begins with: known where the input has no say in it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from operations_api import Action, Context, Definition, Pivot, Step
from operations_api.domain.first_call import first_call_of


class Input(msgspec.Struct, frozen=True):
    pass


class Reserved(Step):
    key = "reserved"
    timeout_seconds = 7

    async def reserve(self, ctx: Context, input: Input) -> None: ...

    async def commit(self, ctx: Context, reservation: None) -> None: ...

    async def rollback(self, ctx: Context, reservation: None) -> None: ...


class Here(Reserved):
    key = "here"
    effect = "local"


class Charged(Pivot):
    key = "charged"

    async def execute(self, ctx: Context, input: Input) -> None: ...


class Told(Action):
    key = "told"

    async def execute(self, ctx: Context, input: Input) -> None: ...


def definition(steps: Any) -> Definition:
    return Definition(name="any", input=Input, result=Input, steps=steps, build_result=lambda input, results: input)


def test_an_operation_begins_with_its_first_reserve_also_behind_a_pivot() -> None:
    call = first_call_of(definition((Charged(), Reserved(), Told())))
    assert call is not None
    assert (call.position, call.step, call.timeout_seconds) == (1, "reserved", 7)
    assert msgspec.json.decode(call.progress) == {"completed": 0, "total": 4, "unit": "steps"}


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(lambda input: (Reserved(),), id="the input chooses"),
        pytest.param((Here(), Reserved()), id="a local call is next"),
        pytest.param((Charged(), Told()), id="the gate of the Pivot is next"),
        pytest.param((Told(),), id="the decision is next"),
    ],
)
def test_where_something_else_is_next_nothing_begins_with_the_claim(steps: Any) -> None:
    assert first_call_of(definition(steps)) is None
