"""Asking for cancellation, and forgetting what is finished."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.http.service import Client, Service


async def test_what_nobody_has_claimed_yet_is_canceled_at_once(client: Client):
    operation = await client.started()
    response = await client.post(operation["links"]["cancel"])
    canceled = response.json()
    assert response.status_code == 202
    assert (canceled["status"], canceled["done"], canceled["cancel_requested"]) == ("canceled", True, True)
    assert (canceled["error"]["reason"], canceled["error"]["effect"]) == ("CANCELED", "none")
    assert response.headers["etag"] == f'"{canceled["version"]}"'
    assert (await client.get(operation["links"]["self"])).json() == canceled


async def test_asking_again_is_a_200_with_the_same_body(client: Client):
    operation = await client.started()
    first = await client.post(operation["links"]["cancel"])
    second = await client.post(operation["links"]["cancel"])
    assert second.status_code == 200
    assert second.json() == first.json()


async def test_of_many_cancels_one_is_first(client: Client):
    operation = await client.started()
    responses = await asyncio.gather(*[client.post(operation["links"]["cancel"]) for _ in range(30)])
    assert sorted(response.status_code for response in responses) == [200] * 29 + [202]


async def test_too_late_is_a_409_that_says_how_it_stands(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"])
    response = await client.post(operation["links"]["cancel"])
    assert response.status_code == 409
    assert response.json()["type"] == f"{service.base_url}/problems/operation-not-cancelable"
    assert response.json()["operation_status"] == "succeeded"
    assert response.json()["operation_phase"] == "finished"


async def test_a_cancel_is_told_to_whoever_waits(client: Client):
    operation = await client.started()
    waiting = asyncio.create_task(client.get(operation["links"]["self"], headers={"Prefer": "wait=20"}))
    await asyncio.sleep(0.05)
    await client.post(operation["links"]["cancel"])
    assert (await waiting).json()["status"] == "canceled"


@pytest.mark.parametrize("tag", ['"1"', '"1-full"', '"7", "1"', "*"])
async def test_a_cancel_meant_for_this_version_goes_through(client: Client, tag: str):
    operation = await client.started()
    response = await client.post(operation["links"]["cancel"], headers={"If-Match": tag})
    assert response.status_code == 202


@pytest.mark.parametrize("tag", ['"2"', 'W/"1"', "1", "garbage"])
async def test_a_cancel_meant_for_another_version_is_refused(service: Service, client: Client, tag: str):
    operation = await client.started()
    response = await client.post(operation["links"]["cancel"], headers={"If-Match": tag})
    assert response.status_code == 412
    assert response.json()["type"] == f"{service.base_url}/problems/precondition-failed"
    assert response.json()["current_etag"] == '"1"'
    assert (await client.get(operation["links"]["self"])).json()["cancel_requested"] is False


@pytest.mark.parametrize("method", ["cancel", "delete"])
async def test_a_stranger_finds_nothing_whatever_it_matches(service: Service, client: Client, method: str):
    operation = await client.started()
    async with service.client(await service.new_key()) as stranger:
        for path in (operation["links"]["self"], f"/operations/{uuid4()}", "/operations/x"):
            headers = {"If-Match": '"99"'}
            response = await (
                stranger.post(f"{path}/cancel", headers=headers)
                if method == "cancel"
                else stranger.delete(path, headers=headers)
            )
            assert response.status_code == 404
            assert response.json()["type"] == f"{service.base_url}/problems/operation-not-found"


async def test_a_finished_operation_is_forgotten(service: Service, client: Client):
    operation = await client.started({"input": {"text": "secret"}})
    await service.succeed(operation["id"])
    deleted = await client.delete(operation["links"]["self"])
    assert (deleted.status_code, deleted.content) == (204, b"")
    gone = await client.get(operation["links"]["self"])
    assert gone.status_code == 410
    assert gone.json()["type"] == f"{service.base_url}/problems/operation-expired"
    assert (await client.get("/operations")).json()["operations"] == []
    assert (await client.delete(operation["links"]["self"])).status_code == 204
    assert (await client.post(operation["links"]["cancel"])).status_code == 410


async def test_an_operation_under_way_cannot_be_forgotten(service: Service, client: Client):
    operation = await client.started()
    response = await client.delete(operation["links"]["self"])
    assert response.status_code == 409
    assert response.json()["type"] == f"{service.base_url}/problems/operation-not-terminal"
    assert (await client.get(operation["links"]["self"])).status_code == 200


async def test_what_somebody_else_holds_is_a_503_and_may_be_forgotten_later(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"])
    async with service.store.pool.acquire() as other, other.transaction():
        await other.execute("select from operations where id = $1 for update", UUID(operation["id"]))
        held = await client.delete(operation["links"]["self"])
    assert (held.status_code, held.json()["effect"], held.headers["retry-after"]) == (503, "none", "2")
    assert (await client.delete(operation["links"]["self"])).status_code == 204


async def test_a_deletion_meant_for_another_version_is_refused(service: Service, client: Client):
    operation = await client.started()
    await service.succeed(operation["id"])
    refused = await client.delete(operation["links"]["self"], headers={"If-Match": '"1"'})
    assert refused.status_code == 412
    tag = refused.json()["current_etag"]
    assert (await client.delete(operation["links"]["self"], headers={"If-Match": tag})).status_code == 204
