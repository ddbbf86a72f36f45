from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.charge_card import CHARGE_CARD, ChargeInput, Simulate
from examples.provider_client import Provider, _connection
from operations_api import Reject, Retry
from tests.examples.operation import Begin


class ProviderProcess:
    """The stand-in provider as it runs in production: a process."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self._environ = {
            **os.environ,
            "EXAMPLES_PROVIDER_URL": url,
            "EXAMPLES_PROVIDER_STORE": str(directory / "provider.sqlite3"),
        }
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "examples.provider"], env=self._environ, stdout=subprocess.PIPE, text=True
        )
        assert "listens" in self._process.stdout.readline()

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()

    def charges(self) -> list[dict]:
        return Provider(self.url)._request("GET", "/charges", "")[1]["charges"]


@pytest.fixture
def provider(tmp_path, monkeypatch) -> Iterator[ProviderProcess]:
    url = f"unix:{tmp_path}/provider.sock"
    monkeypatch.setenv("EXAMPLES_PROVIDER_URL", url)
    process = ProviderProcess(url, tmp_path)
    yield process
    process.kill()


def charge(**simulate) -> ChargeInput:
    return ChargeInput(account="alice", card="tok_visa", amount_minor=1_250, simulate=Simulate(**simulate))


async def test_a_charge_settles_the_hold_and_is_recorded(begin: Begin, ledger, provider):
    operation = begin(CHARGE_CARD, charge())
    result = await operation.finish()
    [charged] = provider.charges()
    assert (charged["state"], charged["charge_id"], charged["amount_minor"]) == ("charged", result.charge_id, 1_250)
    assert await ledger.fetchval("select balance_minor from examples.accounts where name = 'merchant'") == 1_250
    await operation.execute("confirm", attempt=2)
    assert await ledger.fetchval("select count(*) from examples.payments") == 1


async def test_a_declined_card_is_a_definitive_no(begin: Begin, provider):
    operation = begin(CHARGE_CARD, charge(outcome="decline"))
    for attempt in (1, 2):
        with pytest.raises(Reject, match="CARD_DECLINED"):
            await operation.execute("payment", attempt)
    assert await operation.call("payment", "query") == ("released", None)


async def test_a_charge_whose_answer_was_lost_is_found_and_not_repeated(begin: Begin, provider):
    operation = begin(CHARGE_CARD, charge(outcome="no-answer"))
    with pytest.raises(ConnectionError):
        await operation.execute("payment")
    found = await operation.call("payment", "query")
    assert found == ("committed", await operation.execute("payment", attempt=2))
    assert [made["charge_id"] for made in provider.charges()] == [found[1].charge_id]


async def test_a_silent_provider_is_a_time_out_and_never_a_no(begin: Begin, provider, monkeypatch):
    monkeypatch.setattr("examples.provider_client.REQUEST_TIMEOUT_SECONDS", 0.1)
    operation = begin(CHARGE_CARD, charge(outcome="no-answer", delay_ms=20_000))
    with pytest.raises(TimeoutError):
        await operation.execute("payment")
    assert (await operation.call("payment", "query"))[0] == "committed"


async def test_a_slow_charge_is_unknown_until_it_is_settled(begin: Begin, provider, monkeypatch):
    monkeypatch.setattr("examples.provider_client.REQUEST_TIMEOUT_SECONDS", 0.1)
    operation = begin(CHARGE_CARD, charge(delay_ms=20_000))
    assert await operation.call("payment", "query") == ("absent", None)
    with pytest.raises(TimeoutError):
        await operation.execute("payment")
    assert await operation.call("payment", "query") == ("unknown", None)
    with pytest.raises(Retry):
        await operation.execute("payment", attempt=2)


async def test_an_unavailable_provider_asks_to_come_back_and_then_charges_once(begin: Begin, provider):
    operation = begin(CHARGE_CARD, charge(unavailable_times=2))
    for attempt in (1, 2):
        with pytest.raises(Retry):
            await operation.execute("payment", attempt)
    await operation.execute("payment", attempt=3)
    await operation.execute("payment", attempt=4)
    assert [made["state"] for made in provider.charges()] == ["charged"]


async def test_the_provider_remembers_its_charges_when_it_is_killed(begin: Begin, provider, monkeypatch):
    settled, interrupted = begin(CHARGE_CARD, charge()), begin(CHARGE_CARD, charge(delay_ms=20_000))
    first = await settled.execute("payment")
    monkeypatch.setattr("examples.provider_client.REQUEST_TIMEOUT_SECONDS", 0.1)
    with pytest.raises(TimeoutError):
        await interrupted.execute("payment")
    provider.kill()
    provider.start()
    assert await settled.execute("payment", attempt=2) == first
    assert await interrupted.call("payment", "query") == ("absent", None)


async def test_without_a_provider_nothing_is_held(begin: Begin, ledger, monkeypatch):
    monkeypatch.delenv("EXAMPLES_PROVIDER_URL", raising=False)
    with pytest.raises(Reject, match=r"PROVIDER_NOT_CONFIGURED: Set EXAMPLES_PROVIDER_URL"):
        await begin(CHARGE_CARD, charge()).finish()
    assert await ledger.fetchval("select count(*) from examples.holds") == 0


async def test_an_unknown_account_is_refused_before_anything_is_held(begin: Begin, provider):
    with pytest.raises(Reject, match="ACCOUNT_UNKNOWN"):
        await begin(CHARGE_CARD, ChargeInput("nobody", "tok_visa", 1)).finish()
    assert provider.charges() == []


def test_the_provider_is_reached_over_tcp_as_well():
    connection = _connection("http://127.0.0.1:8001")
    assert (connection.host, connection.port) == ("127.0.0.1", 8001)


def test_a_wrong_address_is_said_in_a_sentence(tmp_path):
    environ = {**os.environ, "EXAMPLES_PROVIDER_URL": "ftp://x", "OPERATIONS_DATA_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "examples.provider"], env=environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == ("EXAMPLES_PROVIDER_URL is ftp://x: it should be http://host:port or unix:/path/to/socket\n")
