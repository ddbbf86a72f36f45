"""Section 5: polling, waiting, and asking only for what is new."""

from __future__ import annotations

import asyncio
import time
from typing import Final
from uuid import uuid4

from operations_api.conformance.client import Client, new_key, operation_of
from operations_api.conformance.findings import (
    expect,
    expect_equal,
    expect_header,
    expect_no_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import PROBE, Section

polling = Section(5, "Polling")

MALFORMED: Final = {
    "a word": "mine", "a number": "4711", "without hyphens": uuid4().hex, "in braces": "%7B" + str(uuid4()) + "%7D",
    "a digit short": str(uuid4())[:-1], "with spaces": "%20" + str(uuid4()), "a URN": f"urn:uuid:{uuid4()}",
    "a slash within": "a%2Fb", "NUL": "%00", "not ASCII": "%C3%A9", "not UTF-8": "%FF",
}  # fmt: skip
WAITERS: Final = 20


@polling.case()
async def a_poll_is_a_200_whatever_became_of_the_operation(api: Client) -> None:
    shown = await api.finished()
    answer = expect_status(await api.get(shown["id"]), 200)
    expect_equal(answer.json["status"], "canceled", "the status", answer)
    expect_equal(answer.media_type, "application/json", "the content type", answer)


@polling.case(PROBE)
async def a_failed_operation_is_a_200(api: Client) -> None:
    shown = await api.probed(steps=1, reject_reserve=0)
    expect_equal(expect_status(await api.get(shown["id"]), 200).json["status"], "failed", "the status")


@polling.case()
async def an_unknown_id_is_a_404(api: Client) -> None:
    expect_problem(await api.get(str(uuid4())), 404, "operation-not-found")


@polling.each(MALFORMED)
async def a_malformed_id_is_a_404(api: Client, id: str) -> None:
    expect_status(answer := await api.get(id), 404)
    if "%2F" not in id:  # may be taken for a path that is none
        expect_problem(answer, 404, "operation-not-found")


@polling.case()
async def upper_case_letters_are_the_same_id(api: Client) -> None:
    shown = await api.waiting()
    expect_equal(expect_status(await api.get(shown["id"].upper()), 200).json["id"], shown["id"], "the id")


@polling.case()
async def head_is_the_poll_without_a_body(api: Client) -> None:
    id = (await api.waiting())["id"]
    got, head = await api.get(id), await api.send("HEAD", f"/operations/{id}")
    expect_equal((expect_status(head, 200).body, head.beyond), (b"", b""), "the body", head)
    for name in ("etag", "content-type", "content-length", "cache-control", "vary"):
        expect_equal(head.header(name), got.header(name), name, head)


@polling.case()
async def while_not_done_a_poll_says_when_to_ask_again(api: Client) -> None:
    answer = await api.get((await api.waiting())["id"])
    seconds, milliseconds = expect_header(answer, "retry-after"), expect_header(answer, "retry-after-ms")
    expect(seconds.isdigit() and 1 <= int(seconds) <= 60, f"Retry-After is {seconds}", answer)
    expect(milliseconds.isdigit() and int(milliseconds) <= int(seconds) * 1000, "they contradict each other", answer)


@polling.case()
async def when_done_there_is_nothing_to_ask_again_for(api: Client) -> None:
    answer = await api.get((await api.finished())["id"])
    expect_no_header(answer, "retry-after")
    expect_no_header(answer, "retry-after-ms")


@polling.each({"etag": None, "cache-control": "private, no-cache", "vary": "Prefer"})
async def a_poll_has_what_caches_need(api: Client, value: str | None) -> None:
    answer = await api.get((await api.waiting())["id"])
    expect_header(answer, "etag", f'"{answer.json["version"]}"')
    expect(value is None or value in (answer.header("cache-control"), answer.header("vary")), f"no {value}", answer)


# -- conditional requests ----------------------------------------------------------------------------------------------


@polling.each({
    "the same": "{tag}", "the same, weak": "W/{tag}", "a list with it": '"a", {tag}, "b"', "anything": "*",
    "a list without spaces": '"a",{tag}', "a list with the weak one": '"a",W/{tag}', "empty elements": ', ,{tag},',
})  # fmt: skip
async def an_etag_that_matches_is_a_304(api: Client, value: str) -> None:
    first = await api.get((await api.waiting())["id"])
    tag = expect_header(first, "etag")
    answer = await api.get(first.json["id"], headers=[("If-None-Match", value.format(tag=tag))])
    expect_equal((expect_status(answer, 304).body, answer.beyond), (b"", b""), "the body", answer)


@polling.each(
    {"another": '"0"', "without quotes": "1", "garbage": '"', "nothing": "", "that of the full view": '"{v}-full"'}
)
async def an_etag_that_does_not_match_is_a_200(api: Client, value: str) -> None:
    shown = await api.waiting()
    headers = [("If-None-Match", value.replace("{v}", str(shown["version"])))]
    expect_status(await api.get(shown["id"], headers=headers), 200)


@polling.case()
async def several_lines_of_etags_are_one_list(api: Client) -> None:
    first = await api.get((await api.waiting())["id"])
    lines = [("If-None-Match", '"a"'), ("If-None-Match", expect_header(first, "etag"))]
    expect_status(await api.get(first.json["id"], headers=lines), 304)


@polling.case()
async def a_304_has_the_headers_of_the_200(api: Client) -> None:
    first = await api.get((await api.waiting())["id"])
    answer = await api.get(first.json["id"], headers=[("If-None-Match", expect_header(first, "etag"))])
    for name in ("etag", "cache-control", "vary"):
        expect_header(expect_status(answer, 304), name, first.header(name))
    expect_header(answer, "retry-after")
    expect_no_header(answer, "content-type")


@polling.case()
async def the_full_view_is_compared_with_its_own_etag(api: Client) -> None:
    id = (await api.waiting())["id"]
    full = await api.get(id, query="?view=full")
    headers = [("If-None-Match", expect_header(full, "etag"))]
    expect_status(await api.get(id, query="?view=full", headers=headers), 304)
    expect_status(await api.get(id, headers=headers), 200)


@polling.case()
async def what_is_gone_is_gone_whatever_the_etag(api: Client) -> None:
    id = (await api.finished())["id"]
    await api.delete(id)
    expect_problem(await api.get(id, headers=[("If-None-Match", "*")]), 410, "operation-expired")


# -- waiting -----------------------------------------------------------------------------------------------------------


@polling.case(PROBE)
async def wait_holds_a_poll_until_the_end(api: Client) -> None:
    started = await api.probing(steps=1, reserve_ms=700)
    answer = await api.get(started["id"], headers=[("Prefer", "wait=25")])
    expect_equal(operation_of(answer, 200)["done"], True, "done", answer)
    expect_header(answer, "preference-applied", "wait=25")
    expect(answer.received_at - answer.sent_at < 20, "expected the answer as soon as it was done", answer)


@polling.case()
async def a_wait_that_runs_out_is_a_200(api: Client) -> None:
    id, began = (await api.waiting())["id"], time.monotonic()
    answer = await api.get(id, headers=[("Prefer", "wait=1")])
    expect_equal(operation_of(answer, 200)["done"], False, "done", answer)
    expect(time.monotonic() - began >= 0.9, "expected the answer to wait for a second", answer)


@polling.case()
async def a_poll_of_what_is_done_does_not_wait(api: Client) -> None:
    id = (await api.finished())["id"]
    answer = expect_status(await api.get(id, headers=[("Prefer", "wait=999")]), 200)
    expect_header(answer, "preference-applied", "wait=30")
    expect(answer.received_at - answer.sent_at < 10, "expected the answer at once", answer)


@polling.case()
async def with_an_etag_a_wait_ends_at_any_change(api: Client) -> None:
    first = await api.get((await api.waiting())["id"])
    headers = [("If-None-Match", expect_header(first, "etag")), ("Prefer", "wait=25")]
    waiting = asyncio.ensure_future(api.get(first.json["id"], headers=headers))
    await asyncio.sleep(0.3)
    expect_status(await api.patch(first.json["id"], {"new": "label"}, ("If-Match", "*")), 200)
    answer = await waiting
    expect_equal(operation_of(answer, 200)["labels"], {"new": "label"}, "the labels", answer)
    expect(answer.received_at - answer.sent_at < 20, "expected the answer at the change", answer)


@polling.case()
async def with_an_etag_a_wait_without_a_change_is_a_304(api: Client) -> None:
    first = await api.get((await api.waiting())["id"])
    headers = [("If-None-Match", expect_header(first, "etag")), ("Prefer", "wait=1")]
    answer = expect_status(await api.get(first.json["id"], headers=headers), 304)
    expect(answer.received_at - answer.sent_at >= 0.9, "expected the answer to wait for a second", answer)


@polling.case()
async def with_an_older_etag_there_is_nothing_to_wait_for(api: Client) -> None:
    id = (await api.waiting())["id"]
    answer = expect_status(await api.get(id, headers=[("If-None-Match", '"0"'), ("Prefer", "wait=25")]), 200)
    expect(answer.received_at - answer.sent_at < 20, "expected the answer at once", answer)


@polling.case()
async def everybody_who_waits_learns_of_the_end(api: Client) -> None:
    id = (await api.waiting())["id"]
    polls = [asyncio.ensure_future(api.get(id, headers=[("Prefer", "wait=25")])) for _ in range(WAITERS)]
    await asyncio.sleep(0.3)
    await api.cancel(id)
    for answer in await asyncio.gather(*polls):
        expect_equal(operation_of(answer, 200)["done"], True, "done", answer)


@polling.case(PROBE)
async def closing_the_connection_cancels_nothing(api: Client) -> None:
    key, body = new_key(), {"input": {"steps": 1, "reserve_ms": 3000}}
    waiting = asyncio.ensure_future(api.start(body, key=key, headers=[("Prefer", "wait=25")]))
    while not (found := (await api.page(idempotency_key=key)).json["operations"]):
        expect(not waiting.done(), "expected the operation to be listed while its start waits")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    expect_equal((await api.until_done(found[0]["id"]))["status"], "succeeded", "its end")
