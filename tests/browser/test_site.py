"""The built site, read from its directory in a real browser: it draws its diagrams and finds words without any host."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.docs.test_site import built
from tests.processes import ROOT

PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("site")
    assert built(ROOT / "mkdocs.yml", directory).returncode == 0
    return directory


async def test_the_diagrams_are_drawn_and_nothing_is_asked_of_a_host(context: BrowserContext, site: Path) -> None:
    page, asked = await opened(context, site / "states.html")
    # the theme draws in a shadow, where nobody sees more than that there is room for it
    drawn = page.locator("div.mermaid")
    await expect(drawn).to_have_count(3, timeout=PATIENCE_MS)
    sizes = [await drawn.nth(number).bounding_box() for number in range(3)]
    assert all(size is not None and size["height"] > 200 for size in sizes)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


async def test_words_are_found(context: BrowserContext, site: Path) -> None:
    page, asked = await opened(context, site / "index.html")
    await page.locator(".md-search__input").click()
    await page.keyboard.type("sentinel")
    await expect(page.locator(".md-search-result")).to_contain_text("Redis and Sentinel", timeout=PATIENCE_MS)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


async def opened(context: BrowserContext, file: Path) -> tuple[Page, list[str]]:
    """The page, and all that it has asked for since."""
    page, asked = await context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(file.as_uri())
    return page, asked
