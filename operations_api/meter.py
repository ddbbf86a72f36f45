"""What is counted while the service works. This meter counts nothing: it is what a process has that nobody asks."""

from __future__ import annotations

from typing import Literal

StartOutcome = Literal["started", "replayed", "mismatched", "in_flight", "refused"]


class Meter:
    """One per process. Types are those of the registry, so that their number has a bound; tenants are not counted."""

    def start_answered(self, type: str, outcome: StartOutcome, seconds: float) -> None:
        """A start has been checked against what its key or id names, and stored or not, within this time."""

    def replayed(self, type: str, age_seconds: float) -> None:
        """A key was used again, so long after it was bound."""

    def batch_flushed(self, batch: str, size: int, pool_use: float) -> None:
        """So many items go to Postgres together, while this part of the sessions that may be open is busy."""

    def claimed(self, count: int) -> None:
        """A round of dispatching has taken so many operations."""

    def swept(self, count: int) -> None:
        """The sweep has made so many operations ready."""

    def lease_lost(self) -> None:
        """Work was given up because the lease of its operation was lost."""

    def called(self, type: str, phase: str, outcome: str, seconds: float, attempt: int) -> None:
        """A handler was called for this phase, and ended so."""

    def decided(self, type: str, decision: str) -> None:
        """Commit, rollback or compensate."""

    def finished(self, type: str, *, succeeded: bool) -> None:
        """A worker has ended an operation."""

    def cleaned(self, operations: int, keys: int, tombstones: int) -> None:
        """So many were forgotten."""


UNMETERED = Meter()
