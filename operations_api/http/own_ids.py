"""``PUT /operations/{type}/{uuid}``: start under the client's own id, idempotent by nature and without a key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, put

from operations_api.domain.definition import Definition
from operations_api.domain.inputs import ValidationFailed
from operations_api.domain.starting import Started, StartRequest
from operations_api.http.answer import Answer
from operations_api.http.monitor import uuid_of
from operations_api.http.resources import Resources
from operations_api.http.starts import Ask, Starter


def put_route(definition: Definition, resources: Resources) -> Any:
    """The route that starts operations of this type under ids of their clients."""
    starter = OwnIdStarter(definition, resources)

    @put(f"/operations/{definition.name}/{{id:str}}", status_code=202)
    async def put_operation(request: Request[Any, Any, Any]) -> Answer:
        return await starter.answer(request)

    return put_operation


class OwnIdStarter(Starter):
    """Starts operations of one type, each under the id in the path."""

    def _name(self, request: Any) -> tuple[None, UUID]:
        id = uuid_of(request.path_params["id"])
        if id is None:
            raise ValidationFailed([{"detail": "The id in the path must be a UUID, with its hyphens.", "pointer": ""}])
        return None, id

    async def _store(self, start: StartRequest) -> Started:
        return await self.resources.own_ids.start(start)

    async def _find(self, ask: Ask) -> Started | None:
        return await self.resources.own_ids.find(ask.tenant, ask.id, self.definition.name, ask.fingerprint)

    async def _refuse_stale(self, ask: Ask) -> None:
        """Any UUID will do, of whatever time."""
