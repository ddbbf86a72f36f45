"""Started once, whatever happens to the answers."""

from __future__ import annotations

import asyncio

import pytest

from operations_api.client import ApiUnavailable, Client, RequestRefused, keys
from tests.client.faulty_proxy import HALF, LOST, NEVER_SENT, FaultyProxy, problem
from tests.http.service import NoteInput, Service

BUSY = problem(503, "service-unavailable", members=',"effect":"unknown"')


@pytest.mark.parametrize("fault", [LOST, HALF, NEVER_SENT, BUSY], ids=["lost", "half", "never sent", "503 unknown"])
async def test_a_start_is_repeated_under_the_same_key_and_starts_once(
    client: Client, proxy: FaultyProxy, service: Service, tenant: str, fault: object
) -> None:
    proxy.faults.extend([fault, fault])
    operation = await client.start("note", {"text": "once"})
    assert operation.replayed == (fault is not NEVER_SENT)
    assert len(proxy.seen) == 3
    assert len({request.headers["idempotency-key"] for request in proxy.seen}) == 1
    assert operation.now.idempotency_key == proxy.seen[0].headers["idempotency-key"]
    assert await service.count(tenant) == 1


@pytest.mark.parametrize(
    ("status", "slug"), [(409, "idempotency-key-in-flight"), (429, "too-many-requests"), (502, "")]
)
async def test_a_passing_refusal_is_waited_out(client: Client, proxy: FaultyProxy, status: int, slug: str) -> None:
    proxy.faults.append(problem(status, slug, "Retry-After: 1\r\n"))
    began = asyncio.get_running_loop().time()
    await client.start("note", {})
    assert len(proxy.seen) == 2
    assert asyncio.get_running_loop().time() - began >= 1, "not sooner than Retry-After says"


async def test_a_refusal_is_not_repeated(client: Client, proxy: FaultyProxy) -> None:
    await client.start("note", {"text": "a"}, idempotency_key="k")
    proxy.seen.clear()
    with pytest.raises(RequestRefused) as reused:
        await client.start("note", {"text": "b"}, idempotency_key="k")
    assert (reused.value.status, reused.value.slug) == (422, "idempotency-key-reused")
    with pytest.raises(RequestRefused, match="quantity") as invalid:
        await client.start("note", {"lines": [{"sku": "s", "quantity": "many"}]})
    assert invalid.value.problem["errors"][0]["pointer"]
    with pytest.raises(RequestRefused) as unknown:
        await client.start("no-such-type", {})
    assert unknown.value.slug == "unknown-operation-type"
    proxy.faults.append(problem(500, "internal-error"))
    with pytest.raises(RequestRefused, match="said the proxy"):
        await client.start("note", {})
    assert len(proxy.seen) == 4


async def test_giving_up_says_under_which_key_to_repeat(proxy: FaultyProxy, key: str, service: Service) -> None:
    proxy.faults.extend([LOST] * 100)
    async with Client(proxy.url, key, patience_seconds=0.5) as client:
        with pytest.raises(ApiUnavailable) as given_up:
            await client.start("note", {"text": "a"})
    assert given_up.value.effect == "unknown"
    assert str(given_up.value.idempotency_key) in str(given_up.value)
    async with Client(service.base_url, key) as client:
        found = await client.start("note", {"text": "a"}, idempotency_key=given_up.value.idempotency_key)
    assert found.replayed


async def test_a_wait_longer_than_the_patience_is_not_begun(proxy: FaultyProxy, key: str) -> None:
    proxy.faults.append(problem(429, "too-many-requests", "Retry-After: 3600\r\n"))
    async with Client(proxy.url, key, patience_seconds=20) as client:
        with pytest.raises(ApiUnavailable, match="3600") as given_up:
            async with asyncio.timeout(20):
                await client.start("note", {})
    assert (given_up.value.status, given_up.value.effect) == (429, "none")


async def test_where_nobody_listens_nothing_was_done() -> None:
    async with Client("http://127.0.0.1:1", "key", patience_seconds=0.3) as client:
        with pytest.raises(ApiUnavailable, match="cannot be reached") as given_up:
            await client.start("note", {})
    assert given_up.value.effect == "none"


async def test_a_retryable_failure_starts_again_under_its_key_when_asked(client: Client, service: Service) -> None:
    first = await client.start("note", {}, idempotency_key="k")
    failure = {"reason": "RETRIES_EXHAUSTED", "retryable": True, "effect": "none"}
    await service.fail(first.id, failure)
    assert (await client.start("note", {}, idempotency_key="k")).id == first.id
    second = await client.start("note", {}, idempotency_key="k", retry_failed=True)
    assert (second.now.retry_of, second.replayed) == (first.id, False)


async def test_a_struct_is_an_input_and_members_are_sent(client: Client) -> None:
    operation = await client.start("note", NoteInput(text="t"), labels={"channel": "web"}, deadline=None)
    assert operation.now.labels == {"channel": "web"}


@pytest.mark.parametrize("bad", ["", "a b", "a,b", 'a"', "a\n", "ä", "x" * 256])
async def test_what_is_no_key_is_said_before_anything_is_sent(client: Client, proxy: FaultyProxy, bad: str) -> None:
    with pytest.raises(ValueError, match="no idempotency key"):
        await client.start("note", {}, idempotency_key=bad)
    assert proxy.seen == []


async def test_every_kind_of_key_is_one_the_api_takes(client: Client) -> None:
    for made in (keys.random(), keys.for_user_action("ä" * 300, "b,c"), keys.for_external_event("s", "e:1")):
        assert (await client.start("note", {}, idempotency_key=made)).now.idempotency_key == made


async def test_an_address_that_is_another_program_is_said(proxy: FaultyProxy, client: Client) -> None:
    proxy.faults.append(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
    with pytest.raises(RequestRefused, match="is not this API"):
        await client.start("note", {})
    with pytest.raises(ValueError, match="not a URL"):
        Client("ftp://api", "key")


async def test_what_is_not_safe_to_repeat_is_not_repeated(client: Client, proxy: FaultyProxy) -> None:
    operation = await client.start("note", {})
    proxy.seen.clear()
    proxy.faults.append(LOST)
    with pytest.raises(ApiUnavailable) as given_up:
        await client.request("POST", f"/operations/{operation.id}/retry", {})
    assert (len(proxy.seen), given_up.value.effect) == (1, "unknown")
