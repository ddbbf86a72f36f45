"""Replacing labels: for the version the client has seen, whatever the operation's status."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.http.service import BODY_LIMIT, Client, Service
from tests.http.test_idempotency import blocked_on_a_lock

NEW = {"labels": {"channel": "phone"}}
ANY = {"If-Match": "*"}


async def test_the_labels_are_replaced_and_the_version_grows(client: Client):
    operation = await client.started({"input": {}, "labels": {"channel": "web", "region": "eu"}})
    response = await client.patch(operation["links"]["self"], json=NEW, headers={"If-Match": '"1"'})
    changed = response.json()
    assert response.status_code == 200
    assert (changed["labels"], changed["version"], response.headers["etag"]) == (NEW["labels"], 2, '"2"')
    assert changed["updated_at"] >= operation["updated_at"]
    assert changed | {name: operation[name] for name in ("labels", "version", "updated_at")} == operation
    assert (await client.get(operation["links"]["self"])).json() == changed
    found = await client.get("/operations", params={"label": "channel:phone"})
    assert [each["id"] for each in found.json()["operations"]] == [operation["id"]]


async def test_labels_of_what_is_done_may_change_and_nothing_else_does(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"])
    before = (await client.get(operation["links"]["self"])).json()
    after = (await client.patch(operation["links"]["self"], json=NEW, headers=ANY)).json()
    assert after | {name: before[name] for name in ("labels", "version", "updated_at")} == before
    assert (after["labels"], after["version"]) == (NEW["labels"], before["version"] + 1)


async def test_without_if_match_it_is_a_428(service: Service, client: Client):
    operation = await client.started()
    response = await client.patch(operation["links"]["self"], json=NEW)
    assert response.status_code == 428
    assert response.json()["type"] == f"{service.base_url}/problems/precondition-required"
    assert (await client.get(operation["links"]["self"])).json() == operation


@pytest.mark.parametrize("tag", ['"2"', 'W/"1"', "1", "garbage"])
async def test_for_another_version_it_is_a_412(service: Service, client: Client, tag: str):
    operation = await client.started()
    response = await client.patch(operation["links"]["self"], json=NEW, headers={"If-Match": tag})
    assert response.status_code == 412
    assert response.json()["type"] == f"{service.base_url}/problems/precondition-failed"
    assert response.json()["current_etag"] == '"1"'
    assert (await client.get(operation["links"]["self"])).json() == operation


async def test_of_changes_meant_for_one_version_one_is_made(service: Service, client: Client):
    """All of them have found the version they are meant for before the first one may write."""
    operation = await client.started()
    async with service.store.pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("select 1 from operations where id = $1 for update", UUID(operation["id"]))
        changes = [
            client.patch(operation["links"]["self"], json={"labels": {"n": str(n)}}, headers={"If-Match": '"1"'})
            for n in range(5)
        ]
        made = asyncio.gather(*changes)
        await blocked_on_a_lock(service, 5)
        await transaction.rollback()
    assert sorted(response.status_code for response in await made) == [200, 412, 412, 412, 412]


async def test_a_change_of_labels_is_told_to_whoever_waits(client: Client):
    operation = await client.started()
    headers = {"Prefer": "wait=20", "If-None-Match": '"1"'}
    waiting = asyncio.create_task(client.get(operation["links"]["self"], headers=headers))
    await asyncio.sleep(0.05)
    await client.patch(operation["links"]["self"], json=NEW, headers=ANY)
    assert (await waiting).json()["labels"] == NEW["labels"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ([], ""),
        ({"labels": None}, "/labels"),
        ({"labels": {"a:b": "c"}}, "/labels"),
        ({"labels": {"a": 1}}, "/labels/a"),
        ({"labels": {str(n): "" for n in range(65)}}, "/labels"),
        ({"labels": {}, "status": "succeeded"}, "/status"),
    ],
)
async def test_what_are_no_labels_is_refused_and_changes_nothing(client: Client, body: object, pointer: str):
    operation = await client.started()
    response = await client.patch(operation["links"]["self"], json=body, headers=ANY)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"].startswith(pointer)
    assert (await client.get(operation["links"]["self"])).json() == operation


async def test_the_body_is_json_and_bounded(client: Client):
    path = (await client.started())["links"]["self"]
    json = {"Content-Type": "application/json", **ANY}
    assert (await client.patch(path, content=b"{", headers=json)).status_code == 400
    assert (await client.patch(path, content=b"{}", headers=ANY)).status_code == 415
    assert (await client.patch(path, content=b" " * (BODY_LIMIT + 1), headers=json)).status_code == 413


async def test_a_stranger_finds_nothing_with_and_without_a_condition(service: Service, client: Client):
    operation = await client.started()
    async with service.client(await service.new_key()) as stranger:
        for path in (operation["links"]["self"], f"/operations/{uuid4()}", "/operations/x"):
            for headers in ({}, ANY, {"If-Match": '"99"'}):
                assert (await stranger.patch(path, json=NEW, headers=headers)).status_code == 404


async def test_a_deleted_operation_is_gone(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"])
    await client.delete(operation["links"]["self"])
    for headers in ({}, ANY, {"If-Match": '"99"'}):
        assert (await client.patch(operation["links"]["self"], json=NEW, headers=headers)).status_code == 410


async def test_it_needs_the_scope_submit(service: Service, client: Client, tenant: str):
    operation = await client.started()
    async with service.client(await service.new_key(tenant, ["read", "operate"])) as reader:
        assert (await reader.patch(operation["links"]["self"], json=NEW, headers=ANY)).status_code == 403
