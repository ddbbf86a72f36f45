"""``If-Match``: a change that is meant for one version of an operation (RFC 9110 section 13.1.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from operations_api.domain.problem import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Problem
from operations_api.http.etags import condition, tag_of
from operations_api.store.store import Store


async def expected_version(request: Any, store: Store, tenant: str, id: UUID) -> int | None:
    """The version the change is meant for, None when any will do. Raises the 412.

    An operation that is not there has no version; whoever changes it says so.
    """
    required = condition(request.headers.getall("if-match", []))
    if required is None or required.anything:
        return None
    operation = await store.get(tenant, id)
    if operation is None or operation.deleted_at is not None:
        return None
    if not required.matches_version(operation.version):
        raise stale(operation.version)
    return operation.version


def require_condition(request: Any) -> None:
    """Raise the 428 unless there is an ``If-Match`` (RFC 6585 section 3)."""
    if not request.headers.getall("if-match", []):
        raise Problem(
            "Send If-Match with the ETag of the operation as you read it, or * for whatever version there is.",
            kind=PRECONDITION_REQUIRED,
        )


def stale(version: int) -> Problem:
    """The 412: the operation has another version now."""
    return Problem(
        "The operation has changed since the version in If-Match; read it again.",
        kind=PRECONDITION_FAILED,
        extensions={"current_etag": tag_of(version)},
    )
