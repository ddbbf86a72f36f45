"""Each webhook is sent until it is taken, by a schedule its receiver may stretch or end, and by workers that die."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest

from operations_api.domain.webhook import LONGEST_PAUSE_SECONDS, PAUSES_SECONDS, Webhook, pause_seconds
from operations_api.store.store import Store
from operations_api.store.webhook_deliveries import WebhookDeliveries
from operations_api.store.webhook_receivers import WebhookReceivers
from operations_api.store.webhooks import CALLBACKS, Lane, Room, Webhooks
from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.inbox import Inbox, verified
from tests.worker.crew import Crew
from tests.worker.definitions import StepTold
from worker.webhooks import Deliverer

OpenInbox = Callable[..., Inbox]

DUE = "update webhooks set next_attempt_at = clock_timestamp() - interval '1 second' where next_attempt_at is not null"


async def end(crew: Crew, url: str) -> UUID:
    """An operation that has ended, and of which this receiver is to be told."""
    id = await crew.begin(StepTold("funds"), callback_url=url)
    await crew.store.cancel("dev", id)
    return id


async def round_of(deliverer: Deliverer) -> int:
    count = await deliverer.run_once()
    await deliverer.drain()
    return count


async def only(store: Store) -> Webhook:
    [webhook] = await WebhookDeliveries(store.pool).page("dev", 10)
    return webhook


def seconds_until(webhook: Webhook) -> float:
    assert webhook.next_attempt_at is not None
    return (webhook.next_attempt_at - datetime.now(UTC)).total_seconds()


def test_the_schedule_ends_75_hours_after_the_first_attempt() -> None:
    for spread in (0.0, 1.0):
        pauses = [pause_seconds(attempts, spread, None) for attempts in range(1, 11)]
        assert pauses[-1] is None
        whole = sum(pause for pause in pauses if pause is not None)
        assert 0.9 * sum(PAUSES_SECONDS) <= whole <= sum(PAUSES_SECONDS)
    assert 75 <= sum(PAUSES_SECONDS) / 3600 < 76


async def test_what_is_refused_is_sent_again_under_the_same_id_with_a_fresh_signature(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox = open_inbox("500", "404", "200")
    await end(crew, await inbox.url())
    for attempt, status in enumerate((500, 404), 1):
        assert await round_of(deliverer) == 1
        webhook = await only(store)
        assert (webhook.state, webhook.attempts, webhook.answer_status) == ("pending", attempt, status)
        assert 0.9 * PAUSES_SECONDS[attempt - 1] - 5 <= seconds_until(webhook) <= PAUSES_SECONDS[attempt - 1]
        assert await round_of(deliverer) == 0, "it is not due"
        await store.pool.execute(DUE)
    await round_of(deliverer)
    assert (await only(store)).state == "delivered"
    requests = await inbox.taken(3)
    assert {request["headers"]["webhook-id"] for request in requests} == {str((await only(store)).id)}
    assert len({request["body"] for request in requests}) == 1
    for request in requests:
        verified(request, secret)
        assert abs(int(request["headers"]["webhook-timestamp"]) - request["at"]) < 30


@pytest.mark.parametrize("kind", ["seconds", "date", "for ever"])
async def test_a_receiver_that_asks_for_time_gets_it(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str, kind: str
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=700), usegmt=True)
    inbox = open_inbox(f"503 Retry-After: { {'seconds': '700', 'date': later, 'for ever': '999999999'}[kind] }")
    await end(crew, await inbox.url())
    await round_of(deliverer)
    longest = LONGEST_PAUSE_SECONDS if kind == "for ever" else 700
    assert longest - 60 < seconds_until(await only(store)) <= longest


async def test_a_receiver_that_is_gone_is_told_nothing_more(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox, receivers = open_inbox("410"), WebhookReceivers(store.pool)
    await receivers.add_endpoint("dev", await inbox.url())
    for _ in range(3):
        await store.cancel("dev", await crew.begin(StepTold("funds")))
    await store.pool.execute(
        "update webhooks set next_attempt_at = next_attempt_at + interval '1 hour' where id <> "
        "(select id from webhooks order by id limit 1)"
    )
    await round_of(deliverer)
    assert {each.state for each in await WebhookDeliveries(store.pool).page("dev", 10)} == {"dead"}
    [endpoint] = await receivers.endpoints("dev")
    assert endpoint.disabled_at is not None
    await store.cancel("dev", await crew.begin(StepTold("funds")))
    assert len(await WebhookDeliveries(store.pool).page("dev", 10)) == 3
    assert len(inbox.so_far()) == 1


async def test_a_callback_that_is_gone_ends_with_its_own_operation(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox = open_inbox("410")
    gone, other = (
        await end(crew, await inbox.url()),
        await crew.begin(StepTold("funds"), callback_url=await inbox.url()),
    )
    await round_of(deliverer)
    assert (await only(store)).state == "dead"
    assert await store.pool.fetchval("select callback_url from operations where id = $1", gone) is None
    assert await store.pool.fetchval("select callback_url from operations where id = $1", other) is not None


async def test_a_redirect_is_not_followed(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    elsewhere = open_inbox()
    inbox = open_inbox(f"302 Location: {await elsewhere.url()}")
    await end(crew, await inbox.url())
    await round_of(deliverer)
    webhook = await only(store)
    assert (webhook.state, webhook.answer_status) == ("pending", 302)
    assert elsewhere.so_far() == []


async def test_one_receiver_hears_of_one_operation_in_order(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox, calm = open_inbox("500", "200"), open_inbox()
    await WebhookReceivers(store.pool).add_endpoint("dev", await calm.url())
    id = await crew.begin(StepTold("funds"), callback_url=await inbox.url())
    for status in ("needs_attention", "running"):
        await store.pool.execute("update operations set status = $2, version = version + 1 where id = $1", id, status)
    await store.cancel("dev", id)
    for _ in range(3):
        await round_of(deliverer)
    assert len(inbox.so_far()) == 1, "the first one is not taken yet, so the second one waits"
    assert len(calm.so_far()) == 2, "nobody else waits for that"
    await store.pool.execute(DUE)
    await round_of(deliverer)
    await round_of(deliverer)
    told = [verified(request, secret)["type"] for request in await inbox.taken(3)]
    assert told == ["operation.needs_attention", "operation.needs_attention", "operation.canceled"]


async def test_after_the_last_attempt_it_is_dead_until_somebody_replays_it(
    crew: Crew, store: Store, deliverer: Deliverer, open_inbox: OpenInbox, secret: str
) -> None:
    inbox, webhooks = open_inbox("500"), WebhookDeliveries(store.pool)
    await end(crew, await inbox.url())
    for _ in range(10):
        assert await round_of(deliverer) == 1
        await store.pool.execute(DUE)
    [dead] = await webhooks.page("dev", 10, state="dead")
    assert (dead.attempts, dead.answer_status) == (10, 500)
    assert await round_of(deliverer) == 0
    assert await webhooks.replay("another", dead.id) is None
    assert await webhooks.replay("dev", dead.id) is not None
    inbox.answer("200")
    await round_of(deliverer)
    assert (await only(store)).state == "delivered"
    assert {request["headers"]["webhook-id"] for request in inbox.so_far()} == {str(dead.id)}


async def test_a_worker_that_dies_with_one_leaves_it_to_the_next(
    crew: Crew, store: Store, open_inbox: OpenInbox, secret: str
) -> None:
    inbox = open_inbox()
    await end(crew, await inbox.url())
    inbox.process.send_signal(signal.SIGSTOP)  # the kernel accepts a connection for it, and nobody answers
    worker = crew.start_worker(OPERATIONS_WEBHOOK_NETWORKS=LOOPBACK)
    while (await only(store)).attempts == 0:
        assert worker.process.poll() is None
    worker.kill()
    inbox.process.send_signal(signal.SIGCONT)
    await store.pool.execute(DUE)
    crew.start_worker(OPERATIONS_WEBHOOK_NETWORKS=LOOPBACK)
    for request in await inbox.taken(1):
        verified(request, secret)


async def test_an_attempt_that_was_given_to_somebody_else_has_no_say(
    crew: Crew, store: Store, open_inbox: OpenInbox, secret: str
) -> None:
    webhooks = Webhooks(store.pool)
    await end(crew, "http://127.0.0.1:9/")
    rooms = [(Lane("dev", CALLBACKS), Room(10, 10))]
    [first] = await webhooks.claim(rooms, 10, 60)
    assert await webhooks.claim(rooms, 10, 60) == []
    await store.pool.execute(DUE)
    [second] = await webhooks.claim(rooms, 10, 60)
    await webhooks.failed(first, None, 500, "late")
    assert (await only(store)).state == "pending"
    await webhooks.delivered(second, 200)
    assert (await only(store)).state == "delivered"
