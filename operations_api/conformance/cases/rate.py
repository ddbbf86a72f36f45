"""Section 10: the limits of a tenant, where there are any, and of a request's head."""

from __future__ import annotations

import asyncio
import json
import re

from operations_api.conformance.cases.refusals import refusals
from operations_api.conformance.client import MOST_REFUSALS, Client, new_key, operation_of
from operations_api.conformance.findings import (
    NotApplicable,
    expect,
    expect_equal,
    expect_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import IN_FLIGHT, RATE
from operations_api.conformance.wire import Answer


@refusals.case(RATE)
async def every_answer_to_a_key_says_what_is_left(api: Client) -> None:
    answer = await api.send("GET", "/operations?page_size=1")
    quota = api.service.requests_per_second
    expect(f";q={quota};w=1" in expect_header(answer, "ratelimit-policy"), "expected the quota and its window", answer)
    expect(re.search(r'"[^"]+";r=\d+;t=\d+', expect_header(answer, "ratelimit")), "expected what is left", answer)


@refusals.case(RATE)
async def one_request_too_many_is_a_429_with_retry_after(api: Client) -> None:
    refused = [answer for answer in await _flood(api) if answer.status == 429]
    expect(refused, "expected a 429")
    for answer in refused:
        expect_problem(answer, 429, "too-many-requests")
        expect(int(expect_header(answer, "retry-after")) >= 1, "expected Retry-After of a second or more", answer)


@refusals.case(RATE)
async def after_retry_after_there_is_room_again(api: Client) -> None:
    await _flood(api)
    expect_status(await api.send("GET", "/operations?page_size=1"), 200)  # which waits as it is told


@refusals.case(RATE)
async def what_was_just_started_can_be_polled_in_spite_of_it(api: Client) -> None:
    id = (await api.waiting())["id"]
    await _flood(api)
    for _ in range(3):
        address = api.service.turn()
        answer = (await api.raw([api.request(address, "GET", f"/operations/{id}", [])], address))[0]
        expect_equal(answer.status, 200, "the status of a poll", answer)


@refusals.case(IN_FLIGHT)
async def one_operation_too_many_is_a_429_and_a_replay_never_is(api: Client) -> None:
    key, ids = new_key(), []
    for number in range(api.service.operations_in_flight * 2):
        answer = await _start_once(api, key if number == 0 else new_key())
        if answer.status == 429:
            break
        ids.append(operation_of(answer)["id"])
    expect_problem(answer, 429, "too-many-requests")
    expect(int(expect_header(answer, "retry-after")) >= 1, "expected Retry-After of a second or more", answer)
    replay = await _start_once(api, key)
    expect_equal(operation_of(replay)["id"], ids[0], "the operation that is replayed", replay)
    for id in ids:
        expect_status(await api.cancel(id), 202, 200)
    operation_of(await api.start())  # which waits as it is told


@refusals.case()
async def a_head_that_is_too_large_is_refused(api: Client) -> None:
    limit = api.service.info["limits"].get("head_bytes")
    if limit is None:
        raise NotApplicable("needs a published limit of a request's head")
    answer = await api.send("GET", "/operations?page_size=1", headers=[("X-Much", "a" * (limit + 1))])
    expect_status(answer, 431, 400)  # a proxy may have a limit of its own, and a word


async def _start_once(api: Client, key: str) -> Answer:
    """A start that is not repeated when there is no room; when there are too many requests, it is."""
    address, body = api.service.turn(), json.dumps(api.body()).encode()
    lines = [("Idempotency-Key", key), ("Content-Type", "application/json")]
    request = api.request(address, "POST", f"/operations/{api.service.type}", lines, body)
    for _ in range(MOST_REFUSALS):
        answer = (await api.raw([request], address))[0]
        if answer.status != 429 or _says_only_that_there_is_no_room(answer):
            break
        await asyncio.sleep(1)
    return answer


def _says_only_that_there_is_no_room(answer: Answer) -> bool:
    """Where nothing is left of the requests of this second either (``t``), it may be they that were too many."""
    left = answer.header("ratelimit") or ""
    return '"in-flight";r=0' in left and ";r=0;t=" not in left


async def _flood(api: Client) -> list[Answer]:
    """More requests at once than a second allows."""
    number = 2 * api.service.requests_per_second + 1
    found = []
    for _ in range(number // 50 + 1):
        addresses = [api.service.turn() for _ in range(min(50, number))]
        requests = [api.request(address, "GET", "/operations?page_size=1", []) for address in addresses]
        asked = zip(requests, addresses, strict=True)
        found += [answers[0] for answers in await asyncio.gather(*(api.raw([each], at) for each, at in asked))]
    return found
