"""What a rehearsal shows to be wrong, each in a sentence that names the handler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from operations_api.domain.settle import Answered, Done, NotNow, Outcome, Rejected, Unknown
from operations_api.testing.rehearsal import Called, Rehearsed
from operations_api.testing.scenario import Place

LONGEST_SHOWN: Final = 300
"""Of a snapshot: the place where two differ is seldom further."""

EFFECTIVE_BEFORE: Final = ("after-effect", "before-outcome", "after-outcome")


class Finding(msgspec.Struct, frozen=True):
    """A handler and what is wrong with it. One ``kind`` of fault of one handler is said once."""

    step: str
    handler: str
    kind: str
    sentence: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes two findings the same."""
        return self.step, self.handler, self.kind


class WrongHandlers(AssertionError):
    """A definition's handlers do not do what the engine must be able to rely on. ``findings`` is a sentence each."""

    def __init__(self, definition: str, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        listed = "".join(f"\n- {finding}" for finding in findings)
        super().__init__(f'definition "{definition}": {len(findings)} finding(s){listed}')


# -- the undisturbed runs --------------------------------------------------------------------------------------------


def of_undisturbed(run: Rehearsed) -> list[Finding]:
    """What is wrong before anything goes wrong."""
    failing = [call for call in run.calls if isinstance(call.outcome, Unknown)]
    if failing:
        return [_finding(call, "fails", f"fails in an undisturbed run: {_said(call.outcome)}") for call in failing[:1]]
    if run.ending in ("blocked", "endless"):
        last = run.calls[-1]
        return [_finding(last, "fails", f"does not come to an end in an undisturbed run: {_said(last.outcome)}")]
    if run.ending == "failed" and run.after != run.before:
        refused = next(call for call in run.calls if isinstance(call.outcome, Rejected))
        return [
            _finding(refused, "refuses", f"refused ({_said(refused.outcome)}), but {_ledger(run.after, run.before)}")
        ]
    return []


def of_rollback(run: Rehearsed) -> list[Finding]:
    """After a plain cancel each rollback must lead back to where its reserve began."""
    found = []
    for call in run.calls:
        if call.handler != "rollback":
            continue
        began = run.calls_of(call.step, "reserve")[0].before
        if not isinstance(call.outcome, Done | NotNow):
            found.append(_finding(call, "fails", f"fails: {_said(call.outcome)}"))
        elif isinstance(call.outcome, Done) and call.after != began:
            found.append(_finding(call, "keeps", f"does not give back what reserve took: {_ledger(call.after, began)}"))
    return found


def of_compensation(run: Rehearsed, newest: str) -> list[Finding]:
    """After a refused commit everything committed before it must be undone."""
    for call in run.calls:
        if call.handler in ("compensate", "rollback") and isinstance(call.outcome, Unknown | Rejected):
            return [_finding(call, "fails", f"fails after a commit was refused: {_said(call.outcome)}")]
    if run.after == run.before:
        return []
    sentence = f'compensate of step "{newest}" does not undo its commit: {_ledger(run.after, run.before)}'
    return [Finding(newest, "compensate", "keeps", sentence)]


# -- the disturbed runs ----------------------------------------------------------------------------------------------


def of_disturbed(run: Rehearsed, crash: Place, plain: Rehearsed) -> list[Finding]:
    """What is wrong when a worker died at ``crash``; ``plain`` is the undisturbed run."""
    found = [*_wrong_answers(run, crash), *_failing(run, plain)]
    if found:
        return found
    if run.ending == "blocked":  # a Pivot of unknown outcome without a query waits for a person, as it should
        return []
    if run.ending == "endless":
        last = run.calls[-1]
        return [_finding(last, "endless", f"never succeeds once a worker has died: {_said(last.outcome)}")]
    expected = plain.after if run.ending == "succeeded" else run.before
    return [] if run.after == expected else [_mismatch(run, crash, _ledger(run.after, expected))]


def of_late_reserve(run: Rehearsed, step: str, outcome: Outcome, after: Any) -> list[Finding]:
    """A reserve after the rollback must raise or hold nothing."""
    if after == run.after:
        return []
    sentence = (
        f'reserve of step "{step}" is accepted after its rollback: called late, by a worker that had been paused, with '
        f"the token {run.token(step, 'reserve')}, it answered {_said(outcome)} and {_ledger(after, run.after)}; "
        "leave a mark at rollback that a late reserve trips over"
    )
    return [Finding(step, "reserve", "late", sentence)]


def _wrong_answers(run: Rehearsed, crash: Place) -> list[Finding]:
    """A query that does not know what the calls before it did."""
    done = False
    for call in run.calls:
        if call.step != crash.step:
            continue
        if not isinstance(call.outcome, Answered):
            done = done or isinstance(call.outcome, Done)
        elif call.outcome.answer == "absent" and done:
            return [_finding(call, "lies", f'answers "absent" although {crash.handler} was done and its answer lost')]
        elif call.outcome.answer in ("held", "committed") and not done:
            return [_finding(call, "lies", f'answers "{call.outcome.answer}" although {crash.handler} was never done')]
    return []


def _failing(run: Rehearsed, plain: Rehearsed) -> list[Finding]:
    """Handlers that fail only because a worker died."""
    for index, call in enumerate(run.calls):
        if not isinstance(call.outcome, Unknown | Rejected) or _is_refused(call, plain):
            continue
        earlier = [one for one in run.calls[:index] if (one.step, one.handler) == (call.step, call.handler)]
        if any(isinstance(one.outcome, Done) for one in earlier):
            token = run.token(call.step, call.handler)
            return [
                _finding(
                    call, "repeat", f"is not idempotent: called again with the token {token}, {_said(call.outcome)}"
                )
            ]
        if call.handler == "rollback" and not call.known:
            return [
                _finding(
                    call, "unknown", f"fails when it is called with None, {_history(run, call)}: {_said(call.outcome)}"
                )
            ]
        return [_finding(call, "after-crash", f"fails in the hands of a second worker: {_said(call.outcome)}")]
    return []


def _is_refused(call: Called, plain: Rehearsed) -> bool:
    return any(isinstance(one.outcome, Rejected) for one in plain.calls_of(call.step, call.handler))


def _mismatch(run: Rehearsed, crash: Place, ledger: str) -> Finding:
    """Whose fault it is that the books are wrong: who was called again, else who had to undo the unknown."""
    repeated = _repeated(run, crash)
    if repeated is not None and repeated.local:
        return _finding(
            repeated, "outside", f"does something outside ctx.tx, which its undone transaction left: {ledger}"
        )
    if repeated is not None:
        times, token = len(run.calls_of(repeated.step, repeated.handler)), run.token(repeated.step, repeated.handler)
        return _finding(repeated, "repeat", f"is not idempotent: called {times} times with the token {token}, {ledger}")
    undone = [call for call in run.calls if call.handler == "rollback" and not call.known]
    if undone and undone[0].local:
        return _finding_of(
            crash, "outside", f"does something outside ctx.tx, which its undone transaction left: {ledger}"
        )
    if undone:
        return _finding(
            undone[0], "unknown", f"is wrong when it is called with None, {_history(run, undone[0])}: {ledger}"
        )
    if run.calls_of(crash.step, crash.handler) and run.calls_of(crash.step, crash.handler)[0].local:
        return _finding_of(
            crash, "outside", f"does something outside ctx.tx, which its undone transaction left: {ledger}"
        )
    return _finding_of(
        crash, "after-crash", f"cannot be taken up by a second worker after a death at {crash.point}: {ledger}"
    )


def _repeated(run: Rehearsed, crash: Place) -> Called | None:
    """The call that was made again although it had been done: the one around which the worker died comes first."""
    again: list[Called] = []
    for call in run.calls:
        calls = run.calls_of(call.step, call.handler)
        if call.handler != "query" and call is not calls[0] and isinstance(calls[0].outcome, Done | None):
            again.append(call)
    return min(again, key=lambda call: (call.step, call.handler) != (crash.step, crash.handler), default=None)


def _history(run: Rehearsed, rollback: Called) -> str:
    reserved = any(isinstance(call.outcome, Done | None) for call in run.calls_of(rollback.step, "reserve"))
    return "after a reserve whose answer was lost" if reserved else "before its reserve has ever been called"


# -- words -----------------------------------------------------------------------------------------------------------


def _finding(call: Called, kind: str, predicate: str) -> Finding:
    return Finding(call.step, call.handler, kind, f'{call.handler} of step "{call.step}" {predicate}')


def _finding_of(place: Place, kind: str, predicate: str) -> Finding:
    return Finding(place.step, place.handler, kind, f'{place.handler} of step "{place.step}" {predicate}')


def _ledger(says: Any, expected: Any) -> str:
    return f"the ledger says {_shown(says)} instead of {_shown(expected)}"


def _said(outcome: Outcome | None) -> str:
    match outcome:
        case Unknown():
            return f"it raised {outcome.detail}"
        case Rejected():
            return f"it rejected with {outcome.reason}"
        case NotNow():
            return "it asked for a retry"
        case Answered():
            return f'it answered "{outcome.answer}"'
        case Done():
            return "success"
        case None:
            return "nothing"


def _shown(snapshot: Any) -> str:
    text = repr(snapshot)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
