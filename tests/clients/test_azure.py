"""azure-core's poller, as every Azure SDK has it and unmodified: from the start to the result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy, HeadersPolicy, RequestIdPolicy, RetryPolicy
from azure.core.polling import LROPoller
from azure.core.polling.base_polling import LROBasePolling
from azure.core.rest import HttpRequest

from tests.clients.service import LiveService

KETTLE = {"account": "alice", "sku": "kettle", "quantity": 1, "email": "alice@example.com"}
UNICORNS = KETTLE | {"sku": "unicorn"}
SLOW = {"steps": 2, "reserve_ms": 300}


@pytest.fixture
def azure(service: LiveService) -> Iterator[PipelineClient[Any, Any]]:
    sending = [RequestIdPolicy(), HeadersPolicy(service.authorization), RetryPolicy(), ContentDecodePolicy()]
    with PipelineClient[Any, Any](service.base_url, policies=sending) as client:
        yield client


def poller(client: PipelineClient[Any, Any], method: str, path: str, input: Any, **headers: str) -> LROPoller[Any]:
    """The poller of a start. Polls as often as Retry-After says."""
    request = HttpRequest(method, path, json={"input": input}, headers=headers)
    request.url = client.format_url(request.url)
    started: PipelineResponse[Any, Any] = client._pipeline.run(request)  # as generated Azure SDKs do
    return LROPoller(client, started, body_of, LROBasePolling(timeout=1))


def body_of(response: PipelineResponse[Any, Any]) -> Any:
    return response.http_response.json()


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "return=minimal"}, {"Prefer": "respond-async"}])
def test_a_start_under_a_key_runs_to_its_result(azure: PipelineClient[Any, Any], prefer: dict[str, str]) -> None:
    polled = poller(azure, "POST", "/operations/probe", SLOW, **new_key(), **prefer)
    operation = polled.result()
    assert polled.status() == "succeeded"
    assert operation["result"] == {"steps": 2, "echo": None}


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "return=minimal"}])
def test_a_start_under_an_id_of_ones_own_runs_to_its_result(
    azure: PipelineClient[Any, Any], prefer: dict[str, str]
) -> None:
    polled = poller(azure, "PUT", f"/operations/place-order/{uuid4()}", KETTLE, **prefer)
    operation = polled.result()
    assert polled.status() == "succeeded"
    assert operation["result"]["sku"] == "kettle"


def test_an_operation_that_is_done_when_it_is_answered_needs_no_poll(azure: PipelineClient[Any, Any]) -> None:
    polled = poller(azure, "POST", "/operations/place-order", KETTLE, **new_key(), Prefer="wait=30")
    assert polled.result()["result"]["quantity"] == 1
    assert polled.status() == "succeeded"


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "return=minimal"}])
def test_a_failure_is_raised_with_its_reason(azure: PipelineClient[Any, Any], prefer: dict[str, str]) -> None:
    input = SLOW | {"reject_reserve": 1}
    polled = poller(azure, "POST", "/operations/probe", input, **new_key(), **prefer)
    with pytest.raises(HttpResponseError) as raised:
        polled.result()
    assert polled.status() == "failed"
    assert raised.value.error is not None
    assert raised.value.error.code == "PROBE_RESERVE_REJECTED"
    assert "told to refuse" in raised.value.message


def test_a_cancellation_is_raised_as_one(azure: PipelineClient[Any, Any], service: LiveService) -> None:
    id = uuid4()
    polled = poller(azure, "PUT", f"/operations/probe/{id}", SLOW | {"reserve_ms": 5_000})
    cancel = f"{service.base_url}/operations/{id}/cancel"
    httpx.post(cancel, headers=service.authorization, trust_env=False, timeout=60).raise_for_status()
    with pytest.raises(HttpResponseError, match="canceled"):
        polled.result()
    assert polled.status() == "canceled"
