"""Metrics for Prometheus: which there are, how they are counted, and how they are written.

The processes of one command (``--processes N``) count in files they share, in the directory that
``PROMETHEUS_MULTIPROC_DIR`` names, so that whichever of them is asked answers for all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from operations_api.meter import EventOutcome, Meter, StartOutcome, TickOutcome, TokenOutcome, WebhookOutcome
from operations_api.store.stock import Stock

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
CALL_SECONDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0)
AGE_SECONDS: Final = (1.0, 10.0, 60.0, 600.0, 3600.0, 86_400.0, 604_800.0, 2_592_000.0)
DELIVERY_SECONDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0, 3600.0, 21_600.0, 86_400.0, 273_000.0)
SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)
PARTS: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


class Described(msgspec.Struct, frozen=True):
    """One metric, as the documentation shows it. A histogram's limits are in its own unit."""

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    labels: tuple[str, ...]
    sentence: str
    limits: tuple[float, ...] = ()


METRICS: Final = (
    Described(
        "operations_starts_total",
        "counter",
        ("type", "outcome"),
        "Starts, by what came of them: `started`, `replayed`, `mismatched` (another body under a used "
        "key), `in_flight` (the key is being bound), `refused`.",
    ),
    Described(
        "operations_start_seconds",
        "histogram",
        ("outcome",),
        "From the parsed request to the row that was committed or found: what the idempotency check costs.",
        SECONDS,
    ),
    Described(
        "operations_replay_key_age_seconds",
        "histogram",
        ("type",),
        "How old a key was when it was used again.",
        AGE_SECONDS,
    ),
    Described(
        "operations_batch_size",
        "histogram",
        ("batch",),
        "Items that went to Postgres together: `starts`, `own_ids`, `reads`, `journal`, `progress`.",
        SIZES,
    ),
    Described(
        "operations_pool_use_ratio",
        "histogram",
        (),
        "The part of a process' sessions that was busy when a batch began; at 1 others wait.",
        PARTS,
    ),
    Described(
        "operations_claimed_total",
        "counter",
        (),
        "Operations that workers took.",
    ),
    Described(
        "operations_swept_total",
        "counter",
        (),
        "Operations that the sweep made ready: retries and starts that were due, deadlines, leases nobody renewed.",
    ),
    Described(
        "operations_leases_lost_total",
        "counter",
        (),
        "Operations given up because their lease was lost.",
    ),
    Described(
        "operations_call_seconds",
        "histogram",
        ("type", "phase"),
        "How long calls of handlers took.",
        CALL_SECONDS,
    ),
    Described(
        "operations_calls_total",
        "counter",
        ("type", "phase", "outcome"),
        "Calls of handlers: `done`, `rejected`, `not_now` (Retry), `unknown` (anything else), `answered` (query).",
    ),
    Described(
        "operations_call_retries_total",
        "counter",
        ("type", "phase"),
        "Calls that were not the first of their step and phase.",
    ),
    Described(
        "operations_decisions_total",
        "counter",
        ("type", "decision"),
        "Decisions: `commit`, `rollback`, `compensate`.",
    ),
    Described(
        "operations_finished_total",
        "counter",
        ("type", "outcome"),
        "Operations that workers ended: `succeeded` or `unsuccessful`.",
    ),
    Described(
        "operations_cleaned_total",
        "counter",
        ("kind",),
        "What was forgotten: `operations` (tombstones since), `keys`, `tombstones`, `tokens`, `bodies` (of windows), "
        "`webhooks`, `dead_webhooks`, `webhook_events`, `secrets`.",
    ),
    Described(
        "operations_webhook_attempts_total",
        "counter",
        ("outcome",),
        "Attempts to tell a receiver: `taken`, `refused` (it answered with something else), `unanswered` (no answer, "
        "no address, no secret), `gone` (410).",
    ),
    Described(
        "operations_webhook_delivery_seconds",
        "histogram",
        (),
        "From the change to the answer of the receiver that took it, earlier attempts included.",
        DELIVERY_SECONDS,
    ),
    Described(
        "operations_webhooks_died_total",
        "counter",
        (),
        "Webhooks that were given up: after the last attempt, or because their receiver is gone.",
    ),
    Described(
        "operations_webhook_events_total",
        "counter",
        ("source", "outcome"),
        "Webhooks of others: `started`, `replayed`, `unknown` (the source has no such type), `unusable` (no input can "
        "be made of it), `refused` (not signed, or no event), `put_off` (its sender has to send it again).",
    ),
    Described(
        "operations_schedule_ticks_total",
        "counter",
        ("schedule", "outcome"),
        "Ticks: `started`, `replayed` (it had an operation already), `skipped` (missed, and by the schedule's rule not "
        "made up for; counting stops at 1 000 a time).",
    ),
    Described(
        "operations_tokens_total",
        "counter",
        ("type", "outcome"),
        "Operation tokens: `made`, `consumed` (by a start).",
    ),
    Described(
        "operations_window_replays_total",
        "counter",
        ("type",),
        "Starts under a new key that were replays by their body, within the type's window.",
    ),
    Described(
        "operations_queue_depth",
        "gauge",
        (),
        "Operations that are ready and wait for a worker; counting stops at 10 000.",
    ),
    Described(
        "operations_waiting_for_room",
        "gauge",
        (),
        "Operations that wait until fewer of their type run (`concurrency_limit`); counting stops at 10 000.",
    ),
    Described(
        "operations_queue_age_seconds",
        "gauge",
        (),
        "How long the oldest of the next thousand has waited.",
    ),
    Described(
        "operations_webhooks_due",
        "gauge",
        (),
        "Webhooks whose next attempt is due; counting stops at 10 000.",
    ),
    Described(
        "operations_webhooks_due_age_seconds",
        "gauge",
        (),
        "How long the one that waits longest has been due.",
    ),
    Described(
        "operations_blocked",
        "gauge",
        ("type",),
        "Operations that need attention; types that are in no registry count as `(unknown)`.",
    ),
    Described(
        "operations_table_rows",
        "gauge",
        ("table",),
        "Rows, as Postgres estimates them.",
    ),
    Described(
        "operations_table_bytes",
        "gauge",
        ("table",),
        "Bytes, indexes included.",
    ),
)
"""Gauges are what Postgres says: every API process says the same, and workers say nothing of it."""


