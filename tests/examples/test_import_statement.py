from __future__ import annotations

import pytest

from examples.bank import statement_lines
from examples.import_statement import IMPORT_STATEMENT, ImportInput
from examples.ledger.barrier import LateReserve
from examples.ledger.statements import Statements
from operations_api import Reject, Retry
from tests.examples.operation import Begin, Killed

OCTOBER = ImportInput(account="merchant", statement="2026-10", rows=5_000)
OCTOBER_MINOR = sum(line.amount_minor for line in statement_lines("2026-10", 0, 5_000))


async def rows(ledger) -> int:
    return await ledger.fetchval("select count(*) from examples.statement_lines")


def kill_at(rows: int):
    def killed(value: int) -> None:
        if value == rows:
            raise Killed

    return killed


async def test_an_import_posts_the_sum_of_its_lines(begin: Begin, ledger):
    operation = begin(IMPORT_STATEMENT, OCTOBER)
    result = await operation.finish()
    assert (result.rows, result.amount_minor) == (5_000, OCTOBER_MINOR)
    assert await ledger.fetchval("select balance_minor from examples.accounts where name = 'merchant'") == OCTOBER_MINOR
    assert operation.progressed == [(done, 5_000) for done in range(500, 5_001, 500)]


async def test_an_import_killed_in_the_middle_goes_on_where_it_was(begin: Begin, ledger):
    operation = begin(IMPORT_STATEMENT, OCTOBER)
    operation.at_checkpoint = kill_at(2_000)
    with pytest.raises(Killed):
        await operation.reserve("lines")
    assert await rows(ledger) == 2_000
    operation.progressed.clear()
    operation.at_checkpoint = lambda value: None
    result = await operation.finish()
    assert operation.progressed[0] == (2_500, 5_000)
    assert result.amount_minor == OCTOBER_MINOR


async def test_an_import_whose_checkpoint_was_lost_stages_each_line_once(begin: Begin, ledger):
    operation = begin(IMPORT_STATEMENT, OCTOBER)
    operation.at_checkpoint = kill_at(2_000)
    with pytest.raises(Killed):
        await operation.reserve("lines")
    operation.last_checkpoint = None
    operation.at_checkpoint = lambda value: None
    assert (await operation.reserve("lines")).amount_minor == OCTOBER_MINOR


async def test_rolling_back_an_unfinished_import_removes_what_was_staged(begin: Begin, ledger):
    operation = begin(IMPORT_STATEMENT, OCTOBER)
    operation.at_checkpoint = kill_at(2_000)
    with pytest.raises(Killed):
        await operation.reserve("lines")
    for _ in range(2):
        await operation.rollback("lines")
        assert await rows(ledger) == 0
    with pytest.raises(LateReserve):
        await operation.reserve("lines")
    assert await rows(ledger) == 0


async def test_an_import_that_is_removed_under_a_paused_worker_takes_no_more_lines(begin: Begin, ledger):
    operation = begin(IMPORT_STATEMENT, OCTOBER)
    operation.at_checkpoint = kill_at(500)
    with pytest.raises(Killed):
        await operation.reserve("lines")
    await operation.rollback("lines")
    late = Statements(operation.context(IMPORT_STATEMENT.steps[0], "reserve", 1))
    with pytest.raises(LateReserve):
        await late.stage(statement_lines("2026-10", 500, 500))
    assert await rows(ledger) == 0


async def test_a_repeated_commit_posts_once(begin: Begin):
    operation = begin(IMPORT_STATEMENT, OCTOBER)
    await operation.reserve("lines")
    assert await operation.commit("lines") == await operation.commit("lines")


async def test_a_statement_is_imported_once_unless_it_was_rolled_back(begin: Begin):
    first = begin(IMPORT_STATEMENT, OCTOBER)
    await first.reserve("lines")
    with pytest.raises(Reject, match="STATEMENT_ALREADY_IMPORTED"):
        await begin(IMPORT_STATEMENT, OCTOBER).reserve("lines")
    await first.rollback("lines", is_outcome_known=True)
    await begin(IMPORT_STATEMENT, OCTOBER).finish()


async def test_an_unknown_account_is_refused_before_anything_is_staged(begin: Begin, ledger):
    with pytest.raises(Reject, match="ACCOUNT_UNKNOWN"):
        await begin(IMPORT_STATEMENT, ImportInput("nobody", "1")).finish()
    assert await ledger.fetchval("select count(*) from examples.statements") == 0


async def test_a_canceled_import_stops_in_the_middle_and_leaves_the_rest_to_rollback(begin: Begin, ledger):
    operation = begin(IMPORT_STATEMENT, OCTOBER)

    def cancel(value: int) -> None:
        operation.is_cancel_requested = True

    operation.at_checkpoint = cancel
    with pytest.raises(Retry):
        await operation.reserve("lines")
    assert await rows(ledger) == 500
    await operation.rollback("lines")
    assert await rows(ledger) == 0
