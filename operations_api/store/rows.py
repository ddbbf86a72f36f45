"""Rows of the database as records of the domain."""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec

from operations_api.domain.execution import StepRecord
from operations_api.domain.operation import Operation, StepView
from operations_api.domain.operator import OperatorAction
from operations_api.domain.webhook import Webhook

Row = Any
"""An asyncpg record: values by column name."""

OPERATION_FIELDS = Operation.__struct_fields__
STEP_FIELDS = StepRecord.__struct_fields__

_operation_values = itemgetter(*("group_name" if name == "group" else name for name in OPERATION_FIELDS))
_step_values = itemgetter(*STEP_FIELDS)


def to_operation(row: Row) -> Operation:
    """A row of ``operations``."""
    return Operation(**dict(zip(OPERATION_FIELDS, _operation_values(row), strict=True)))


def to_step(row: Row) -> StepRecord:
    """A row of ``operation_steps``."""
    return StepRecord(**dict(zip(STEP_FIELDS, _step_values(row), strict=True)))


def to_step_views(pinned: msgspec.Raw, journal: msgspec.Raw) -> list[StepView]:
    """The steps as clients see them: the pinned list, with what the journal knows of each."""
    written = {entry["position"]: entry for entry in msgspec.json.decode(journal)}
    views = []
    for position, pin in enumerate(msgspec.json.decode(pinned)):
        entry = written.get(position, {"state": "pending", "attempts": 0})
        views.append(_to_step_view(pin, entry))
    return views


def to_webhook(row: Row) -> Webhook:
    """A row of ``webhooks``."""
    return Webhook(**{name: row[name] for name in Webhook.__struct_fields__})


def to_operator_actions(recorded: msgspec.Raw) -> list[OperatorAction]:
    """What operators did, oldest first."""
    return msgspec.json.decode(recorded, type=list[OperatorAction])


def _to_step_view(pin: dict[str, Any], entry: dict[str, Any]) -> StepView:
    return StepView(
        key=pin["key"],
        kind=pin["kind"],
        state=entry["state"],
        attempts=entry["attempts"],
        reservation=_raw(entry.get("reservation")),
        result=_raw(entry.get("result")),
        error=_raw(entry.get("error")),
        updated_at=datetime.fromisoformat(entry["updated_at"]) if "updated_at" in entry else None,
    )


def _raw(value: Any) -> msgspec.Raw | None:
    return None if value is None else msgspec.Raw(msgspec.json.encode(value))
