"""``POST /webhooks/{source}``: another system tells of an event, and what the registry says of it is started.

The event's own id is the key, so that a redelivery is a replay. Whatever is signed and starts nothing is kept and
answered as taken: a sender that is refused sends again, and in the end nothing more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import structlog
import uuid_utils.compat as uuid_utils
from litestar import Request, post

from operations_api.domain import fingerprint
from operations_api.domain.incoming import Event, NotVerified, Starts, WebhookSource, key_of, verified
from operations_api.domain.inputs import ValidationFailed
from operations_api.domain.problem import Problem
from operations_api.domain.representation import path_of
from operations_api.domain.starting import KeyOfDeletedOperation, KeyReused
from operations_api.http.answer import Answer
from operations_api.http.bodies import read_body
from operations_api.http.exchange import Exchange, exchange_of
from operations_api.http.problems import FORBIDDEN, NOT_FOUND
from operations_api.http.resources import Resources
from operations_api.http.start_refusals import REFUSED, refusal_of
from operations_api.http.starts import Ask, Starter
from operations_api.http.trace_context import traceparent
from operations_api.meter import EventOutcome
from operations_api.webhook_sources import Account, accounts_in

CameTo = Callable[[EventOutcome], None]
"""Says what an event came to."""

log = structlog.get_logger(__name__)


def incoming_route(resources: Resources) -> Any:
    """The route that takes what other systems send."""
    desk = Desk(resources, accounts_in(resources.settings.webhook_sources))

    @post("/webhooks/{source:str}", status_code=202)
    async def take_webhook(request: Request[Any, Any, Any]) -> Answer:
        return await desk.answer(request)

    return take_webhook


class Arrival(msgspec.Struct, frozen=True):
    """A signed event, and whose it is."""

    source: WebhookSource
    account: Account
    event: Event
    body: bytes

    @property
    def starts(self) -> Starts | None:
        """What the registry says of it, by its most exact type."""
        events = self.source.events
        return next((events[type] for type in self.event.types if type in events), None)

    def ask(self, starts: Starts, trace: str | None) -> Ask:
        """The start that it asks for. Raises whatever a user's function of the payload raises."""
        document = {"input": msgspec.to_builtins(starts.input(self.event.payload))}
        canonical = fingerprint.canonical(document)
        return Ask(
            tenant=self.account.tenant,
            key=key_of(self.source.name, self.event.id),
            id=uuid_utils.uuid7(),
            fingerprint=fingerprint.fingerprint_of(starts.type, canonical),
            document=document,
            canonical=canonical,
            traceparent=trace,
            retry_failed=False,
        )


class Desk:
    """Takes events of all sources."""

    def __init__(self, resources: Resources, accounts: Mapping[str, Account]) -> None:
        self._resources = resources
        self._accounts = accounts
        self._starters = {name: Starter(each, resources) for name, each in resources.registry.current.items()}

    async def answer(self, request: Any) -> Answer:
        """The 202 of what was started, or what the setting says of anything else. Raises ``Problem``."""
        source, account = self._known(request.path_params["source"])
        with self._counted(source.name) as came_to:
            return await self._answered(request, source, account, came_to)

    async def _answered(self, request: Any, source: WebhookSource, account: Account, came_to: CameTo) -> Answer:
        try:
            arrival = await self._arrived(request, source, account)
        except Problem:
            came_to("refused")
            raise
        starts = arrival.starts
        if starts is None:
            return await self._kept(arrival, "nothing is said of events of this type", came_to, "unknown")
        try:
            ask = arrival.ask(starts, traceparent(request.headers.getall("traceparent", [])))
        except Exception as error:  # whatever a user's function of the payload raises
            log.warning("a webhook could not be made an input", source=arrival.source.name, exc_info=error)
            return await self._kept(arrival, f"no input can be made of it: {type(error).__name__}", came_to)
        exchange = exchange_of(request)
        try:
            return await self._started(arrival, self._starters[starts.type], ask, exchange, came_to)
        except REFUSED as error:
            raise refusal_of(error, exchange.base_url) from None

    @contextmanager
    def _counted(self, source: str) -> Iterator[CameTo]:
        outcomes: list[EventOutcome] = ["put_off"]  # whatever ends it early: its sender sends it again
        try:
            yield outcomes.append
        finally:
            self._resources.meter.event_arrived(source, outcomes[-1])

    async def _arrived(self, request: Any, source: WebhookSource, account: Account) -> Arrival:
        body = await read_body(request, self._resources.settings.body_limit_bytes)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            event = verified(source.scheme, account.secrets, headers, body, time.time())
        except NotVerified as error:
            raise Problem(str(error), kind=FORBIDDEN) from None
        return Arrival(source, account, event, body)

    def _known(self, name: str) -> tuple[WebhookSource, Account]:
        source, account = self._resources.registry.webhooks.get(name), self._accounts.get(name)
        if source is None or account is None:
            raise Problem("There is no such source of webhooks here.", kind=NOT_FOUND)
        return source, account

    async def _started(
        self, arrival: Arrival, starter: Starter, ask: Ask, exchange: Exchange, came_to: CameTo
    ) -> Answer:
        try:
            started = await starter.start(ask, exchange)
        except ValidationFailed as error:
            return await self._kept(arrival, f"the input is refused: {error.detail}", came_to)
        except (KeyReused, KeyOfDeletedOperation) as error:  # sent again it may differ in what its sender counts
            came_to("replayed")
            return _taken(exchange, error.operation_id, replayed=True)
        came_to("replayed" if started.replayed else "started")
        return _taken(exchange, started.operation.id, replayed=started.replayed)

    async def _kept(self, arrival: Arrival, reason: str, came_to: CameTo, outcome: EventOutcome = "unusable") -> Answer:
        event, settings = arrival.event, self._resources.settings
        await self._resources.webhook_events.keep(
            arrival.account.tenant, arrival.source.name, event.id, event.types[-1], arrival.body, reason
        )
        came_to(outcome)
        return Answer(settings.webhook_unknown, [("Cache-Control", "no-store")])


def _taken(exchange: Exchange, operation_id: object, *, replayed: bool) -> Answer:
    headers = [("Location", f"{exchange.base_url}{path_of(operation_id)}"), ("Cache-Control", "no-store")]
    return Answer(202, [*headers, *([("Idempotent-Replayed", "true")] if replayed else [])])