class Metrics(Meter):
    """A meter that Prometheus can read."""

    def __init__(self) -> None:
        # when a series began: as many series again, and nobody asks
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the package leaves it without annotations
        self._registry = CollectorRegistry()
        self._counters = {each.name: self._counter(each) for each in METRICS if each.kind == "counter"}
        self._histograms = {each.name: self._histogram(each) for each in METRICS if each.kind == "histogram"}

    def render(self, stock: Stock | None = None, types: Iterable[str] = ()) -> bytes:
        """Everything counted so far in Prometheus' text format, with what is in stock when it is given."""
        registry = self._registry
        if os.environ.get(DIRECTORY):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # its constructor has no annotations
        text = generate_latest(registry)
        return text if stock is None else text + generate_latest(_Gauges(stock, types))

    def start_answered(self, type: str, outcome: StartOutcome, seconds: float) -> None:
        self._counters["operations_starts_total"].labels(type, outcome).inc()
        self._histograms["operations_start_seconds"].labels(outcome).observe(seconds)

    def replayed(self, type: str, age_seconds: float) -> None:
        self._histograms["operations_replay_key_age_seconds"].labels(type).observe(age_seconds)

    def batch_flushed(self, batch: str, size: int, pool_use: float) -> None:
        self._histograms["operations_batch_size"].labels(batch).observe(size)
        self._histograms["operations_pool_use_ratio"].observe(pool_use)

    def claimed(self, count: int) -> None:
        self._counters["operations_claimed_total"].inc(count)

    def swept(self, count: int) -> None:
        self._counters["operations_swept_total"].inc(count)

    def lease_lost(self) -> None:
        self._counters["operations_leases_lost_total"].inc()

    def called(self, type: str, phase: str, outcome: str, seconds: float, attempt: int) -> None:
        self._histograms["operations_call_seconds"].labels(type, phase).observe(seconds)
        self._counters["operations_calls_total"].labels(type, phase, outcome).inc()
        if attempt > 1:
            self._counters["operations_call_retries_total"].labels(type, phase).inc()

    def decided(self, type: str, decision: str) -> None:
        self._counters["operations_decisions_total"].labels(type, decision).inc()

    def finished(self, type: str, *, succeeded: bool) -> None:
        outcome = "succeeded" if succeeded else "unsuccessful"
        self._counters["operations_finished_total"].labels(type, outcome).inc()

    def cleaned(self, counts: Mapping[str, int]) -> None:
        for kind, count in counts.items():
            self._counters["operations_cleaned_total"].labels(kind).inc(count)

    def webhook_tried(self, outcome: WebhookOutcome) -> None:
        self._counters["operations_webhook_attempts_total"].labels(outcome).inc()

    def webhook_delivered(self, late_seconds: float) -> None:
        self._histograms["operations_webhook_delivery_seconds"].observe(late_seconds)

    def webhooks_died(self, count: int) -> None:
        self._counters["operations_webhooks_died_total"].inc(count)

    def event_arrived(self, source: str, outcome: EventOutcome) -> None:
        self._counters["operations_webhook_events_total"].labels(source, outcome).inc()

    def ticked(self, schedule: str, outcome: TickOutcome, count: int) -> None:
        self._counters["operations_schedule_ticks_total"].labels(schedule, outcome).inc(count)

    def token_handled(self, type: str, outcome: TokenOutcome) -> None:
        self._counters["operations_tokens_total"].labels(type, outcome).inc()

    def window_replayed(self, type: str) -> None:
        self._counters["operations_window_replays_total"].labels(type).inc()

    def _counter(self, described: Described) -> Counter:
        return Counter(described.name, described.sentence, described.labels, registry=self._registry)

    def _histogram(self, described: Described) -> Histogram:
        return Histogram(
            described.name, described.sentence, described.labels, registry=self._registry, buckets=described.limits
        )


