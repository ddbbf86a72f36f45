"""``check_definition``: every death of a worker, rehearsed with the user's handlers, compared with the user's books."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from operations_api.domain.definition import Definition
from operations_api.domain.operation import pins_of
from operations_api.testing import findings
from operations_api.testing.findings import Finding, WrongHandlers
from operations_api.testing.rehearsal import Rehearsal, Rehearsed
from operations_api.testing.scenario import WHEN_DONE, Place, Scenario, places_around
from operations_api.testing.world import Connection, Ledger, World
from worker.call import Calls


class Checked(msgspec.Struct, frozen=True):
    """How much was tried: operations rehearsed, and how many of them lost a worker."""

    rehearsals: int
    crashes: int


async def check_definition(
    definition: Definition,
    input: Any,
    *,
    ledger: Ledger,
    connection: Connection | None = None,
    before_each: Callable[[], Any | Awaitable[Any]] | None = None,
) -> Checked:
    """Prove that the handlers are idempotent and reversible, for an operation with this input.

    ``ledger(operation_id)`` gives a snapshot of what is held and applied: anything that ``==`` compares, without what
    differs from one operation to the next, such as ids and times. ``connection`` (asyncpg) is what local steps write
    through; all they do is undone afterwards, so the ledger has to read through it too. ``before_each`` puts everything
    else back to the start. Any of them may be a coroutine function, except the connection.

    Raises ``WrongHandlers`` with a sentence for each handler that is wrong, and ``ValueError`` when it cannot begin.
    """
    return await _Check(definition, input, World(ledger, connection, before_each), Calls()).run()


class _Check:
    def __init__(self, definition: Definition, input: Any, world: World, calls: Calls) -> None:
        self._definition = definition
        self._input = input
        self._world = world
        self._calls = calls
        self._found: dict[tuple[str, str, str], Finding] = {}
        self._rehearsals = 0
        self._crashes = 0

    async def run(self) -> Checked:
        """From what must work undisturbed to what must survive: a later stage would only repeat an earlier finding."""
        self._refuse_what_cannot_begin()
        plain = await self._rehearse(Scenario())
        self._note(findings.of_undisturbed(plain))
        self._stop_if_any()
        self._build_result(plain)
        canceled = await self._cancel_at_the_end_of_reserving(plain)
        refused = await self._refuse_commits(plain)
        self._stop_if_any()
        await self._crash_forward(plain)
        await self._crash_backward(plain, canceled)
        await self._crash_while_compensating(plain, refused)
        self._stop_if_any()
        return Checked(self._rehearsals, self._crashes)

    # -- undisturbed -------------------------------------------------------------------------------------------------

    def _refuse_what_cannot_begin(self) -> None:
        steps = self._definition.steps_for(self._input)
        if pins_of(steps) != pins_of(self._definition.steps_for(self._input)):
            raise ValueError(f'definition "{self._definition.name}": steps must be a pure function of the input')
        for step in steps:
            if step.effect == "local" and self._world.connection is None:
                raise ValueError(f'step "{step.key}" is local: give check_definition the connection it writes through')

    def _build_result(self, plain: Rehearsed) -> None:
        if plain.ending != "succeeded":
            return
        try:
            msgspec.json.encode(self._definition.build_result(self._input, plain.results))
        except Exception as error:
            raise WrongHandlers(
                self._definition.name, [f"build_result fails: it raised {type(error).__name__}: {error}"]
            ) from error

    async def _cancel_at_the_end_of_reserving(self, plain: Rehearsed) -> Rehearsed | None:
        reserves = [call for call in plain.calls if call.handler == "reserve"]
        if not reserves or plain.ending != "succeeded":
            return None
        # its outcome and the decision are one write: a cancel has to come before it
        self._before_the_decision = Place(WHEN_DONE, reserves[-1].step, "reserve")
        canceled = await self._rehearse(Scenario(cancel_at=self._before_the_decision))
        self._note(findings.of_rollback(canceled))
        return canceled

    async def _refuse_commits(self, plain: Rehearsed) -> list[tuple[str, Rehearsed]]:
        """Commits refused one by one, for definitions that then undo what was committed."""
        committed = [call.step for call in plain.calls if call.handler == "commit"]
        refused = []
        for index, step in enumerate(committed):
            if self._must_undo(committed[:index], plain):
                run = await self._rehearse(Scenario(reject_commit_of=step))
                self._note(findings.of_compensation(run, committed[index - 1] if index else step))
                refused.append((step, run))
        return refused

    def _must_undo(self, committed: list[str], plain: Rehearsed) -> bool:
        if not committed:
            return self._definition.on_first_commit_reject == "rollback" and plain.execution.pivot is None
        steps, traits = plain.execution.steps, plain.execution.traits
        undoable = all(traits[step.position].can_compensate for step in steps if step.key in committed)
        return self._definition.on_commit_reject == "compensate" and undoable and plain.execution.pivot is None

    # -- disturbed ---------------------------------------------------------------------------------------------------

    async def _crash_forward(self, plain: Rehearsed) -> None:
        for place in _places(plain):
            await self._disturb(Scenario(crash_at=place), place, plain)

    async def _crash_backward(self, plain: Rehearsed, canceled: Rehearsed | None) -> None:
        """A death and a cancel at once; then a death during the rollback that a cancel began."""
        for place in _places(plain):
            if place.handler in ("reserve", "execute"):
                await self._disturb(Scenario(crash_at=place, cancel_at=place), place, plain)
        if canceled is None:
            return
        for place in _places(canceled):
            if place.handler == "rollback":
                scenario = Scenario(crash_at=place, cancel_at=self._before_the_decision)
                await self._disturb(scenario, place, plain)

    async def _crash_while_compensating(self, plain: Rehearsed, refused: list[tuple[str, Rehearsed]]) -> None:
        for step, run in refused:
            for place in _places(run):
                if place.handler in ("compensate", "rollback"):
                    await self._disturb(Scenario(crash_at=place, reject_commit_of=step), place, plain)

    async def _disturb(self, scenario: Scenario, place: Place, plain: Rehearsed) -> None:
        run = await self._rehearse(scenario, late=True)
        self._crashes += run.crashed
        self._note(findings.of_disturbed(run, place, plain))

    async def _rehearse(self, scenario: Scenario, *, late: bool = False) -> Rehearsed:
        self._rehearsals += 1
        async with self._world.rehearsal():
            rehearsal = Rehearsal(self._definition, self._input, self._world, self._calls, scenario)
            run = await rehearsal.run()
            if late and run.ending == "failed" and run.after == run.before:
                await self._reserve_late(rehearsal, run)
        return run

    async def _reserve_late(self, rehearsal: Rehearsal, run: Rehearsed) -> None:
        """Only external steps: the fence in a local step's own transaction stops a late one."""
        for step in run.execution.steps:
            if step.kind == "step" and step.effect == "external" and run.calls_of(step.key, "rollback"):
                outcome, after = await rehearsal.reserve_late(step.position)
                found = findings.of_late_reserve(run, step.key, outcome, after)
                self._note(found)
                if found:
                    return  # the books are wrong from here on

    # -- bookkeeping -------------------------------------------------------------------------------------------------

    def _note(self, found: Iterable[Finding]) -> None:
        for finding in found:
            self._found.setdefault(finding.identity, finding)

    def _stop_if_any(self) -> None:
        if self._found:
            raise WrongHandlers(self._definition.name, [finding.sentence for finding in self._found.values()])


def _places(run: Rehearsed) -> list[Place]:
    """Every point around every handler that this run called, in order, once."""
    called = {(call.step, call.handler): False for call in run.calls}
    for call in run.calls:
        called[call.step, call.handler] |= call.checkpointed
    return [
        place
        for (step, handler), has_checkpoint in called.items()
        for place in places_around(step, handler, has_checkpoint=has_checkpoint)
    ]
