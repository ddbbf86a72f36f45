"""``PATCH /operations/{id}``: replace the labels, also of what is done; for the version in ``If-Match`` only."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, patch

from operations_api.changes import change_of
from operations_api.domain import inputs, strict_json
from operations_api.http import prefer
from operations_api.http.answer import Answer
from operations_api.http.bodies import read_body, require_json
from operations_api.http.exchange import exchange_of
from operations_api.http.monitor import operation_id, present
from operations_api.http.operation_answers import monitor_answer
from operations_api.http.preconditions import expected_version, require_condition, stale
from operations_api.http.problems import outcome_may_be_unknown
from operations_api.http.resources import Resources
from operations_api.http.starts import Labels


class Patch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body. What is not in ``labels`` is gone afterwards."""

    labels: Labels


def patch_route(resources: Resources) -> Any:
    """The route that replaces labels."""

    @patch("/operations/{id:str}", status_code=200)
    async def patch_operation(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("submit").tenant
        id = operation_id(request)
        labels = (await _body(request, resources.settings.body_limit_bytes)).labels
        present(await resources.store.get(tenant, id))  # a precondition is looked at only where there is something
        require_condition(request)
        version = await expected_version(request, resources.store, tenant, id)
        with outcome_may_be_unknown():
            asked = await resources.store.relabel(tenant, id, labels, version)
        operation = present(asked.operation)
        if asked.outcome == "stale":
            raise stale(operation.version)
        await resources.changes.publish([change_of(operation)])
        return monitor_answer(resources.advice, operation, None, prefer.NONE)

    return patch_operation


async def _body(request: Any, limit_bytes: int) -> Patch:
    body = await read_body(request, limit_bytes)
    require_json(request)
    return inputs.decode(Patch, strict_json.parse(body))
