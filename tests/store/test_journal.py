"""Every write of a worker is fenced, and what it says of the operation is what clients see."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from operations_api.domain.change import Change
from operations_api.domain.errors import LeaseLost, Unstorable
from operations_api.store.journal import ProgressReport, write_entries

from . import factory
from .conftest import KNOWN, blocked
from .factory import LONG_AGO, SOON, entry, step_entry

FAILED = msgspec.Raw(b'{"reason": "NO_FUNDS", "effect": "none", "retryable": false}')
FINISHED = {"phase": "finished", "release_lease": True}
STEPS = "select * from operation_steps order by position"


async def row_of(connection, leased):
    return await connection.fetchrow("select * from operations where id = $1", leased.operation.id)


async def fenced(connection, leased):
    """Somebody else claimed the operation meanwhile."""
    await connection.execute("update operations set lease_epoch = lease_epoch + 1 where id = $1", leased.operation.id)
    return dict(await row_of(connection, leased))


# -- what is written ---------------------------------------------------------------------------------------------------


async def test_an_entry_stores_the_intent_and_every_version_is_told(connection, journal, changes, leased):
    ends_at = leased.claimed_at + timedelta(seconds=30)
    written = await journal.write(entry(leased, step_entry(call_ends_at=ends_at, handler="reserve", attempts=1)))
    (step,) = await connection.fetch(STEPS)
    assert (step["state"], step["handler"], step["attempts"]) == ("reserving", "reserve", 1)
    # as long after the database's own time as it was after the worker's
    assert step["call_ends_at"] - written.written_at == pytest.approx(timedelta(seconds=30), abs=timedelta(seconds=1))
    assert (written.version, written.decision) == (3, None)
    assert changes == [Change(leased.operation.tenant, leased.operation.id, 3, done=False)]


async def test_a_call_of_months_ends_on_time_where_clocks_change(connection, leased):
    """Of these spans some cross one change of Berlin's clock, whatever the season."""
    await connection.execute("set timezone = 'Europe/Berlin'")
    for days in (60, 120, 180, 240, 300):
        step = step_entry(call_ends_at=leased.claimed_at + timedelta(days=days), handler="reserve", attempts=1)
        (written,) = await write_entries(connection, [entry(leased, step)])
        (kept,) = await connection.fetch(STEPS)
        assert abs(kept["call_ends_at"] - written.written_at - timedelta(days=days)) < timedelta(minutes=1)


async def test_what_a_handler_gave_is_kept_to_the_letter(connection, journal, leased):
    """Spaces, escapes and all: no text of Postgres may hold a NUL, but JSON may name one."""
    given = msgspec.Raw(rb'{"said":  "\u0000 \"\\ \u00e9 \ud83d\ude00", "n": 1e400, "m": 0.10}')
    step = step_entry(state="committed", reservation=given, result=given, checkpoint=given)
    await journal.write(
        entry(leased, step, status="succeeded", decide="commit", result=given, progress=given, **FINISHED)
    )
    (kept,) = await connection.fetch(STEPS)
    row = await row_of(connection, leased)
    texts = [kept["reservation"], kept["result"], kept["checkpoint"], row["result"], row["progress"]]
    assert texts == [bytes(given).decode()] * 5


async def test_the_same_entry_may_be_written_again(connection, journal, leased):
    reserved = entry(leased, step_entry(state="reserved"), decide="guarded")
    first, second = await journal.write(reserved), await journal.write(reserved)
    assert (first.decision, second.decision, second.version) == ("commit", "commit", first.version + 1)


async def test_many_entries_are_written_together_and_a_refused_one_disturbs_nobody(connection, leases, journal):
    for place in range(10):
        await factory.operation(connection, fair_order=place)
    claimed = await leases.claim(KNOWN, 10)
    await fenced(connection, claimed[3])
    answers = await asyncio.gather(*(journal.write(entry(one, step_entry())) for one in claimed))
    assert [answer is None for answer in answers] == [place == 3 for place in range(10)]
    assert len(await connection.fetch(STEPS)) == 9


async def test_an_illegal_entry_fails_alone(connection, leases, journal):
    for place in range(3):
        await factory.operation(connection, fair_order=place)
    claimed = await leases.claim(KNOWN, 3)
    steps = [step_entry(), step_entry(state="nonsense"), step_entry()]
    first, bad, last = await asyncio.gather(
        *(journal.write(entry(one, step)) for one, step in zip(claimed, steps, strict=True)), return_exceptions=True
    )
    assert (first.version, last.version) == (3, 3)
    assert isinstance(bad, Unstorable)


