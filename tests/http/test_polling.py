"""GET and HEAD /operations/{id}: polling, conditional and patient."""

import asyncio
from uuid import UUID, uuid4

import pytest

from operations_api.changes import Change, Changes
from tests.http.service import Client, Service, running
from tests.http.test_events import somebody_waits


async def test_a_failed_operation_is_a_200_with_its_error(service: Service, client: Client):
    operation = await client.started()
    why = {"reason": "NO_STOCK", "retryable": False, "effect": "none"}
    error = {"type": "/problems/operation-failed", "title": "The operation failed", "status": 500} | why
    await service.fail(operation["id"], error)
    response = await client.get(operation["links"]["self"])
    assert response.status_code == 200
    assert response.json()["status"] == "failed"
    assert response.json()["done"] is True
    assert response.json()["error"] == error
    assert "result" not in response.json()
    assert "retry-after" not in response.headers
    assert "retry-after-ms" not in response.headers


async def test_a_succeeded_operation_has_its_result_and_no_error(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"], '{"text":"written","n":1.50}')
    response = await client.get(operation["links"]["self"])
    assert '"result":{"text":"written","n":1.50}' in response.text
    assert "error" not in response.json()
    assert response.json()["created_at"] <= response.json()["started_at"] <= response.json()["finished_at"]
    assert response.json()["finished_at"] <= response.json()["expires_at"]


async def test_head_is_get_without_its_body(client: Client):
    operation = await client.started()
    get = await client.get(operation["links"]["self"])
    head = await client.head(operation["links"]["self"])
    assert head.status_code == 200
    assert head.content == b""
    different = {"date", "x-request-id"}
    assert {name: value for name, value in head.headers.items() if name not in different} == {
        name: value for name, value in get.headers.items() if name not in different
    }
    missing = await client.head(f"/operations/{uuid4()}")
    assert (missing.status_code, missing.content) == (404, b"")


async def test_the_etag_is_the_version_and_the_full_view_has_another(client: Client):
    operation = await client.started()
    basic = await client.get(operation["links"]["self"])
    full = await client.get(operation["links"]["self"], params={"view": "full"})
    assert basic.headers["etag"] == '"1"'
    assert full.headers["etag"] != basic.headers["etag"]
    assert full.json().items() > basic.json().items()
    assert set(full.json()) - set(basic.json()) >= {"input", "steps"}


@pytest.mark.parametrize("tags", ['"1"', 'W/"1"', '"0", "1"', '"x,y" , W/"1"', "*"])
async def test_what_the_client_has_already_is_a_304(client: Client, tags: str):
    operation = await client.started()
    response = await client.get(operation["links"]["self"], headers={"If-None-Match": tags})
    assert response.status_code == 304
    assert response.content == b""
    assert response.headers["etag"] == '"1"'
    assert response.headers["cache-control"] == "private, no-cache"
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize("tags", ['"2"', "1", '"1', "garbage", '"1-full"', ""])
async def test_another_tag_is_a_200(client: Client, tags: str):
    operation = await client.started()
    response = await client.get(operation["links"]["self"], headers={"If-None-Match": tags})
    assert response.status_code == 200


async def test_the_full_view_has_a_304_of_its_own(client: Client):
    operation = await client.started()
    full = {"params": {"view": "full"}}
    tag = (await client.get(operation["links"]["self"], **full)).headers["etag"]
    assert (await client.get(operation["links"]["self"], headers={"If-None-Match": tag}, **full)).status_code == 304
    assert (await client.get(operation["links"]["self"], headers={"If-None-Match": '"1"'}, **full)).status_code == 200


@pytest.mark.parametrize("view", ["FULL", "", "all", "full%00"])
async def test_an_unknown_view_is_refused(client: Client, view: str):
    operation = await client.started()
    assert (await client.get(f"{operation['links']['self']}?view={view}")).status_code == 400


async def test_an_unknown_parameter_is_ignored(client: Client):
    operation = await client.started()
    assert (await client.get(operation["links"]["self"], params={"utm": "1"})).status_code == 200


async def test_an_unknown_a_malformed_and_a_strangers_id_are_the_same_404(service: Service, client: Client):
    operation = await client.started()
    id = operation["id"]
    malformed = ["x", "123", id[:-1], id.replace("-", ""), f"{{{id}}}", f"urn:uuid:{id}", "%00", "%ff", "a" * 5000]
    answers = [await client.get(f"/operations/{text}") for text in (str(uuid4()), *malformed)]
    async with service.client(await service.new_key()) as stranger:
        answers.append(await stranger.get(operation["links"]["self"]))
    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["type"] == f"{service.base_url}/problems/operation-not-found"
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_an_id_is_found_in_capitals_too(client: Client):
    operation = await client.started()
    assert (await client.get(f"/operations/{operation['id'].upper()}")).status_code == 200


async def test_an_operation_past_its_retention_is_gone(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"])
    await service.store.pool.execute(
        "update operations set created_at = created_at - interval '9 days',"
        " started_at = started_at - interval '9 days',"
        " finished_at = finished_at - interval '9 days', expires_at = expires_at - interval '9 days' where id = $1",
        operation["id"],
    )
    response = await client.get(operation["links"]["self"])
    assert response.status_code == 410
    assert response.json()["type"] == f"{service.base_url}/problems/operation-expired"


async def test_waiting_answers_as_soon_as_redis_brings_the_news(service: Service, client: Client, servers):
    """With news on the channel the answer comes between two looks at Postgres."""
    changes = Changes(servers.redis_url)
    operation = await client.started()
    tenant = await service.tenant_of(operation["id"])
    waiting = asyncio.create_task(client.get(operation["links"]["self"], headers={"Prefer": "wait=20"}))
    await somebody_waits(service, operation)
    await service.succeed(operation["id"])
    await changes.publish([Change(tenant, UUID(operation["id"]), 99, True)])
    async with asyncio.timeout(15):
        response = await waiting
    await changes.close()
    assert response.json()["status"] == "succeeded"
    assert response.headers["preference-applied"] == "wait=20"


async def test_waiting_ends_without_news_too(service: Service, client: Client):
    operation = await client.started()
    waiting = asyncio.create_task(client.get(operation["links"]["self"], headers={"Prefer": "wait=20"}))
    await somebody_waits(service, operation)
    await service.succeed(operation["id"])
    async with asyncio.timeout(15):  # before its own time is over
        assert (await waiting).json()["status"] == "succeeded"


async def test_waiting_for_done_sleeps_through_other_changes(service: Service, client: Client):
    operation = await client.started()
    waiting = asyncio.create_task(client.get(operation["links"]["self"], headers={"Prefer": "wait=2"}))
    await somebody_waits(service, operation)
    await service.touch(operation["id"])
    response = await waiting
    assert response.status_code == 200
    assert (response.json()["done"], response.json()["version"]) == (False, 2)


@pytest.mark.parametrize("tag", ['"1"', "*"])
async def test_waiting_with_a_tag_ends_with_any_change(service: Service, client: Client, tag: str):
    operation = await client.started()
    headers = {"Prefer": "wait=20", "If-None-Match": tag}
    waiting = asyncio.create_task(client.get(operation["links"]["self"], headers=headers))
    await somebody_waits(service, operation)
    await service.touch(operation["id"])
    response = await waiting
    assert response.status_code == 200
    assert response.json()["version"] == 2


async def test_waiting_with_a_tag_is_a_304_when_nothing_changed(client: Client):
    operation = await client.started()
    headers = {"Prefer": "wait=1", "If-None-Match": '"1"'}
    response = await client.get(operation["links"]["self"], headers=headers)
    assert response.status_code == 304
    assert response.headers["preference-applied"] == "wait=1"


async def test_nobody_waits_for_what_is_known_already(service: Service, client: Client):
    operation = await client.started()
    headers = {"Prefer": "wait=30", "If-None-Match": '"0"'}
    assert (await client.get(operation["links"]["self"], headers=headers)).status_code == 200
    await service.succeed(operation["id"])
    headers = {"Prefer": "wait=30", "If-None-Match": '"2"'}
    assert (await client.get(operation["links"]["self"], headers=headers)).status_code == 304


async def test_closing_a_waiting_connection_cancels_nothing(service: Service, client: Client):
    operation = await client.started()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.get(operation["links"]["self"], headers={"Prefer": "wait=20"})
    response = await client.get(operation["links"]["self"])
    assert (response.json()["status"], response.json()["cancel_requested"]) == ("pending", False)


async def test_a_process_that_is_told_to_stop_lets_nobody_wait(database: str, redis_url: str):
    async with (
        running(database, redis_url) as service,
        service.client(await service.new_key()) as client,
    ):
        operation = await client.started()
        waiting = asyncio.create_task(client.get(operation["links"]["self"], headers={"Prefer": "wait=30"}))
        await somebody_waits(service, operation)
        service.app.stop_waiting()
        begun = asyncio.get_running_loop().time()
        assert (await waiting).json()["done"] is False
        later = await client.get(operation["links"]["self"], headers={"Prefer": "wait=30"})
        assert later.json()["done"] is False
        assert asyncio.get_running_loop().time() - begun < 25  # far from both waits


async def test_many_wait_at_once_for_different_operations(service: Service, client: Client):
    operations = [await client.started() for _ in range(30)]
    waits = [
        asyncio.create_task(client.get(operation["links"]["self"], headers={"Prefer": "wait=20"}))
        for operation in operations
    ]
    await asyncio.sleep(0.1)
    for operation in reversed(operations):
        await service.succeed(operation["id"], f'{{"text":"{operation["id"]}"}}')
    responses = await asyncio.gather(*waits)
    assert [response.json()["result"]["text"] for response in responses] == [each["id"] for each in operations]
