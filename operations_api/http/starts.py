"""Starting an operation: ``POST /operations/{type}``, one route for each registered type.

The order of the checks is part of the contract: key, JSON, **what the key names**, schema. A retry must find its
operation even when the schema has become stricter since, so where the schema refuses, the key is looked up first.
Everything that passes is one statement in the database, which finds replays by itself. ``own_ids.py`` starts under
the client's own id instead of a key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import uuid_utils.compat as uuid_utils
from litestar import Request, post

from operations_api.changes import Seen
from operations_api.domain import fingerprint, idempotency_key, inputs, strict_json
from operations_api.domain.definition import Definition
from operations_api.domain.fair_order import Priority
from operations_api.domain.inputs import ValidationFailed
from operations_api.domain.operation import pins_of
from operations_api.domain.operation_token import is_token, token_problem
from operations_api.domain.problem import Problem
from operations_api.domain.starting import Started, StartRequest
from operations_api.domain.webhook import URL_LENGTH, url_fault
from operations_api.http import prefer, queries
from operations_api.http.admission import Admission
from operations_api.http.answer import Answer
from operations_api.http.bodies import read_body, require_json
from operations_api.http.exchange import Exchange, exchange_of
from operations_api.http.metrics import metered
from operations_api.http.operation_answers import accepted
from operations_api.http.problems import outcome_may_be_unknown
from operations_api.http.resources import Resources
from operations_api.http.start_refusals import REFUSED, refusal_of
from operations_api.http.trace_context import traceparent

LabelKey = Annotated[str, msgspec.Meta(min_length=1, max_length=63, pattern="^[^:]+$")]
LabelValue = Annotated[str, msgspec.Meta(max_length=255)]
MAX_LABELS: Final = 64
GROUP_LENGTH: Final = 255
Labels = Annotated[dict[LabelKey, LabelValue], msgspec.Meta(max_length=MAX_LABELS)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
GroupName = Annotated[str, msgspec.Meta(min_length=1, max_length=GROUP_LENGTH)]
CallbackUrl = Annotated[str, msgspec.Meta(max_length=URL_LENGTH)]


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a start. ``input`` is decoded as the definition's own Struct. A label's key has no colon."""

    input: Any
    labels: Labels = {}
    deadline: Moment | None = None
    not_before: Moment | None = None
    group: GroupName | None = None
    priority: Priority | None = None
    callback_url: CallbackUrl | None = None


class _Input(msgspec.Struct, frozen=True):
    """The same body, for the text of its input: what is part of a canonical form is in canonical form."""

    input: msgspec.Raw


_decode_input: Final = msgspec.json.Decoder(_Input).decode


class Ask(msgspec.Struct, frozen=True):
    """A start as it was sent, before the schema was looked at. ``document`` is the parsed body, ``canonical`` its form.

    ``key`` names the operation; without one the client's own ``id`` does.
    """

    tenant: str
    key: str | None
    id: UUID
    fingerprint: bytes
    document: Any
    canonical: bytes
    traceparent: str | None
    retry_failed: bool


def start_route(definition: Definition, resources: Resources) -> Any:
    """The route that starts operations of this type."""
    starter = Starter(definition, resources)

    @post(f"/operations/{definition.name}", status_code=202)
    async def start_operation(request: Request[Any, Any, Any]) -> Answer:
        return await starter.answer(request)

    return start_operation


