"""Each named constraint refuses what its name says, and the rows the factory makes pass them all."""

from datetime import timedelta
from typing import get_args
from uuid import UUID

import asyncpg
import pytest

from operations_api.domain.states import OperationStatus

from . import factory
from .factory import FINISHED, LONG_AGO, SOON

A_SECOND = timedelta(seconds=1)

REFUSED = [
    (factory.tenant, "tenants_name_is_a_word", {"name": "two words"}),
    (factory.tenant, "tenants_name_is_a_word", {"name": ""}),
    (factory.api_key, "api_keys_only_the_hash_is_stored", {"sha256": b"the secret itself"}),
    (factory.api_key, "api_keys_scopes_known", {"scopes": ["read", "write"]}),
    (factory.api_key, "api_keys_scopes_known", {"scopes": []}),
    (factory.api_key, "api_keys_replaced_expires", {"replaced_by": UUID(int=1)}),
    (factory.tenant_limit, "tenant_limits_not_negative", {"requests_per_second": -1}),
    (factory.tenant_limit, "tenant_limits_not_negative", {"operations_in_flight": -1}),
    (factory.tenant_limit, "tenant_limits_weight_in_range", {"weight": 0}),
    (factory.webhook_secret, "webhook_secrets_length", {"secret": b"too short"}),
    (factory.webhook, "webhooks_in_one_place", {"delivered_at": LONG_AGO}),
    (factory.webhook, "webhooks_in_one_place", {"next_attempt_at": None}),
    (factory.webhook, "webhooks_attempts_not_negative", {"attempts": -1}),
    (factory.definition, "definitions_version_positive", {"version": 0}),
    (factory.schedule, "schedules_last_tick_was_looked_at", {"last_tick_at": SOON}),
    (factory.recent_body, "recent_bodies_fingerprint_is_sha256", {"fingerprint": b"the body itself"}),
    (factory.operation, "operations_status_known", {"status": "done"}),
    (factory.operation, "operations_phase_known", {"phase": "waiting"}),
    (factory.operation, "operations_decision_known", {"decision": "maybe"}),
    (factory.operation, "operations_terminal_exactly_when_finished", {**FINISHED, "status": "needs_attention"}),
    (factory.operation, "operations_terminal_exactly_when_finished",
     {"status": "failed", "finished_at": None, "expires_at": None, "phase": "reserving", "ready": True}),
    (factory.operation, "operations_finished_is_a_phase", {"phase": "finished"}),
    (factory.operation, "operations_finished_is_a_phase", {"status": "failed", "phase": "reserving"}),
    (factory.operation, "operations_success_was_decided", {"status": "succeeded", "decision": None}),
    (factory.operation, "operations_success_was_decided", {"status": "succeeded", "decision": "rollback"}),
    (factory.operation, "operations_cancel_was_decided", {"status": "canceled", "decision": "commit"}),
    (factory.operation, "operations_result_exactly_when_succeeded", {"status": "succeeded", "result": None}),
    (factory.operation, "operations_result_exactly_when_succeeded", {"status": "running", "result": "{}"}),
    (factory.operation, "operations_result_exactly_when_succeeded", {"status": "failed", "result": "{}"}),
    (factory.operation, "operations_error_exactly_when_unsuccessful", {"status": "failed", "error": None}),
    (factory.operation, "operations_error_exactly_when_unsuccessful", {"status": "canceled", "error": None}),
    (factory.operation, "operations_error_exactly_when_unsuccessful", {"status": "running", "error": "{}"}),
    (factory.operation, "operations_error_exactly_when_unsuccessful", {"status": "succeeded", "error": "{}"}),
    (factory.operation, "operations_input_until_deleted", {"input": None}),
    (factory.operation, "operations_input_until_deleted",
     {"status": "succeeded", "result": None, "deleted_at": SOON}),
    (factory.operation, "operations_deleted_only_when_finished", {"deleted_at": SOON, "input": None}),
    (factory.operation, "operations_expires_exactly_when_finished", {"expires_at": SOON}),
    (factory.operation, "operations_expires_exactly_when_finished", {"status": "failed", "expires_at": None}),
    (factory.operation, "operations_times_in_order", {"started_at": LONG_AGO - A_SECOND}),
    (factory.operation, "operations_times_in_order", {"status": "failed", "started_at": LONG_AGO + A_SECOND}),
    (factory.operation, "operations_times_in_order",
     {"status": "failed", "started_at": None, "finished_at": LONG_AGO - A_SECOND}),
    (factory.operation, "operations_times_in_order", {"status": "failed", "expires_at": LONG_AGO - A_SECOND}),
    (factory.operation, "operations_lease_whole", {"status": "running", "lease_owner": None}),
    (factory.operation, "operations_lease_whole", {"status": "running", "lease_expires_at": None}),
    (factory.operation, "operations_lease_whole", {"status": "running", "next_wake_at": None, "ready": True}),
    (factory.operation, "operations_rest_when_finished", {"status": "failed", "ready": True}),
    (factory.operation, "operations_rest_when_finished", {"status": "failed", "next_wake_at": SOON}),
    (factory.operation, "operations_nothing_forgotten", {"ready": False}),
    (factory.operation, "operations_nothing_forgotten",
     {"status": "running", "lease_owner": None, "lease_expires_at": None, "next_wake_at": None}),
    (factory.operation, "operations_tombstone_is_empty", {"status": "succeeded", "tombstone_until": SOON}),
    (factory.operation, "operations_numbers_positive", {"version": 0}),
    (factory.operation, "operations_numbers_positive", {"lease_epoch": -1}),
    (factory.operation, "operations_numbers_positive", {"definition_version": 0}),
    (factory.operation, "operations_numbers_positive", {"lost_leases": -1}),
    (factory.operation, "operations_numbers_positive", {"retention_seconds": 0}),
    (factory.operation, "operations_group_whole", {"group_position": 1}),
    (factory.operation, "operations_priority_known", {"priority": "urgent"}),
    (factory.operation, "operations_waits_for_room_or_is_ready", {"waits_for_room": True, "ready": False}),
    (factory.operation, "operations_rest_when_finished", {"status": "failed", "waits_for_room": True, "limited": True}),
    (factory.operation, "operations_nothing_forgotten",
     {"ready": False, "group_name": "g", "group_position": 1, "phase": "reserving"}),
    (factory.operation, "operations_request_fingerprint_is_sha256", {"request_fingerprint": b"short"}),
    (factory.operation, "operations_named_once",
     {"idempotency_key": "order-1", "request_fingerprint": factory.fingerprint("body")}),
    (factory.key, "idempotency_keys_fingerprint_is_sha256", {"fingerprint": b"short"}),
    (factory.key, "idempotency_keys_key_length", {"key": ""}),
    (factory.key, "idempotency_keys_key_length", {"key": "k" * 256}),
    (factory.step, "operation_steps_kind_known", {"kind": "hook"}),
    (factory.step, "operation_steps_effect_known", {"effect": "remote"}),
    (factory.step, "operation_steps_handler_known", {"handler": "query"}),
    (factory.step, "operation_steps_doubt_known", {"doubt": "some"}),
    (factory.step, "operation_steps_state_fits_kind", {"state": "executing"}),
    (factory.step, "operation_steps_state_fits_kind", {"kind": "pivot", "state": "reserved"}),
    (factory.step, "operation_steps_state_fits_kind", {"kind": "action", "state": "committed"}),
    (factory.step, "operation_steps_attempts_not_negative", {"attempts": -1}),
    (factory.step, "operation_steps_resolved_as_known", {"resolved_as": "maybe"}),
    (factory.operator_action, "operator_actions_verb_known", {"verb": "undo"}),
]  # fmt: skip

