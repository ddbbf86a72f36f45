"""The worked definitions in the hands of real workers, which are killed now and then."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from examples import registry
from examples.ledger.audit import audit
from examples.seed import STOCK
from operations_api.domain.fingerprint import canonical, fingerprint
from operations_api.domain.operation import Operation, StepPin
from operations_api.domain.starting import KeyReused, StartRequest
from operations_api.store.store import Store

DAY_SECONDS = 86_400
POLL_SECONDS = 0.02
KETTLE = {"account": "alice", "sku": "kettle", "email": "alice@example.com"}


class Shop:
    """Starts operations, watches them, and starts and kills the workers that execute them."""

    def __init__(self, store: Store, environment: dict[str, str], spool: Path) -> None:
        self.store = store
        self.spool = spool
        self._environment = environment
        self._workers: list[subprocess.Popen[bytes]] = []

    def start_worker(self) -> None:
        program = Path(sys.executable).with_name("operations-api")
        self._workers.append(subprocess.Popen([program, "worker"], env=self._environment))

    def kill_worker(self) -> None:
        worker = self._workers.pop(0)
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def stop(self) -> None:
        for worker in self._workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self._workers:
            worker.wait()

    async def begin(self, type: str, input: dict[str, Any], key: str | None = None) -> UUID:
        definition = registry.current[type]
        steps = definition.steps_for(msgspec.convert(input, type=definition.input))
        request = StartRequest(
            tenant="dev",
            type=type,
            key=key or uuid4().hex,
            fingerprint=fingerprint(type, {"input": input}),
            id=uuid4(),
            definition_version=definition.version,
            steps=tuple(StepPin(step.key, step.kind, step.effect) for step in steps),
            input=canonical(input),
            labels={},
            deadline=None,
            not_before=None,
            traceparent=None,
            retention_seconds=DAY_SECONDS,
            fair_order=1,
        )
        return (await self.store.start(request)).operation.id

    async def until(self, id: UUID, is_met: Callable[[Operation], bool]) -> Operation:
        while True:
            operation = await self.store.get("dev", id)
            if is_met(operation):
                return operation
            assert not operation.done, operation
            await asyncio.sleep(POLL_SECONDS)

    async def finish(self, type: str, input: dict[str, Any]) -> Operation:
        return await self.until(await self.begin(type, input), lambda operation: operation.done)


@pytest.fixture
async def shop(store: Store, ledger, database: str, redis_url: str, tmp_path: Path, monkeypatch) -> AsyncIterator[Shop]:
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": redis_url,
        "OPERATIONS_LEASE_SECONDS": "2",
        "OPERATIONS_DATA_DIR": str(tmp_path),
        "EXAMPLES_SPOOL_DIR": str(tmp_path / "mail"),
        "EXAMPLES_PROVIDER_URL": f"unix:{tmp_path}/provider.sock",
    }
    environment.pop("SMTP_URL", None)
    shop = Shop(store, environment, tmp_path / "mail")
    shop.start_worker()
    yield shop
    shop.stop()
    assert await audit(ledger) == []


@pytest.fixture
def provider(shop: Shop) -> Iterator[None]:
    command = [sys.executable, "-m", "examples.provider"]
    with subprocess.Popen(command, env=shop._environment, stdout=subprocess.PIPE, text=True) as process:
        assert "listens" in process.stdout.readline()
        yield
        process.kill()


def result_of(operation: Operation) -> Any:
    assert operation.status == "succeeded", operation.error
    return msgspec.json.decode(operation.result)


def error_of(operation: Operation) -> dict[str, Any]:
    assert operation.status == "failed", operation.status
    return msgspec.json.decode(operation.error)


async def merchant_balance(ledger: asyncpg.Connection) -> int:
    return await ledger.fetchval("select balance_minor from examples.accounts where name = 'merchant'")


async def held(ledger: asyncpg.Connection) -> tuple[int, int]:
    return (
        await ledger.fetchval("select sum(held_minor) from examples.accounts"),
        await ledger.fetchval("select sum(held) from examples.stock"),
    )


async def test_an_order_succeeds_and_is_confirmed(shop: Shop):
    result = result_of(await shop.finish("place-order", {**KETTLE, "quantity": 3}))
    assert result["total_minor"] == 3 * STOCK["kettle"][0]
    [mail] = shop.spool.iterdir()
    assert result["message_id"] in mail.read_text()


async def test_the_same_order_sent_twice_is_paid_once_and_another_under_its_key_is_refused(shop: Shop, ledger):
    first, again = [await shop.begin("place-order", KETTLE, key="order-1") for _ in range(2)]
    assert first == again
    result_of(await shop.until(first, lambda operation: operation.done))
    with pytest.raises(KeyReused):
        await shop.begin("place-order", {**KETTLE, "quantity": 2}, key="order-1")
    assert await merchant_balance(ledger) == STOCK["kettle"][0]
    assert len(list(shop.spool.iterdir())) == 1


@pytest.mark.parametrize(
    ("changes", "reason"), [({"account": "bob"}, "INSUFFICIENT_FUNDS"), ({"sku": "unicorn"}, "OUT_OF_STOCK")]
)
async def test_an_order_that_cannot_be_met_fails_with_nothing_held(shop: Shop, ledger, changes, reason):
    error = error_of(await shop.finish("place-order", {**KETTLE, **changes}))
    assert (error["reason"], error["effect"]) == (reason, "none")
    assert await held(ledger) == (0, 0)
    assert not shop.spool.exists()


async def test_a_transfer_moves_money(shop: Shop, ledger):
    result_of(await shop.finish("transfer-funds", {"from_account": "alice", "to_account": "bob", "amount_minor": 100}))
    assert await ledger.fetchval("select balance_minor from examples.accounts where name = 'bob'") == 600


@pytest.mark.parametrize("simulate", [{}, {"outcome": "no-answer"}, {"unavailable_times": 2}, {"delay_ms": 300}])
async def test_a_charge_succeeds_once_however_the_provider_behaves(shop: Shop, provider, ledger, simulate):
    result = result_of(
        await shop.finish(
            "charge-card", {"account": "alice", "card": "tok_visa", "amount_minor": 700, "simulate": simulate}
        )
    )
    [payment] = await ledger.fetch("select charge_id, amount_minor from examples.payments")
    assert tuple(payment) == (result["charge_id"], 700)


async def test_a_declined_card_fails_with_nothing_held(shop: Shop, provider, ledger):
    charge = {"account": "alice", "card": "tok_visa", "amount_minor": 700, "simulate": {"outcome": "decline"}}
    error = error_of(await shop.finish("charge-card", charge))
    assert (error["reason"], error["effect"]) == ("CARD_DECLINED", "none")
    assert await held(ledger) == (0, 0)


async def test_an_import_whose_worker_is_killed_goes_on_where_it_was(shop: Shop):
    id = await shop.begin("import-statement", {"account": "merchant", "statement": "1", "pause_ms": 100})
    before = await shop.until(id, lambda operation: completed(operation) >= 1_000)
    shop.kill_worker()
    shop.start_worker()
    seen = [completed(before)]

    def is_done(operation: Operation) -> bool:
        seen.append(completed(operation))
        return operation.done

    result = result_of(await shop.until(id, is_done))
    assert result["rows"] == 5_000
    rows = [count for count in seen if count]
    assert rows == sorted(rows), "it never began again"


async def test_an_import_canceled_in_the_middle_leaves_nothing(shop: Shop, ledger):
    id = await shop.begin("import-statement", {"account": "merchant", "statement": "1", "pause_ms": 300})
    await shop.until(id, lambda operation: completed(operation) >= 1_000)
    await shop.store.cancel("dev", id)
    operation = await shop.until(id, lambda operation: operation.done)
    assert operation.status == "canceled"
    assert await ledger.fetchval("select count(*) from examples.statement_lines") == 0


async def test_orders_whose_worker_is_killed_are_executed_once_each(shop: Shop, ledger):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    ids = [await shop.begin("place-order", KETTLE) for _ in range(30)]
    watched = random.Random(seed).choice(ids)
    await shop.until(watched, lambda operation: operation.status != "pending")
    shop.kill_worker()
    shop.start_worker()
    for id in ids:
        result_of(await shop.until(id, lambda operation: operation.done))
    assert len(list(shop.spool.glob("*.eml"))) == 30
    assert await merchant_balance(ledger) == 30 * STOCK["kettle"][0]


@pytest.mark.parametrize(
    "damage",
    [
        "update examples.holds set state = 'held'",
        "update examples.holds set state = 'released'",
        "update examples.stock_holds set state = 'held'",
        "update examples.stock_holds set state = 'released'",
    ],
)
async def test_the_audit_finds_what_a_finished_operation_left_behind(shop: Shop, ledger, damage):
    result_of(await shop.finish("place-order", KETTLE))
    transaction = ledger.transaction()
    await transaction.start()
    await ledger.execute(damage)
    findings = await audit(ledger)
    await transaction.rollback()
    assert any("is succeeded, but what its step" in finding for finding in findings), findings


@pytest.mark.parametrize("effect", ["external", "local"])
async def test_a_probe_behaves_as_it_is_told(shop: Shop, effect):
    assert result_of(await shop.finish("probe", {"effect": effect, "steps": 3, "flaky": 2, "echo": [1]})) == {
        "steps": 3,
        "echo": [1],
    }
    error = error_of(await shop.finish("probe", {"effect": effect, "reject_reserve": 1}))
    assert (error["reason"], error["effect"]) == ("PROBE_RESERVE_REJECTED", "none")
    for told in ({"reject_commit": 0}, {"reject_reserve": 1, "stuck_rollback": 0}):
        id = await shop.begin("probe", {"effect": effect, **told})
        await shop.until(id, lambda operation: operation.status == "needs_attention")


def completed(operation: Operation) -> int:
    progress = msgspec.json.decode(operation.progress) if operation.progress else {}
    return progress["completed"] if progress.get("unit") == "rows" else 0
