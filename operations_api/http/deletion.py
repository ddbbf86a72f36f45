"""``DELETE /operations/{id}``: forget a finished operation. Repeating it is no error."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete

from operations_api.changes import change_of
from operations_api.domain.problem import OPERATION_NOT_TERMINAL, Problem
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.monitor import not_found, operation_id
from operations_api.http.preconditions import expected_version, stale
from operations_api.http.problems import outcome_may_be_unknown
from operations_api.http.resources import Resources


def delete_route(resources: Resources) -> Any:
    """The route that forgets."""

    @delete("/operations/{id:str}", status_code=200)
    async def delete_operation(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("submit").tenant
        id = operation_id(request)
        version = await expected_version(request, resources.store, tenant, id)
        with outcome_may_be_unknown():
            asked = await resources.store.delete(tenant, id, version)
        if asked.operation is None:
            raise not_found()
        match asked.outcome:
            case "stale":
                raise stale(asked.operation.version)
            case "not_terminal":
                raise Problem(
                    f"The operation is {asked.operation.status}; wait until it is done, or cancel it first.",
                    kind=OPERATION_NOT_TERMINAL,
                    extensions={"operation_status": asked.operation.status},
                )
            case "deleted":
                await resources.changes.publish([change_of(asked.operation)])
        return Answer(204)

    return delete_operation
