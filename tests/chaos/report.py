"""The report people read: what was promised, and what was measured."""

from __future__ import annotations

import argparse
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from tests.chaos.faults import KINDS
from tests.chaos.fleet import LEASE_SECONDS, TIMEOUT_SECONDS
from tests.chaos.phase import Phase, kept
from tests.chaos.schedule import FEW, LONGEST_WINDOW_SECONDS, MANY_CLIENTS, SETTLING_SECONDS
from tests.chaos.takeovers import Takeover
from tests.chaos.verdict import Verdict

TAKEOVER_SECONDS = LEASE_SECONDS + 2.0
START_SECONDS = 2.0
THROUGHPUT_KEPT = 0.95
KILLS = ("kill-worker", "kill-workers")
MOST_LINES = 20

EXPLAINED = """\
Clients start `place-order` and `transfer-funds`, which move money in Postgres, and `probe`, whose one to three
steps are HTTP calls to a participant: a process of its own that shares no code with the service, sells seats, and
keeps books of every call and every effect. Of its calls 3.5 % go wrong by themselves: refused for now, answered
with an error, cut off before or after the effect, or answered too late. About one operation in seven is refused by
one of its steps, and one in ten is canceled while it runs. What follows was counted at the end: from the ledger in
Postgres, from the participant's books, and from what clients were told.""".splitlines()

TAKING_OVER = f"""\
From the SIGKILL to the moment another worker claims an operation that the dead one held, by the database's own
record of leases. The lease is {LEASE_SECONDS:g} s, and the promise is lease + 2 s: with the default lease of 15 s
these times are 13 s longer. Among mixed faults Postgres may be gone as well, or the next worker.

To go on is not always to finish: before what a call may hold is given back, that call must have ended, which takes up
to its `timeout_seconds` ({TIMEOUT_SECONDS:g} s for these steps, 30 s unless a step says otherwise). An operation that
was there at the death of two workers is claimed by itself, and waits until its next worker has nothing else to do.
""".splitlines()

WITHOUT_REDIS = f"""\
From acceptance (`created_at`) to the start (`started_at`) of what was accepted while Redis was away, with
{FEW["lose-redis"]} clients only: then nobody but the workers' own look each second finds an operation.
""".splitlines()

THROUGHPUT = f"""\
Operations finished per second in windows of {LONGEST_WINDOW_SECONDS:g} s: undisturbed ones before and after each
fault, and one that begins {SETTLING_SECONDS:g} s after it has ended. Throughput kept is the latter as a part of the
former two, so a machine that becomes slower or faster meanwhile counts neither as a fault nor as a cure. Recovery:
from the beginning of a fault until everything that was under way at that moment was finished.
""".splitlines()


class Promise(msgspec.Struct, frozen=True):
    """What is promised, what was measured, and whether that keeps it. ``counts``: whether it decides the exit code."""

    sentence: str
    measured: str
    is_kept: bool
    counts: bool = True


def promises(phases: Sequence[Phase], verdict: Verdict) -> list[Promise]:
    """All of them that this run could measure."""
    unexpected = sum(len(phase.unexpected) for phase in phases)
    seats = verdict.seats
    moved = "conserved" if verdict.money_before == verdict.money_after else "not conserved"
    return [
        Promise(
            "Every accepted operation ends, or waits for a person who is told why.",
            f"{verdict.lost} lost of {verdict.accepted}; {verdict.blocked} wait for a person",
            verdict.lost == 0,
        ),
        Promise("Nothing happens twice.", f"{verdict.doubled} doubled", verdict.doubled == 0),
        Promise("Nothing is held after the end.", f"{verdict.held} held", verdict.held == 0),
        Promise(
            "What succeeded is applied wholly, what failed or was canceled not at all.",
            f"{seats.missing} missing, {seats.applied} applied; {seats.sold} seats sold of {seats.owed}",
            seats.missing == seats.applied == 0 and (seats.sold == seats.owed or verdict.blocked > 0),
        ),
        Promise("Money is conserved.", moved, verdict.money_before == verdict.money_after),
        Promise(
            "The books agree with what clients were told.",
            f"{len(verdict.findings)} contradictions",
            not verdict.findings,
        ),
        Promise("Clients meet no error but \"come back later\".", f"{unexpected} others", unexpected == 0),
        *_takeover_promise(phases, verdict.takeovers),
        *_redis_promises(phases),
        *_throughput_promise(phases),
    ]  # fmt: skip


