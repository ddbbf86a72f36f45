"""``POST /operations/{id}/cancel``: ask for cancellation; who was first, the request or the decision, Postgres says."""

from __future__ import annotations

from typing import Any

from litestar import Request, post

from operations_api.changes import change_of
from operations_api.domain.operation import Operation
from operations_api.domain.problem import OPERATION_NOT_CANCELABLE, Problem
from operations_api.http import prefer
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.monitor import operation_id, present
from operations_api.http.operation_answers import monitor_answer
from operations_api.http.preconditions import expected_version, stale
from operations_api.http.problems import outcome_may_be_unknown
from operations_api.http.resources import Resources


def cancel_route(resources: Resources) -> Any:
    """The route that asks for cancellation."""

    @post("/operations/{id:str}/cancel", status_code=202)
    async def cancel_operation(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("submit").tenant
        id = operation_id(request)
        version = await expected_version(request, resources.store, tenant, id)
        with outcome_may_be_unknown():
            asked = await resources.store.cancel(tenant, id, version)
        operation = present(asked.operation)
        match asked.outcome:
            case "accepted":
                await _tell(resources, operation)
                return monitor_answer(resources.advice, operation, None, prefer.NONE, status=202)
            case "already":
                return monitor_answer(resources.advice, operation, None, prefer.NONE)
            case "stale":
                raise stale(operation.version)
            case _:
                raise _too_late(operation)

    return cancel_operation


async def _tell(resources: Resources, operation: Operation) -> None:
    """The worker that holds it, those that could take it up, and whoever waits for it."""
    resources.queue.cancel_requested(operation.tenant, operation.id)
    await resources.changes.publish([change_of(operation)])


def _too_late(operation: Operation) -> Problem:
    return Problem(
        f"The operation is {operation.status} ({operation.phase}); it cannot be canceled any more.",
        kind=OPERATION_NOT_CANCELABLE,
        extensions={"operation_status": operation.status, "operation_phase": operation.phase},
    )
