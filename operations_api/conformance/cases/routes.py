"""Section 1: which paths take which methods."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from operations_api.conformance.client import Client
from operations_api.conformance.findings import (
    expect,
    expect_equal,
    expect_header,
    expect_problem,
    expect_status,
)
from operations_api.conformance.section import SECOND_TYPE, Section

routes = Section(1, "Routes and keys")

ALLOWED: Final = {
    "/operations": "GET HEAD OPTIONS",
    "/operations/{type}": "POST OPTIONS",
    "/operations/{type}/{id}": "GET HEAD PUT OPTIONS",
    "/operations/{id}": "GET HEAD PATCH DELETE OPTIONS",
    "/operations/{id}/cancel": "POST OPTIONS",
    "/operations/{id}/events": "GET HEAD OPTIONS",
    "/operations/{id}/retry": "POST OPTIONS",
    "/operations/{id}/resolve": "POST OPTIONS",
    "/operations/{id}/compensate": "POST OPTIONS",
    "/operations/{id}/force-close": "POST OPTIONS",
    "/service-info": "GET HEAD OPTIONS",
    "/openapi.json": "GET HEAD OPTIONS",
    "/docs": "GET HEAD OPTIONS",
    "/health/live": "GET HEAD OPTIONS",
    "/health/ready": "GET HEAD OPTIONS",
}
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@routes.each({path: path for path in ALLOWED})
async def options_answers_with_the_complete_allow(api: Client, path: str) -> None:
    answer = expect_status(await api.send("OPTIONS", _filled(api, path)), 200, 204)
    expect_equal(_allow(expect_header(answer, "allow")), set(ALLOWED[path].split()), "Allow", answer)


@routes.each({path: path for path in ALLOWED})
async def a_method_that_a_path_does_not_take_is_a_405_with_the_same_allow(api: Client, path: str) -> None:
    allowed = set(ALLOWED[path].split())
    for method in METHODS:
        if method not in allowed:
            answer = await api.send(method, _filled(api, path))
            expect_problem(answer, 405, None)
            expect_equal(_allow(expect_header(answer, "allow")), allowed, f"Allow of the 405 to {method}", answer)


@routes.each({"a word": "/nowhere", "deeper": "/operations/a/b/c", "below a page": "/service-info/more"})
async def a_path_that_is_none_is_a_404(api: Client, path: str) -> None:
    expect_status(answer := await api.send("GET", path), 404)
    expect_problem(answer, 404, None)


@routes.each({"POST": "/operations/no-such-type", "PUT": f"/operations/no-such-type/{uuid4()}"})
async def a_type_that_is_none_is_a_404_with_those_there_are(api: Client, path: str) -> None:
    method = "POST" if path.count("/") == 2 else "PUT"
    answer = await api.send(method, path, api.body(), headers=[("Idempotency-Key", "unknown-type")])
    refused = expect_problem(answer, 404, "unknown-operation-type")
    expect_equal(sorted(refused["supported"]), sorted(api.service.types), "supported", answer)


@routes.each(
    {
        path: path
        for path in (
            "/operations?type=none",
            "/service-info",
            "/openapi.json",
            "/docs",
            "/health/live",
            "/health/ready",
        )
    }
)
async def head_is_a_get_without_its_body(api: Client, path: str) -> None:
    got, head = await api.send("GET", path), await api.send("HEAD", path)
    expect_equal(head.status, got.status, "the status of HEAD", head)
    expect_equal(head.beyond, b"", "what follows the head", head)
    for name in ("content-type", "content-length", "cache-control"):
        expect_equal(head.header(name), got.header(name), f"{name} of HEAD", head)


@routes.case()
async def an_operation_is_the_same_below_its_type(api: Client) -> None:
    id = (await api.waiting())["id"]
    plain, typed = await api.get(id), await api.send("GET", f"/operations/{api.service.type}/{id}")
    expect_equal(expect_status(typed, 200).json, plain.json, "the typed answer", typed)
    expect_equal(typed.header("etag"), plain.header("etag"), "its ETag", typed)
    head = expect_status(await api.send("HEAD", f"/operations/{api.service.type}/{id}"), 200)
    expect_equal((head.header("etag"), head.beyond), (plain.header("etag"), b""), "HEAD of the typed path", head)


@routes.case(SECOND_TYPE)
async def an_operation_is_not_there_below_another_type(api: Client) -> None:
    id = (await api.waiting())["id"]
    expect_problem(await api.send("GET", f"/operations/{api.service.other_type}/{id}"), 404, "operation-not-found")


@routes.each(
    {
        "view": "/operations/{id}?view=everything",
        "type": "/operations?type=no-such-type",
        "status": "/operations?status=done",
        "one of several statuses": "/operations?status=failed,lost",
        "page_size that is negative": "/operations?page_size=-1",
        "page_size that is no number": "/operations?page_size=many",
        "created_after": "/operations?created_after=yesterday",
        "created_before without an offset": "/operations?created_before=2026-01-01T00:00:00",
        "label without a colon": "/operations?label=channel",
        "page_token": "/operations?page_token=garbage",
        "NUL": "/operations?type=%00",
        "a parameter given twice": "/operations?type=a&type=b",
    }
)
async def an_unknown_value_of_a_known_parameter_is_a_400(api: Client, path: str) -> None:
    id = (await api.waiting())["id"] if "{id}" in path else ""
    expect_problem(await api.send("GET", path.format(id=id)), 400, "validation-error")


@routes.case()
async def an_unknown_value_of_validate_only_is_a_400(api: Client) -> None:
    expect_problem(await api.start(query="?validate_only=maybe"), 400, "validation-error")


@routes.case()
async def an_unknown_parameter_is_ignored(api: Client) -> None:
    id = (await api.waiting())["id"]
    expect_status(await api.get(id, query="?colour=blue"), 200)
    expect_status(await api.send("GET", "/operations?colour=blue&page_size=1"), 200)


@routes.case()
async def absolute_urls_have_the_base_that_the_client_used_or_the_one_that_is_set(api: Client) -> None:
    info = expect_status(await api.send("GET", "/service-info", host="elsewhere.example:8123"), 200)
    base = info.json["problem_types"][0]["type"].rpartition("/problems/")[0]
    is_set = all(address.public_url == base for address in api.service.addresses)
    expect(is_set or base.split("://")[1] == "elsewhere.example:8123", f"the base is {base}", info)


def _filled(api: Client, path: str) -> str:
    return path.format(type=api.service.type, id=uuid4())


def _allow(value: str) -> set[str]:
    return {method.strip() for method in value.split(",")}