async def test_entries_that_deadlock_with_somebody_else_are_written_one_by_one(connection, leases, journal, database):
    for place in range(2):
        await factory.operation(connection, fair_order=place)
    claimed = sorted(await leases.claim(KNOWN, 2), key=lambda one: one.operation.id)
    lock = "select 1 from operations where id = $1 for update"
    async with connection.transaction():
        await connection.execute("set local deadlock_timeout = '1min'")  # so that it is not this one that is given up
        await connection.execute(lock, claimed[1].operation.id)
        writing = asyncio.gather(*(journal.write(entry(one, step_entry())) for one in claimed))
        await blocked(database)
        await connection.execute(lock, claimed[0].operation.id)  # the batch has this one: it is undone
    assert [written.version for written in await writing] == [3, 3]
    assert len(await connection.fetch(STEPS)) == 2


async def test_the_end_of_an_operation_ends_its_lease_and_starts_its_retention(connection, journal, leased):
    end = entry(leased, status="succeeded", decide="commit", result=msgspec.Raw(b'{"paid": true}'), **FINISHED)
    await journal.write(end)
    row = await row_of(connection, leased)
    assert (row["status"], row["phase"], row["lease_owner"], row["next_wake_at"]) == (
        "succeeded",
        "finished",
        None,
        None,
    )
    assert row["expires_at"] - row["finished_at"] == pytest.approx(
        timedelta(seconds=row["retention_seconds"]), abs=timedelta(seconds=1)
    )
    assert await journal.write(end) is None


async def test_a_clock_that_was_set_back_does_not_keep_an_operation_from_ending(connection, journal, leased):
    await connection.execute("update operations set started_at = $1, updated_at = $1", SOON)
    await journal.write(entry(leased, status="failed", decide="rollback", error=FAILED, **FINISHED))
    row = await row_of(connection, leased)
    assert (row["status"], row["updated_at"]) == ("failed", SOON)
    assert row["finished_at"] >= row["started_at"]


# -- fencing -----------------------------------------------------------------------------------------------------------


async def test_a_write_with_an_old_epoch_writes_nothing(connection, journal, changes, leased):
    before = await fenced(connection, leased)
    assert await journal.write(entry(leased, step_entry(), status="needs_attention")) is None
    await journal.report(ProgressReport(leased.operation.tenant, leased.operation.id, leased.epoch, b"{}", "half"))
    assert dict(await row_of(connection, leased)) == before
    assert await connection.fetch(STEPS) == []
    assert changes == []


async def test_a_checkpoint_with_an_old_epoch_writes_nothing(connection, journal, leased):
    where = leased.operation.tenant, leased.operation.id, leased.epoch
    await journal.write(entry(leased, step_entry()))
    await journal.checkpoint(*where, 0, b'{"row": 7}')
    await fenced(connection, leased)
    with pytest.raises(LeaseLost):
        await journal.checkpoint(*where, 0, b'{"row": 8}')
    assert bytes((await connection.fetch(STEPS))[0]["checkpoint"], "ascii") == b'{"row": 7}'


async def test_a_local_transaction_does_not_begin_with_an_old_epoch(connection, journal, leased):
    await fenced(connection, leased)
    with pytest.raises(LeaseLost):
        async with journal.transaction(leased.operation.tenant, leased.operation.id, leased.epoch):
            pytest.fail("it must not begin")


async def test_a_local_transaction_is_all_or_nothing(connection, journal, changes, leased):
    await connection.execute("create table effects (what text)")
    where = leased.operation.tenant, leased.operation.id, leased.epoch

    async def work(*, fail):
        async with journal.transaction(*where) as local:
            await local.set_savepoint()
            await local.connection.execute("insert into effects values ('paid')")
            await local.end_savepoint(keep=True)
            await local.set_savepoint()
            await local.connection.execute("insert into effects values ('undone by its savepoint')")
            await local.end_savepoint(keep=False)
            await local.write(entry(leased, step_entry(state="reserved")))
            if fail:
                raise RuntimeError("the handler failed")

    with pytest.raises(RuntimeError, match="the handler failed"):
        await work(fail=True)
    assert (await connection.fetch("select from effects"), await connection.fetch(STEPS), changes) == ([], [], [])
    await work(fail=False)
    assert [row["what"] for row in await connection.fetch("select what from effects")] == ["paid"]
    assert len(await connection.fetch(STEPS)) == len(changes) == 1


