"""An issuer's keys are fetched when they are needed, seldom, by nobody twice, and forgotten when they are too old."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations_api.http.key_set import (
    AGAIN_SECONDS,
    FRESH_SECONDS,
    LIMIT_BYTES,
    STALE_SECONDS,
    KeySet,
    KeysUnavailable,
)
from tests.http.issuer import KEYS, STRANGER, Issuer, certify, issuing, key_set


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    with issuing(tmp_path / "issuer") as running_issuer:
        yield running_issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(issuer: Issuer, clock: Clock) -> KeySet:
    return KeySet(issuer.url, clock=clock)


async def test_nothing_is_fetched_before_the_first_token(keys: KeySet, issuer: Issuer):
    assert issuer.requests == 0


async def test_many_that_come_at_once_share_one_fetch(keys: KeySet, issuer: Issuer):
    found = await asyncio.gather(*(keys.find(kid) for _ in range(50) for kid in KEYS))
    assert all(found)
    assert issuer.requests == 1


async def test_invented_key_ids_do_not_storm_the_issuer(keys: KeySet, issuer: Issuer, clock: Clock):
    for number in range(200):
        assert await keys.find(f"invented-{number}") is None
    assert issuer.requests == 1
    clock.now += AGAIN_SECONDS
    await asyncio.gather(*(keys.find(f"again-{number}") for number in range(200)))
    assert issuer.requests == 2


async def test_a_new_key_is_found_when_a_token_names_it(keys: KeySet, issuer: Issuer, clock: Clock):
    assert await keys.find("new") is None
    issuer.publish(key_set(new=STRANGER))
    assert await keys.find("new") is None, "not before the issuer may be asked again"
    clock.now += AGAIN_SECONDS
    assert await keys.find("new") is not None


async def test_known_keys_are_renewed_without_anybody_waiting_and_withdrawn_ones_go(
    keys: KeySet, issuer: Issuer, clock: Clock
):
    assert await keys.find("rsa") is not None
    issuer.publish({"keys": []})
    clock.now += FRESH_SECONDS + 1
    assert await keys.find("rsa") is not None, "nobody waits for the renewal that this begins"
    await issuer.asked(2)
    while await keys.find("rsa") is not None:  # noqa: ASYNC110 -- the answer is on its way
        await asyncio.sleep(0.005)
    assert issuer.requests == 2


@pytest.mark.parametrize(
    "document", [b"", b"<html>", b"[]", b'{"keys": {}}', b'{"keys": [' + b" " * LIMIT_BYTES + b"]}"], ids=range(5)
)
async def test_an_answer_that_is_no_set_of_keys_changes_nothing(
    keys: KeySet, issuer: Issuer, clock: Clock, document: bytes
):
    assert await keys.find("rsa") is not None
    issuer.publish(document)
    clock.now += FRESH_SECONDS + 1
    with pytest.raises(KeysUnavailable):
        await keys.find("new")
    assert await keys.find("rsa") is not None


async def test_an_issuer_that_cannot_be_reached_is_believed_for_a_day(keys: KeySet, issuer: Issuer, clock: Clock):
    assert await keys.find("rsa") is not None
    issuer.publish(b"gone")
    clock.now += STALE_SECONDS
    with pytest.raises(KeysUnavailable):
        await keys.find("new")
    assert await keys.find("rsa") is not None
    clock.now += AGAIN_SECONDS
    with pytest.raises(KeysUnavailable):
        await keys.find("new")
    with pytest.raises(KeysUnavailable):
        await keys.find("rsa")


async def test_a_failed_fetch_is_not_repeated_for_everybody(tmp_path: Path, clock: Clock):
    keys = KeySet(str(tmp_path / "keys.json"), clock=clock)
    with pytest.raises(KeysUnavailable):
        await keys.find("rsa")
    (tmp_path / "keys.json").write_text('{"keys": [{"kid": "rsa"}]}')
    with pytest.raises(KeysUnavailable):
        await keys.find("rsa")
    clock.now += AGAIN_SECONDS
    assert await keys.find("rsa") == {"kid": "rsa"}


async def test_what_happened_is_said(tmp_path: Path, clock: Clock):
    with pytest.raises(KeysUnavailable, match="No such file"):
        await KeySet(str(tmp_path / "keys.json"), clock=clock).find("rsa")


async def test_keys_come_over_tls_from_whom_the_system_trusts_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    certificate = certify(tmp_path / "issuer.pem")
    with issuing(tmp_path / "issuer", certificate) as issuer:
        with pytest.raises(KeysUnavailable):
            await KeySet(issuer.url).find("rsa")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert await KeySet(issuer.url).find("rsa") is not None


async def test_another_status_than_200_is_no_set_of_keys(issuer: Issuer, clock: Clock):
    with pytest.raises(KeysUnavailable):
        await KeySet(f"{issuer.url}/elsewhere", clock=clock).find("rsa")
