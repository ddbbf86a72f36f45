"""The table people read."""

from __future__ import annotations

import argparse
import statistics
from datetime import UTC, datetime

import msgspec

from tests.chaos.load import Accepted
from tests.chaos.verdict import Verdict

SETTLING_SECONDS = 5.0
"""Throughput is counted from so long after a fault; what came before is the recovery."""


class Phase(msgspec.Struct):
    """One stretch of load under one kind of fault. Times are of the host's clock."""

    name: str
    began_at: float
    ended_at: float
    faults_at: list[float]
    accepted: list[Accepted]
    unexpected: list[str]

    @property
    def rate(self) -> float:
        """Operations finished per second, leaving out what follows a fault too closely."""
        seconds = sum(end - start for start, end in self._calm())
        return self._finished_in_calm() / seconds if seconds > 0 else 0.0

    @property
    def recoveries(self) -> list[float]:
        """For each fault, how long it took until everything that was under way at that moment was finished."""
        return [max(gaps) for at in self.faults_at if (gaps := self._under_way(at))]

    def _calm(self) -> list[tuple[float, float]]:
        ends = [*self.faults_at, self.ended_at]
        starts = [self.began_at, *(at + SETTLING_SECONDS for at in self.faults_at)]
        return [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]

    def _finished_in_calm(self) -> int:
        calm = self._calm()
        times = [work.finished_at for work in self.accepted if work.finished_at is not None]
        return sum(1 for at in times if any(start <= at < end for start, end in calm))

    def _under_way(self, at: float) -> list[float]:
        return [
            work.finished_at - at
            for work in self.accepted
            if work.finished_at is not None and work.accepted_at <= at < work.finished_at
        ]


def render(options: argparse.Namespace, phases: list[Phase], verdict: Verdict, unexpected: list[str]) -> str:
    """The whole report, as Markdown."""
    return "\n".join(
        [
            "# Reliability, as measured",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, `make chaos SECONDS={options.seconds:g} SEED={options.seed}`: "
            f"{options.workers} workers, {options.apis} API processes, {options.clients} clients, "
            f"leases of {options.lease_seconds:g} s; a fault about every {options.every:g} s where one kind is tried, "
            f"every {options.every_mixed:g} s where all are mixed.",
            "",
            *_verdict(verdict),
            "",
            *_phases(phases),
            *(
                ["", "Answers no client should get:", "", *(f"- {line}" for line in unexpected[:20])]
                if unexpected
                else []
            ),
            *(["", "Findings:", "", *(f"- {line}" for line in verdict.findings[:20])] if verdict.findings else []),
        ]
    )


def _verdict(verdict: Verdict) -> list[str]:
    return [
        "| accepted | terminal | needs attention | lost | doubled | held | money before | money after |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        "| "
        + " | ".join(
            str(number)
            for number in (
                verdict.accepted,
                verdict.terminal,
                verdict.blocked,
                verdict.lost,
                verdict.doubled,
                verdict.held,
                verdict.money_before,
                verdict.money_after,
            )
        )
        + " |",
    ]


def _phases(phases: list[Phase]) -> list[str]:
    undisturbed = phases[0].rate
    return [
        "Recovery: from the fault until everything that was under way at that moment was finished. A rollback of a",
        "step whose call was cut off waits until that call must have ended (`timeout_seconds`, 30 s by default): the",
        "longest recoveries are these. Throughput: operations finished per second, counted from",
        f"{SETTLING_SECONDS:g} s after each fault.",
        "",
        "| phase | faults | finished/s | throughput kept | recovery median | recovery max |",
        "|---|---:|---:|---:|---:|---:|",
        *(_row(phase, undisturbed) for phase in phases),
    ]


def _row(phase: Phase, undisturbed: float) -> str:
    recoveries = phase.recoveries
    median = f"{statistics.median(recoveries):.2f} s" if recoveries else "-"
    longest = f"{max(recoveries):.2f} s" if recoveries else "-"
    rate, kept = (f"{phase.rate:.0f}", f"{phase.rate / undisturbed:.0%}") if phase.rate and undisturbed else ("-", "-")
    return f"| {phase.name} | {len(phase.faults_at)} | {rate} | {kept} | {median} | {longest} |"
