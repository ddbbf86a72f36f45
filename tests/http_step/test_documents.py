"""A step may hand on JSON objects of any shape, when its annotations say so."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from operations_api import Context, Step
from operations_api.domain.errors import DefinitionError
from operations_api.domain.handlers import handlers_of


class Input(msgspec.Struct):
    pass


class Forwarding(Step):
    key = "forwarding"

    async def reserve(self, ctx: Context, input: Input) -> dict[str, Any]: ...
    async def commit(self, ctx: Context, reservation: dict[str, Any]) -> dict[str, Any]: ...
    async def rollback(self, ctx: Context, reservation: dict[str, Any] | None) -> None: ...


class Narrow(Forwarding):
    async def reserve(self, ctx: Context, input: Input) -> dict[str, int]: ...


class Forgetful(Forwarding):
    async def commit(self, ctx: Context, reservation: Input) -> None: ...


def test_an_object_of_any_shape_is_a_reservation_and_a_result():
    handlers = handlers_of(Forwarding, Input)
    assert (handlers.reservation, handlers.result) == (dict, dict)


@pytest.mark.parametrize(
    ("step_class", "sentence"),
    [
        (Narrow, r"annotate it with a msgspec.Struct, dict\[str, Any\] or None"),
        (Forgetful, 'its parameter "reservation" is annotated Input; it gets dict'),
    ],
)
def test_what_cannot_be_stored_or_handed_back_is_refused(step_class: type[Step], sentence: str):
    with pytest.raises(DefinitionError, match=sentence):
        handlers_of(step_class, Input)
