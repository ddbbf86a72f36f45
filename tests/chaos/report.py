"""The table people read."""

from __future__ import annotations

import argparse
import statistics
from datetime import UTC, datetime

import msgspec

from tests.chaos.faults import Fault
from tests.chaos.load import Accepted
from tests.chaos.verdict import Verdict


class Phase(msgspec.Struct):
    """One stretch of load under one kind of fault."""

    name: str
    seconds: float
    faults: list[Fault]
    accepted: list[Accepted]
    finished_in_time: int
    recoveries: list[float]
    unexpected: list[str]

    @property
    def rate(self) -> float:
        """Operations finished per second of the phase."""
        return self.finished_in_time / self.seconds


def render(options: argparse.Namespace, phases: list[Phase], verdict: Verdict, unexpected: list[str]) -> str:
    """The whole report, as Markdown."""
    return "\n".join(
        [
            "# Reliability, as measured",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, `make chaos SECONDS={options.seconds:g} SEED={options.seed}`: "
            f"{options.workers} workers, {options.apis} API processes, {options.clients} clients, "
            f"leases of {options.lease_seconds:g} s, a fault about every {options.every:g} s.",
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
        "| accepted | terminal | lost | doubled | held | money before | money after |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        f"| {verdict.accepted} | {verdict.terminal} | {verdict.lost} | {verdict.doubled} | {verdict.held} "
        f"| {verdict.money_before} | {verdict.money_after} |",
    ]


def _phases(phases: list[Phase]) -> list[str]:
    undisturbed = phases[0].rate
    return [
        "Recovery: from the fault until everything that was under way at that moment was done.",
        "",
        "| phase | faults | finished/s | throughput kept | recovery median | recovery max |",
        "|---|---:|---:|---:|---:|---:|",
        *(_row(phase, undisturbed) for phase in phases),
    ]


def _row(phase: Phase, undisturbed: float) -> str:
    median = f"{statistics.median(phase.recoveries):.2f} s" if phase.recoveries else "-"
    longest = f"{max(phase.recoveries):.2f} s" if phase.recoveries else "-"
    kept = f"{phase.rate / undisturbed:.0%}" if undisturbed else "-"
    return f"| {phase.name} | {len(phase.faults)} | {phase.rate:.0f} | {kept} | {median} | {longest} |"
