"""When to poll again, and how patient to be."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from operations_api.domain.operation import Operation
from operations_api.http.retry_after import advice_headers

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def operation(age: float, **more: Any) -> Operation:
    fields: dict[str, Any] = dict.fromkeys(Operation.__struct_fields__)
    moment = NOW - timedelta(seconds=age)
    fields |= {"tenant": "t", "id": UUID(int=1), "type": "note", "status": "running", "version": 1, "labels": {}}
    return Operation(**(fields | {"created_at": moment, "updated_at": moment} | more))


@pytest.mark.parametrize(
    ("age", "seconds", "milliseconds"),
    [
        (0, "1", "1000"),
        (-3, "3", "3000"),
        (9, "1", "1000"),
        (25, "3", "2500"),
        (100, "10", "10000"),
        (1e6, "30", "30000"),
    ],
)
def test_it_is_a_tenth_of_the_age_within_bounds(age: float, seconds: str, milliseconds: str):
    assert advice_headers(operation(age), NOW) == [("Retry-After", seconds), ("Retry-After-Ms", milliseconds)]


def test_nobody_need_ask_before_it_may_begin():
    later = operation(100, not_before=NOW + timedelta(seconds=12))
    assert dict(advice_headers(later, NOW))["Retry-After"] == "12"


def test_nothing_is_advised_when_it_is_done():
    assert advice_headers(msgspec.structs.replace(operation(5), status="failed"), NOW) == []
