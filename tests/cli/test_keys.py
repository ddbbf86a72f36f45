"""Keys over their whole life, with two API processes that answer for the same database."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from uuid import uuid4

import httpx
import pytest

from operations_api.embedded.servers import ServerUrls
from operations_api.http.auth import REMEMBERED_SECONDS
from tests.conftest import database_named, run_sql
from tests.http.service import new_tenant
from tests.ports import free_port
from tests.processes import PATIENCE_SECONDS, module, running

SCOPES = "submit,read"


@pytest.fixture(scope="module")
async def settings(servers: ServerUrls, template: str) -> AsyncIterator[Mapping[str, str]]:
    """The environment of every process here: one database of their own."""
    name = f"keys_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    yield {
        "DATABASE_URL": database_named(servers.database_url, name), "REDIS_URL": servers.redis_url,
        "OPERATIONS_LOG": "json", "OPERATIONS_REGISTRY": "examples:registry",
    }  # fmt: skip
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def replicas(settings: Mapping[str, str]) -> Iterator[list[str]]:
    """The URLs of two API processes."""
    with ExitStack() as stack:
        urls = []
        for _ in range(2):
            port = free_port()
            stack.enter_context(running(module("operations_api", "serve"), {**settings, "PORT": str(port)}))
            urls.append(f"http://127.0.0.1:{port}")
        for url in urls:
            wait_until(lambda url=url: status(url, "", "/health/ready") == 200)
        yield urls


def status(url: str, key: str, path: str = "/operations") -> int:
    """What a request with this key is answered; 0 when nobody listens yet. One that still starts may answer late."""
    headers = {"Authorization": f"Bearer {key or '-'}"}
    try:
        return httpx.get(f"{url}{path}", headers=headers, trust_env=False, timeout=PATIENCE_SECONDS).status_code
    except httpx.ConnectError:
        return 0


def wait_until(holds: Callable[[], bool]) -> None:
    """Return when it holds."""
    since = time.monotonic()
    while not holds():
        assert time.monotonic() - since < PATIENCE_SECONDS
        time.sleep(0.02)


def keys(settings: Mapping[str, str], *arguments: str, fails: bool = False) -> str:
    """What ``operations-api keys`` prints, on stderr when it fails."""
    said = subprocess.run(
        module("operations_api", "keys", *arguments), env={**settings}, capture_output=True, text=True, check=False
    )
    assert said.returncode == int(fails), said.stderr
    return (said.stderr if fails else said.stdout).strip()


def only_id(settings: Mapping[str, str], tenant: str) -> str:
    """The id of the oldest key of a tenant."""
    return keys(settings, "list", "--tenant", tenant).split()[0]


def test_a_revoked_key_stops_working_on_every_replica_within_seconds(settings: Mapping[str, str], replicas: list[str]):
    tenant = new_tenant()
    key = keys(settings, "create", "--tenant", tenant, "--scopes", SCOPES)
    assert [status(url, key) for url in replicas] == [200, 200]
    assert keys(settings, "revoke", only_id(settings, tenant)).startswith("revoked ")
    for url in replicas:  # what each remembers is at most so old, whether it is asked all the time or not
        wait_until(lambda url=url: status(url, key) == 401)
    assert "revoked 20" in keys(settings, "list", "--tenant", tenant)


def test_a_key_that_is_in_use_without_a_pause_is_not_remembered_for_longer(
    settings: Mapping[str, str], replicas: list[str]
):
    tenant = new_tenant()
    key = keys(settings, "create", "--tenant", tenant, "--scopes", SCOPES, "--expires-in", "6s")
    busy_until = time.monotonic() + 6 + REMEMBERED_SECONDS
    assert status(replicas[0], key) == 200
    while status(replicas[0], key) == 200:  # each use must not prolong what is remembered
        assert time.monotonic() < busy_until + PATIENCE_SECONDS
    assert status(replicas[1], key) == 401
    assert "expired 20" in keys(settings, "list", "--tenant", tenant)


def test_a_rotated_key_works_beside_the_new_one_until_the_overlap_is_over(
    settings: Mapping[str, str], replicas: list[str]
):
    tenant = new_tenant()
    old = keys(settings, "create", "--tenant", tenant, "--scopes", SCOPES, "--name", "shop")
    new = keys(settings, "rotate", only_id(settings, tenant)[:13], "--overlap", "8s")
    assert re.fullmatch(r"op_[A-Za-z0-9_-]{43}", new)
    assert {status(url, key) for url in replicas for key in (old, new)} == {200}
    for url in replicas:
        wait_until(lambda url=url: status(url, old) == 401)
    assert [status(url, new) for url in replicas] == [200, 200]
    first, second = keys(settings, "list", "--tenant", tenant).splitlines()
    assert f", replaced by {second.split()[0]}" in first
    assert second.split()[1:4] == first.split()[1:4] == [tenant, "shop", "read,submit"]
    assert second.endswith("active")
    assert not any(key in f"{first}{second}" for key in (old, new))


def test_a_key_is_rotated_once_and_the_refusal_says_by_what_it_was_replaced(settings: Mapping[str, str]):
    tenant = new_tenant()
    keys(settings, "create", "--tenant", tenant, "--scopes", SCOPES)
    id = only_id(settings, tenant)
    keys(settings, "rotate", id)
    _, second = keys(settings, "list", "--tenant", tenant).splitlines()
    refused = keys(settings, "rotate", id, fails=True)
    assert f"replaced by {second.split()[0]}" in refused
    assert len(keys(settings, "list", "--tenant", tenant).splitlines()) == 2


def test_the_list_says_when_a_key_was_last_used(settings: Mapping[str, str], replicas: list[str]):
    tenant = new_tenant()
    key = keys(settings, "create", "--tenant", tenant, "--scopes", SCOPES)
    assert "  never used  active" in keys(settings, "list", "--tenant", tenant)
    assert status(replicas[0], key) == 200
    listed = keys(settings, "list", "--tenant", tenant)
    assert re.search(r"  used \d{4}-\d\d-\d\dT\d\d:\d\dZ  active$", listed), listed


@pytest.mark.parametrize("duration", ["", "5", "-1s", "1.5h", "1w", "tomorrow", "36501d"])
def test_a_duration_needs_a_unit(settings: Mapping[str, str], duration: str):
    said = subprocess.run(
        module("operations_api", "keys", "rotate", "0", "--overlap", duration),
        env={**settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 2
    assert "24h" in said.stderr
