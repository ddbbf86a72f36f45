"""The suite notices: for each lie that a service could tell there is a guarantee that fails."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import pytest

from examples import registry
from operations_api.conformance.contract import cases_of
from operations_api.conformance.run import Outcome, run
from operations_api.conformance.section import Case
from operations_api.conformance.service import Given, learn
from operations_api.http.app import create_app
from operations_api.settings import Settings
from tests.conformance.liar import Exchange, Liar, Lie
from tests.conformance.platform import Platform
from tests.http.service import serving

COUNTER = itertools.count()
SHOWN: Counter[str] = Counter()
AT = "2026-01-01T00:00:00.000000Z"


def set_member(name: str, value: Any) -> Lie:
    return lambda exchange: exchange.change(lambda operation: operation.update({name: value}))


def without(*names: str) -> Lie:
    def drop(exchange: Exchange) -> None:
        for name in names:
            exchange.drop(name)

    return drop


def with_header(name: str, value: bytes) -> Lie:
    return lambda exchange: exchange.replace(name, value)


def with_status(before: int, after: int) -> Lie:
    def change(exchange: Exchange) -> None:
        if exchange.status == before:
            exchange.status = after

    return change


def with_text(before: bytes, after: bytes) -> Lie:
    def change(exchange: Exchange) -> None:
        exchange.body = exchange.body.replace(before, after)

    return change


def relative_urls(exchange: Exchange) -> None:
    for name in ("location", "operation-location"):
        if value := exchange.header(name):
            exchange.replace(name, re.sub(rb"^https?://[^/]+", b"", value))


def older_versions_now_and_then(exchange: Exchange) -> None:
    exchange.change(lambda operation: operation.update(version=operation["version"] + 10 - next(COUNTER) % 7))


def another_creation_each_time(exchange: Exchange) -> None:
    exchange.change(lambda operation: operation.update(created_at=f"2020-01-01T00:00:00.{next(COUNTER):06d}Z"))


def done_and_undone(exchange: Exchange) -> None:
    """Every second time an operation that is done is shown as if it went on."""

    def change(operation: Any) -> None:
        if operation["done"]:
            SHOWN[operation["id"]] += 1
            if SHOWN[operation["id"]] % 2 == 0:
                operation.update(status="running", version=operation["version"] + 5)

    exchange.change(change)


def half_lists(exchange: Exchange) -> None:
    if exchange.path == "/operations" and exchange.status == 200:
        page = json.loads(exchange.body)
        page["operations"] = page["operations"][:1]
        exchange.body = json.dumps(page).encode()


def first_of_two_keys(exchange: Exchange) -> None:
    if key := exchange.header("idempotency-key"):
        exchange.replace("idempotency-key", key.partition(b",")[0])


def small_keys(exchange: Exchange) -> None:
    if key := exchange.header("idempotency-key"):
        exchange.replace("idempotency-key", key.lower())


def another_title(exchange: Exchange) -> None:
    if exchange.status >= 400:
        exchange.body = exchange.body.replace(b'"title":"', b'"title":"Sorry: ')


def no_query(exchange: Exchange) -> None:
    exchange.scope["query_string"] = b""


def forgiving_match(exchange: Exchange) -> None:
    if exchange.method == "PATCH":
        exchange.replace("if-match", b"*")


LIES: list[tuple[str, dict[str, Lie]]] = [
    ("a start is a 202 with the operation", {"answers": with_status(202, 200)}),
    ("the same request again is a replay", {"answers": without("idempotent-replayed")}),
    ("an unknown key starts", {"answers": with_header("idempotent-replayed", b"true")}),
    ("a start names the operations absolute url: Location", {"answers": relative_urls}),
    ("a start names the operations absolute url: Operation-Location", {"answers": without("operation-location")}),
    ("a start says when to poll", {"answers": with_header("retry-after", b"0")}),
    ("when done there is nothing to ask again for", {"answers": with_header("retry-after", b"1")}),
    ("a start has the version as its etag", {"answers": with_header("etag", b'W/"1"')}),
    ("a start tells caches to ask: Vary", {"answers": without("vary")}),
    ("return minimal is the same answer with no bytes", {"asks": without("prefer")}),
    ("wait holds the answer for so many seconds only", {"asks": without("prefer")}),
    ("validate only checks and stores nothing", {"asks": no_query}),
    ("an unknown value of a known parameter is a 400: view", {"asks": no_query}),
    ("what is no key is refused and starts nothing: two lines", {"asks": first_of_two_keys}),
    ("what is no key is refused and starts nothing: a list", {"asks": first_of_two_keys}),
    ("upper and lower case are different keys", {"asks": small_keys}),
    ("a bound key with another body is refused and names its owner", {"answers": without("location")}),
    ("a bound key with another body is refused and names its owner", {"answers": with_status(422, 409)}),
    ("a missing key is a 400 that links to its page", {"answers": without("link")}),
    ("an etag that matches is a 304: the same", {"asks": without("if-none-match")}),
    ("a change meant for another version is a 412: cancel", {"asks": without("if-match")}),
    ("a change meant for another version is a 412: DELETE", {"asks": without("if-match")}),
    ("a patch without if match is a 428", {"asks": forgiving_match}),
    ("forgetting again is a 204", {"answers": with_status(204, 200)}),
    ("pages follow each other without gap or duplicate", {"answers": half_lists}),
    ("a token is refused with other filters", {"asks": no_query}),
    ("last event id sends only what is newer", {"asks": without("last-event-id")}),
    ("events have no name", {"answers": with_text(b"data:", b"event: change\ndata:")}),
    ("the first event is the whole operation with its version as id", {"answers": with_text(b"id: ", b"id: 1")}),
    ("the stream says how long to wait before connecting again", {"answers": with_text(b"retry: 2000", b": ")}),
    ("options answers with the complete allow: /operations", {"answers": with_header("allow", b"GET, OPTIONS")}),
    ("without a key the answer is a 401 that asks for one: /nowhere", {"answers": without("www-authenticate")}),
    ("another tenants operation is the same 404 as none: GET", {"answers": with_status(404, 403)}),
    ("a refusal is a problem document with the requests id: 400", {"answers": without("content-type")}),
    ("every refusal is a problem document", {"answers": with_text(b'"instance"', b'"id"')}),
    ("the title of a refusal is the published one", {"answers": another_title}),
    ("no answer is a 500 or shows a stack", {"answers": with_text(b'"detail":"', b'"detail":"Traceback (most recent')}),
    ("every answer has a request id and no two have the same", {"answers": with_header("x-request-id", b"one")}),
    ("every answer has a request id of its own: a valid request", {"answers": without("x-request-id")}),
    ("an operation has the member: phase", {"answers": with_text(b'"phase"', b'"stage"')}),
    ("result and error are there exactly when they should", {"answers": set_member("result", None)}),
    ("done is true exactly when the status is terminal", {"answers": set_member("done", True)}),
    ("every status and phase is a known word", {"answers": set_member("status", "cancelled")}),
    ("times are in their order", {"answers": set_member("expires_at", AT)}),
    ("a version never decreases", {"answers": older_versions_now_and_then}),
    ("an operation keeps its type its key and its beginning", {"answers": another_creation_each_time}),
    ("every change of status is a legal one", {"answers": done_and_undone}),
    ("what is done never changes again", {"answers": done_and_undone}),
]  # fmt: skip
FURTHER = (
    "the stream ends after the terminal event",
    "a cancel again is a 200 with the same operation",
    "an unknown id is a 404",
)
"""What is asked for so that there is something to see where a case looks at the whole run."""


class Lying(NamedTuple):
    """The liar, and where it listens."""

    liar: Liar
    url: str


@pytest.fixture(scope="module")
async def lying(platform: Platform) -> AsyncIterator[Lying]:
    liar = Liar(create_app(Settings.from_environment(platform.environment), registry))
    async with serving(liar, "httptools") as port:
        yield Lying(liar, f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(("name", "lie"), LIES, ids=[f"{name}-{number}" for number, (name, _) in enumerate(LIES)])
async def test_a_lie_is_found_out(platform: Platform, lying: Lying, name: str, lie: dict[str, Lie]) -> None:
    lying.liar.tell(**lie)
    outcome = (await outcomes_of(platform, lying, [*FURTHER, name]))[-1]
    assert outcome.result == "failed", f"{name}: {outcome.result} {outcome.sentence}"
    assert outcome.request, "a failure shows its request"


async def test_the_truth_is_believed(platform: Platform, lying: Lying) -> None:
    lying.liar.tell()
    outcomes = await outcomes_of(platform, lying, sorted({name for name, _ in LIES}))
    assert [f"{each.case.name}: {each.sentence}" for each in outcomes if each.result != "passed"] == []


async def outcomes_of(platform: Platform, lying: Lying, names: Sequence[str]) -> list[Outcome]:
    """What becomes of these cases."""
    keys = platform.keys
    service = await learn(Given([lying.url], keys.full, keys.other, keys.read))
    return await run(service, [case_named(name) for name in names])


def case_named(name: str) -> Case:
    [case] = [case for case in cases_of() if case.name == name]
    return case
