"""A key opens its tenant until it is revoked, and its secret is nowhere."""

import asyncio
from uuid import uuid4

import pytest

from operations_api.store.api_keys import ApiKeys, ScopeUnknown, sha256_of


@pytest.fixture
def keys(pool):
    return ApiKeys(pool)


async def test_a_key_is_found_by_its_hash_with_its_tenant_and_scopes(keys):
    secret = await keys.create("acme", ["submit", "read", "read"], name="shop")
    key = await keys.find(sha256_of(secret))
    assert (key.tenant, key.scopes, key.name, key.revoked_at) == ("acme", ["read", "submit"], "shop", None)
    assert await keys.find(sha256_of(secret + "x")) is None


async def test_the_secret_is_not_stored(keys, connection):
    secret = await keys.create("acme", ["read"])
    for table in ("api_keys", "tenants"):
        for row in await connection.fetch(f"select t::text from {table} as t"):  # noqa: S608  # our own words
            assert secret not in row["t"]
            assert secret.encode().hex() not in row["t"]


async def test_two_secrets_are_never_the_same(keys):
    secrets = [await keys.create("acme", ["read"]) for _ in range(5)]
    assert len(set(secrets)) == 5


async def test_the_same_secret_made_by_many_at_once_is_one_key(keys):
    made = await asyncio.gather(*(keys.create("dev", ["read"], key="dev-secret") for _ in range(8)))
    assert made == ["dev-secret"] * 8
    assert len(await keys.list("dev")) == 1


async def test_a_revoked_key_opens_nothing_and_stays_listed(keys):
    secret = await keys.create("acme", ["read"])
    key = await keys.find(sha256_of(secret))
    assert await keys.revoke(key.id)
    assert await keys.find(sha256_of(secret)) is None
    (listed,) = await keys.list()
    assert listed.revoked_at is not None
    assert await keys.revoke(key.id)
    assert (await keys.list())[0].revoked_at == listed.revoked_at
    assert not await keys.revoke(uuid4())


async def test_keys_are_listed_by_tenant_oldest_first(keys):
    for tenant, name in (("acme", "one"), ("globex", "two"), ("acme", "three")):
        await keys.create(tenant, ["read"], name=name)
    assert [key.name for key in await keys.list()] == ["one", "two", "three"]
    assert [key.name for key in await keys.list("acme")] == ["one", "three"]


@pytest.mark.parametrize("scopes", [["read", "write"], [], ["READ"]])
async def test_an_unknown_scope_is_refused_with_those_there_are(keys, scopes):
    with pytest.raises(ScopeUnknown, match="use submit, read, operate, admin"):
        await keys.create("acme", scopes)
    assert await keys.list() == []


async def test_a_use_is_noted_at_most_once_a_minute(keys, connection):
    digest = sha256_of(await keys.create("acme", ["read"]))
    assert (await keys.find(digest)).last_used_at is None
    first = (await keys.find(digest)).last_used_at
    assert first is not None
    assert (await keys.find(digest)).last_used_at == first
    await connection.execute("update api_keys set last_used_at = last_used_at - interval '61 seconds'")
    await keys.find(digest)
    assert (await keys.find(digest)).last_used_at >= first
