"""Whoever asked for it is told of an operation's end, signed, in order, and by nothing but what GET shows already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from operations_api.domain.operation import Operation
from operations_api.domain.representation import body
from operations_api.store.operator import Operators, Order
from operations_api.store.store import Store
from operations_api.store.webhook_deliveries import WebhookDeliveries
from operations_api.store.webhook_receivers import WebhookReceivers
from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.inbox import Inbox, verified
from tests.worker.crew import Crew
from tests.worker.definitions import StepTold
from worker.webhooks import Deliverer

FUNDS = StepTold("funds")
OpenInbox = Callable[..., Inbox]


async def rows(store: Store, id: UUID) -> list[tuple[str, int]]:
    found = await WebhookDeliveries(store.pool).page("dev", 100, operation_id=id)
    return [(webhook.type, webhook.version) for webhook in reversed(found)]


async def test_the_end_of_an_operation_is_told_by_a_worker(crew: Crew, open_inbox: OpenInbox, secret: str) -> None:
    inbox = open_inbox()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    crew.start_worker(OPERATIONS_WEBHOOK_NETWORKS=LOOPBACK)
    id = await crew.begin(FUNDS, callback_url=await inbox.url(), traceparent=trace)
    [request] = await inbox.taken(1)
    told = verified(request, secret)
    operation = await crew.done(id)
    assert told["type"] == "operation.succeeded"
    assert "result" not in told["data"]
    assert told["data"] == {k: v for k, v in shown(operation).items() if k != "result"}
    assert request["path"] == "/hooks?a=b"
    assert request["headers"]["host"] == (await inbox.url()).split("/")[2]
    assert request["headers"]["traceparent"] == trace


async def test_what_fails_or_needs_attention_is_told_too(crew: Crew, open_inbox: OpenInbox, secret: str) -> None:
    inbox = open_inbox()
    url = await inbox.url()
    crew.start_worker(OPERATIONS_WEBHOOK_NETWORKS=LOOPBACK)
    failed = await crew.begin(StepTold("funds", trouble={"reserve": "reject"}), callback_url=url)
    blocked = await crew.begin(StepTold("funds", trouble={"commit": "reject"}), callback_url=url)
    told = {each["data"]["id"]: each for each in (verified(one, secret) for one in await inbox.taken(2))}
    assert told[str(failed)]["type"] == "operation.failed"
    assert told[str(failed)]["data"]["error"]["effect"] == "none"
    assert told[str(blocked)]["type"] == "operation.needs_attention"
    await crew.until(blocked, lambda operation: operation.status == "needs_attention")
    closed = await Operators(crew.store.pool).force_close(
        Order(tenant="dev", id=blocked, actor="ann", evidence="it is so")
    )
    assert closed.outcome == "done"
    last = verified((await inbox.taken(3))[2], secret)
    assert (last["type"], last["data"]["error"]["reason"]) == ("operation.failed", "FORCE_CLOSED")
    assert [type for type, _ in await rows(crew.store, blocked)] == ["operation.needs_attention", "operation.failed"]


async def test_a_cancel_before_the_start_is_told(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox = open_inbox()
    id = await crew.begin(FUNDS, callback_url=await inbox.url())
    await store.cancel("dev", id)
    assert await deliverer.run_once() == 1
    told = verified((await inbox.taken(1))[0], secret)
    assert (told["type"], told["data"]["status"]) == ("operation.canceled", "canceled")


async def test_a_deadline_that_passed_is_told(crew: Crew, open_inbox: OpenInbox, secret: str) -> None:
    inbox = open_inbox()
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    far = soon + timedelta(hours=1)
    id = await crew.begin(FUNDS, callback_url=await inbox.url(), deadline=soon, not_before=far)
    crew.start_worker(OPERATIONS_WEBHOOK_NETWORKS=LOOPBACK)
    told = verified((await inbox.taken(1))[0], secret)
    assert (told["data"]["id"], told["data"]["error"]["reason"]) == (str(id), "DEADLINE_EXCEEDED")


async def test_nobody_is_told_of_what_nobody_asked_for(crew: Crew, store: Store, secret: str) -> None:
    id = await crew.begin(FUNDS)
    await store.cancel("dev", id)
    assert await rows(store, id) == []


async def test_an_endpoint_of_the_tenant_hears_of_all_that_starts_after_it(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox, receivers = open_inbox(), WebhookReceivers(store.pool)
    before = await crew.begin(FUNDS)
    endpoint = await receivers.add_endpoint("dev", await inbox.url())
    await receivers.add_endpoint("another", await inbox.url("/another"))
    after = await crew.begin(FUNDS)
    for id in (before, after):
        await store.cancel("dev", id)
    assert await deliverer.run_once() == 1
    [request] = await inbox.taken(1)
    assert verified(request, secret)["data"]["id"] == str(after)
    await receivers.remove_endpoint("dev", endpoint.id)
    later = await crew.begin(FUNDS)
    await store.cancel("dev", later)
    assert await rows(store, later) == []


async def test_two_secrets_sign_while_one_takes_the_place_of_the_other(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox, receivers = open_inbox(), WebhookReceivers(store.pool)
    _, second = await receivers.new_secret("dev", 3600)
    await store.cancel("dev", await crew.begin(FUNDS, callback_url=await inbox.url()))
    await deliverer.run_once()
    [both] = await inbox.taken(1)
    assert verified(both, secret) == verified(both, second)
    _, third = await receivers.new_secret("dev", 0)
    assert len(await receivers.secrets("dev")) == 1
    await store.cancel("dev", await crew.begin(FUNDS, callback_url=await inbox.url()))
    await deliverer.run_once()
    last = (await inbox.taken(2))[1]
    assert verified(last, third)
    for old in (secret, second):
        with pytest.raises(WebhookVerificationError):
            verified(last, old)


async def test_a_deleted_operation_is_told_to_nobody(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox = open_inbox()
    id = await crew.begin(FUNDS, callback_url=await inbox.url())
    await store.cancel("dev", id)
    await store.delete("dev", id)
    assert await WebhookDeliveries(store.pool).page("dev", 10) == [], "nor is it known who would have been told"
    assert await deliverer.run_once() == 0
    assert inbox.so_far() == []


def shown(operation: Operation) -> dict[str, Any]:
    """What GET answers."""
    found: dict[str, Any] = msgspec.json.decode(body(operation))
    return found