class _Gauges(CollectorRegistry):
    """What is in stock, for one answer."""

    def __init__(self, stock: Stock, types: Iterable[str]) -> None:
        super().__init__()
        self._stock = stock
        self._types = frozenset(types)

    def collect(self) -> Iterable[Metric]:
        values: dict[str, dict[tuple[str, ...], float]] = {
            "operations_queue_depth": {(): float(self._stock.ready)},
            "operations_waiting_for_room": {(): float(self._stock.waiting_for_room)},
            "operations_queue_age_seconds": {(): self._stock.oldest_seconds},
            "operations_webhooks_due": {(): float(self._stock.webhooks_due)},
            "operations_webhooks_due_age_seconds": {(): self._stock.webhooks_due_seconds},
            "operations_blocked": self._blocked(),
            "operations_table_rows": {(each.name,): float(each.rows) for each in self._stock.tables},
            "operations_table_bytes": {(each.name,): float(each.bytes) for each in self._stock.tables},
        }
        for described in METRICS:
            if described.kind == "gauge":
                family = GaugeMetricFamily(described.name, described.sentence, labels=described.labels)
                for labels, value in values[described.name].items():
                    family.add_metric(labels, value)
                yield family

    def _blocked(self) -> dict[tuple[str, ...], float]:
        counted = dict.fromkeys(self._types, 0.0)
        for type, count in self._stock.blocked.items():
            label = type if type in self._types else "(unknown)"
            counted[label] = counted.get(label, 0.0) + count
        return {(label,): count for label, count in counted.items()}
