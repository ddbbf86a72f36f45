"""Section 8: an operation as Server-Sent Events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import uuid4

import msgspec

from operations_api.conformance.client import Client, Header
from operations_api.conformance.findings import (
    Broken,
    expect,
    expect_equal,
    expect_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import PROBE, Section

events = Section(8, "Events")

COMMENT_SECONDS: Final = 15.0
PATIENCE_SECONDS: Final = 30.0


class Event(msgspec.Struct):
    """One event: its fields, in which ``data`` is the operation."""

    fields: dict[str, str]

    @property
    def operation(self) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(self.fields["data"])
        return shown


class Stream:
    """What came so far."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        self._lines = lines
        self.retry: str | None = None
        self.commented = asyncio.Event()

    async def next(self) -> Event | None:
        """The next event, None at the stream's end."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.decode().partition(":")
            if not line and "data" in fields:
                return Event(fields)
            if not line:
                fields = {}
            elif not name:
                self.commented.set()
            elif name == "retry":
                self.retry = value.strip()
            else:
                fields[name] = value.removeprefix(" ")
        return None

    async def rest(self) -> list[Event]:
        """Every event to the stream's end."""
        found = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while event := await self.next():
                found.append(event)
        return found


@events.case()
async def a_stream_is_text_event_stream_that_nobody_keeps(api: Client) -> None:
    async with api.events((await api.finished())["id"]) as (answer, _):
        expect_equal((expect_status(answer, 200).media_type), "text/event-stream", "the content type", answer)
        expect("no-" in expect_header(answer, "cache-control"), "expected caches to keep nothing", answer)


@events.case()
async def the_first_event_is_the_whole_operation_with_its_version_as_id(api: Client) -> None:
    shown = await api.waiting()
    async with api.events(shown["id"]) as (_, lines):
        event = await _next(Stream(lines))
        expect_equal(event.operation, shown, "the operation")
        expect_equal(event.fields["id"], str(shown["version"]), "the id of the event")


@events.case()
async def events_have_no_name(api: Client) -> None:
    async with api.events((await api.finished())["id"]) as (_, lines):
        for event in await Stream(lines).rest():
            expect("event" not in event.fields, f"expected no name, got {event.fields}")


@events.case()
async def the_stream_says_how_long_to_wait_before_connecting_again(api: Client) -> None:
    async with api.events((await api.finished())["id"]) as (_, lines):
        await (stream := Stream(lines)).rest()
        expect_equal(stream.retry, "2000", "retry")


@events.case()
async def the_stream_ends_after_the_terminal_event(api: Client) -> None:
    shown = await api.finished()
    async with api.events(shown["id"]) as (_, lines):
        found = await Stream(lines).rest()
        expect_equal([event.operation for event in found], [shown], "the events")


@events.case()
async def a_change_is_an_event_with_the_newer_version(api: Client) -> None:
    shown = await api.waiting()
    async with api.events(shown["id"]) as (_, lines):
        first = await _next(stream := Stream(lines))
        await api.patch(shown["id"], {"new": "label"}, ("If-Match", "*"))
        second = await _next(stream)
        expect_equal(second.operation["labels"], {"new": "label"}, "the labels")
        expect(int(second.fields["id"]) > int(first.fields["id"]), "expected a newer version")
        await api.cancel(shown["id"])
        rest = await stream.rest()
        expect_equal(rest[-1].operation["status"], "canceled", "the last event")


@events.case(PROBE)
async def an_operation_can_be_followed_from_its_start_to_its_end(api: Client) -> None:
    started = await api.probing(steps=3, reserve_ms=150, commit_ms=50)
    async with api.events(started["id"]) as (_, lines):
        found = await Stream(lines).rest()
    versions = [event.operation["version"] for event in found]
    expect_equal(versions, sorted(set(versions)), "the versions")
    expect_equal([event.operation["done"] for event in found], [False] * (len(found) - 1) + [True], "done")
    expect_equal(found[-1].operation, (await api.get(started["id"])).json, "the last event")


