"""The database refuses exactly what the state table does not have, and nothing turns a decision round."""

from itertools import product
from typing import get_args

import asyncpg
import pytest

from operations_api.domain.states import LEGAL_STEP_TRANSITIONS, OPERATION_TRANSITIONS, OperationStatus, StepState

from . import factory

DECISIONS = [None, "commit", "rollback", "compensate"]


@pytest.fixture
async def unchecked(connection):
    """A session on a database without CHECK constraints, so that only the triggers answer."""
    for row in await connection.fetch("select conrelid::regclass, conname from pg_constraint where contype = 'c'"):
        if row["conrelid"] in ("operations", "operation_steps"):
            await connection.execute(f"alter table {row['conrelid']} drop constraint {row['conname']}")
    return connection


async def accepted(connection, statement, *args):
    try:
        async with connection.transaction():
            await connection.execute(statement, *args)
    except asyncpg.CheckViolationError as error:
        return error.constraint_name
    return True


async def test_operations_move_exactly_as_the_state_table_says(unchecked):
    for old, new in product(get_args(OperationStatus), repeat=2):
        row = await factory.operation(unchecked, status=old)
        answer = await accepted(unchecked, "update operations set status = $2 where id = $1", row["id"], new)
        legal = old == new or (old, new) in OPERATION_TRANSITIONS
        assert answer == (legal or "operations_legal_transition"), (old, new)


async def test_steps_move_exactly_as_the_state_table_says(unchecked):
    for old, new in product(get_args(StepState), repeat=2):
        owner = await factory.operation(unchecked)
        await factory.step(unchecked, owner, state=old)
        statement = "update operation_steps set state = $2 where operation_id = $1"
        legal = old == new or (old, new) in LEGAL_STEP_TRANSITIONS
        assert await accepted(unchecked, statement, owner["id"], new) == (
            legal or "operation_steps_legal_transition"
        ), (old, new)


async def test_a_decision_stands_and_only_a_compensation_follows_a_commit(unchecked):
    for old, new in product(DECISIONS, repeat=2):
        row = await factory.operation(unchecked, decision=old)
        answer = await accepted(unchecked, "update operations set decision = $2 where id = $1", row["id"], new)
        legal = old in (None, new) or (old, new) == ("commit", "compensate")
        assert answer == (legal or "operations_decision_stands"), (old, new)
