"""A handler's annotations are data: a wrong one is refused with its name and what it should be."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from operations_api import Action, Context, Pivot, Step
from operations_api.domain.errors import DefinitionError
from operations_api.domain.handlers import handlers_of

from .orders import Charge, Funds, Hold, Mail, Order, Receipt, definition, funds

if TYPE_CHECKING:
    from datetime import datetime as Unseen  # noqa: N812  # what a user would do


def refusal(step):
    with pytest.raises(DefinitionError) as refused:
        definition(steps=(step,))
    return str(refused.value)


def test_handlers_are_read_once_from_their_annotations():
    read = handlers_of(Funds, Order)
    assert (read.reservation, read.result) == (Hold, Receipt)
    assert read.names == {"reserve", "commit", "rollback"}
    assert read.plain == frozenset()
    assert handlers_of(Funds, Order) is read
    assert (handlers_of(Charge, Order).result, handlers_of(Mail, Order).result) == (Receipt, NoneType)


def test_optional_handlers_are_found():
    class Whole(Funds):
        async def compensate(self, ctx: Context, result: Receipt) -> None: ...
        async def query(self, ctx: Context) -> str: ...

    assert handlers_of(Whole, Order).names == {"reserve", "commit", "rollback", "compensate", "query"}


@pytest.mark.parametrize("missing", ["reserve", "commit", "rollback"])
def test_a_step_needs_all_its_handlers(missing):
    assert f"Funds has no handler {missing}: a step needs reserve, commit and rollback" in refusal(
        funds(**{missing: None})
    )


@pytest.mark.parametrize(("base", "kind"), [(Pivot, "pivot"), (Action, "action")])
def test_a_pivot_and_an_action_need_execute(base, kind):
    lazy = type("Lazy", (base,), {"key": "lazy"})
    assert f"Lazy has no handler execute: a {kind} needs execute" in refusal(lazy())


def test_what_a_handler_returns_must_be_said():
    class Silent(Funds):
        async def reserve(self, ctx: Context, input: Order): ...

    assert "Silent.reserve: what it returns is not annotated; annotate it with" in refusal(Silent())


@pytest.mark.parametrize("given", [int, list[Hold], Hold | None], ids=str)
def test_what_a_handler_returns_is_a_struct_or_none(given):
    async def reserve(self, ctx, input):
        pass

    reserve.__annotations__ = {"ctx": Context, "input": Order, "return": given}
    assert "Funds.reserve: what it returns is annotated" in refusal(funds(reserve=reserve))


def test_a_handler_that_returns_none_is_right():
    class Bare(Step):
        key = "bare"

        async def reserve(self, ctx: Context, input: Order) -> None: ...
        async def commit(self, ctx: Context, reservation: None) -> None: ...
        async def rollback(self, ctx: Context, reservation: None) -> None: ...

    assert definition(steps=(Bare(),))


def test_the_input_is_the_definitions_own():
    class Another(Funds):
        async def reserve(self, ctx: Context, input: Hold) -> Hold: ...

    assert 'Another.reserve: its parameter "input" is annotated Hold; it gets Order' in refusal(Another())


def test_a_parameter_must_be_annotated():
    class Silent(Funds):
        async def commit(self, ctx: Context, reservation) -> Receipt: ...

    assert 'Silent.commit: its parameter "reservation" is not annotated; it gets Hold' in refusal(Silent())


def test_commit_takes_what_reserve_gives():
    class Mixed(Funds):
        async def commit(self, ctx: Context, reservation: Receipt) -> Receipt: ...

    assert 'Mixed.commit: its parameter "reservation" is annotated Receipt; it gets Hold' in refusal(Mixed())


def test_rollback_must_take_none_too():
    class Sure(Funds):
        async def rollback(self, ctx: Context, reservation: Hold) -> None: ...

    assert 'Sure.rollback: its parameter "reservation" is annotated Hold; it gets Hold | None' in refusal(Sure())


def test_compensate_takes_what_commit_gives():
    class Mixed(Funds):
        async def compensate(self, ctx: Context, result: Hold) -> None: ...

    assert 'Mixed.compensate: its parameter "result" is annotated Hold; it gets Receipt' in refusal(Mixed())


@pytest.mark.parametrize("annotated", [Any, Order | None, msgspec.Struct], ids=str)
def test_a_parameter_may_accept_more_than_it_gets(annotated):
    async def reserve(self, ctx, input):
        pass

    reserve.__annotations__ = {"ctx": Context, "input": annotated, "return": Hold}
    assert definition(steps=(funds(reserve=reserve),))


def test_a_handler_takes_what_its_phase_has():
    class Greedy(Funds):
        async def query(self, ctx: Context, reservation: Hold) -> str: ...

    class Modest(Funds):
        async def commit(self) -> Receipt: ...

    assert "Greedy.query must take (ctx), not (ctx, reservation)" in refusal(Greedy())
    assert "Modest.commit must take (ctx, reservation), not ()" in refusal(Modest())


def test_a_type_that_is_imported_for_checkers_only_is_refused_with_what_to_do():
    class Blind(Funds):
        async def reserve(self, ctx: Context, input: Unseen) -> Hold: ...

    said = refusal(Blind())
    assert "Blind.reserve: its annotations cannot be read (name 'Unseen' is not defined)" in said
    assert "not under TYPE_CHECKING" in said


def test_plain_functions_serve_external_steps_alone():
    def reserve(self, ctx: Context, input: Order) -> Hold: ...

    assert handlers_of(type(funds(reserve=reserve)), Order).plain == {"reserve"}
    assert definition(steps=(funds(reserve=reserve),))
    assert 'step "funds": reserve of a local step must be "async def"' in refusal(
        funds(reserve=reserve, effect="local")
    )
