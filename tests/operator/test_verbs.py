"""What an operator may do, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from examples.seed import seed
from operations_api.domain.journal import JournalEntry
from operations_api.store.journal import write_entries
from tests.operator.definitions import SCRIPTED
from tests.operator.desk import TENANT, Desk, step

WHY = "I have asked them."
CLOSE = {"evidence": WHY}


def statement(key: str, resolution: str) -> dict[str, str]:
    return {"step": key, "as": resolution, "evidence": WHY}


# -- retry -----------------------------------------------------------------------------------------------------------


async def test_a_retry_tries_what_is_blocked_again_at_once(desk: Desk) -> None:
    desk.start_worker()
    script = await desk.scripted(step("a"), step("b"), a_rollback="reject", b_reserve="reject")
    blocked = await script.blocked()
    assert [(each["step"], each["reason"]) for each in blocked["blocked"]] == [("a", "ROLLBACK_REJECTED")]
    script.tell("a-rollback", "")
    answer = await desk.acted(script.id, "retry")
    assert (answer["status"], answer["version"]) == ("running", blocked["version"] + 1)
    assert "blocked" not in answer
    ended = await script.done()
    assert (ended["error"]["reason"], ended["error"]["effect"]) == ("RESERVE_REJECTED", "none")
    assert script.calls().count("a:rollback") == 2


async def test_a_retry_that_does_not_help_blocks_again(desk: Desk) -> None:
    desk.start_worker()
    id = await desk.probe(reject_reserve=1, stuck_rollback=0)
    retried = await desk.acted(id, "retry", {"evidence": WHY})
    again = await desk.until(id, lambda operation: operation["version"] > retried["version"] and "blocked" in operation)
    assert again["blocked"][0]["reason"] == "PROBE_ROLLBACK_REJECTED"


async def test_a_retry_begins_the_count_of_attempts_anew_and_keeps_doubt(desk: Desk) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a", "pivot"), a_execute="fail")
    await script.blocked()
    await desk.stop(worker)
    await desk.acted(script.id, "retry")
    [journal] = await desk.pool.fetch("select * from operation_steps where operation_id = $1", UUID(script.id))
    assert (journal["attempts"], journal["doubt"], journal["blocked_at"]) == (0, "unknown", None)


async def test_a_retry_of_a_canceled_operation_goes_on_canceling(desk: Desk) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a"), step("b"), a_rollback="reject", b_reserve="wait")
    await script.called("b:reserve")
    assert (await desk.client.post(f"/operations/{script.id}/cancel")).status_code == 202
    script.tell("b-reserve", "")
    await script.blocked()
    await desk.stop(worker)
    assert (await desk.acted(script.id, "retry"))["status"] == "canceling"
    script.tell("a-rollback", "")
    desk.start_worker()
    assert (await script.done())["status"] == "canceled"


# -- resolve ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "key", "resolution", "reason", "effect"),
    [
        ({"reject_reserve": 1, "stuck_rollback": 0}, "step-0", "released", "PROBE_RESERVE_REJECTED", "none"),
        ({"reject_reserve": 1, "stuck_rollback": 0}, "step-0", "committed", "PARTIALLY_APPLIED", "applied"),
        ({"reject_commit": 0}, "step-0", "released", "PARTIALLY_APPLIED", "applied"),
        ({"reject_commit": 1}, "step-1", "released", "PARTIALLY_APPLIED", "applied"),
        ({"reject_commit": 0}, "step-0", "committed", None, None),
    ],
)
@pytest.mark.parametrize("effect_of_steps", ["external", "local"])
async def test_a_step_is_what_an_operator_says_it_is(
    desk: Desk, told: dict[str, int], key: str, resolution: str, reason: str | None, effect: str | None,
    effect_of_steps: str,
) -> None:  # fmt: skip
    if effect_of_steps == "local":
        await seed(desk.database_url)
    desk.start_worker()
    id = await desk.probe(effect=effect_of_steps, **told)
    await desk.acted(id, "resolve", statement(key, resolution))
    ended = await desk.done(id)
    assert ended["status"] == ("succeeded" if reason is None else "failed")
    if reason is not None:
        assert (ended["error"]["reason"], ended["error"]["effect"]) == (reason, effect)
    assert (await desk.states(id))[key] == resolution


async def test_the_other_steps_follow_the_decision_whatever_was_said_of_one(desk: Desk) -> None:
    desk.start_worker()
    script = await desk.scripted(step("a"), step("b"), step("mail", "action"), a_commit="reject")
    await script.blocked()
    await desk.acted(script.id, "resolve", statement("a", "released"))
    ended = await script.done()
    assert ended["error"]["step"] == "a"
    assert await desk.states(script.id) == {"a": "released", "b": "committed", "mail": "pending"}
    assert "mail:execute" not in script.calls(), "an action follows what is complete"


@pytest.mark.parametrize(("resolution", "status"), [("committed", "succeeded"), ("released", "failed")])
async def test_what_is_said_of_a_pivot_is_the_decision(desk: Desk, resolution: str, status: str) -> None:
    desk.start_worker()
    script = await desk.scripted(step("a"), step("charge", "pivot"), charge_execute="fail")
    await script.blocked()
    answer = await desk.acted(script.id, "resolve", statement("charge", resolution))
    assert answer["phase"] == {"committed": "committing", "released": "rolling_back"}[resolution]
    ended = await script.done()
    assert ended["status"] == status
    assert script.calls().count("charge:execute") == 1, "nothing is called for a step that a person spoke for"
    assert (await desk.states(script.id))["a"] == resolution


@pytest.mark.parametrize(("resolution", "status"), [("committed", "succeeded"), ("released", "failed")])
async def test_an_action_can_be_given_up(desk: Desk, resolution: str, status: str) -> None:
    desk.start_worker()
    script = await desk.scripted(step("a"), step("mail", "action"), mail_execute="reject")
    await script.blocked()
    await desk.acted(script.id, "resolve", statement("mail", resolution))
    ended = await script.done()
    assert ended["status"] == status
    if status == "failed":
        assert (ended["error"]["reason"], ended["error"]["effect"]) == ("PARTIALLY_APPLIED", "applied")


async def test_a_step_that_cannot_be_compensated_may_be_left_committed(desk: Desk) -> None:
    desk.start_worker()
    script = await desk.scripted(
        step("a", "compensable"), step("b", "compensable"), b_commit="reject", a_compensate="reject"
    )
    await script.blocked()
    await desk.acted(script.id, "compensate")
    await desk.until(script.id, lambda operation: operation.get("phase") == "compensating" and "blocked" in operation)
    await desk.acted(script.id, "resolve", statement("a", "committed"))
    ended = await script.done()
    assert (ended["error"]["reason"], ended["error"]["effect"]) == ("PARTIALLY_APPLIED", "applied")
    assert script.calls().count("a:compensate") == 1


async def test_only_a_step_in_doubt_can_be_resolved(desk: Desk) -> None:
    desk.start_worker()
    id = await desk.probe(reject_commit=1)
    known = await desk.act(id, "resolve", statement("step-0", "released"))
    assert (known.status_code, problem(known), known.json()["step"]) == (409, "operation-not-blocked", "step-0")
    unknown = await desk.act(id, "resolve", statement("nothing", "released"))
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "/step")
    assert await desk.actions(id) == []


# -- compensate ------------------------------------------------------------------------------------------------------


async def test_compensation_undoes_what_was_committed_in_reverse_order_and_rolls_back_the_rest(desk: Desk) -> None:
    desk.start_worker()
    script = await desk.scripted(
        step("a", "compensable"), step("b", "compensable"), step("c"), step("d"), c_commit="reject"
    )
    await script.blocked()
    answer = await desk.acted(script.id, "compensate")
    assert answer["phase"] == "compensating"
    ended = await script.done()
    assert (ended["status"], ended["error"]["reason"], ended["error"]["effect"]) == ("failed", "COMPENSATED", "none")
    assert script.calls()[-4:] == ["d:rollback", "c:rollback", "b:compensate", "a:compensate"]


@pytest.mark.parametrize(
    ("steps", "files", "names"),
    [
        ([step("a"), step("b")], {"b_commit": "reject"}, "a"),
        ([step("a"), step("p", "pivot")], {"a_commit": "reject"}, "p"),
        ([step("a", "compensable"), step("m", "action")], {"m_execute": "reject"}, "m"),
    ],
)
async def test_what_cannot_be_undone_is_named_and_nothing_is_changed(
    desk: Desk, steps: list[dict[str, str]], files: dict[str, str], names: str
) -> None:
    desk.start_worker()
    script = await desk.scripted(*steps, **files)
    before = await script.blocked()
    answer = await desk.act(script.id, "compensate")
    assert (answer.status_code, problem(answer), answer.json()["step"]) == (409, "operation-not-compensable", names)
    assert await desk.read(script.id) == before


async def test_steps_that_cannot_be_made_any_more_are_no_defect(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.start_worker()
    script = await desk.scripted(step("a", "compensable"), step("b"), b_commit="reject")
    await script.blocked()
    monkeypatch.setattr(SCRIPTED, "steps", lambda input: 1 / 0)
    answer = await desk.act(script.id, "compensate")
    assert (answer.status_code, problem(answer)) == (409, "operation-not-compensable")
    assert await desk.actions(script.id) == []


async def test_what_was_never_decided_to_commit_cannot_be_compensated(desk: Desk) -> None:
    desk.start_worker()
    id = await desk.probe(reject_reserve=1, stuck_rollback=0)
    answer = await desk.act(id, "compensate")
    assert (answer.status_code, problem(answer)) == (409, "operation-not-compensable")


@pytest.mark.parametrize(("answer", "undone_by"), [("committed", "a:compensate"), ("held", "a:rollback")])
async def test_a_commit_in_doubt_is_asked_about_before_it_is_undone(desk: Desk, answer: str, undone_by: str) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a", "asked"), a_commit="fail")
    await script.called("a:commit")
    await desk.stop(worker)
    await block(desk, script.id)
    script.tell("a-answer", answer)
    await desk.acted(script.id, "compensate")
    desk.start_worker()
    ended = await script.done()
    assert ended["error"]["reason"] == "COMPENSATED"
    assert script.calls()[-1] == undone_by


async def test_a_commit_in_doubt_that_cannot_be_asked_about_is_not_undone(desk: Desk) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a", "compensable"), a_commit="fail")
    await script.called("a:commit")
    await desk.stop(worker)
    await block(desk, script.id)
    await desk.past_calls(script.id)
    answer = await desk.act(script.id, "compensate")
    assert (answer.status_code, answer.json()["step"]) == (409, "a")


# -- force-close -----------------------------------------------------------------------------------------------------


async def test_a_closed_operation_is_over_and_says_that_nobody_knows_what_it_holds(desk: Desk) -> None:
    desk.start_worker()
    script = await desk.scripted(step("a"), step("b"), a_rollback="reject", b_reserve="reject")
    await script.blocked()
    answer = await desk.acted(script.id, "force-close", CLOSE)
    assert (answer["status"], answer["phase"], answer["done"]) == ("failed", "finished", True)
    assert (answer["error"]["reason"], answer["error"]["effect"]) == ("FORCE_CLOSED", "unknown")
    assert answer["expires_at"] > answer["finished_at"] >= answer["started_at"]
    row = await desk.row(script.id)
    assert (row["ready"], row["next_wake_at"], row["lease_owner"]) == (False, None, None)


# -- what holds for all ----------------------------------------------------------------------------------------------

VERBS = [("retry", None), ("resolve", statement("a", "released")), ("compensate", None), ("force-close", CLOSE)]


@pytest.mark.parametrize(("verb", "body"), VERBS)
async def test_only_what_needs_attention_is_acted_on(desk: Desk, verb: str, body: dict[str, str] | None) -> None:
    script = await desk.scripted(step("a"))
    pending = await desk.act(script.id, verb, body)
    assert (pending.status_code, problem(pending)) == (409, "operation-not-blocked")
    assert pending.json()["operation_status"] == "pending"
    desk.start_worker()
    await script.done()
    assert (await desk.act(script.id, verb, body)).json()["operation_status"] == "succeeded"
    assert await desk.actions(script.id) == []


@pytest.mark.parametrize(("verb", "body"), VERBS)
@pytest.mark.parametrize("what", ["call", "lease"])
async def test_nobody_acts_while_a_call_may_be_in_flight(
    desk: Desk, verb: str, body: dict[str, str] | None, what: str
) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a", "compensable"), step("b"), a_commit="reject")
    before = await script.blocked()
    await desk.stop(worker)
    await desk.pool.execute(IN_FLIGHT[what], UUID(script.id))
    refused = await desk.act(script.id, verb, body)
    assert (refused.status_code, problem(refused)) == (409, "operation-not-blocked")
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert await desk.read(script.id) == before
    await desk.pool.execute(OVER[what], UUID(script.id))
    assert (await desk.act(script.id, verb, body)).status_code == 200


IN_FLIGHT = {
    "call": "update operation_steps set call_ends_at = clock_timestamp() + interval '20 seconds' "
    "where operation_id = $1 and position = 1",
    "lease": "update operations set lease_owner = gen_random_uuid(), next_wake_at = 'infinity', "
    "lease_expires_at = clock_timestamp() + interval '20 seconds' where id = $1",
}
OVER = {
    "call": "update operation_steps set call_ends_at = clock_timestamp() where operation_id = $1 and position = 1",
    "lease": "update operations set lease_expires_at = clock_timestamp() where id = $1",
}


@pytest.mark.parametrize(("verb", "body"), VERBS)
async def test_whoever_still_holds_something_is_fenced(desk: Desk, verb: str, body: dict[str, str] | None) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a", "compensable"), step("b"), a_commit="reject")
    await script.blocked()
    await desk.stop(worker)
    epoch = (await desk.row(script.id))["lease_epoch"]
    await desk.acted(script.id, verb, body)
    late = JournalEntry(
        tenant=TENANT, id=UUID(script.id), epoch=epoch, now=datetime.now(UTC), status="running", phase="committing"
    )
    async with desk.pool.acquire() as connection:
        assert await write_entries(connection, [late]) == [None]


@pytest.mark.parametrize(("verb", "body"), VERBS)
async def test_every_act_is_kept_with_who_when_and_why(desk: Desk, verb: str, body: dict[str, str] | None) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a", "compensable"), step("b"), a_commit="reject")
    await script.blocked()
    await desk.stop(worker)
    await desk.acted(script.id, verb, body)
    [action] = await desk.actions(script.id)
    key = await desk.pool.fetchval("select id from api_keys where name = 'olga'")
    assert (action["verb"], action["actor"]) == (verb, f"olga ({key})")
    assert action["step"] == (body or {}).get("step")
    evidence = {} if body is None else {"text": WHY} | ({"as": body["as"]} if "as" in body else {})
    assert (action["evidence"] or {}) == evidence
    assert "operator_actions" not in await desk.read(script.id)


@pytest.mark.parametrize(("verb", "body"), VERBS)
async def test_an_act_meant_for_another_version_changes_nothing(
    desk: Desk, verb: str, body: dict[str, str] | None
) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a", "compensable"), step("b"), a_commit="reject")
    before = await script.blocked()
    await desk.stop(worker)
    stale = await desk.act(script.id, verb, body, headers={"If-Match": f'"{before["version"] - 1}"'})
    assert (stale.status_code, problem(stale)) == (412, "precondition-failed")
    assert await desk.read(script.id) == before
    meant = await desk.act(script.id, verb, body, headers={"If-Match": f'"{before["version"]}"'})
    assert meant.status_code == 200


@pytest.mark.parametrize(("verb", "body"), VERBS)
async def test_acting_needs_the_scope_operate_and_the_tenant(
    desk: Desk, verb: str, body: dict[str, str] | None
) -> None:
    worker = desk.start_worker()
    script = await desk.scripted(step("a", "compensable"), step("b"), a_commit="reject")
    await script.blocked()
    await desk.stop(worker)
    path = f"/operations/{script.id}/{verb}"
    async with desk.service.client(await desk.service.new_key(TENANT, ["submit", "read"])) as weak:
        assert (await weak.post(path, json=body)).status_code == 403
    async with desk.service.client(await desk.service.new_key()) as stranger:
        assert (await stranger.post(path, json=body)).status_code == 404
    assert (await desk.client.post(f"/operations/{uuid4()}/{verb}", json=body)).status_code == 404
    assert await desk.actions(script.id) == []


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("resolve", {"step": "a", "as": "lost", "evidence": WHY}),
        ("resolve", {"step": "a", "as": "released"}),
        ("resolve", {"step": "a", "as": "released", "evidence": WHY, "more": 1}),
        ("force-close", {}),
        ("force-close", {"evidence": ""}),
        ("retry", {"evidence": 1}),
    ],
)
async def test_a_statement_that_is_not_complete_is_refused(desk: Desk, verb: str, body: dict[str, object]) -> None:
    script = await desk.scripted(step("a"))
    answer = await desk.client.post(f"/operations/{script.id}/{verb}", json=body)
    assert (answer.status_code, problem(answer)) == (400, "validation-error")


def problem(answer: object) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]  # type: ignore[attr-defined]


async def block(desk: Desk, id: str) -> None:
    """As it is after ten attempts: a person should look, and it keeps trying slowly."""
    await desk.pool.execute(
        "update operations set status = 'needs_attention', blocked = '[]', ready = false, "
        "next_wake_at = clock_timestamp() + interval '1 hour' where id = $1",
        UUID(id),
    )