async def test_what_the_first_handler_did_is_undone_with_the_transaction_which_begins_anew(
    connection, journal, leases, leased
):
    await connection.execute("create table effects (what text)")
    where = leased.operation.tenant, leased.operation.id, leased.epoch
    async with journal.transaction(*where) as local:
        await local.set_savepoint()
        await local.connection.execute("insert into effects values ('undone')")
        await local.end_savepoint(keep=False)
        await local.write(entry(leased, step_entry(state="reserving")))
    assert (await connection.fetch("select from effects"), len(await connection.fetch(STEPS))) == ([], 1)


async def test_a_lease_lost_while_the_transaction_begins_anew_ends_the_work(connection, journal, leased):
    async def work():
        async with journal.transaction(leased.operation.tenant, leased.operation.id, leased.epoch) as local:
            await local.set_savepoint()
            await local.undo()
            await fenced(connection, leased)
            await local.begin()

    with pytest.raises(LeaseLost):
        await work()
    assert await connection.fetch(STEPS) == []


async def test_a_local_transaction_keeps_a_claim_away_and_lets_a_heartbeat_pass(
    connection, journal, leases, leased, database
):
    update = "update operations set lease_expires_at = clock_timestamp(), next_wake_at = clock_timestamp()"
    async with journal.transaction(leased.operation.tenant, leased.operation.id, leased.epoch) as local:
        await connection.execute(update)  # what a heartbeat does: it must not wait
        assert await leases.sweep(10) == 0
        await local.write(entry(leased, step_entry(state="reserved")))
    assert await leases.sweep(10) == 1


# -- going to sleep ----------------------------------------------------------------------------------------------------


async def asleep(connection, journal, leased, wake_in_seconds, **overrides):
    at = None if wake_in_seconds is None else leased.claimed_at + timedelta(seconds=wake_in_seconds)
    await journal.write(entry(leased, wake_at=at, release_lease=True, **overrides))
    return await row_of(connection, leased)


async def test_an_operation_sleeps_until_its_time_or_its_deadline(connection, journal, leased):
    row = await asleep(connection, journal, leased, 600)
    assert timedelta(seconds=599) < row["next_wake_at"] - row["updated_at"] < timedelta(seconds=601)
    assert (row["lease_owner"], row["ready"]) == (None, False)


@pytest.mark.parametrize(
    ("wake_in_seconds", "overrides", "wakes"),
    [
        (600, {}, True),
        (600, {"phase": "executing"}, False),
        (600, {"phase": "committing", "decide": "commit"}, False),
        (None, {"status": "needs_attention"}, False),
        (None, {"status": "needs_attention", "phase": "executing"}, False),
    ],
    ids=["reserving", "in the Pivot", "after the decision", "parked", "parked in the Pivot"],
)
async def test_a_deadline_wakes_only_what_it_can_still_turn_back(
    connection, journal, leased, leases, wake_in_seconds, overrides, wakes
):
    await connection.execute("update operations set deadline = $1", LONG_AGO)
    row = await asleep(connection, journal, leased, wake_in_seconds, **overrides)
    assert (row["next_wake_at"] == LONG_AGO) is wakes
    assert (row["next_wake_at"] is None) is (wake_in_seconds is None)
    assert await leases.sweep(10) == wakes


async def test_a_cancel_that_came_while_it_was_going_to_sleep_wakes_it_at_once(connection, store, journal, leased):
    await store.cancel(leased.operation.tenant, leased.operation.id)
    row = await asleep(connection, journal, leased, 600, status="canceling")
    assert (row["ready"], row["next_wake_at"]) == (True, None)


# -- cancel and the decision -------------------------------------------------------------------------------------------

DECIDE = {"decide": "guarded"}


async def test_a_guarded_decision_is_commit_while_nobody_asked_otherwise(connection, journal, leased):
    written = await journal.write(entry(leased, step_entry(1, state="reserved"), step_entry(on_commit=True), **DECIDE))
    assert (written.decision, written.phase, written.status) == ("commit", "committing", "running")
    assert len(await connection.fetch(STEPS)) == 2


async def test_a_guarded_decision_turns_back_after_a_cancel(connection, store, journal, leased):
    await store.cancel(leased.operation.tenant, leased.operation.id)
    written = await journal.write(entry(leased, step_entry(1, state="reserved"), step_entry(on_commit=True), **DECIDE))
    assert (written.decision, written.phase, written.status) == ("rollback", "rolling_back", "canceling")
    assert written.cancel_requested
    assert [row["position"] for row in await connection.fetch(STEPS)] == [1]


