"""Section 7: lists, filters and pages."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from operations_api.conformance.client import Client, new_key
from operations_api.conformance.findings import (
    expect,
    expect_equal,
    expect_header,
    expect_no_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import PROBE, SECOND_TYPE, Section
from operations_api.conformance.wire import Answer

listing = Section(7, "Listing")

SOME: Final = 7


@listing.case()
async def a_list_is_newest_first(api: Client) -> None:
    label, ids = await _some(api)
    answer = await _listed(api, label=label)
    expect_equal(_ids(answer), ids[::-1], "the operations", answer)
    expect_equal(answer.json["next_page_token"], None, "next_page_token", answer)
    expect_no_header(answer, "link")


@listing.case()
async def a_listed_operation_is_what_a_poll_shows(api: Client) -> None:
    label, ids = await _some(api, 1)
    expect_equal((await _listed(api, label=label)).json["operations"], [(await api.get(ids[0])).json], "the list")


@listing.case()
async def an_empty_list_is_a_200(api: Client) -> None:
    answer = await _listed(api, label=f"of:{uuid4()}")
    expect_equal(answer.json, {"operations": [], "next_page_token": None}, "the page", answer)
    expect_header(answer, "cache-control", "private, no-cache")


@listing.case(SECOND_TYPE)
async def the_filter_type_takes_those_of_a_type(api: Client) -> None:
    label, ids = await _some(api, 2)
    expect_equal(len(_ids(await _listed(api, label=label, type=api.service.type))), len(ids), "those of the type")
    expect_equal(_ids(await _listed(api, label=label, type=api.service.other_type or "")), [], "those of another")


@listing.case()
async def the_filter_status_takes_one_or_several(api: Client) -> None:
    label = f"of:{uuid4()}"
    waiting = await api.waiting(labels={"of": label[3:]})
    ended = await api.finished(labels={"of": label[3:]})
    expect_equal(_ids(await _listed(api, label=label, status="pending")), [waiting["id"]], "those pending")
    expect_equal(_ids(await _listed(api, label=label, status="canceled")), [ended["id"]], "those canceled")
    both = _ids(await _listed(api, label=label, status="canceled,pending"))
    expect_equal(sorted(both), sorted([waiting["id"], ended["id"]]), "both")


@listing.case(PROBE)
async def the_filter_status_knows_how_operations_end(api: Client) -> None:
    key = new_key()
    id = (await api.probing(key=key, steps=1))["id"]
    await api.until_done(id)
    expect_equal(_ids(await _listed(api, idempotency_key=key, status="succeeded")), [id], "those succeeded")
    expect_equal(_ids(await _listed(api, idempotency_key=key, status="failed")), [], "those failed")


@listing.case()
async def the_filter_idempotency_key_finds_the_keys_operation(api: Client) -> None:
    shown = (await api.start(key=(key := new_key()))).json
    expect_equal(_ids(await _listed(api, idempotency_key=key)), [shown["id"]], "the list")


@listing.case()
async def the_filter_label_takes_key_and_value(api: Client) -> None:
    shown = await api.waiting(labels={"a": (value := f"x:{uuid4()}"), "b": "c"})
    expect_equal(_ids(await _listed(api, label=f"a:{value}")), [shown["id"]], "those with the label")
    expect_equal(_ids(await _listed(api, label=f"b:{value}")), [], "those with another")


@listing.case()
async def the_filters_of_time_limit_when_an_operation_was_created(api: Client) -> None:
    label, ids = await _some(api, 3)
    second = (await api.get(ids[1])).json["created_at"]
    after = _ids(await _listed(api, label=label, created_after=second))
    before = _ids(await _listed(api, label=label, created_before=second))
    expect(ids[2] in after and ids[0] not in after, f"after the second: {after}")
    expect(ids[0] in before and ids[2] not in before, f"before the second: {before}")


@listing.each({"absent": None, "0": "0"})
async def the_page_size_is_the_published_one_when_it_is(api: Client, size: str | None) -> None:
    usual = api.service.info["limits"]["page_size"]
    expect_equal(usual, 50, "the published page size")
    label, _ = await _some(api, usual + 1)
    answer = await _listed(api, label=label, **({} if size is None else {"page_size": size}))
    expect_equal(len(_ids(answer)), usual, "the number of operations", answer)


@listing.case()
async def a_page_is_never_longer_than_the_published_maximum(api: Client) -> None:
    longest = api.service.info["limits"]["max_page_size"]
    expect_equal(longest, 200, "the published maximum")
    for size in (str(longest + 1), "999999999999999999999999"):
        expect(len(_ids(await _listed(api, page_size=size))) <= longest, "expected a shorter page")


@listing.case()
async def pages_follow_each_other_without_gap_or_duplicate(api: Client) -> None:
    label, ids = await _some(api)
    expect_equal(await _all(api, label=label, page_size="2"), ids[::-1], "all pages")


@listing.case()
async def pages_stay_whole_while_others_are_started(api: Client) -> None:
    label, ids = await _some(api, 12)

    async def insert() -> None:
        for _ in range(12):
            await api.waiting(labels={"of": label[3:]})

    inserting = asyncio.ensure_future(insert())
    found = await _all(api, label=label, page_size="1")
    await inserting
    expect_equal(len(set(found)), len(found), "the number of different operations")
    expect_equal([id for id in found if id in ids], ids[::-1], "those that were there before")


@listing.case()
async def the_next_page_is_also_a_link(api: Client) -> None:
    label, ids = await _some(api, 3)
    answer = await _listed(api, label=label, page_size="2")
    target, _, relation = expect_header(answer, "link").partition(">;")
    expect_equal((relation.strip(), target[:1]), ('rel="next"', "<"), "the relation", answer)
    expect(target[1:].startswith(f"{answer.public_url}/operations?"), f"the link is {target[1:]}", answer)
    following = await _listed(api, **dict(parse_qsl(urlsplit(target[1:]).query)))
    expect_equal(_ids(following), ids[:1], "the page that it leads to", following)


@listing.case()
async def a_token_is_refused_with_other_filters(api: Client) -> None:
    label, _ = await _some(api, 2)
    token = (await _listed(api, label=label, page_size="1")).json["next_page_token"]
    for filters in ({}, {"label": "of:another"}, {"label": label, "type": api.service.type}):
        expect_problem(await api.page(page_token=token, **filters), 400, "validation-error")


@listing.case()
async def a_token_may_be_used_with_another_page_size(api: Client) -> None:
    label, ids = await _some(api, 4)
    token = (await _listed(api, label=label, page_size="1")).json["next_page_token"]
    answer = await _listed(api, label=label, page_size="2", page_token=token)
    expect_equal(_ids(answer), ids[1:3][::-1], "the second page", answer)


@listing.each({"garbage": "xyz", "another length": "AAAA", "not ASCII": "é", "changed": None, "much": "A" * 2000})
async def a_token_that_was_never_given_is_refused(api: Client, token: str | None) -> None:
    label, _ = await _some(api, 2)
    if token is None:
        real = (await _listed(api, label=label, page_size="1")).json["next_page_token"]
        token = ("B" if real[0] == "A" else "A") + real[1:]
    expect_problem(await api.page(label=label, page_token=token), 400, "validation-error")


async def _some(api: Client, number: int = SOME) -> tuple[str, list[str]]:
    """A label of its own, and the ids of so many operations with it, oldest first."""
    value = str(uuid4())
    return f"of:{value}", [(await api.waiting(labels={"of": value}))["id"] for _ in range(number)]


async def _listed(api: Client, **filters: str) -> Answer:
    return expect_status(await api.page(**filters), 200)


async def _all(api: Client, **filters: str) -> list[str]:
    page = await _listed(api, **filters)
    found = _ids(page)
    while token := page.json["next_page_token"]:
        page = await _listed(api, page_token=token, **filters)
        found += _ids(page)
    return found


def _ids(answer: Answer) -> list[Any]:
    return [each["id"] for each in answer.json["operations"]]