def _takeover_promise(phases: Sequence[Phase], taken: Sequence[Takeover]) -> list[Promise]:
    seconds = [one.seconds for phase in phases if phase.name in KILLS for one in _within(phase, taken)]
    if not seconds:
        return []
    return [
        Promise(
            f"Operations of a killed worker go on within lease + 2 s ({TAKEOVER_SECONDS:g} s), if nothing else dies.",
            f"{len(seconds)} taken over, the last after {max(seconds):.2f} s{_late_among_mixed(phases, taken)}",
            max(seconds) <= TAKEOVER_SECONDS,
        )
    ]


def _late_among_mixed(phases: Sequence[Phase], taken: Sequence[Takeover]) -> str:
    """Said beside the promise, which does not hold for them: Postgres may be gone as well."""
    mixed = [one.seconds for phase in phases if phase.name == "mixed" for one in _within(phase, taken)]
    late = sum(seconds > TAKEOVER_SECONDS for seconds in mixed)
    return f"; {late} of {len(mixed)} later, among mixed faults" if mixed else ""


def _redis_promises(phases: Sequence[Phase]) -> list[Promise]:
    gone = [phase for phase in phases if phase.name == "lose-redis"]
    starts = [seconds for phase in gone for seconds in phase.starts]
    if not starts:
        return []
    refused = sum(phase.refused for phase in gone)
    return [
        Promise("Without Redis every start is accepted.", f"{len(starts)} accepted, {refused} refused", refused == 0),
        Promise(
            f"Without Redis operations start within {START_SECONDS:g} s of acceptance.",
            f"the last after {max(starts):.2f} s",
            max(starts) <= START_SECONDS,
        ),
    ]


def _throughput_promise(phases: Sequence[Phase]) -> list[Promise]:
    parts = {phase.name: part for phase in _alone(phases) if (part := kept(phase, LONGEST_WINDOW_SECONDS)) is not None}
    if not parts:
        return []
    least = min(parts, key=lambda name: parts[name])
    return [
        Promise(
            f"Throughput is back at {THROUGHPUT_KEPT:.0%} {SETTLING_SECONDS:g} s after a fault.",
            f"least after {least}: {parts[least]:.0%}",
            parts[least] >= THROUGHPUT_KEPT,
            counts=False,
        )
    ]


def render(options: argparse.Namespace, phases: Sequence[Phase], verdict: Verdict, measured: Sequence[Promise]) -> str:
    """The whole report, as Markdown."""
    sections = [
        _head(options, phases),
        _promises(measured),
        _operations(phases, verdict),
        _participant(verdict),
        _takeovers(phases, verdict.takeovers),
        _redis(phases),
        _throughput(phases),
        _faults(phases),
        _lines("Unexpected", [line for phase in phases for line in phase.unexpected]),
        _lines("Findings", verdict.findings),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section)


def _head(options: argparse.Namespace, phases: Sequence[Phase]) -> list[str]:
    faults = sum(len(phase.disturbances) for phase in phases)
    minutes = (phases[-1].ended_at - phases[0].began_at) / 60
    return [
        "# Reliability, as measured",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, `{_command(options)}`: "
        f"{options.workers} workers, {options.apis} API processes, {options.clients} clients "
        f"({MANY_CLIENTS} where all is mixed), leases of {LEASE_SECONDS:g} s; "
        f"{faults} faults in {minutes:.1f} minutes.",
        "",
        *EXPLAINED,
    ]


def _command(options: argparse.Namespace) -> str:
    if options.kinds.split(",") == list(KINDS) and not options.mixed_only:
        return f"make chaos SECONDS={options.seconds:g} SEED={options.seed}"
    how = "--mixed-only" if options.mixed_only else f"--kinds {options.kinds}"
    return f"python -m tests.chaos --seconds {options.seconds:g} --seed {options.seed} {how}"


def _promises(measured: Sequence[Promise]) -> list[str]:
    return _table(
        ["promise", "measured", "kept"],
        ":--,:--,:--",
        [[one.sentence, one.measured, "yes" if one.is_kept else "**no**"] for one in measured],
    )


def _operations(phases: Sequence[Phase], verdict: Verdict) -> list[str]:
    became = Counter(work.became.status for phase in phases for work in phase.accepted if work.became is not None)
    numbers = {
        "accepted": verdict.accepted,
        "of these while all was mixed": sum(len(phase.accepted) for phase in phases if phase.name == "mixed"),
        "terminal": verdict.terminal,
        **{status: became[status] for status in ("succeeded", "failed", "canceled")},
        "needs attention": verdict.blocked,
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "held": verdict.held,
        "money before": verdict.money_before,
        "money after": verdict.money_after,
    }
    return ["## Operations", "", *_numbers(numbers)]


