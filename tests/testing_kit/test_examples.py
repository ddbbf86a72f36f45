"""The worked definitions pass, on a real database, and leave nothing in it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from examples.charge_card import CHARGE_CARD, ChargeInput
from examples.import_statement import IMPORT_STATEMENT, ImportInput
from examples.ledger.audit import audit
from examples.ledger.money import FundsHold, FundsReceipt
from examples.place_order import PLACE_ORDER, Funds, OrderInput, Stock
from examples.probe import PROBE, ProbeInput
from examples.provider_client import Provider
from examples.seed import seed
from examples.transfer_funds import TRANSFER_FUNDS, TransferInput
from operations_api import Context, Definition
from operations_api.testing import WrongHandlers, check_definition
from tests.processes import line_of, module, running

ORDER = OrderInput(account="alice", sku="kettle", quantity=2, email="alice@example.com")
BOOKS = """
    select json_agg(t order by t)::text from (
        select name as "of", balance_minor::text || '/' || held_minor from examples.accounts
        union all select sku, on_hand::text || '/' || held from examples.stock
        union all select 'lines', count(*)::text from examples.statement_lines
        union all select 'marks', string_agg(state, ',' order by step) from examples.probe_holds
                  where state <> 'released'
        union all select 'transfers', count(*)::text from examples.transfers
    ) as t
"""


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    await seed(database)
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    spool = tmp_path / "mail"
    spool.mkdir()
    monkeypatch.setenv("EXAMPLES_SPOOL_DIR", str(spool))
    monkeypatch.delenv("SMTP_URL", raising=False)
    return spool


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[UUID], Any]]:
    """The stand-in provider as a process; gives a function that counts an operation's charges."""
    url = f"unix:{tmp_path}/provider.sock"
    monkeypatch.setenv("EXAMPLES_PROVIDER_URL", url)
    environment = {"EXAMPLES_PROVIDER_URL": url, "EXAMPLES_PROVIDER_STORE": str(tmp_path / "provider.sqlite3")}
    with running(module("examples.provider"), environment) as process:
        assert "listens" in line_of(process)

        def charges(operation_id: UUID) -> int:
            _, answer = Provider(url)._request("GET", "/charges", "")
            mine = [charge for charge in answer["charges"] if charge["key"].startswith(str(operation_id))]
            return sum(charge["state"] == "charged" for charge in mine)

        yield charges


@pytest.mark.parametrize(
    ("definition", "input", "least_crashes"),
    [
        (PLACE_ORDER, ORDER, 50),
        (PLACE_ORDER, OrderInput(account="alice", sku="unicorn", quantity=1, email="a@example.com"), 10),
        (TRANSFER_FUNDS, TransferInput(from_account="alice", to_account="bob", amount_minor=100), 20),
        (IMPORT_STATEMENT, ImportInput(account="merchant", statement="2026-10", rows=1_200), 26),
        (PROBE, ProbeInput(steps=3, effect="local", flaky=2), 72),
        (PROBE, ProbeInput(steps=3, effect="external", flaky=2), 72),
    ],
    ids=["order", "order-out-of-stock", "transfer", "import", "probe-local", "probe-external"],
)
async def test_a_worked_definition_passes(connection, spool: Path, definition, input, least_crashes: int):
    before = await connection.fetchval(BOOKS)

    async def ledger(operation_id: UUID) -> Any:
        return await connection.fetchval(BOOKS), len(os.listdir(spool)), await audit(connection)

    def clear() -> None:
        for mail in spool.iterdir():
            mail.unlink()

    checked = await check_definition(definition, input, ledger=ledger, connection=connection, before_each=clear)
    assert checked.crashes >= least_crashes
    assert await connection.fetchval(BOOKS) == before, "everything was undone"


async def test_a_charge_at_another_process_passes(connection, provider: Callable[[UUID], int]):
    async def ledger(operation_id: UUID) -> Any:
        return await connection.fetchval(BOOKS), provider(operation_id)

    charge = ChargeInput(account="alice", card="tok_visa", amount_minor=700)
    checked = await check_definition(CHARGE_CARD, charge, ledger=ledger, connection=connection)
    assert checked.crashes >= 30


async def test_a_local_step_that_acts_outside_its_transaction_is_caught(connection):
    sent: list[UUID] = []

    class TellingFunds(Funds):
        async def commit(self, ctx: Context, reservation: FundsHold) -> FundsReceipt:
            sent.append(ctx.operation_id)
            return await super().commit(ctx, reservation)

    definition = Definition(
        name="telling",
        input=OrderInput,
        result=OrderInput,
        steps=(Stock(), TellingFunds()),
        build_result=lambda input, results: input,
    )
    with pytest.raises(WrongHandlers) as wrong:
        await check_definition(definition, ORDER, ledger=sent.count, connection=connection)
    [finding] = wrong.value.findings
    assert finding.startswith(
        'commit of step "funds" does something outside ctx.tx, which its undone transaction left: '
    )
    assert finding.endswith("the ledger says 2 instead of 1")


async def test_a_local_step_needs_its_connection():
    with pytest.raises(ValueError, match='step "stock" is local: give check_definition the connection'):
        await check_definition(PLACE_ORDER, ORDER, ledger=lambda operation_id: None)
