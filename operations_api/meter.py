"""What is counted while the service works. This meter counts nothing: it is what a process has that nobody asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

WebhookOutcome = Literal["taken", "refused", "unanswered", "gone"]
EventOutcome = Literal["started", "replayed", "unknown", "unusable", "refused", "put_off"]
TickOutcome = Literal["started", "replayed", "skipped"]
TokenOutcome = Literal["made", "consumed"]
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

    def cleaned(self, counts: Mapping[str, int]) -> None:
        """So many of each kind were forgotten."""

    def webhook_tried(self, outcome: WebhookOutcome) -> None:
        """A receiver was told once, and answered so or not at all."""

    def webhook_delivered(self, late_seconds: float) -> None:
        """A receiver has a webhook now, so long after the change it tells of."""

    def webhooks_died(self, count: int) -> None:
        """So many were given up."""

    def event_arrived(self, source: str, outcome: EventOutcome) -> None:
        """Somebody else's webhook, to a source of the registry, came to this."""

    def ticked(self, schedule: str, outcome: TickOutcome, count: int) -> None:
        """So many ticks of a schedule of the registry came to this."""

    def token_handled(self, type: str, outcome: TokenOutcome) -> None:
        """An operation token was made for this type, or has started an operation of it."""

    def window_replayed(self, type: str) -> None:
        """A start found by its body what another key had started."""


UNMETERED = Meter()
