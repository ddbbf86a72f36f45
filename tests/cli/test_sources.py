"""Whose webhooks are taken, what of the file is wrong, and what of theirs has started nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest

from tests.cli.test_commands import run
from tests.store import factory

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHOP = {"shop": {"tenant": "acme", "secrets": [SECRET, SECRET]}}


@pytest.fixture
def setting(environment: Mapping[str, str], tmp_path: Path) -> Mapping[str, str]:
    """A registry with the source ``shop``, and the file of sources."""
    file = tmp_path / "sources.json"
    file.write_text(json.dumps(SHOP))
    registry = {"OPERATIONS_REGISTRY": "tests.metrics.definitions:registry"}
    return {**environment, **registry, "OPERATIONS_WEBHOOK_SOURCES": str(file)}


def test_sources_are_listed_with_their_tenant_and_without_their_secrets(setting: Mapping[str, str]) -> None:
    table = run("sources", "list", environment=setting).stdout
    assert table.splitlines()[1].split() == ["shop", "standard", "acme", "2", "order.made:", "told-once"]
    [shop] = json.loads(run("sources", "list", "--json", environment=setting).stdout)
    assert (shop["tenant"], shop["secrets"], shop["starts"]) == ("acme", 2, {"order.made": "told-once"})
    assert SECRET not in table
    without = run("sources", "list", environment={**setting, "OPERATIONS_WEBHOOK_SOURCES": ""}).stdout
    assert without.splitlines()[1].split()[:4] == ["shop", "standard", "-", "0"]


@pytest.mark.parametrize(
    ("accounts", "sentence"),
    [
        (SHOP, "webhook sources"),
        ({}, '"shop" has no tenant'),
        (SHOP | {"shopp": SHOP["shop"]}, '"shopp" is no source of the registry'),
        ({"shop": {"tenant": "acme", "secrets": ["whsec_not-base64!"]}}, '"shop" has a secret'),
        ({"shop": {"tenant": "acme"}}, "is not as docs/webhooks-in.md says"),
    ],
)
def test_the_doctor_says_what_of_the_file_does_not_fit(
    setting: Mapping[str, str], accounts: object, sentence: str
) -> None:
    Path(setting["OPERATIONS_WEBHOOK_SOURCES"]).write_text(json.dumps(accounts))
    said = run("doctor", environment=setting).stdout
    [line] = [line for line in said.splitlines() if "webhook sources" in line]
    assert sentence in line
    assert ("OPERATIONS_WEBHOOK_SOURCES" in line) == (accounts != SHOP)
    assert "whsec_not" not in said


async def test_what_has_started_nothing_is_listed_the_newest_first(setting: Mapping[str, str], database: str) -> None:
    connection = await asyncpg.connect(database)
    await factory.webhook_event(connection, event_id="old", received_at=factory.LONG_AGO)
    await factory.webhook_event(connection, event_id="new", body='{"a": "\\u001b[31m"}', type="a\x1b[31m")
    await factory.webhook_event(connection, event_id="other", tenant="globex", source="billing")
    await connection.close()
    environment = {**setting, "DATABASE_URL": database, "REDIS_URL": "redis://127.0.0.1:1"}

    table = run("sources", "events", "--tenant", "acme", environment=environment)
    assert table.returncode == 0, table.stderr
    assert [line.split()[4] for line in table.stdout.splitlines()[1:]] == ["new", "old"]
    assert "\x1b" not in table.stdout
    [newest] = json.loads(
        run("sources", "events", "--source", "shop", "--limit", "1", "--json", environment=environment).stdout
    )
    assert (newest["event_id"], newest["body"]) == ("new", {"a": "\x1b[31m"})
