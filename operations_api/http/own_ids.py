"""``PUT /operations/{type}/{uuid}``: start under the client's own id, idempotent by nature and without a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

from litestar import Request, put

from operations_api.domain.definition import Definition
from operations_api.domain.errors import KeyInFlight
from operations_api.domain.inputs import ValidationFailed
from operations_api.domain.problem import (
    KEY_IN_FLIGHT,
    KEY_REUSED,
    OPERATION_EXPIRED,
    OPERATION_TYPE_MISMATCH,
    Problem,
)
from operations_api.domain.representation import path_of
from operations_api.domain.starting import IdOfAnotherType, IdOfDeletedOperation, IdReused, Started, StartRequest
from operations_api.http.answer import Answer
from operations_api.http.monitor import uuid_of
from operations_api.http.resources import Resources
from operations_api.http.starts import IN_FLIGHT_RETRY_SECONDS, Ask, Starter


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

    def _problems(self, base_url: str) -> AbstractContextManager[None]:
        return _id_problems(base_url)


@contextmanager
def _id_problems(base_url: str) -> Iterator[None]:
    """What the store says about an id, as refusals."""
    try:
        yield
    except IdReused as error:
        raise Problem(
            "This id already names an operation that was started with another body, or under a key; use a new id for "
            "new work.",
            kind=KEY_REUSED,
            extensions={"operation_id": str(error.operation_id)},
            headers={"Location": f"{base_url}{path_of(error.operation_id)}"},
        ) from None
    except IdOfAnotherType as error:
        raise Problem(
            f"This id names an operation of type {error.type}; use the path of that type, or a new id.",
            kind=OPERATION_TYPE_MISMATCH,
            extensions={"operation_id": str(error.operation_id)},
            headers={"Location": f"{base_url}{path_of(error.operation_id)}"},
        ) from None
    except IdOfDeletedOperation as error:
        raise Problem(
            "The operation with this id was deleted, or its retention is over; nothing was started. Use a new id.",
            kind=OPERATION_EXPIRED,
            status=409,
            extensions={"operation_id": str(error.operation_id)},
        ) from None
    except KeyInFlight:
        raise Problem(
            "Another request with this id is being accepted; repeat the same request after Retry-After seconds.",
            kind=KEY_IN_FLIGHT,
            headers={"Retry-After": str(IN_FLIGHT_RETRY_SECONDS)},
        ) from None
