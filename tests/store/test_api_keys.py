"""A key opens its tenant until it is revoked, and its secret is nowhere."""

import asyncio
from datetime import timedelta
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


async def test_a_rotated_key_is_replaced_by_one_like_it_and_works_until_the_overlap_is_over(keys, connection):
    old = await keys.create("acme", ["read", "submit"], name="shop")
    first = await keys.find(sha256_of(old))
    new = await keys.rotate(first.id, 3600)
    second = await keys.find(sha256_of(new))
    assert (second.tenant, second.scopes, second.name, second.expires_at) == (
        first.tenant, first.scopes, first.name, None,
    )  # fmt: skip
    still = await keys.find(sha256_of(old))
    assert still.replaced_by == second.id
    now = await connection.fetchval("select clock_timestamp()")
    assert timedelta(minutes=59) < still.expires_at - now <= timedelta(hours=1)
    await connection.execute("update api_keys set expires_at = clock_timestamp() where id = $1", first.id)
    assert await keys.find(sha256_of(old)) is None
    assert await keys.find(sha256_of(new)) is not None


async def test_the_key_in_the_place_of_one_that_ends_lives_as_long_and_the_old_one_no_longer(keys):
    old = await keys.create("acme", ["read"], expires_in_seconds=600)
    first = await keys.find(sha256_of(old))
    new = await keys.rotate(first.id, 86_400)
    second = await keys.find(sha256_of(new))
    assert second.expires_at - second.created_at == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=1))
    assert (await keys.find(sha256_of(old))).expires_at == first.expires_at


async def test_a_key_is_replaced_once_however_many_ask_at_once(keys):
    first = await keys.find(sha256_of(await keys.create("acme", ["read"])))
    made = await asyncio.gather(*(keys.rotate(first.id, 60) for _ in range(8)))
    assert sum(secret is not None for secret in made) == 1
    assert len(await keys.list("acme")) == 2


async def test_a_key_that_does_not_work_is_not_rotated(keys):
    for end in ("revoked", "expired"):
        secret = await keys.create(end, ["read"], expires_in_seconds=0 if end == "expired" else None)
        (key,) = await keys.list(end)
        if end == "revoked":
            await keys.revoke(key.id)
        assert await keys.find(sha256_of(secret)) is None
        assert await keys.rotate(key.id, 60) is None
        assert len(await keys.list(end)) == 1
    assert await keys.rotate(uuid4(), 60) is None


async def test_whoever_asks_does_not_wait_for_the_note_of_the_use(keys, connection):
    digest = sha256_of(await keys.create("acme", ["read"]))
    async with connection.transaction():
        await connection.execute("select from api_keys for update")
        assert await keys.find(digest) is not None
    assert (await keys.find(digest)).last_used_at is None
    assert (await keys.find(digest)).last_used_at is not None


async def test_a_use_is_noted_at_most_once_a_minute(keys, connection):
    digest = sha256_of(await keys.create("acme", ["read"]))
    assert (await keys.find(digest)).last_used_at is None
    first = (await keys.find(digest)).last_used_at
    assert first is not None
    assert (await keys.find(digest)).last_used_at == first
    await connection.execute("update api_keys set last_used_at = last_used_at - interval '61 seconds'")
    await keys.find(digest)
    assert (await keys.find(digest)).last_used_at >= first