def _participant(verdict: Verdict) -> list[str]:
    books, seats = verdict.books, verdict.seats
    numbers = {
        "calls": books.calls,
        "repeated calls": books.calls - books.tokens,
        "effects": len(books.effects),
        "doubled": seats.doubled,
        "held after the end": seats.held,
        "failed or canceled, but applied": seats.applied,
        "succeeded, but missing": seats.missing,
        "seats sold": seats.sold,
        "seats of succeeded operations": seats.owed,
        "reserves refused because they came after their rollback": books.late,
        **{f"calls treated badly: {name}": times for name, times in sorted(books.troubles.items())},
    }
    return ["## The participant's books", "", *_numbers(numbers)]


def _takeovers(phases: Sequence[Phase], taken: Sequence[Takeover]) -> list[str]:
    rows = []
    for phase in phases:
        seconds = [one.seconds for one in _within(phase, taken)]
        if seconds:
            kills = len({one.killed_at for one in _within(phase, taken)})
            rows.append([phase.name, str(kills), *_spread(seconds), f"{max(seconds) / LEASE_SECONDS:.2f}"])
    columns = ["phase", "kills", "operations", "median", "99 %", "max", "max, in leases"]
    return _section("When a worker is killed", TAKING_OVER, columns, rows)


def _redis(phases: Sequence[Phase]) -> list[str]:
    rows = [
        [phase.name, str(len(phase.disturbances)), str(phase.refused), *_spread(phase.starts)]
        for phase in phases
        if phase.name == "lose-redis" and phase.starts
    ]
    columns = ["phase", "times", "starts refused", "starts accepted", "median", "99 %", "max"]
    return _section("While Redis is gone", WITHOUT_REDIS, columns, rows)


def _throughput(phases: Sequence[Phase]) -> list[str]:
    window = LONGEST_WINDOW_SECONDS
    rows = []
    for phase in phases:
        calm, after, part = "-", f"{phase.rate:.0f}", "-"
        if phase in _alone(phases):
            calm = f"{statistics.mean(phase.calm(window)):.0f}"
            after = f"{statistics.mean(phase.settled(window)):.0f}"
            part = f"{kept(phase, window) or 0:.0%}"
        rows.append([phase.name, str(len(phase.disturbances)), calm, after, part, *_recovery(phase.recoveries)])
    columns = ["phase", "faults", "undisturbed/s", "after/s", "kept", "recovery median", "recovery max"]
    return _section("Throughput and recovery, by kind of fault", THROUGHPUT, columns, rows)


def _faults(phases: Sequence[Phase]) -> list[str]:
    kinds = sorted({one.kind for phase in phases for one in phase.disturbances})
    rows = [[kind, " ".join((KINDS[kind].__doc__ or "").split())] for kind in kinds]
    return ["## The faults", "", *_table(["kind", "what is done"], ":--,:--", rows)]


def _section(title: str, explained: Sequence[str], columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of numbers by phase; nothing where there are none."""
    if not rows:
        return []
    alignment = ",".join([":--", *("--:" for _ in columns[1:])])
    return [f"## {title}", "", *explained, "", *_table(columns, alignment, rows)]


def _recovery(seconds: Sequence[float]) -> list[str]:
    return [_seconds(statistics.median(seconds)), _seconds(max(seconds))] if seconds else ["-", "-"]


def _lines(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return [f"## {title}", "", *(f"- {line}" for line in lines[:MOST_LINES])]


def _alone(phases: Sequence[Phase]) -> list[Phase]:
    return [phase for phase in phases if phase.disturbances and phase.name != "mixed"]


def _within(phase: Phase, taken: Sequence[Takeover]) -> list[Takeover]:
    """Those of the operations whose worker was killed in this phase."""
    kills = [(one.began_at, one.ended_at) for one in phase.disturbances]
    return [one for one in taken if any(began_at <= one.killed_at <= ended_at for began_at, ended_at in kills)]


def _spread(seconds: Sequence[float]) -> list[str]:
    ordered = sorted(seconds)
    high = ordered[math.ceil(0.99 * len(ordered)) - 1]
    return [str(len(ordered)), *(_seconds(value) for value in (statistics.median(ordered), high, ordered[-1]))]


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _numbers(numbers: dict[str, int]) -> list[str]:
    return _table(["", "number"], ":--,--:", [[name, str(number)] for name, number in numbers.items()])


def _table(columns: Sequence[str], alignment: str, rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [columns, alignment.split(","), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