@events.case()
async def everybody_who_follows_sees_the_end(api: Client) -> None:
    id = (await api.waiting())["id"]

    async def follow() -> list[Event]:
        async with api.events(id) as (_, lines):
            first = await _next(stream := Stream(lines))
            return [first, *await stream.rest()]

    followers = [asyncio.ensure_future(follow()) for _ in range(10)]
    await asyncio.sleep(0.3)
    await api.cancel(id)
    for found in await asyncio.gather(*followers):
        expect_equal(found[-1].operation["status"], "canceled", "the last event")


# -- connecting again --------------------------------------------------------------------------------------------------


@events.case()
async def last_event_id_sends_only_what_is_newer(api: Client) -> None:
    shown = await api.waiting()
    async with api.events(shown["id"], _last(shown["version"])) as (_, lines):
        reading = asyncio.ensure_future(_next(Stream(lines)))
        await asyncio.sleep(0.3)
        expect(not reading.done(), "expected no event that was seen before")
        await api.patch(shown["id"], {"new": "label"}, ("If-Match", "*"))
        expect((await reading).operation["version"] > shown["version"], "expected a newer version")


@events.case()
async def last_event_id_catches_up_with_what_was_missed(api: Client) -> None:
    shown = await api.waiting()
    changed = (await api.patch(shown["id"], {"new": "label"}, ("If-Match", "*"))).json
    async with api.events(shown["id"], _last(shown["version"])) as (_, lines):
        expect_equal((await _next(Stream(lines))).operation, changed, "the first event")


@events.case()
async def connecting_again_after_the_end_is_a_204(api: Client) -> None:
    shown = await api.finished()
    answer = await api.send("GET", f"/operations/{shown['id']}/events", headers=[_last(shown["version"])])
    expect_equal(expect_status(answer, 204).body, b"", "the body", answer)


@events.each({
    "a number never sent": "999999", "a word": "last", "a negative number": "-1", "zero": "0", "nothing": "",
    "a fraction": "1.5", "a huge number": "9" * 60, "a list": "1, 1",
})  # fmt: skip
async def a_last_event_id_counts_as_none_when_it_is(api: Client, value: str) -> None:
    shown = await api.finished()
    async with api.events(shown["id"], ("Last-Event-ID", value)) as (_, lines):
        expect_equal([event.operation for event in await Stream(lines).rest()], [shown], "the events")


@events.case()
async def a_comment_comes_at_least_every_fifteen_seconds(api: Client) -> None:
    shown = await api.waiting()
    async with api.events(shown["id"], _last(shown["version"])) as (_, lines):
        reading = asyncio.ensure_future((stream := Stream(lines)).next())
        try:
            async with asyncio.timeout(COMMENT_SECONDS + 1):
                await stream.commented.wait()
        except TimeoutError:
            raise Broken("expected a comment within 15 seconds") from None
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


@events.each({"an unknown id": str(uuid4()), "a malformed id": "mine"})
async def there_are_no_events_of(api: Client, id: str) -> None:
    expect_problem(await api.send("GET", f"/operations/{id}/events"), 404, "operation-not-found")


@events.case()
async def head_tells_whether_there_is_a_stream(api: Client) -> None:
    id = (await api.waiting())["id"]
    answer = expect_status(await api.send("HEAD", f"/operations/{id}/events"), 200)
    expect_equal((answer.media_type, answer.beyond), ("text/event-stream", b""), "type and body", answer)


@events.case()
async def closing_a_stream_changes_nothing(api: Client) -> None:
    shown = await api.waiting()
    async with api.events(shown["id"]) as (_, lines):
        await _next(Stream(lines))
    expect_equal((await api.get(shown["id"])).json, shown, "the operation")


async def _next(stream: Stream) -> Event:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            event = await stream.next()
    except TimeoutError:
        event = None
    if event is None:
        raise Broken("expected an event; none came, or the stream ended")
    return event


def _last(version: int) -> Header:
    return "Last-Event-ID", str(version)
