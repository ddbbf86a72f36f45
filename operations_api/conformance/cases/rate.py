"""Section 10: the limit of requests per tenant, where there is one."""

from __future__ import annotations

import asyncio
import re

from operations_api.conformance.cases.refusals import refusals
from operations_api.conformance.client import Client
from operations_api.conformance.findings import expect, expect_equal, expect_header, expect_problem, expect_status
from operations_api.conformance.section import RATE
from operations_api.conformance.wire import Answer


@refusals.case(RATE)
async def every_answer_to_a_key_says_what_is_left(api: Client) -> None:
    answer = await api.send("GET", "/operations?page_size=1")
    quota = api.service.info["limits"]["requests_per_second"]
    expect(f";q={quota};w=1" in expect_header(answer, "ratelimit-policy"), "expected the quota and its window", answer)
    expect(re.fullmatch(r'"[^"]+";r=\d+;t=\d+', expect_header(answer, "ratelimit")), "expected what is left", answer)


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


async def _flood(api: Client) -> list[Answer]:
    """More requests at once than a second allows."""
    number = 2 * api.service.info["limits"]["requests_per_second"] + 1
    found = []
    for _ in range(number // 50 + 1):
        addresses = [api.service.turn() for _ in range(min(50, number))]
        requests = [api.request(address, "GET", "/operations?page_size=1", []) for address in addresses]
        asked = zip(requests, addresses, strict=True)
        found += [answers[0] for answers in await asyncio.gather(*(api.raw([each], at) for each, at in asked))]
    return found
