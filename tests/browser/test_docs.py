"""The documentation page in a real browser that reaches this service and no other host: it loads, and it works."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import BrowserContext, Locator, Page, Route, expect

from tests.clients.service import LiveService

PATIENCE_MS = 60_000


class Visit:
    """A page of the service, and all that it asked for or complained about."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.other_hosts: list[str] = []
        self._host = urlsplit(base_url).netloc

    async def open(self, url: str) -> None:
        """Load it and whatever it needs."""
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await self.page.route("**/*", self._let_through)
        await self.page.goto(url)

    async def _let_through(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.netloc != self._host:
            self.other_hosts.append(route.request.url)
            await route.abort()
        else:
            await route.continue_()


@pytest.fixture
async def visit(context: BrowserContext, service: LiveService) -> Visit:
    visit = Visit(await context.new_page(), service.base_url)
    await visit.open(f"{service.base_url}/docs")
    return visit


async def test_an_order_is_placed_and_polled_from_the_documentation(visit: Visit, service: LiveService) -> None:
    await authorize(visit.page, service.key)
    start = await opened(visit.page, "startPlaceOrder")
    await start.get_by_role("textbox", name="Idempotency-Key").fill(uuid4().hex)
    await start.get_by_role("textbox", name="Prefer").fill("wait=30")
    started = await executed(start, status=202)
    assert started["status"] == "succeeded"
    poll = await opened(visit.page, "getOperation")
    await poll.get_by_placeholder("id").fill(started["id"])
    assert await executed(poll, status=200) == started
    assert visit.other_hosts == []
    assert visit.complaints == []


async def test_the_page_of_a_refusal_needs_nobody_else_either(visit: Visit, service: LiveService) -> None:
    await visit.page.goto(f"{service.base_url}/problems/idempotency-key-reused")
    await expect(visit.page.get_by_role("heading", name="What to do")).to_be_visible()
    await visit.page.get_by_role("link", name="The API's documentation").click()
    await expect(visit.page.locator("[id$='-startPlaceOrder']")).to_be_visible(timeout=PATIENCE_MS)
    assert visit.other_hosts == []
    assert visit.complaints == []


async def authorize(page: Page, key: str) -> None:
    await page.locator(".auth-wrapper > .authorize").first.click()
    dialog = page.locator(".dialog-ux")
    await dialog.locator("input").fill(key)
    await dialog.get_by_role("button", name="Apply credentials").click()
    await dialog.get_by_role("button", name="Close").last.click()


async def opened(page: Page, operation_id: str) -> Locator:
    block = page.locator(f"[id$='-{operation_id}']")
    await block.locator(".opblock-summary-control").click()
    return block


async def executed(block: Locator, status: int) -> dict[str, Any]:
    """Execute it with what is filled in; gives the body of the answer."""
    await block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table")
    await expect(answer.locator("tbody .response-col_status").first).to_contain_text(str(status), timeout=PATIENCE_MS)
    return dict(json.loads(await answer.locator(".highlight-code code").first.inner_text()))
