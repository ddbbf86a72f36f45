"""GET /operations: newest first, filtered, page by page without gaps."""

from uuid import UUID

import pytest

from tests.http.service import Client, Service


async def ids(client: Client, **parameters: str | int) -> list[str]:
    response = await client.get("/operations", params=parameters)
    assert response.status_code == 200, response.text
    return [operation["id"] for operation in response.json()["operations"]]


async def test_the_newest_is_first_and_strangers_are_not_listed(service: Service, client: Client):
    started = [(await client.started())["id"] for _ in range(5)]
    async with service.client(await service.new_key()) as stranger:
        await stranger.started()
    assert await ids(client) == started[::-1]


async def test_an_empty_list_is_a_list(client: Client):
    response = await client.get("/operations")
    assert response.json() == {"operations": [], "next_page_token": None}
    assert "link" not in response.headers


async def test_each_filter_filters(service: Service, client: Client):
    note = await client.started({"input": {}, "labels": {"channel": "web", "time": "12:30"}}, key="k1")
    memo = await client.started(type="memo", key="k2")
    done = await client.started(key="k3")
    await service.succeed(done["id"])
    assert await ids(client, type="memo") == [memo["id"]]
    assert await ids(client, status="succeeded") == [done["id"]]
    assert await ids(client, status="pending") == [memo["id"], note["id"]]
    assert await ids(client, status="succeeded,pending") == [done["id"], memo["id"], note["id"]]
    assert await ids(client, idempotency_key="k1") == [note["id"]]
    assert await ids(client, label="channel:web") == [note["id"]]
    assert await ids(client, label="time:12:30") == [note["id"]]
    assert await ids(client, label="channel:shop") == []
    assert await ids(client, created_after=note["created_at"], created_before=done["created_at"]) == [memo["id"]]
    assert await ids(client, type="note", status="pending") == [note["id"]]


async def test_pages_join_without_duplicates_or_gaps_while_others_start(client: Client):
    started = [(await client.started())["id"] for _ in range(7)]
    seen: list[str] = []
    parameters: dict[str, str | int] = {"page_size": 3, "type": "note"}
    while True:
        response = await client.get("/operations", params=parameters)
        page = response.json()
        seen += [operation["id"] for operation in page["operations"]]
        await client.started()
        if page["next_page_token"] is None:
            break
        parameters["page_token"] = page["next_page_token"]
    assert seen == started[::-1]


async def test_a_page_of_large_operations_ends_early_and_nothing_is_left_out(service: Service, client: Client):
    started = [(await client.started())["id"] for _ in range(5)]
    grow = "update operations set message = repeat('x', 3000000) where id = any ($1)"
    await service.store.pool.execute(grow, [UUID(id) for id in started])
    first = (await client.get("/operations")).json()
    assert [operation["id"] for operation in first["operations"]] == started[:1:-1], "8 MiB are in the first three"
    second = (await client.get("/operations", params={"page_token": first["next_page_token"]})).json()
    assert [operation["id"] for operation in second["operations"]] == started[1::-1]
    assert second["next_page_token"] is None


async def test_the_next_link_leads_to_the_next_page(service: Service, client: Client):
    started = [(await client.started({"input": {}, "labels": {"a": "b c"}}))["id"] for _ in range(3)]
    response = await client.get("/operations", params={"page_size": 2, "label": "a:b c"})
    link = response.headers["link"]
    assert link.startswith(f"<{service.base_url}/operations?")
    assert link.endswith('>; rel="next"')
    following = await client.get(link[1 : link.index(">")])
    assert [operation["id"] for operation in following.json()["operations"]] == [started[0]]
    assert following.json()["next_page_token"] is None


async def test_an_exactly_full_page_is_the_last(client: Client):
    for _ in range(2):
        await client.started()
    assert (await client.get("/operations", params={"page_size": 2})).json()["next_page_token"] is None


async def test_page_sizes_are_coerced(client: Client):
    for _ in range(51):
        await client.started()
    assert len(await ids(client)) == 50
    assert len(await ids(client, page_size=0)) == 50
    assert len(await ids(client, page_size=10**30)) == 51


async def test_a_token_belongs_to_its_filters_and_tenant(service: Service, client: Client):
    for _ in range(2):
        await client.started()
    page = (await client.get("/operations", params={"page_size": 1, "type": "note"})).json()
    token = page["next_page_token"]
    assert len(await ids(client, page_size=1, type="note", page_token=token)) == 1
    for parameters in ({"type": "memo"}, {}, {"type": "note", "status": "pending"}):
        response = await client.get("/operations", params={**parameters, "page_token": token})
        assert response.status_code == 400
    async with service.client(await service.new_key()) as stranger:
        response = await stranger.get("/operations", params={"type": "note", "page_token": token})
        assert response.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "page_size=-1",
        "page_size=ten",
        "page_size=1.5",
        "page_size=",
        "page_size=1&page_size=2",
        "page_token=garbage",
        "page_token=AAAA",
        "page_token=%ff",
        "type=nothing",
        "type=",
        "status=done",
        "status=",
        "status=pending,",
        "status=PENDING",
        "created_after=yesterday",
        "created_after=2026-01-01T00:00:00",
        "created_before=0001-01-01T00:00:00%2B23:59",
        "label=channel",
        "label=:web",
        "type=%00",
        "type=a&type=b",
    ],
)
async def test_an_unknown_value_of_a_known_parameter_is_refused(service: Service, client: Client, query: str):
    response = await client.get(f"/operations?{query}")
    assert response.status_code == 400
    assert response.json()["type"] == f"{service.base_url}/problems/validation-error"
    assert query.partition("=")[0] in response.json()["detail"]


async def test_operations_of_a_type_whose_definition_is_gone_are_listed(service: Service, client: Client):
    note = await client.started(key="k1")
    await service.store.pool.execute("update operations set type = 'retired' where id = $1::text::uuid", note["id"])
    await service.store.pool.execute("insert into definitions (name, version, steps) values ('retired', 1, '[]')")
    assert await ids(client, type="retired") == [note["id"]]