async def test_a_guarded_decision_turns_back_past_the_deadline(connection, journal, leased):
    await connection.execute("update operations set deadline = $1", LONG_AGO)
    written = await journal.write(entry(leased, **DECIDE))
    assert (written.decision, written.status, written.cancel_requested) == ("rollback", "running", False)


async def test_the_gate_of_a_pivot_is_shut_by_a_cancel_or_the_deadline(connection, store, journal, leased):
    through = entry(leased, gate=True, phase="executing")
    await connection.execute("update operations set deadline = $1", LONG_AGO)
    assert await journal.write(through) is None
    await connection.execute("update operations set deadline = $1", SOON)
    await store.cancel(leased.operation.tenant, leased.operation.id)
    before = dict(await row_of(connection, leased))
    assert await journal.write(through) is None
    assert dict(await row_of(connection, leased)) == before


async def test_a_pivot_through_its_gate_cannot_be_canceled_any_more(connection, store, journal, leased):
    assert (await journal.write(entry(leased, gate=True, phase="executing"))).phase == "executing"
    assert (await store.cancel(leased.operation.tenant, leased.operation.id)).outcome == "too_late"


async def test_a_cancel_waits_for_the_decision_that_is_being_stored_and_comes_too_late(
    connection, store, journal, leased, database
):
    name = leased.operation.tenant, leased.operation.id
    async with journal.transaction(*name, leased.epoch) as local:
        await local.write(entry(leased, **DECIDE))
        canceling = asyncio.create_task(store.cancel(*name))
        await blocked(database)
    assert (await canceling).outcome == "too_late"
    assert (await row_of(connection, leased))["decision"] == "commit"


async def test_a_decision_waits_for_the_cancel_that_is_being_stored_and_turns_back(
    connection, store, journal, leased, database
):
    async with connection.transaction():
        await connection.execute(
            "update operations set cancel_requested_at = clock_timestamp(), status = 'canceling', version = version + 1"
        )
        deciding = asyncio.create_task(journal.write(entry(leased, **DECIDE)))
        await blocked(database)
    assert (await deciding).decision == "rollback"


async def test_a_gate_waits_for_the_cancel_that_is_being_stored_and_shuts(connection, journal, leased, database):
    async with connection.transaction():
        await connection.execute("update operations set cancel_requested_at = clock_timestamp(), status = 'canceling'")
        passing = asyncio.create_task(journal.write(entry(leased, gate=True, phase="executing")))
        await blocked(database)
    assert await passing is None


@pytest.mark.parametrize("decide", ["rollback", None])
async def test_an_accepted_cancel_ends_as_canceled_though_the_worker_had_not_heard_of_it(
    connection, store, journal, leased, decide
):
    if decide is None:
        await connection.execute("update operations set decision = 'rollback', cancel_requested_at = $1", LONG_AGO)
    else:
        await store.cancel(leased.operation.tenant, leased.operation.id)
    written = await journal.write(entry(leased, status="failed", decide=decide, error=FAILED, **FINISHED))
    assert written.status == "canceled"
    assert '"CANCELED"' in (await row_of(connection, leased))["error"]


async def test_what_an_operator_left_behind_is_not_called_canceled(connection, journal, leased):
    await connection.execute("update operations set cancel_requested_at = $1", LONG_AGO)
    applied = msgspec.Raw(bytes(FAILED).replace(b"none", b"applied"))
    written = await journal.write(entry(leased, status="failed", decide="rollback", error=applied, **FINISHED))
    assert written.status == "failed"


async def test_progress_is_shown_and_the_newest_one_wins(connection, journal, changes, leased):
    name = leased.operation.tenant, leased.operation.id, leased.epoch
    reports = [ProgressReport(*name, f'{{"completed":{n}}}'.encode(), f"row {n}") for n in range(50)]
    await asyncio.gather(*map(journal.report, reports))
    row = await row_of(connection, leased)
    assert (row["progress"], row["message"]) == ('{"completed":49}', "row 49")
    assert row["version"] == 2 + len(changes) < 52


async def test_rereading_waits_until_what_was_begun_under_the_lease_is_over(journal, leases, leased, database):
    name = leased.operation.tenant, leased.operation.id, leased.epoch
    async with journal.transaction(*name) as local:
        await local.write(entry(leased, step_entry(state="reserved")))
        reading = asyncio.create_task(leases.reread(*name))
        await blocked(database)
    assert (await reading).steps[0].state == "reserved"
