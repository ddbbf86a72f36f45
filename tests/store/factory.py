"""Makes rows in any state, and the requests that start operations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec
import uuid_utils.compat as uuid_utils

from operations_api.domain.execution import StepRecord
from operations_api.domain.journal import JournalEntry, StepEntry
from operations_api.domain.operation import StepPin
from operations_api.domain.starting import StartRequest
from operations_api.store.leases import Leased

TENANT, TYPE = "acme", "place-order"
PINS = (StepPin("stock", "step", "external"), StepPin("funds", "step", "external"))
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
SOON = datetime.now(UTC) + timedelta(hours=1)
FAILED = '{"reason": "RETRIES_EXHAUSTED", "retryable": true, "effect": "none"}'
DAY_SECONDS = 86_400

LEASED = {
    "phase": "reserving",
    "ready": False,
    "started_at": LONG_AGO,
    "lease_epoch": 1,
    "lease_owner": UUID(int=7),
    "lease_expires_at": SOON,
    "next_wake_at": SOON,
}
FINISHED = {"phase": "finished", "ready": False, "started_at": LONG_AGO, "finished_at": LONG_AGO, "expires_at": SOON}
OF_STATUS: Mapping[str, Mapping[str, Any]] = {
    "pending": {},
    "running": LEASED,
    "canceling": {**LEASED, "cancel_requested_at": LONG_AGO},
    "needs_attention": {"phase": "committing", "ready": False, "started_at": LONG_AGO, "decision": "commit"},
    "succeeded": {**FINISHED, "decision": "commit", "result": "{}"},
    "failed": {**FINISHED, "decision": "rollback", "error": FAILED},
    "canceled": {**FINISHED, "decision": "rollback", "error": '{"reason": "CANCELED"}'},
}
"""What a row of each status has beside it."""


async def operation(connection: Any, **overrides: Any) -> Any:
    """An operation of any ``status``, with what that status requires; every column may be given instead."""
    values = {
        "tenant": TENANT,
        "id": uuid_utils.uuid7(),
        "type": TYPE,
        "definition_version": 1,
        "steps": msgspec.json.encode(PINS).decode(),
        "input": "{}",
        "retention_seconds": DAY_SECONDS,
        "ready": True,
        "fair_order": 1,
        "created_at": LONG_AGO,
        **OF_STATUS.get(overrides.get("status", "pending"), {}),
        **overrides,
    }
    return await _insert(connection, "operations", values)


async def step(connection: Any, owner: Any, **overrides: Any) -> Any:
    """The journal of one step of an operation's row."""
    values = {
        "tenant": owner["tenant"],
        "operation_id": owner["id"],
        "position": 0,
        "key": "stock",
        "kind": "step",
        "effect": "external",
        "state": "pending",
        **overrides,
    }
    return await _insert(connection, "operation_steps", values)


async def key(connection: Any, owner: Any, **overrides: Any) -> Any:
    """The idempotency key that names an operation's row."""
    values = {
        "tenant": owner["tenant"],
        "type": owner["type"],
        "key": "order-1",
        "fingerprint": fingerprint("body"),
        "operation_id": owner["id"],
        **overrides,
    }
    return await _insert(connection, "idempotency_keys", values)


async def tenant(connection: Any, **overrides: Any) -> Any:
    return await _insert(connection, "tenants", {"name": TENANT, **overrides})


async def api_key(connection: Any, **overrides: Any) -> Any:
    """A key of the tenant, which must be there."""
    values = {"id": uuid4(), "tenant": TENANT, "sha256": fingerprint("secret"), "scopes": ["read"], **overrides}
    return await _insert(connection, "api_keys", values)


async def tenant_limit(connection: Any, **overrides: Any) -> Any:
    """Limits of the tenant, which must be there."""
    return await _insert(connection, "tenant_limits", {"tenant": TENANT, **overrides})


async def webhook_secret(connection: Any, **overrides: Any) -> Any:
    """A secret of the tenant, which must be there."""
    return await _insert(
        connection, "webhook_secrets", {"tenant": TENANT, "id": uuid4(), "secret": bytes(32), **overrides}
    )


async def webhook(connection: Any, **overrides: Any) -> Any:
    values = {
        "tenant": TENANT,
        "id": uuid4(),
        "operation_id": uuid4(),
        "version": 2,
        "type": "operation.succeeded",
        "url": "https://example.com/hooks",
        "next_attempt_at": LONG_AGO,
        **overrides,
    }
    return await _insert(connection, "webhooks", values)


async def webhook_event(connection: Any, **overrides: Any) -> Any:
    """An event of somebody else's that has started nothing."""
    values = {"tenant": TENANT, "source": "shop", "event_id": str(uuid4()), "type": "order.lost", "body": "{}"}
    return await _insert(connection, "webhook_events", {**values, "reason": "nothing is said of it", **overrides})


async def definition(connection: Any, **overrides: Any) -> Any:
    return await _insert(connection, "definitions", {"name": TYPE, "version": 1, "steps": "[]", **overrides})


async def operator_action(connection: Any, **overrides: Any) -> Any:
    values = {"tenant": TENANT, "operation_id": uuid4(), "verb": "retry", "actor": "ann", **overrides}
    return await _insert(connection, "operator_actions", values)


async def schedule(connection: Any, **overrides: Any) -> Any:
    values = {"tenant": TENANT, "name": "nightly", "looked_until": LONG_AGO, **overrides}
    return await _insert(connection, "schedules", values)


async def recent_body(connection: Any, **overrides: Any) -> Any:
    """What a body has started lately."""
    values = {
        "tenant": TENANT,
        "type": TYPE,
        "fingerprint": fingerprint("body"),
        "operation_id": uuid4(),
        "until": SOON,
        **overrides,
    }
    return await _insert(connection, "recent_bodies", values)


def request(**overrides: Any) -> StartRequest:
    """A start; ``body`` stands for what the fingerprint is made of."""
    body = overrides.pop("body", "body")
    values = {
        "tenant": TENANT,
        "type": TYPE,
        "key": "order-1",
        "fingerprint": fingerprint(body),
        "id": uuid_utils.uuid7(),
        "definition_version": 1,
        "steps": PINS,
        "input": b"{}",
        "labels": {},
        "deadline": None,
        "not_before": None,
        "traceparent": None,
        "retention_seconds": DAY_SECONDS,
        "fair_order": 1,
        **overrides,
    }
    return StartRequest(**values)


def fingerprint(body: str) -> bytes:
    return sha256(body.encode()).digest()


async def _insert(connection: Any, table: str, values: Mapping[str, Any]) -> Any:
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    statement = f"insert into {table} ({', '.join(values)}) values ({places}) returning *"  # noqa: S608  # our own words
    return await connection.fetchrow(statement, *values.values())


def entry(leased: Leased, *steps: StepEntry, **overrides: Any) -> JournalEntry:
    """A write of the worker that holds this lease; ``steps`` come with it."""
    values = {"status": "running", "phase": "reserving", **overrides}
    return JournalEntry(
        tenant=leased.operation.tenant,
        id=leased.operation.id,
        epoch=leased.epoch,
        now=leased.claimed_at,
        steps=steps,
        **values,
    )


def step_entry(position: int = 0, *, on_commit: bool = False, **fields: Any) -> StepEntry:
    """A step's journal to be written."""
    record = {"key": PINS[position].key, "kind": "step", "effect": "external", "state": "reserving", **fields}
    return StepEntry(StepRecord(position=position, **record), on_commit)
