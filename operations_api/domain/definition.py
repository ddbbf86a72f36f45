"""A definition: a type of operation, as a name, a version, two Structs and steps.

Everything a definition can get wrong is said when it is built, in a sentence that names the definition, the step and
what to do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec

from operations_api.domain.errors import DefinitionError
from operations_api.domain.fair_order import COSTS, Priority
from operations_api.domain.handlers import handlers_of
from operations_api.domain.operation import FOR_EVER
from operations_api.domain.step import NAME, Step

Steps = tuple[Step, ...]

LONGEST_RETENTION_DAYS: Final = 36_500
"""A century: whoever wants more wants no end."""

LONGEST_WINDOW_SECONDS: Final = 86_400
"""A day, the shortest retention: what a body has started is still there while the window is open."""


class Definition:
    """A type of operation.

    ``name`` is its place in the URL, ``version`` a positive integer: the highest one starts, older ones finish.
    ``input`` and ``result`` are msgspec Structs. ``steps`` is a tuple, or a pure function of the input that gives one.
    ``build_result(input, results)`` makes the result from the steps' results by key. ``example`` is an input for the
    documentation. ``retention_days`` overrides the setting; it is at least 1, and ``math.inf`` keeps for ever.

    ``on_first_commit_reject`` says what a definitive refusal by the *first* commit does: ``park`` for a person, or
    ``rollback`` while nothing is committed yet. ``on_commit_reject``: ``park``, or ``compensate`` what was committed.

    ``priority`` is that of operations whose start names none. At most ``concurrency_limit`` operations of this type, by
    all workers and for all tenants, are executed at a time (the highest version's number holds); what sleeps until a
    retry, or waits for a person, takes no room.

    ``duplicate_window_seconds``: for so long after a start the same body from the same tenant is a replay under any
    key, as message queues do it (300 is what they use). Off by default.

    Raises ``DefinitionError``.
    """

    def __init__(
        self,
        *,
        name: str,
        input: type[msgspec.Struct],
        result: type[msgspec.Struct],
        steps: Steps | Callable[[Any], Steps],
        build_result: Callable[[Any, dict[str, Any]], msgspec.Struct],
        version: int = 1,
        summary: str = "",
        example: msgspec.Struct | None = None,
        retention_days: float | None = None,
        on_first_commit_reject: Literal["park", "rollback"] = "park",
        on_commit_reject: Literal["park", "compensate"] = "park",
        duplicate_window_seconds: int | None = None,
        priority: Priority = "normal",
        concurrency_limit: int | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.input = input
        self.result = result
        self.steps = steps
        self.build_result = build_result
        self.summary = summary
        self.example = example
        self.retention_days = retention_days
        self.on_first_commit_reject = on_first_commit_reject
        self.on_commit_reject = on_commit_reject
        self.duplicate_window_seconds = duplicate_window_seconds
        self.priority: Priority = priority
        self.concurrency_limit = concurrency_limit
        self._check()

    def steps_for(self, input: Any) -> Steps:
        """The steps an operation with this input has. Raises ``DefinitionError`` for a wrong list."""
        if isinstance(self.steps, tuple):
            return self.steps
        given = self.steps(input)
        if not isinstance(given, tuple | list):
            raise self._error(f"the function of the input must give a tuple of steps, not {given!r}")
        steps = tuple(given)
        self._check_steps(steps)
        return steps

    def retention(self, otherwise_days: float) -> timedelta:
        """How long its finished operations are kept; ``FOR_EVER`` where they are kept without an end."""
        days = self.retention_days or otherwise_days
        return FOR_EVER if days == math.inf else timedelta(days=days)

    def __repr__(self) -> str:
        return f"Definition({self.name!r}, version={self.version})"

    def _check(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name) or len(self.name) > 100:
            raise DefinitionError(
                f'definition name "{self.name}": use lower-case words joined by hyphens, at most 100 characters, '
                'such as "place-order"'
            )
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise self._error("version must be a whole number from 1")
        for role, struct in (("input", self.input), ("result", self.result)):
            if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
                raise self._error(f"{role} must be a msgspec.Struct class, not {struct!r}")
        if self.example is not None and not isinstance(self.example, self.input):
            raise self._error(f"example must be a {self.input.__name__}")
        days = self.retention_days
        if days is not None and days != math.inf and not 1 <= days <= LONGEST_RETENTION_DAYS:
            raise self._error(
                f"retention_days must be at least 1, and at most {LONGEST_RETENTION_DAYS}, or math.inf to keep for ever"
            )
        self._check_policies()
        self._check_dispatch()
        if not callable(self.build_result):
            raise self._error("build_result must be a function (input, results) -> result")
        if isinstance(self.steps, tuple):
            self._check_steps(self.steps)
        elif not callable(self.steps):
            raise self._error("steps must be a tuple of steps, or a function of the input that gives one")

    def _check_policies(self) -> None:
        if self.on_first_commit_reject not in ("park", "rollback"):
            raise self._error('on_first_commit_reject must be "park" or "rollback"')
        if self.on_commit_reject not in ("park", "compensate"):
            raise self._error('on_commit_reject must be "park" or "compensate"')
        window = self.duplicate_window_seconds
        if window is not None and (not isinstance(window, int) or not 1 <= window <= LONGEST_WINDOW_SECONDS):
            raise self._error(
                f"duplicate_window_seconds must be whole seconds from 1 to {LONGEST_WINDOW_SECONDS}, or None"
            )

    def _check_dispatch(self) -> None:
        if self.priority not in COSTS:
            raise self._error(f"priority must be one of {', '.join(COSTS)}")
        at_once = self.concurrency_limit
        if at_once is not None and (isinstance(at_once, bool) or not isinstance(at_once, int) or at_once < 1):
            raise self._error("concurrency_limit must be a whole number from 1, or None for no limit")

    def _check_steps(self, steps: Steps) -> None:
        if not steps:
            raise self._error("give it at least one step")
        for step in steps:
            if not isinstance(step, Step):
                raise self._error(f"{step!r} is not a Step, Pivot or Action; did you forget to instantiate the class?")
            try:
                handlers_of(type(step), self.input).check_instance(step)
            except DefinitionError as error:
                raise self._error(str(error)) from None
        keys = [step.key for step in steps]
        for key in keys:
            if keys.count(key) > 1:
                raise self._error(f'two steps have the key "{key}": keys are stored and must be unique')
        if sum(step.kind == "pivot" for step in steps) > 1:
            raise self._error("at most one Pivot: there is one point of no return")

    def _error(self, sentence: str) -> DefinitionError:
        return DefinitionError(f'definition "{self.name}": {sentence}')