OF_A_TENANT = (factory.api_key, factory.tenant_limit, factory.webhook_secret)
"""Rows whose tenant has to be there; they are made once only."""


async def make(connection, factory_of_row, **overrides):
    if factory_of_row in (factory.key, factory.step):
        return await factory_of_row(connection, await factory.operation(connection), **overrides)
    if factory_of_row in OF_A_TENANT:
        await factory.tenant(connection)
    return await factory_of_row(connection, **overrides)


@pytest.mark.parametrize(("row", "constraint", "overrides"), REFUSED)
async def test_a_constraint_refuses_what_its_name_says(connection, row, constraint, overrides):
    await make(connection, row) if row not in OF_A_TENANT else None
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await make(connection, row, **overrides)
    # several may be broken by one row; Postgres names the first by its name
    assert refused.value.constraint_name == constraint


async def test_every_named_constraint_is_tried(connection):
    rows = await connection.fetch("select conname from pg_constraint where contype = 'c' and connamespace = 2200")
    assert {row["conname"] for row in rows} == {constraint for _, constraint, _ in REFUSED}


@pytest.mark.parametrize("status", get_args(OperationStatus))
async def test_the_factory_makes_a_row_of_every_status(connection, status):
    assert (await factory.operation(connection, status=status))["status"] == status


async def test_one_key_per_tenant_type_and_key(connection):
    owner = await factory.operation(connection)
    await factory.key(connection, owner)
    for other in ({"key": "order-2"}, {"type": "charge-card"}, {"tenant": "globex"}):
        await factory.key(connection, owner, **other)
    with pytest.raises(asyncpg.UniqueViolationError):
        await factory.key(connection, owner)


async def test_an_id_is_taken_within_its_tenant_alone(connection):
    row = await factory.operation(connection)
    await factory.operation(connection, id=row["id"], tenant="globex")
    with pytest.raises(asyncpg.UniqueViolationError):
        await factory.operation(connection, id=row["id"])
