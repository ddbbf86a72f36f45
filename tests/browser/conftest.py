"""A browser that reaches the service and nothing else, and the service for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, async_playwright

from tests.clients.conftest import service

__all__ = ["context", "service"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # it would look for updates of its own
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """A fresh profile of a real Chromium. Fails where there is none."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert program, "there is no Chromium: apt-get install chromium, or say where it is with CHROMIUM=/path/to/it"
    no_sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # root cannot have Chromium's sandbox
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=program, headless=True, args=[*FLAGS, *no_sandbox]
        )
        yield context
        await context.close()
