"""Every refusal is a problem document that says what to do; nothing is stored and the key stays free."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from operations_api.store.api_keys import ApiKeys
from tests.http.service import BODY_LIMIT, Client, Service, new_key, running

GOOD = b'{"input":{"text":"corrected"}}'


def assert_problem(response: httpx.Response, status: int, slug: str | None) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    expected = "about:blank" if slug is None else f"{response.url.copy_with(path='/', query=None)!s}problems/{slug}"
    assert problem["type"] == expected
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == f"urn:uuid:{response.headers['x-request-id']}"
    UUID(response.headers["x-request-id"])
    assert "Traceback" not in response.text
    return problem


async def assert_key_is_free(service: Service, client: Client, tenant: str, key: str) -> None:
    assert await service.count(tenant) == 0
    assert (await client.start(GOOD, key=key)).status_code == 202


MALFORMED = [
    b"",
    b"{",
    b"\xff\xfe{}",
    b'{"input":{"text":"\xff"}}',
    b'{"input":{"text":"\\u0000"}}',
    b'{"input":{"text":"a","text":"b"}}',
    b'{"input":{"count":9007199254740993}}',
    b'{"input":{"count":1' + b"0" * 5000 + b"}}",
    b'{"input":{"ratio":1e999}}',
    b'{"input":{"ratio":NaN}}',
    b'{"input":{"text":"\\ud800"}}',
    b'{"input":{"anything":' + b"[" * 100 + b"]" * 100 + b"}}",
    b"[" * 50_000,
    b'{"input":' * 5_000,
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:40]))
async def test_malformed_json_is_refused(service: Service, client: Client, tenant: str, body: bytes):
    key = new_key()
    assert_problem(await client.start(body, key=key), 400, "malformed-json")
    await assert_key_is_free(service, client, tenant, key)


INVALID = [
    (b"null", ""),
    (b"[]", ""),
    (b'"input"', ""),
    (b"{}", "/input"),
    (b'{"input":null}', "/input"),
    (b'{"input":[]}', "/input"),
    (b'{"input":{},"extra":1}', "/extra"),
    (b'{"input":{},"groups":"g"}', "/groups"),
    (b'{"input":{"unknown":1}}', "/input/unknown"),
    (b'{"input":{"lines":[{"sku":"a","colour":1}]}}', "/input/lines/0/colour"),
    (b'{"input":{"by_name":{"x/y":{"sku":"a","colour":1}}}}', "/input/by_name/x~1y/colour"),
    (b'{"input":{"lines":[{"sku":1}]}}', "/input/lines/0/sku"),
    (b'{"input":{"lines":[{}]}}', "/input/lines/0/sku"),
    (b'{"input":{"by_name":{"a":{"sku":"a"},"b":{"sku":2}}}}', "/input/by_name/b/sku"),
    (b'{"input":{"count":"1"}}', "/input/count"),
    (b'{"input":{"count":1.5}}', "/input/count"),
    (b'{"input":{"count":1e20}}', "/input/count"),
    (b'{"input":{"count":true}}', "/input/count"),
    (b'{"input":{"text":null}}', "/input/text"),
    (b'{"input":{},"labels":{"a":1}}', "/labels/a"),
    (b'{"input":{},"labels":{"":"a"}}', "/labels"),
    (b'{"input":{},"labels":[]}', "/labels"),
    (b'{"input":{},"deadline":"tomorrow"}', "/deadline"),
    (b'{"input":{},"deadline":"2999-01-01T00:00:00"}', "/deadline"),
    (b'{"input":{},"deadline":"2001-01-01T00:00:00Z"}', "/deadline"),
    (b'{"input":{},"deadline":"9999-12-31T23:59:59-23:59"}', "/deadline"),
    (b'{"input":{},"not_before":"0001-01-01T00:00:00+23:59"}', "/not_before"),
    (b'{"input":{},"not_before":"2999-01-02T00:00:00Z","deadline":"2999-01-01T00:00:00Z"}', "/not_before"),
]


@pytest.mark.parametrize(("body", "pointer"), INVALID)
async def test_a_value_that_does_not_fit_is_pointed_to(
    service: Service, client: Client, tenant: str, body: bytes, pointer: str
):
    key = new_key()
    problem = assert_problem(await client.start(body, key=key), 400, "validation-error")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert all(error["detail"] for error in problem["errors"])
    await assert_key_is_free(service, client, tenant, key)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
async def test_another_content_type_is_refused(service: Service, client: Client, tenant: str, content_type: str):
    key = new_key()
    response = await client.start(GOOD, key=key, headers={"Content-Type": content_type})
    assert_problem(response, 415, "unsupported-media-type")
    assert response.headers["accept"] == "application/json"
    await assert_key_is_free(service, client, tenant, key)


async def test_a_missing_content_type_is_refused(service: Service, client: Client, tenant: str):
    response = await client.post("/operations/note", content=GOOD, headers={"Idempotency-Key": "untyped"})
    assert_problem(response, 415, "unsupported-media-type")
    await assert_key_is_free(service, client, tenant, "untyped")


async def chunks(size: int):
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("size", [BODY_LIMIT + 1024, 2 * 1024 * 1024])
@pytest.mark.parametrize("announced", [True, False])
async def test_an_oversized_body_is_refused_so_that_the_client_reads_it(
    service: Service, client: Client, tenant: str, size: int, announced: bool
):
    content: Any = b" " * size if announced else chunks(size)
    headers = {"Idempotency-Key": "large", "Content-Type": "text/plain"}  # 413 comes before 415
    response = await client.post("/operations/note", content=content, headers=headers)
    problem = assert_problem(response, 413, "content-too-large")
    assert problem["limit_bytes"] == BODY_LIMIT
    await assert_key_is_free(service, client, tenant, "large")


async def test_a_body_of_exactly_the_limit_is_taken(client: Client):
    body = b'{"input":{"text":"' + b"x" * (BODY_LIMIT - 21) + b'"}}'
    assert len(body) == BODY_LIMIT
    assert (await client.start(body)).status_code == 202


async def test_who_asks_before_sending_a_large_body_is_told_not_to(service: Service, tenant: str):
    secret = await service.new_key(tenant)
    answer = await service.raw(
        b"POST /operations/note HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + secret.encode() + b"\r\n"
        b"Idempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n"
        b"Expect: 100-continue\r\n\r\n",
        until_closed=False,
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


BAD_KEYS = [
    b"",
    b"   ",
    b'""',
    b"two words",
    b'"a";b=1',
    b'"a", "b"',
    b"a,b",
    b'"open',
    b"a\\b",
    b"\xc3\xbc",
    b"\xfc",
    b"k" * 256,
]


def request_with(secret: str, *lines: bytes) -> bytes:
    return b"\r\n".join(
        [
            b"POST /operations/note HTTP/1.1",
            b"Host: localhost",
            b"Authorization: Bearer " + secret.encode(),
            b"Content-Type: application/json",
            b"Connection: close",
            *lines,
            b"Content-Length: " + str(len(GOOD)).encode(),
            b"",
            GOOD,
        ]
    )


@pytest.mark.parametrize("key", BAD_KEYS, ids=repr)
async def test_a_key_that_is_none_is_refused(service: Service, tenant: str, key: bytes):
    secret = await service.new_key(tenant)
    answer = await service.raw(request_with(secret, b"Idempotency-Key: " + key))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/idempotency-key-invalid" in answer
    assert await service.count(tenant) == 0


@pytest.mark.parametrize(
    "lines",
    [
        (b"Idempotency-Key: one", b"Idempotency-Key: two"),
        (b"Idempotency-Key: same", b"Idempotency-Key: same"),
        (b"Idempotency-Key: a", b"idempotency-key: b"),
    ],
)
async def test_two_key_headers_are_refused(service: Service, tenant: str, lines: tuple[bytes, ...]):
    """Over a socket: test clients join the lines, and most frameworks only look at the first."""
    secret = await service.new_key(tenant)
    answer = await service.raw(request_with(secret, *lines))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/idempotency-key-invalid" in answer
    assert await service.count(tenant) == 0


@pytest.mark.parametrize("key", [b"a\x01b", b"a\x7fb", b"\x00"])
@pytest.mark.parametrize("http", ["httptools", "h11"])
async def test_control_bytes_in_a_key_are_refused_by_either_parser(
    database: str, redis_url: str, key: bytes, http: str
):
    async with running(database, redis_url, http=http) as service:
        secret = await service.new_key("strict")
        answer = await service.raw(request_with(secret, b"Idempotency-Key: " + key))
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert await service.count("strict") == 0


async def test_a_missing_key_says_where_to_read_about_it(service: Service, client: Client, tenant: str):
    response = await client.post("/operations/note", content=GOOD, headers={"Content-Type": "application/json"})
    assert_problem(response, 400, "idempotency-key-missing")
    assert response.headers["link"] == f'<{service.base_url}/problems/idempotency-key-missing>; rel="describedby"'
    assert await service.count(tenant) == 0


async def test_an_unknown_type_is_told_which_there_are(service: Service, client: Client, tenant: str):
    problem = assert_problem(await client.start(type="no-such-type"), 404, "unknown-operation-type")
    assert problem["supported"] == ["memo", "note"]
    assert await service.count(tenant) == 0


@pytest.mark.parametrize("key", [None, "wrong", "op_" + "x" * 43])
async def test_a_missing_or_wrong_api_key_is_a_401(service: Service, key: str | None):
    async with service.client(key) as client:
        for path in ("/operations/note", "/operations", "/no/such/path"):
            response = await client.post(path, content=b"not even json")
            assert_problem(response, 401, None)
            assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("value", ["", "Basic YTpi", "Bearer", "Bearer a b", "Token x"])
async def test_another_authorization_is_a_401(service: Service, value: str):
    async with service.client(None) as client:
        assert_problem(await client.get("/operations", headers={"Authorization": value}), 401, None)


async def test_a_missing_scope_is_a_403_that_names_it(service: Service, tenant: str):
    async with service.client(await service.new_key(tenant, ["read"])) as reader:
        problem = assert_problem(await reader.start(b"not even json", type="no-such-type"), 403, None)
        assert '"submit"' in problem["detail"]
        assert_problem(await reader.start(), 403, None)
        assert await service.count(tenant) == 0
    async with service.client(await service.new_key(tenant, ["submit"])) as writer:
        operation = await writer.started()
        assert_problem(await writer.get(operation["links"]["self"]), 403, None)
        assert_problem(await writer.get("/operations"), 403, None)


async def test_a_revoked_key_stops_working_within_seconds(service: Service, tenant: str):
    keys = ApiKeys(service.store.pool)
    async with service.client(await keys.create(tenant, ["read"])) as client:
        assert (await client.get("/operations")).status_code == 200
        (key,) = await keys.list(tenant)
        assert await keys.revoke(key.id)
        async with asyncio.timeout(15):  # two, and whatever a busy machine needs
            while (await client.get("/operations")).status_code == 200:  # noqa: ASYNC110 -- nobody tells us
                await asyncio.sleep(0.05)  # what a client with that key would do
        assert_problem(await client.get("/operations"), 401, None)


async def test_only_an_admin_acts_for_another_tenant(service: Service, tenant: str):
    other = await service.new_key(scopes=["submit", "read"])
    async with service.client(other) as client:
        assert_problem(await client.start(headers={"Operations-Tenant": tenant}), 403, None)
    async with service.client(await service.new_key()) as admin:
        response = await admin.start(headers={"Operations-Tenant": tenant})
        assert response.status_code == 202
    assert await service.count(tenant) == 1
