"""A trace goes from the client's request through every call of the operation, to a real collector."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from standardwebhooks.webhooks import Webhook

from operations_api.otlp import ENDPOINTS, tracer_of_environment
from operations_api.store.api_keys import ApiKeys
from operations_api.tracer import UNTRACED
from tests.metrics.run import begin_api
from tests.ports import free_port
from tests.processes import line_of, module, running
from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.inbox import Inbox
from tests.worker.crew import PATIENCE_SECONDS, Crew, Worker
from tests.worker.definitions import StepTold, Told

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TOLD = Told((StepTold("a", trouble={"commit": "fail 1", "query": "marked-input"}), StepTold("b", effect="local")))
SENDERS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CALLS = ["a reserve", "b reserve", "a commit", "a commit", "b commit"]


async def test_every_call_is_below_the_request_and_that_below_the_client(crew: Crew, tmp_path: Path):
    with collecting(tmp_path) as (kept, environment):
        id, _ = await run_one(crew, environment)
        spans = await collected(kept, 1 + len(CALLS))
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    [start] = [span for span in spans if span.name == "start told"]
    assert start.parent_span_id.hex() == PARENT
    calls = sorted((span for span in spans if span is not start), key=lambda span: span.start_time_unix_nano)
    assert sorted(span.name for span in calls) == sorted(CALLS)
    assert {span.parent_span_id for span in calls} == {start.span_id}
    assert {attributes(span)["operations.operation"] for span in spans} == {id}
    failed = [span for span in calls if span.status.code == span.status.STATUS_CODE_ERROR]
    assert [(span.name, attributes(span)["operations.attempt"]) for span in failed] == [("a commit", "1")]
    named = {f"operations.{word}" for word in ("tenant", "step", "phase", "epoch", "outcome", "type")}
    assert named <= attributes(failed[0]).keys()
    assert b"marked" not in bytes.fromhex(kept.read_text().replace("\n", ""))


async def test_an_attempt_to_tell_a_receiver_is_below_the_start_and_handed_on(
    crew: Crew, tmp_path: Path, open_inbox: Callable[..., Inbox], secret: str
):
    inbox = open_inbox()
    with collecting(tmp_path) as (kept, environment):
        crew.start_worker(OPERATIONS_WEBHOOK_NETWORKS=LOOPBACK, **environment)
        trace = f"00-{TRACE}-{PARENT}-01"
        id = await crew.begin(StepTold("a"), callback_url=await inbox.url(), traceparent=trace)
        [request] = await inbox.taken(1)
        [told] = [span for span in await collected(kept, 3) if span.name == "webhook operation.succeeded"]
    assert (told.trace_id.hex(), told.parent_span_id.hex()) == (TRACE, PARENT)
    named = {f"operations.{word}": value for word, value in (("operation", str(id)), ("outcome", "taken"))}
    assert named.items() <= attributes(told).items()
    assert request["headers"]["traceparent"] == f"00-{TRACE}-{told.span_id.hex()}-01"


async def test_the_calls_of_what_a_schedule_starts_are_below_its_start(crew: Crew, tmp_path: Path):
    with collecting(tmp_path) as (kept, environment):
        crew.start_worker(OPERATIONS_REGISTRY="tests.worker.definitions:with_schedule", **environment)
        spans = await collected(kept, 3)
    starts = {span.span_id for span in spans if span.name == "start told"}
    calls = [span for span in spans if span.name != "start told"]
    assert calls
    assert {span.parent_span_id for span in calls} <= starts


async def test_what_a_webhook_of_others_starts_has_the_trace_of_its_start(crew: Crew, tmp_path: Path):
    sources = tmp_path / "sources.json"
    sources.write_bytes(msgspec.json.encode({"shop": {"tenant": "dev", "secrets": [SENDERS]}}))
    event, at = '{"type": "order.made"}', datetime.now(UTC)
    headers = {"webhook-id": "a", "webhook-timestamp": str(int(at.timestamp()))}
    headers["webhook-signature"] = Webhook(SENDERS).sign("a", at, event)
    with collecting(tmp_path) as (kept, environment):
        registry = "tests.metrics.definitions:registry"
        environment |= {"OPERATIONS_REGISTRY": registry, "OPERATIONS_WEBHOOK_SOURCES": str(sources)}
        url = await begin_api(crew, **environment)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            answer = await client.post("/webhooks/shop", content=event, headers=headers)
        [start] = await collected(kept, 1)
    row = await crew.row(UUID(answer.headers["Location"].rpartition("/")[2]))
    assert start.name == "start told-once"
    assert row["traceparent"].startswith(f"00-{start.trace_id.hex()}-{start.span_id.hex()}-")


async def test_a_collector_that_is_away_costs_nothing_but_the_spans(crew: Crew):
    _, worker = await run_one(crew, traced(f"http://127.0.0.1:{free_port()}"))
    worker.send(signal.SIGTERM)
    assert await worker.ended() == 0


def test_nothing_is_traced_unless_a_collector_is_named(monkeypatch: pytest.MonkeyPatch):
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    assert tracer_of_environment("any") is UNTRACED


@contextmanager
def collecting(place: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A collector: where it keeps what it is sent, and the environment of whoever sends it."""
    kept = place / "spans"
    kept.touch()
    with running(module("tests.tracing.collector", str(kept))) as collector:
        yield kept, traced(f"http://127.0.0.1:{line_of(collector)}")


def traced(endpoint: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}


async def run_one(crew: Crew, environment: dict[str, str]) -> tuple[str, Worker]:
    """One operation from its request to its end; its id, and the worker that ran it."""
    url = await begin_api(crew, **environment)
    worker = crew.start_worker(**environment)
    return await operation_done(crew, url), worker


async def operation_done(crew: Crew, url: str) -> str:
    secret = await ApiKeys(crew.store.pool).create("dev", ["submit", "read"])
    headers = {"Authorization": f"Bearer {secret}", "traceparent": f"00-{TRACE}-{PARENT}-01", "Prefer": "wait=30"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=60) as client:
        answer = await client.post(
            "/operations/told",
            json={"input": msgspec.to_builtins(TOLD), "labels": {"who": "marked-label"}},
            headers={"Idempotency-Key": f"marked-{uuid4()}"},
        )
    operation = answer.json()
    assert operation["status"] == "succeeded", operation
    return str(operation["id"])


async def collected(kept: Path, count: int) -> list[Any]:
    """The spans the collector has, once there are so many."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(spans := spans_in(kept)) < count:  # noqa: ASYNC110 -- the collector is another process
            await asyncio.sleep(0.02)
    return spans


def spans_in(kept: Path) -> list[Any]:
    lines = kept.read_text().split("\n")[:-1]
    requests = [ExportTraceServiceRequest.FromString(bytes.fromhex(line)) for line in lines]
    scopes = [scope for request in requests for each in request.resource_spans for scope in each.scope_spans]
    return [span for scope in scopes for span in scope.spans]


def attributes(span: Any) -> dict[str, str]:
    return {each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes}