class Starter:
    """Starts operations of one type, each under its idempotency key."""

    def __init__(self, definition: Definition, resources: Resources) -> None:
        self.definition = definition
        self.resources = resources
        self._pins = pins_of(definition.steps) if isinstance(definition.steps, tuple) else None
        self._retention = definition.retention(resources.settings.retention_days)

    async def answer(self, request: Any) -> Answer:
        """The 202, or the 204 of ``validate_only``. Raises ``Problem`` and ``StoreUnavailable``."""
        exchange = exchange_of(request)
        tenant = exchange.require("submit").tenant
        limit = self.resources.limits.of(tenant).operations_in_flight
        admission = Admission(self.resources.in_flight, exchange, tenant, limit)
        ask = await self._ask(request, tenant)
        preferences = prefer.parse(request.headers.getall("prefer", []))
        dry = queries.word(request, "validate_only", ("true", "false"), "false") == "true"
        try:
            started = await (self._check(ask, admission) if dry else self._observed(ask, admission))
        except REFUSED as error:
            raise refusal_of(error, exchange.base_url) from None
        if started is None:
            return Answer(204)
        if not started.replayed:
            self.resources.queue.wake()
        if preferences.wait and not started.operation.done:
            started = await self._waited(started, preferences.wait)
        advice = self.resources.advice
        return accepted(advice, started.operation, exchange.base_url, preferences, ask.key, replayed=started.replayed)

    async def start(self, ask: Ask, exchange: Exchange) -> Started:
        """Start what was asked for in another way. Raises ``Problem`` and what the store says about a key."""
        limit = self.resources.limits.of(ask.tenant).operations_in_flight
        started = await self._traced(ask, Admission(self.resources.in_flight, exchange, ask.tenant, limit))
        if not started.replayed:
            self.resources.queue.wake()
        return started

    async def _ask(self, request: Any, tenant: str) -> Ask:
        body = await self._body(request)
        key, id = self._name(request)
        document = strict_json.parse(body)
        canonical = fingerprint.canonical(document)
        return Ask(
            tenant=tenant,
            key=key,
            id=id,
            fingerprint=fingerprint.fingerprint_of(self.definition.name, canonical),
            document=document,
            canonical=canonical,
            traceparent=traceparent(request.headers.getall("traceparent", [])),
            retry_failed=request.headers.getall("idempotency-retry", []) == ["?1"],
        )

    async def _body(self, request: Any) -> bytes:
        body = await read_body(request, self.resources.settings.body_limit_bytes)
        require_json(request)
        return body

    async def _observed(self, ask: Ask, admission: Admission) -> Started:
        """Start, counted and traced."""
        return await metered(self.resources.meter, self.definition.name, self._traced(ask, admission))

    async def _traced(self, ask: Ask, admission: Admission) -> Started:
        """Start in a span that every call of the operation will be below."""
        type = self.definition.name
        with self.resources.tracer.span(f"start {type}", ask.traceparent, type=type, tenant=ask.tenant) as span:
            ask = msgspec.structs.replace(ask, traceparent=span.traceparent)
            started = await self._start(ask, admission)
            outcome = "replayed" if started.replayed else "started"
            span.end_with(outcome, operation=str(started.operation.id))
            return started

    async def _start(self, ask: Ask, admission: Admission) -> Started:
        try:
            start = self._request(ask)
            await self._require_secret(start)
        except ValidationFailed:
            started = await self._find(ask)
            if started is None:
                raise
            return started
        await self._refuse_stale(ask)
        if not await admission.take():
            return await self._replayed(ask, admission)
        return await self._admitted(start, admission)

    async def _admitted(self, start: StartRequest, admission: Admission) -> Started:
        started: Started | None = None
        try:
            with outcome_may_be_unknown():
                started = await self._store(start)
        finally:
            if started is None or started.replayed:
                await admission.give_back()
        if start.key is not None and is_token(start.key) and not started.replayed:
            self.resources.meter.token_handled(start.type, "consumed")
        return started

    async def _replayed(self, ask: Ask, admission: Admission) -> Started:
        """What was started before, which is never refused. Raises the 429 where something would be started."""
        found = await self._find(ask)
        if found is None or (ask.key is not None and ask.retry_failed and found.operation.may_start_again):
            raise admission.refusal()
        return found

    async def _check(self, ask: Ask, admission: Admission) -> None:
        """Everything ``_start`` checks, without starting."""
        if await self._find(ask) is None:
            await self._require_secret(self._request(ask))
            await self._refuse_stale(ask)
            if not await admission.would_take():
                raise admission.refusal()

    def _name(self, request: Any) -> tuple[str | None, UUID]:
        """The key, and the id of what it will name. Raises ``Problem``."""
        lines = request.headers.getall("idempotency-key", [])
        return idempotency_key.parse([line.encode("latin-1") for line in lines]), uuid_utils.uuid7()

    async def _store(self, start: StartRequest) -> Started:
        window = self.definition.duplicate_window_seconds
        if window is None:
            return await self.resources.store.start(start)
        return await self.resources.recent_bodies.start(start, window)

    async def _find(self, ask: Ask) -> Started | None:
        assert ask.key is not None
        return await self.resources.store.find_key(ask.tenant, self.definition.name, ask.key, ask.fingerprint)

    async def _refuse_stale(self, ask: Ask) -> None:
        assert ask.key is not None
        now = datetime.now(UTC)
        problem: Problem | None = idempotency_key.age_problem(ask.key, now, self._retention)
        if is_token(ask.key):
            known = await self.resources.operation_tokens.find(ask.tenant, ask.key)
            problem = token_problem(ask.key, known, self.definition.name, now)
        if problem is not None and await self._find(ask) is None:
            raise problem

    def _request(self, ask: Ask) -> StartRequest:
        """The checked request. Raises ``ValidationFailed``."""
        envelope, encoded, input = self._decoded(ask)
        priority = envelope.priority or self.definition.priority
        _check_times(envelope)
        _check_callback(envelope.callback_url)
        return StartRequest(
            tenant=ask.tenant,
            type=self.definition.name,
            key=ask.key,
            fingerprint=ask.fingerprint,
            id=ask.id,
            definition_version=self.definition.version,
            steps=self._pins or pins_of(self.definition.steps_for(input)),
            input=encoded,
            labels=envelope.labels,
            deadline=envelope.deadline,
            not_before=envelope.not_before,
            traceparent=ask.traceparent,
            retention_seconds=int(self._retention.total_seconds()),
            fair_order=self.resources.places.next(ask.tenant, self.definition, priority, envelope.not_before),
            group=envelope.group,
            priority=priority,
            limited=self.definition.concurrency_limit is not None,
            retry_failed=ask.retry_failed,
            callback_url=envelope.callback_url,
        )

    async def _require_secret(self, start: StartRequest) -> None:
        """Nobody should wait for a webhook that cannot be signed. Raises ``ValidationFailed``."""
        if start.callback_url is not None and not await self.resources.webhook_receivers.can_sign(start.tenant):
            raise _refused("/callback_url", "Nothing could sign the webhook; make a secret: POST /webhook-secrets.")

    def _decoded(self, ask: Ask) -> tuple[Envelope, bytes, msgspec.Struct]:
        document: Any = ask.document
        envelope = inputs.decode(Envelope, document, encoded=ask.canonical)
        encoded = bytes(_decode_input(ask.canonical).input)
        return envelope, encoded, inputs.decode(self.definition.input, document["input"], at="/input", encoded=encoded)

    async def _waited(self, started: Started, seconds: int) -> Started:
        operation = started.operation
        now = await self.resources.watch.until(operation.tenant, operation.id, _is_done, seconds)
        return started if now is None else Started(now, started.replayed)


def _is_done(seen: Seen) -> bool:
    return seen.done


def _check_times(envelope: Envelope) -> None:
    for name in ("deadline", "not_before"):
        _check_representable(getattr(envelope, name), f"/{name}")
    if envelope.deadline is None:
        return
    if envelope.deadline <= datetime.now(UTC):
        raise _refused("/deadline", "The deadline has passed already; give a later one.")
    if envelope.not_before is not None and envelope.not_before >= envelope.deadline:
        raise _refused("/not_before", "not_before must be before the deadline, or nothing can ever run.")


def _check_callback(url: str | None) -> None:
    fault = None if url is None else url_fault(url)
    if fault is not None:
        raise _refused("/callback_url", fault)


def _check_representable(moment: datetime | None, pointer: str) -> None:
    try:
        if moment is not None:
            moment.astimezone(UTC)
    except OverflowError:
        raise _refused(pointer, "This time is outside the years 1 to 9999 in UTC.") from None


def _refused(pointer: str, detail: str) -> ValidationFailed:
    return ValidationFailed([{"detail": detail, "pointer": pointer}])
