"""The pages: the document as bytes, the interactive documentation and the problem types, all without another host."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from examples import registry
from operations_api.domain.problem import PROBLEM_TYPES
from operations_api.http.openapi import document, routes

ASSETS = Path(__file__).parents[2] / "operations_api" / "http" / "assets"
ADDRESS = re.compile(r"""(?:src|href|data-document)="([^"]*)\"""")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(routes(registry), openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test") as client:
        yield client


async def test_the_document_is_served_as_it_is_made(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document(registry)


async def test_the_documentation_fetches_the_document_and_names_no_other_host(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    addresses = [each for each in ADDRESS.findall(page.text) if each != "data:,"]
    assert "./openapi.json" in addresses
    for address in addresses:
        assert page.url.join(address).host == "service.test"
        assert (await client.get(page.url.join(address))).status_code == 200
    assert "//" not in page.text
    assert "http" not in (ASSETS / "docs.js").read_text()


async def test_the_browser_is_told_to_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/problems/malformed-json"):
        policy = (await client.get(path)).headers["content-security-policy"]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["connect-src"] == "'self'"
        assert "http" not in policy
        assert "*" not in policy


async def test_assets_are_cached_for_good_under_an_address_that_changes_with_them(client: httpx.AsyncClient) -> None:
    address = re.search(r"docs/assets/[0-9a-f]{16}/swagger-ui-bundle\.js", (await client.get("/docs")).text)
    assert address
    answer = await client.get("/" + address[0])
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == (ASSETS / "swagger-ui" / "swagger-ui-bundle.js").read_bytes()
    other = re.sub("[0-9a-f]{16}", "0" * 16, address[0])
    assert (await client.get("/" + other)).status_code == 404


async def test_only_what_is_listed_is_served(client: httpx.AsyncClient) -> None:
    address = re.search(r"docs/assets/[0-9a-f]{16}/", (await client.get("/docs")).text)
    assert address
    for name in ("LICENSE", "README.md", "..%2f..%2fopenapi%2fpages.py", "%2e%2e"):
        assert (await client.get(f"/{address[0]}{name}")).status_code == 404


@pytest.mark.parametrize("slug", PROBLEM_TYPES)
async def test_every_problem_type_has_a_page_that_says_what_to_do(client: httpx.AsyncClient, slug: str) -> None:
    page = await client.get(f"/problems/{slug}")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    kind = PROBLEM_TYPES[slug]
    text = page.text.replace("&quot;", '"').replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">")
    assert all(words in text for words in (kind.title, kind.meaning, kind.remedy, str(kind.status)))


async def test_an_unknown_problem_type_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/problems/no-such-problem")).status_code == 404


def test_the_vendored_files_come_with_their_licences() -> None:
    for name in ("LICENSE", "NOTICE", "VERSION", "README.md", "swagger-ui-bundle.js.LICENSE.txt"):
        assert (ASSETS / "swagger-ui" / name).stat().st_size > 0
