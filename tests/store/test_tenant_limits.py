"""A tenant's own limits are what was set last, and what it has in flight is counted with a bound."""

import pytest

from operations_api.store.tenant_limits import NO_LIMIT, SQL, TenantLimit, TenantLimits, TenantUnnameable

from . import factory


@pytest.fixture
def limits(pool):
    return TenantLimits(pool)


async def test_what_is_not_named_stays_as_it_is(limits):
    assert await limits.set("acme", requests_per_second=100) == TenantLimit("acme", 100, None)
    assert await limits.set("acme", operations_in_flight=5000) == TenantLimit("acme", 100, 5000)
    assert await limits.set("acme", requests_per_second=None) == TenantLimit("acme", None, 5000)
    assert await limits.set("acme", operations_in_flight=NO_LIMIT) == TenantLimit("acme", None, 0)
    assert await limits.set("acme", weight=4) == TenantLimit("acme", None, 0, 4)
    assert await limits.set("acme", weight=None) == TenantLimit("acme", None, 0)


async def test_they_are_listed_by_tenant_until_they_are_removed(limits):
    await limits.set("globex", requests_per_second=1)
    await limits.set("acme", requests_per_second=2)
    assert [each.tenant for each in await limits.list()] == ["acme", "globex"]
    assert await limits.remove("acme")
    assert not await limits.remove("acme")
    assert [each.tenant for each in await limits.list()] == ["globex"]


@pytest.mark.parametrize("name", ["", "two words", "-", "x" * 101])
async def test_what_is_no_name_of_a_tenant_is_refused_in_words(limits, name):
    with pytest.raises(TenantUnnameable, match="is no name of a tenant: use up to 100"):
        await limits.set(name, requests_per_second=1)


async def test_there_are_none_before_the_migration(limits, connection):
    await connection.execute("drop table tenant_limits")
    assert await limits.list() == []


async def test_what_is_not_done_is_counted_no_further_than_asked(limits, connection):
    for status in ("pending", "running", "canceling", "needs_attention", "succeeded", "failed", "canceled"):
        await factory.operation(connection, status=status)
    await factory.operation(connection, tenant="globex")
    assert await limits.count_in_flight(factory.TENANT, 100) == 4
    assert await limits.count_in_flight(factory.TENANT, 3) == 3
    assert await limits.count_in_flight("nobody", 100) == 0


async def test_counting_reads_an_index_of_nothing_but_what_is_in_flight(limits, connection):
    await connection.execute("set enable_seqscan = off")
    plan = await connection.fetch("explain " + SQL["count_in_flight"], factory.TENANT, 100)
    assert "operations_in_flight" in str(plan)
