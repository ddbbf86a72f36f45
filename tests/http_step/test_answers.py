"""What each answer of a participant means, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import msgspec
import pytest

from operations_api import Definition, HttpStep, Reject, Retry
from operations_api.domain.errors import DefinitionError
from operations_api.domain.handlers import handlers_of
from operations_api.http_step import LONGEST_RETRY_AFTER_SECONDS, RESPONSE_LIMIT_BYTES, UnclearAnswer
from tests.http_step.calling import OPERATION, Recorder, context
from tests.processes import PATIENCE_SECONDS

JSON = {"Content-Type": "application/json"}
PROBLEM = {"Content-Type": "application/problem+json; charset=utf-8"}
CALLS: dict[str, tuple[Any, ...]] = {
    "reserve": ({"seats": 2},),
    "commit": ({"booking": "b"},),
    "rollback": (None,),
    "compensate": ({"ticket": "t"},),
    "query": (),
}


class Order(msgspec.Struct):
    seats: int


async def call(service: Recorder, handler: str, *, phase: str | None = None, **settings: Any) -> Any:
    return await getattr(service.step(**settings), handler)(context(phase or handler), *CALLS[handler])


async def test_a_call_carries_all_a_participant_needs(service: Recorder):
    step = service.step(headers={"authorization": "Bearer s3cret", "idempotency-key": "not this"})
    ctx = context("reserve", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    await step.reserve(ctx, Order(2))
    [(path, headers, body)] = service.requests
    assert path == "/reserve"
    assert json.loads(body) == {
        "operation_id": str(OPERATION),
        "tenant": "dev",
        "type": "book-seats",
        "step": "seats",
        "phase": "reserve",
        "input": {"seats": 2},
        "reservation": None,
    }
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers["idempotency-key"] == f"{OPERATION}:seats:reserve"
    assert headers["x-deadline"] == "2026-11-22T12:00:00.500000Z"
    assert headers["traceparent"] == ctx.traceparent
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(("handler", "told"), [("commit", {"booking": "b"}), ("rollback", None)])
async def test_later_calls_carry_the_reservation(service: Recorder, handler: str, told: Any):
    await call(service, handler)
    [(path, headers, content)] = service.requests
    body = json.loads(content)
    assert (path, body["phase"], body["input"]) == (f"/{handler}", handler, {"seats": 2})
    assert body["reservation"] == told
    assert headers["Idempotency-Key"] == f"{OPERATION}:seats:{handler}"


async def test_a_compensation_carries_reservation_and_result(service: Recorder):
    ctx = context("compensate", reservations={"seats": {"booking": "b"}})
    await service.step().compensate(ctx, {"ticket": "t"})
    body = json.loads(service.requests[0][2])
    assert (body["reservation"], body["result"]) == ({"booking": "b"}, {"ticket": "t"})


@pytest.mark.parametrize(("body", "stored"), [(b'{"booking": "b"}', {"booking": "b"}), (b"", {})])
@pytest.mark.parametrize("status", [200, 201, 202])
async def test_a_success_is_stored_as_it_was_answered(service: Recorder, status: int, body: bytes, stored: Any):
    service.answer = (status, JSON, body)
    assert await call(service, "reserve") == stored
    assert await call(service, "commit") == stored


@pytest.mark.parametrize("handler", ["rollback", "compensate"])
async def test_an_undo_that_succeeded_may_answer_anything(service: Recorder, handler: str):
    service.answer = (200, {}, b"released " * RESPONSE_LIMIT_BYTES)
    await call(service, handler)


@pytest.mark.parametrize("body", [b"[1]", b"text", b'"\\u0000"', b'{"a": 1, "a": 2}', b"\xff"])
async def test_a_success_with_a_body_that_cannot_be_stored_is_unclear(service: Recorder, body: bytes):
    service.answer = (200, JSON, body)
    with pytest.raises(UnclearAnswer, match="must be a JSON object or empty"):
        await call(service, "commit")


async def test_an_answer_is_read_up_to_a_limit(service: Recorder):
    longest = b'{"a": "%s"}' % (b"x" * (RESPONSE_LIMIT_BYTES - 9))
    service.answer = (200, JSON, longest)
    assert len(await call(service, "reserve")) == 1
    service.answer = (200, JSON, longest + b" ")
    with pytest.raises(UnclearAnswer, match="longer than 1048576 bytes"):
        await call(service, "reserve")


async def test_an_answer_that_is_compressed_unasked_is_not_unfolded_in_memory(service: Recorder):
    service.answer = (200, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(b"{}"))
    with pytest.raises(UnclearAnswer):
        await call(service, "reserve")
    assert service.requests[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [409, 422])
@pytest.mark.parametrize("headers", [JSON, PROBLEM])
@pytest.mark.parametrize("handler", ["reserve", "commit"])
async def test_a_problem_with_a_reason_is_a_reject(service: Recorder, status: int, headers: Any, handler: str):
    service.answer = (status, headers, b'{"reason": "SOLD_OUT", "detail": "No seats.", "retryable": true}')
    with pytest.raises(Reject) as rejected:
        await call(service, handler)
    assert (rejected.value.reason, rejected.value.detail) == ("SOLD_OUT", "No seats.")
    assert rejected.value.retryable


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (409, PROBLEM, b'{"detail": "your first call is still running"}'),
        (409, {}, b""),
        (422, {"Content-Type": "text/html"}, b'{"reason": "SOLD_OUT"}'),
        (422, PROBLEM, b'{"reason": 7}'),
        (422, PROBLEM, b'["reason"]'),
        (400, PROBLEM, b'{"reason": "SOLD_OUT"}'),
        (500, PROBLEM, b'{"reason": "SOLD_OUT"}'),
        (404, {}, b""),
    ],
)
async def test_any_other_refusal_proves_nothing(service: Recorder, status: int, headers: Any, body: bytes):
    service.answer = (status, headers, body)
    with pytest.raises(UnclearAnswer, match=f"reserve was answered {status}"):
        await call(service, "reserve")


@pytest.mark.parametrize("handler", ["rollback", "compensate", "query"])
async def test_who_must_undo_or_tell_cannot_reject(service: Recorder, handler: str):
    service.answer = (409, PROBLEM, b'{"reason": "NO"}')
    with pytest.raises(UnclearAnswer):
        await call(service, handler)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "9" * 400}, LONGEST_RETRY_AFTER_SECONDS),
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT", "Date": "Sun, 06 Nov 1994 08:49:07 GMT"}, 30),
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
    ],
)
async def test_not_now_with_a_time_is_a_retry(service: Recorder, status: int, headers: Any, seconds: float):
    service.answer = (status, headers, b"")
    with pytest.raises(Retry) as retry:
        await call(service, "commit")
    assert retry.value.after_seconds == seconds


@pytest.mark.parametrize("said", [None, "soon", "-1", "1.5", "²", ""])
@pytest.mark.parametrize("status", [429, 503])
async def test_not_now_without_a_time_proves_nothing(service: Recorder, status: int, said: str | None):
    service.answer = (status, {} if said is None else {"Retry-After": said.encode().decode("latin-1")}, b"")
    with pytest.raises(UnclearAnswer):
        await call(service, "commit")


async def test_a_redirect_is_not_followed(service: Recorder):
    service.answer = (307, {"Location": f"{service.url}/elsewhere"}, b"")
    with pytest.raises(UnclearAnswer, match="redirects are not followed"):
        await call(service, "reserve")
    assert [path for path, _, _ in service.requests] == ["/reserve"]


async def test_a_lost_answer_is_unclear(service: Recorder):
    service.answer = None
    with pytest.raises(UnclearAnswer, match="commit got no answer"):
        await call(service, "commit")


async def test_cookies_of_one_call_are_not_sent_with_the_next(service: Recorder):
    service.answer = (200, {"Set-Cookie": "session=1; Path=/"}, b"")
    await call(service, "reserve")
    await call(service, "reserve")
    assert "Cookie" not in service.requests[1][1]


@pytest.mark.parametrize("state", ["absent", "held", "released", "unknown"])
async def test_a_query_tells_the_state_of_the_phase_in_doubt(service: Recorder, state: str):
    service.answer = (200, JSON, json.dumps({"state": state}).encode())
    assert await call(service, "query", phase="reserve") == state
    path, headers, _ = service.requests[0]
    assert (path, headers["Idempotency-Key"]) == ("/query", f"{OPERATION}:seats:reserve")


async def test_a_query_that_finds_a_commit_brings_its_result(service: Recorder):
    service.answer = (200, JSON, b'{"state": "committed", "result": {"ticket": "t"}}')
    assert await call(service, "query", phase="commit") == ("committed", {"ticket": "t"})


async def test_connections_are_kept_and_shared_between_steps(service: Recorder):
    for _ in range(5):
        await call(service, "reserve")
        await call(service, "rollback")
    assert len(service.requests) == 10
    assert len(service.connections) == 1


async def test_simultaneous_calls_do_not_wait_for_each_other(service: Recorder):
    service.gather = Barrier(150, timeout=PATIENCE_SECONDS).wait  # nobody is answered before all have asked
    await asyncio.gather(*(call(service, "reserve") for _ in range(150)))
    assert len(service.connections) == 150


def test_connections_are_closed_with_their_loop(service: Recorder):
    async def work() -> Any:
        await call(service, "reserve")
        from operations_api.http_step import _CLIENTS

        return _CLIENTS[asyncio.get_running_loop()][0]

    client = asyncio.run(work())
    gc.collect()  # an unclosed connection would be a ResourceWarning, which is an error here
    assert client.is_closed


def test_a_step_can_do_what_it_has_urls_for():
    urls = {"reserve": "http://a/", "commit": "https://a/", "rollback": "http://a/"}
    optional = {"query", "compensate"}
    for given in ({}, {"query"}, {"compensate"}, optional):
        step = HttpStep("seats", **urls, **dict.fromkeys(given, "http://a/"))
        handlers = handlers_of(type(step), Order)
        assert handlers.names & optional == set(given)
        assert isinstance(step, HttpStep)
        assert (handlers.reservation, handlers.result, handlers.plain) == (dict, dict, frozenset())


@pytest.mark.parametrize("url", ["", "/reserve", "ftp://a/", "unix:/run/seats", "http://"])
def test_a_url_that_is_none_is_refused_when_the_registry_is_built(url: str):
    with pytest.raises(DefinitionError, match=r'step "seats": commit is .*: give the URL to POST to'):
        HttpStep("seats", reserve="http://a/", commit=url, rollback="http://a/")


def test_a_definition_of_http_steps_passes_every_check():
    step = HttpStep("seats", reserve="http://a/", commit="http://a/", rollback="http://a/")
    Definition(name="book", input=Order, result=Order, steps=(step,), build_result=lambda input, results: input)
    step.timeout_seconds = 0
    with pytest.raises(DefinitionError, match="timeout_seconds must be a positive number"):
        Definition(name="book", input=Order, result=Order, steps=(step,), build_result=lambda input, results: input)


def test_the_vocabulary_is_imported_without_an_http_client():
    program = (
        "import sys, operations_api as o; assert 'httpx' not in sys.modules; o.HttpStep; assert 'httpx' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_date_is_understood_without_the_participants_clock(service: Recorder):
    from operations_api.http_step import _time_of

    assert _time_of("Sun, 06 Nov 1994 08:49:37 GMT") == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
