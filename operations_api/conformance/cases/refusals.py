"""Section 10: refusals, and what every answer has."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from operations_api.conformance.client import Client
from operations_api.conformance.findings import expect, expect_equal, expect_header, expect_problem
from operations_api.conformance.section import Section

refusals = Section(10, "Refusals and limits")

ANYWHERE: Final = {
    "400": ("POST", "/operations/{type}", "idempotency-key-missing", 400),
    "401": ("GET", "/operations", None, 401),
    "404 of a path": ("GET", "/nowhere", None, 404),
    "404 of an operation": ("GET", f"/operations/{uuid4()}", "operation-not-found", 404),
    "404 of a type": ("POST", "/operations/no-such-type", "unknown-operation-type", 404),
    "405": ("DELETE", "/operations", None, 405),
    "405 of an open path": ("POST", "/health/live", None, 405),
}
PHRASES: Final = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}


@refusals.each(ANYWHERE)
async def a_refusal_is_a_problem_document_with_the_requests_id(
    api: Client, given: tuple[str, str, str | None, int]
) -> None:
    method, path, slug, status = given
    asking = api.acting_with("") if status == 401 else api
    body = api.body() if method == "POST" else None
    answer = await asking.send(method, path.format(type=api.service.type), body)
    refused = expect_problem(answer, status, slug)
    expect_equal(refused["instance"], f"urn:uuid:{expect_header(answer, 'x-request-id')}", "instance", answer)


@refusals.each({"401": 401, "404": 404, "405": 405})
async def what_http_itself_describes_is_about_blank_with_its_phrase(api: Client, status: int) -> None:
    method, path = {401: ("GET", "/operations"), 404: ("GET", "/nowhere"), 405: ("DELETE", "/operations")}[status]
    answer = await (api.acting_with("") if status == 401 else api).send(method, path)
    expect_equal(expect_problem(answer, status, None)["title"], PHRASES[status], "the title", answer)


@refusals.case()
async def the_title_of_a_refusal_is_the_published_one(api: Client) -> None:
    refused = expect_problem(await api.start(key=""), 400, "idempotency-key-missing")
    expect_equal(refused["title"], api.service.titles["idempotency-key-missing"], "the title")


@refusals.case()
async def nobody_keeps_a_refusal(api: Client) -> None:
    answer = await api.get(str(uuid4()))
    expect("no-store" in expect_header(answer, "cache-control"), "expected no-store", answer)


@refusals.each(
    {"a valid request": "/operations?page_size=1", "a refused one": "/nowhere", "an open one": "/health/live"}
)
async def every_answer_has_a_request_id_of_its_own(api: Client, path: str) -> None:
    ids = {expect_header(await api.send("GET", path), "x-request-id") for _ in range(3)}
    expect_equal(len(ids), 3, "the number of different ids")


@refusals.case()
async def a_request_id_that_a_client_sends_is_not_taken_over(api: Client) -> None:
    answer = await api.send("GET", "/nowhere", headers=[("X-Request-Id", "mine")])
    expect(expect_header(answer, "x-request-id") != "mine", "expected an id of the service's own", answer)
