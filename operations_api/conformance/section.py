"""Sections of the contract and their cases: a case is one guarantee, named by the function that tries it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

PROBE: Final = "a type that behaves as its input says (the `probe` of the examples)"
SECOND_TYPE: Final = "a second type of operation"
OTHER_KEY: Final = "--other-key: an API key of another tenant"
READ_KEY: Final = "--read-key: an API key of the same tenant with the scope read alone"
OPERATE: Final = "--key with the scope operate"
RATE: Final = "a limit of requests per second"
IN_FLIGHT: Final = "a limit of operations in flight"

Check = Callable[..., Any]
F = TypeVar("F", bound=Callable[..., Awaitable[None] | None])


class Case(msgspec.Struct, frozen=True):
    """One guarantee. ``needs`` is what it cannot be tried without; ``of_whole_run`` cases look at all that was seen."""

    section: int
    name: str
    check: Check
    needs: tuple[str, ...] = ()
    of_whole_run: bool = False


class Section:
    """A section of the contract. Its decorators turn functions into cases."""

    def __init__(self, number: int, title: str) -> None:
        self.number = number
        self.title = title
        self.cases: list[Case] = []

    def case(self, *needs: str) -> Callable[[F], F]:
        """A case that asks the service; the function takes a ``Client``."""

        def add(check: F) -> F:
            self.cases.append(Case(self.number, _named(check), check, needs))
            return check

        return add

    def each(self, given: Mapping[str, Any], *needs: str) -> Callable[[F], F]:
        """One case for each value; the function takes a ``Client`` and the value."""

        def add(check: F) -> F:
            for name, value in given.items():
                self.cases.append(Case(self.number, f"{_named(check)}: {name}", _with(check, value), needs))
            return check

        return add

    def of_whole_run(self, check: F) -> F:
        """A case about everything that was seen; the function takes a ``Witness`` and runs last."""
        self.cases.append(Case(self.number, _named(check), check, of_whole_run=True))
        return check


def _named(check: Callable[..., Any]) -> str:
    return check.__name__.replace("_", " ")


def _with(check: Callable[..., Any], value: Any) -> Check:
    async def checked(api: Any) -> None:
        await check(api, value)

    return checked
