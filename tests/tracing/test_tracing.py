"""A trace goes from the client's request through every call of the operation, to a real collector."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from operations_api.otlp import ENDPOINTS, tracer_of_environment
from operations_api.store.api_keys import ApiKeys
from operations_api.tracer import UNTRACED
from tests.metrics.run import begin_api
from tests.ports import free_port
from tests.processes import line_of, module, running
from tests.worker.crew import PATIENCE_SECONDS, Crew, Worker
from tests.worker.definitions import StepTold, Told

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TOLD = Told((StepTold("a", trouble={"commit": "fail 1", "query": "marked-input"}), StepTold("b", effect="local")))
CALLS = ["a reserve", "b reserve", "a commit", "a commit", "b commit"]


async def test_every_call_is_below_the_request_and_that_below_the_client(crew: Crew, tmp_path: Path):
    kept = tmp_path / "spans"
    kept.touch()
    with running(module("tests.tracing.collector", str(kept))) as collector:
        environment = traced(f"http://127.0.0.1:{line_of(collector)}")
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


async def test_a_collector_that_is_away_costs_nothing_but_the_spans(crew: Crew):
    _, worker = await run_one(crew, traced(f"http://127.0.0.1:{free_port()}"))
    worker.send(signal.SIGTERM)
    assert await worker.ended() == 0


def test_nothing_is_traced_unless_a_collector_is_named(monkeypatch: pytest.MonkeyPatch):
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    assert tracer_of_environment("any") is UNTRACED


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
