"""The status monitor: ``GET`` and ``HEAD /operations/{id}``, to poll or to wait; once more below each type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import HttpMethod, Request, route

from operations_api.changes import Predicate, Seen
from operations_api.domain.operation import Operation
from operations_api.domain.problem import OPERATION_EXPIRED, OPERATION_NOT_FOUND, Problem
from operations_api.domain.representation import Beyond
from operations_api.http import prefer, queries
from operations_api.http.answer import Answer
from operations_api.http.etags import Condition, condition, tag_of
from operations_api.http.exchange import exchange_of
from operations_api.http.operation_answers import monitor_answer, not_modified
from operations_api.http.resources import Resources

YOUNG: Final = timedelta(seconds=10)
"""Polls of operations this young are not counted against the tenant's rate."""


def monitor_route(resources: Resources) -> Any:
    """The route that shows one operation."""

    @route("/operations/{id:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], status_code=200)
    async def get_operation(request: Request[Any, Any, Any]) -> Answer:
        return await monitor(request, resources)

    return get_operation


def typed_monitor_route(type_name: str, resources: Resources) -> Any:
    """The route that shows one operation of this type; for it, those of other types are not there."""

    @route(f"/operations/{type_name}/{{id:str}}", http_method=[HttpMethod.GET, HttpMethod.HEAD], status_code=200)
    async def get_typed_operation(request: Request[Any, Any, Any]) -> Answer:
        return await monitor(request, resources, type_name)

    return get_typed_operation


async def monitor(request: Any, resources: Resources, type_name: str | None = None) -> Answer:
    """The answer to a poll. Raises ``Problem`` and ``StoreUnavailable``."""
    tenant = exchange_of(request).require_scope("read").tenant
    id = await _limited(request, resources, tenant)
    full = queries.word(request, "view", ("basic", "full"), "basic") == "full"
    preferences = prefer.parse(request.headers.getall("prefer", []))
    unless = condition(request.headers.getall("if-none-match", []))
    if preferences.wait and unless is None and not full and type_name is None:
        operation = present(await resources.watch.until(tenant, id, _is_done, preferences.wait))
        return monitor_answer(resources.advice, operation, None, preferences)
    operation, beyond = await _read(resources, tenant, id, full)
    if type_name is not None and operation.type != type_name:
        raise not_found()
    if preferences.wait and not operation.done and _is_worth_waiting(operation, unless, full):
        predicate = _is_done if unless is None else _differs_from(operation.version)
        waited_from = operation.version
        operation = present(await resources.watch.until(tenant, id, predicate, preferences.wait))
        if full:
            operation, beyond = await _read(resources, tenant, id, full)
        if unless is not None and unless.anything and operation.version != waited_from:
            unless = None  # "*" asked for any change, and there it is
    if unless is not None and unless.matches_weakly(tag_of(operation.version, full=full)):
        return not_modified(resources.advice, operation, beyond, preferences)
    return monitor_answer(resources.advice, operation, beyond, preferences)


def operation_id(request: Any) -> UUID:
    """The id in the path. Raises the ``Problem`` of an unknown operation when it is malformed."""
    id = uuid_of(request.path_params["id"])
    if id is None:
        raise not_found()
    return id


def uuid_of(text: str) -> UUID | None:
    """The UUID that this text is, in its usual form only: UUID() also takes braces, urn: and missing hyphens."""
    try:
        id = UUID(text)
    except ValueError:
        return None
    return id if str(id) == text.lower() else None


def present(operation: Operation | None) -> Operation:
    """The operation. Raises the 404 or, while there is a tombstone, the 410."""
    if operation is None:
        raise not_found()
    expired = operation.expires_at is not None and operation.expires_at <= datetime.now(UTC)
    if operation.deleted_at is not None or expired:
        raise Problem("This operation was deleted, or its retention is over.", kind=OPERATION_EXPIRED)
    return operation


def not_found() -> Problem:
    """The 404: for an unknown id, a malformed one and another tenant's alike."""
    return Problem(
        "There is no such operation; check the id, and that the API key is of its tenant.", kind=OPERATION_NOT_FOUND
    )


async def _limited(request: Any, resources: Resources, tenant: str) -> UUID:
    """The id in the path. Raises the 429, but not for a young operation: whoever started it now wants to see it."""
    exchange = exchange_of(request)
    if exchange.standing is None:
        return operation_id(request)
    id = uuid_of(request.path_params["id"])
    if id is not None:
        operation = await resources.store.get(tenant, id)
        if operation is not None and datetime.now(UTC) - operation.created_at < YOUNG:
            if exchange.standing.allowed:
                exchange.standing = await resources.rate_limit.spend(tenant, exchange.standing.per_second, -1)
            return id
    exchange.require_quota()
    return operation_id(request)


async def _read(resources: Resources, tenant: str, id: UUID, full: bool) -> tuple[Operation, Beyond | None]:
    if not full:
        return present(await resources.store.get(tenant, id)), None
    found = await resources.store.get_full(tenant, id)
    if found is None:
        raise not_found()
    return present(found[0]), Beyond(found[1], found[2])


def _is_worth_waiting(operation: Operation, unless: Condition | None, full: bool) -> bool:
    """A client that has another version already learns something now."""
    return unless is None or unless.matches_weakly(tag_of(operation.version, full=full))


def _is_done(seen: Seen) -> bool:
    return seen.done


def _differs_from(version: int) -> Predicate:
    def differs(seen: Seen) -> bool:
        return seen.version > version

    return differs
