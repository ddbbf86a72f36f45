"""Who is an older holder, and what stands whatever is written again."""

from __future__ import annotations

from uuid import uuid4

from operations_api.store.leases import Held, Leases, renew

from . import factory
from .conftest import KNOWN
from .factory import LONG_AGO, SOON, entry, step_entry


async def test_an_entry_written_again_past_the_deadline_keeps_its_decision(connection, journal, leased):
    await connection.execute("update operations set deadline = $1", SOON)
    reserved = entry(leased, step_entry(state="reserved"), decide="guarded")
    assert (await journal.write(reserved)).decision == "commit"
    await connection.execute("update operations set deadline = $1", LONG_AGO)
    again = await journal.write(reserved)
    assert (again.decision, again.phase) == ("commit", "committing")


async def test_every_claim_of_a_suspect_raises_the_epoch(connection, pool):
    given_back = {"ready": True, "next_wake_at": None, "lease_owner": None, "lease_expires_at": None}
    await factory.operation(connection, status="running", lease_epoch=4, lost_leases=2, **given_back)
    leased = await Leases(pool, uuid4(), 15).claim_suspect(KNOWN)
    assert leased.epoch == 5


async def test_a_heartbeat_for_an_older_lease_of_the_same_process_is_told_that_it_is_lost(
    connection, pool, leases, leased
):
    await connection.execute("update operations set lease_expires_at = $1, next_wake_at = $1", LONG_AGO)
    await leases.sweep(10)
    (again,) = await leases.claim(KNOWN, 1)
    name = leased.operation.tenant, leased.operation.id
    async with pool.acquire() as session:
        (older,) = await renew(session, leases._owner, 15, [Held(*name, leased.epoch)])
        (newer,) = await renew(session, leases._owner, 15, [Held(*name, again.epoch)])
    assert (older.held, older.renewed) == (False, False)
    assert (newer.held, newer.renewed) == (True, True)


async def test_a_lease_is_renewed_while_a_local_handler_works(pool, journal, leases, leased):
    name = leased.operation.tenant, leased.operation.id, leased.epoch
    async with journal.transaction(*name), pool.acquire() as session:
        (renewal,) = await renew(session, leases._owner, 15, [Held(*name)])
    assert (renewal.held, renewal.renewed) == (True, True)
