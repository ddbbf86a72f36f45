"""Waiting for what comes of it: over cut connections, in other processes, and never at the cost of the work."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from operations_api.client import Client, NotDoneYet, Operation, OperationFailed, RequestRefused, Snapshot
from tests.client.faulty_proxy import HALF, LOST, FaultyProxy, problem
from tests.http.service import NoteResult, Service


async def test_the_result_is_waited_for_by_one_held_request(
    client: Client, proxy: FaultyProxy, service: Service
) -> None:
    operation = await client.start("note", {})
    proxy.seen.clear()
    waiting = asyncio.ensure_future(operation.result())
    await came(proxy, 1)
    await service.succeed(operation.id)
    assert await waiting == {"text": "done"}
    assert [request.headers["prefer"] for request in proxy.seen] == ["wait=25"]


async def test_a_typed_result_is_of_its_type(client: Client, service: Service) -> None:
    operation = await client.start("note", {}, result_type=NoteResult)
    await service.succeed(operation.id)
    assert await operation.result() == NoteResult("done")
    await service.succeed((other := await client.start("note", {}, result_type=NoteResult)).id, '{"text":1}')
    with pytest.raises(msgspec.ValidationError):
        await other.result()


async def test_waiting_survives_lost_answers_and_a_busy_api(
    client: Client, proxy: FaultyProxy, service: Service
) -> None:
    operation = await client.start("note", {})
    proxy.faults.append(problem(503, "service-unavailable", "Retry-After: 1\r\n"))
    waiting = asyncio.ensure_future(operation.result())
    await came(proxy, 3)
    proxy.cut_everything()
    await came(proxy, 4)
    await service.succeed(operation.id)
    assert await waiting == {"text": "done"}


async def test_the_end_of_the_time_to_wait_leaves_the_work_alone(client: Client, service: Service) -> None:
    operation = await client.start("note", {})
    with pytest.raises(NotDoneYet, match="goes on"):
        await operation.result(timeout=0.2)
    with pytest.raises(TimeoutError):
        await operation.result(timeout=0)
    now = await operation.refresh()
    assert (now.status, now.cancel_requested) == ("pending", False)
    await service.succeed(operation.id)
    assert await operation.result(timeout=20) == {"text": "done"}


async def test_another_process_resumes_from_the_url(client: Client, service: Service, proxy: FaultyProxy) -> None:
    started = await client.start("note", {})
    await service.succeed(started.id)
    for name in (started.url, started.id, f"/operations/{started.id}"):
        assert await (await client.operation(name)).result() == {"text": "done"}
    assert await (await client.operation(started.url, result_type=NoteResult)).result() == NoteResult("done")


@pytest.mark.parametrize("url", ["http://elsewhere/operations/019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11", "nonsense", ""])
async def test_a_key_is_not_sent_to_another_host(client: Client, proxy: FaultyProxy, url: str) -> None:
    with pytest.raises(ValueError, match="is no operation of"):
        await client.operation(url)
    assert proxy.seen == []


async def test_an_unknown_operation_is_refused(client: Client) -> None:
    with pytest.raises(RequestRefused) as unknown:
        await client.operation("019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11")
    assert (unknown.value.status, unknown.value.slug) == (404, "operation-not-found")


async def test_a_failure_is_one_exception_that_says_all(client: Client, service: Service) -> None:
    operation = await client.start("note", {})
    said = {"reason": "SOLD_OUT", "detail": "None left.", "effect": "none", "retryable": False, "step": "write"}
    await service.fail(operation.id, said)
    with pytest.raises(OperationFailed, match=r"SOLD_OUT in step write.*None left") as failed:
        await operation.result()
    error = failed.value
    assert {name: getattr(error, name) for name in said} == said
    assert not error.canceled


async def test_cancel_is_asked_for_across_a_lost_answer(client: Client, proxy: FaultyProxy, service: Service) -> None:
    operation = await client.start("note", {})
    proxy.faults.append(LOST)
    now = await operation.cancel()
    assert now.cancel_requested
    done = await client.start("note", {})
    await service.succeed(done.id)
    with pytest.raises(RequestRefused) as late:
        await done.cancel()
    assert late.value.slug == "operation-not-cancelable"


async def test_watching_resumes_after_a_cut_and_shows_nothing_twice(
    client: Client, proxy: FaultyProxy, service: Service
) -> None:
    operation = await client.start("note", {})
    seen: list[Snapshot] = []
    async for now in operation.watch():
        seen.append(now)
        if len(seen) == 1:
            await service.touch(operation.id)
        elif len(seen) == 2:
            proxy.cut_everything()
            await service.succeed(operation.id)
    versions = [now.version for now in seen]
    assert versions == sorted(set(versions))
    assert seen[1].message == "still at it"
    assert seen[-1].result == {"text": "done"}
    assert proxy.seen[2].headers["last-event-id"] == str(versions[1])
    assert operation.outcome() == {"text": "done"}


async def test_watching_waits_out_a_busy_api(client: Client, proxy: FaultyProxy, service: Service) -> None:
    operation = await client.start("note", {})
    await service.succeed(operation.id)
    proxy.faults.extend([problem(503, "service-unavailable", "Retry-After: 1\r\n"), HALF])
    assert [now.status async for now in operation.watch()] == ["succeeded"]
    assert len(proxy.seen) == 4


async def test_watching_the_unknown_is_refused(client: Client, service: Service) -> None:
    operation = await client.start("note", {})
    await service.succeed(operation.id)
    await client.request("DELETE", f"/operations/{operation.id}")
    with pytest.raises(RequestRefused) as gone:
        [now async for now in operation.watch()]
    assert gone.value.status == 410


async def test_who_stops_watching_closes_the_stream(client: Client, proxy: FaultyProxy) -> None:
    operation: Operation[dict[str, object]] = await client.start("note", {})
    events = operation.watch()
    await anext(events)
    await events.aclose()  # type: ignore[attr-defined]  # an async generator, typed as what it is used for
    async with asyncio.timeout(20):
        while proxy.open_connections:  # noqa: ASYNC110 -- a socket of another task has no event here
            await asyncio.sleep(0.01)


async def test_operations_are_listed_over_all_pages(client: Client) -> None:
    started = [(await client.start("note", {}, labels={"run": "1"})).id for _ in range(5)]
    await client.start("note", {})
    found = [now.id async for now in client.operations(label="run:1", page_size="2")]
    assert found == started[::-1]


async def came(proxy: FaultyProxy, count: int) -> None:
    """Wait until the proxy has seen so many requests."""
    async with asyncio.timeout(20):
        while len(proxy.seen) < count:  # noqa: ASYNC110 -- a list has no event
            await asyncio.sleep(0.01)
