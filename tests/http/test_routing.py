"""What holds at every path: refusals are problems, OPTIONS and Allow are complete, every answer has an id."""

import asyncio
from uuid import UUID, uuid4

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from operations_api.domain.problem import PROBLEM_TYPES
from operations_api.http import page_token
from tests.http.service import Client, Service

ANY_ID = "01a202eb-7af7-76c1-b416-4b4f0e17fd09"
ALLOW = {
    "/operations": "GET, HEAD, OPTIONS",
    "/operations/note": "POST, OPTIONS",
    f"/operations/{ANY_ID}": "GET, HEAD, PATCH, DELETE, OPTIONS",
    f"/operations/{ANY_ID}/cancel": "POST, OPTIONS",
    f"/operations/{ANY_ID}/events": "GET, HEAD, OPTIONS",
    f"/operations/note/{ANY_ID}": "GET, HEAD, PUT, OPTIONS",
    "/operations/note/cancel": "GET, HEAD, PUT, OPTIONS",
    "/service-info": "GET, HEAD, OPTIONS",
    "/health/live": "GET, HEAD, OPTIONS",
    "/health/ready": "GET, HEAD, OPTIONS",
    "/openapi.json": "GET, HEAD, OPTIONS",
    "/docs": "GET, HEAD, OPTIONS",
    "/problems/malformed-json": "GET, HEAD, OPTIONS",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


@pytest.mark.parametrize("path", ALLOW)
async def test_options_answers_with_everything_a_path_takes(service: Service, path: str):
    async with service.client(None) as anybody:
        response = await anybody.options(path)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["allow"] == ALLOW[path]


@pytest.mark.parametrize("path", ALLOW)
async def test_a_method_a_path_does_not_take_is_a_405_with_the_same_allow(client: Client, path: str):
    for method in METHODS:
        response = await client.request(method, path)
        assert (response.status_code == 405) == (method not in ALLOW[path]), (method, response.status_code)
        if response.status_code == 405:
            assert response.headers["allow"] == ALLOW[path]
            assert response.headers["content-type"] == "application/problem+json"
            if method != "HEAD":
                assert response.json()["type"] == "about:blank"
                assert response.json()["title"] == "Method Not Allowed"


@pytest.mark.parametrize("path", ["/", "/nothing", "/operations/x/y", "/operations/note/cancel/more", "/favicon.ico"])
async def test_an_unknown_path_is_a_problem(client: Client, path: str):
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.json()["type"], response.json()["title"]) == ("about:blank", "Not Found")


async def test_every_answer_has_an_id_of_its_own(service: Service, client: Client):
    paths = ["/operations", "/nothing", "/health/live", f"/operations/{uuid4()}", "/docs", "/problems/x"]
    responses = [await client.get(path) for path in paths]
    responses.append(await client.options("/operations"))
    async with service.client(None) as anybody:
        responses.append(await anybody.get("/operations"))
    assert len({UUID(response.headers["x-request-id"]) for response in responses}) == len(responses)


@pytest.mark.parametrize("slug", PROBLEM_TYPES)
async def test_every_problem_type_has_a_page_that_needs_no_key(service: Service, slug: str):
    async with service.client(None) as anybody:
        response = await anybody.get(f"/problems/{slug}")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/html")
        assert PROBLEM_TYPES[slug].title in response.text


async def test_health_needs_no_key(service: Service):
    async with service.client(None) as anybody:
        assert (await anybody.get("/health/live")).json() == {"status": "ok"}
        assert (await anybody.get("/health/ready")).json() == {"status": "ok", "postgres": "ok", "redis": "ok"}
        assert (await anybody.head("/health/live")).content == b""


async def test_a_defect_is_a_500_without_a_trace_and_logged_under_its_id(
    service: Service, client: Client, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object) -> str:
        raise RuntimeError("a secret detail")

    for _ in range(2):
        await client.started()
    monkeypatch.setattr(page_token, "issue", broken)
    with capture_logs(processors=[merge_contextvars]) as logged:
        response = await client.get("/operations", params={"page_size": 1})
    assert response.status_code == 500
    assert [event["request_id"] for event in logged if "exc_info" in event] == [response.headers["x-request-id"]]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == f"{service.base_url}/problems/internal-error"
    assert response.json()["instance"] == f"urn:uuid:{response.headers['x-request-id']}"
    assert "secret" not in response.text


async def test_one_connection_serves_answers_of_every_kind(service: Service, tenant: str):
    """Refused bodies that nobody read must not be taken for the next request."""
    secret = (await service.new_key(tenant)).encode()
    hidden = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    length = str(len(hidden)).encode()
    unread = b"GET /operations HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n" + hidden
    good = b"GET /operations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + secret + b"\r\nConnection: close\r\n\r\n"
    answer = await asyncio.wait_for(service.raw(unread + good), 10)
    assert answer.count(b"HTTP/1.1 ") == 2
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"HTTP/1.1 200 OK" in answer
    assert b'"operations":[]' in answer
