"""Receivers, workers and the API, each a process or a server of its own, on one fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from operations_api.store.store import Store
from operations_api.store.webhook_receivers import WebhookReceivers
from operations_api.store.webhooks import Webhooks
from tests.webhooks.inbox import Inbox
from tests.worker.conftest import crew as crew
from worker.addresses import Guard, networks
from worker.courier import Courier
from worker.webhooks import Deliverer

LOOPBACK = "127.0.0.0/8,::1/128"


@pytest.fixture
def open_inbox(tmp_path: Path) -> Iterator[Callable[..., Inbox]]:
    """Opens receivers that are gone at the test's end."""
    inboxes: list[Inbox] = []

    def opened(*answers: str) -> Inbox:
        inboxes.append(Inbox(tmp_path / f"inbox-{len(inboxes)}", *answers))
        return inboxes[-1]

    yield opened
    for inbox in inboxes:
        inbox.kill()


@pytest.fixture
async def secret(store: Store) -> str:
    """What the webhooks of tenant ``dev`` are signed with."""
    _, secret = await WebhookReceivers(store.pool).new_secret("dev", 0)
    return secret


@pytest.fixture
async def deliverer(store: Store) -> AsyncIterator[Deliverer]:
    """What a worker has to deliver webhooks, one round at a time."""
    deliverer = Deliverer(Webhooks(store.pool), Courier(Guard(networks(LOOPBACK))))
    yield deliverer
    await deliverer.stop()
