"""Pages of other origins may call the API where a setting says so, and then read all that the contract names."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from operations_api.embedded.servers import ServerUrls
from tests.conftest import database_named, run_sql
from tests.http.service import Client, Service, running

APP, STRANGER = "https://app.example.com", "https://evil.example"
ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "openapi" / "openapi.json").read_text())
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture(scope="module")
async def open_service(servers: ServerUrls, template: str, request: pytest.FixtureRequest) -> AsyncIterator[Service]:
    """The service for pages of the origins that a test names."""
    name = f"cors_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    url = database_named(servers.database_url, name)
    async with running(url, servers.redis_url, cors_origins=request.param) as service:
        yield service
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
async def page(open_service: Service) -> AsyncIterator[Client]:
    """A client with a key, and the ``Origin`` of the app."""
    async with browser_of(open_service, await open_service.new_key()) as client:
        client.headers["Origin"] = APP
        yield client


def browser_of(service: Service, key: str | None) -> Client:
    """A client whose answers are not compared with the document, which leaves browsers' headers out."""
    client = service.client(key)
    client.event_hooks = {}
    return client


def words(answer: httpx.Response, name: str) -> set[str]:
    """A header's list, in small letters."""
    return {word.strip().lower() for word in answer.headers.get(name, "").split(",") if word.strip()}


def of_cors(answer: httpx.Response) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control")}


def declared(part: Any) -> Iterator[str]:
    """The names of all headers of answers that the document declares."""
    if isinstance(part, dict):
        for response in (part.get("responses") or {}).values():
            yield from response.get("headers", {})
        for member in part.values():
            yield from declared(member)


async def test_without_the_setting_no_page_may_call(service: Service, client: Client):
    answer = await client.get("/operations", headers={"Origin": APP})
    assert (answer.status_code, of_cors(answer)) == (200, set())
    preflight = await client.options("/operations/note", headers={"Origin": APP, **PREFLIGHT})
    assert of_cors(preflight) == set()


@pytest.mark.parametrize("open_service", [APP], indirect=True)
async def test_the_question_before_a_request_is_answered_without_a_key(open_service: Service):
    async with browser_of(open_service, None) as browser:
        for path in ("/operations/note", "/operations", "/nothing/here", "/service-info"):
            answer = await browser.options(path, headers={"Origin": APP, **PREFLIGHT})
            assert (answer.status_code, answer.content) == (204, b"")
            assert answer.headers["access-control-allow-origin"] == APP
            assert answer.headers["vary"] == "Origin"
            assert answer.headers["access-control-max-age"] == "600"
            assert "access-control-allow-credentials" not in answer.headers
            assert answer.headers["x-request-id"]
            methods = {"get", "head", "post", "put", "patch", "delete"}
            assert words(answer, "access-control-allow-methods") == methods


@pytest.mark.parametrize("open_service", [APP], indirect=True)
async def test_every_request_header_of_the_contract_is_allowed(open_service: Service):
    parameters = DOCUMENT["components"]["parameters"].values()
    named = {each["name"].lower() for each in parameters if each["in"] == "header"}
    assert len(named) >= 8
    async with browser_of(open_service, None) as browser:
        answer = await browser.options("/operations/note", headers={"Origin": APP, **PREFLIGHT})
    assert named | {"authorization", "content-type"} <= words(answer, "access-control-allow-headers")


@pytest.mark.parametrize("open_service", [APP], indirect=True)
async def test_every_answer_exposes_every_header_that_the_document_declares(page: Client):
    named = {name.lower() for name in declared(DOCUMENT)} | {"allow"}
    written = set(re.findall(r"`([A-Z][A-Za-z]*(?:-[A-Za-z]+)+)(?::[^`]*)?`", (ROOT / "docs/contract.md").read_text()))
    answers = {name.lower() for name in written} & {name.lower() for name in DOCUMENT["components"]["headers"]}
    assert len(named) >= 16
    assert len(answers) >= 8
    for answer in (
        await page.start(),
        await page.get("/operations/unknown"),
        await page.get("/operations", headers={"Authorization": "Bearer wrong"}),
        await page.put("/operations"),
        await page.get("/nothing/here"),
        await page.get("/health/live"),
    ):
        assert answer.headers["access-control-allow-origin"] == APP
        assert words(answer, "access-control-expose-headers") >= named | answers
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("open_service", [APP], indirect=True)
async def test_caches_are_told_that_an_answer_depends_on_the_origin_whoever_asks(page: Client):
    operation = await page.started()
    for origin in (APP, STRANGER, ""):
        answer = await page.get(f"/operations/{operation['id']}", headers={"Origin": origin})
        assert words(answer, "vary") == {"prefer", "origin"}


@pytest.mark.parametrize("open_service", [APP], indirect=True)
@pytest.mark.parametrize("origin", [STRANGER, "null", "http://app.example.com", f"{APP}:8443", f"{APP}.evil.example"])
async def test_a_page_of_another_origin_gets_no_permission(page: Client, origin: str):
    for answer in (
        await page.get("/operations", headers={"Origin": origin}),
        await page.options("/operations", headers={"Origin": origin, **PREFLIGHT}),
    ):
        assert of_cors(answer) == set()


@pytest.mark.parametrize("open_service", ["https://*.example.com,http://localhost:*"], indirect=True)
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (APP, True),
        ("https://a.b.example.com", True),
        ("http://localhost:5173", True),
        ("https://example.com", False),
        ("https://evilexample.com", False),
        ("http://app.example.com", False),
        ("http://localhost.evil.example", False),
    ],
)
async def test_a_star_stands_for_subdomains_or_ports(page: Client, origin: str, allowed: bool):
    answer = await page.get("/operations", headers={"Origin": origin})
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)


@pytest.mark.parametrize("open_service", ["*"], indirect=True)
async def test_a_star_alone_lets_every_page_call_and_still_without_credentials(page: Client):
    for answer in (
        await page.get("/operations", headers={"Origin": STRANGER, "Cookie": "a=b"}),
        await page.options("/operations", headers={"Origin": STRANGER, **PREFLIGHT}),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" not in words(answer, "vary")


@pytest.mark.parametrize("open_service", [APP], indirect=True)
async def test_options_that_is_no_question_of_a_browser_still_names_the_methods(page: Client):
    answer = await page.options("/operations/note")
    assert (answer.status_code, answer.headers["allow"]) == (204, "POST, OPTIONS")
