"""The operators' commands, against a running API."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.operator.desk import Desk, step

WHY = "I have asked them."


async def test_blocked_lists_what_needs_attention(desk: Desk) -> None:
    desk.start_worker()
    id = await desk.probe(reject_reserve=1, stuck_rollback=0)
    await (await desk.scripted(step("a"))).done()
    said = await desk.command("blocked")
    assert (said.returncode, said.stderr) == (0, "")
    titles, *rows = said.stdout.splitlines()
    assert titles.split() == ["ID", "TYPE", "STEP", "PHASE", "REASON", "SINCE"]
    [row] = rows
    assert row.split()[:5] == [id, "probe", "step-0", "rolling_back", "PROBE_ROLLBACK_REJECTED"]
    [operation] = json.loads((await desk.command("blocked", "--json")).stdout)
    assert (operation["id"], operation["status"]) == (id, "needs_attention")


async def test_blocked_lists_all_of_them_and_nothing_is_no_error(desk: Desk) -> None:
    assert len((await desk.command("blocked")).stdout.splitlines()) == 1
    script = await desk.scripted(step("a"))
    await desk.pool.execute("update operations set status = 'needs_attention'")
    await desk.pool.execute(COPIES, 299)
    found = json.loads((await desk.command("blocked", "--json")).stdout)
    assert len({operation["id"] for operation in found}) == 300
    assert script.id in {operation["id"] for operation in found}


async def test_retry(desk: Desk) -> None:
    desk.start_worker()
    script = await desk.scripted(step("a"), step("b"), a_rollback="reject", b_reserve="reject")
    await script.blocked()
    script.tell("a-rollback", "")
    await desk.past_calls(script.id)
    said = await desk.command("retry", script.id)
    assert (said.returncode, said.stdout) == (0, f"{script.id} is running (rolling_back)\n")
    assert (await script.done())["error"]["effect"] == "none"


async def test_resolve(desk: Desk) -> None:
    desk.start_worker()
    id = await desk.probe(reject_commit=0)
    wrong = await desk.command("resolve", id, "--step", "step-1", "--as", "committed", "--evidence", WHY)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == 'operations-api: Step "step-1" is reserved, and not in doubt; retry the operation instead.\n'
    said = await desk.command("resolve", id, "--step", "step-0", "--as", "committed", "--evidence", WHY)
    assert said.returncode == 0, said.stderr
    assert (await desk.done(id))["status"] == "succeeded"
    [action] = await desk.actions(id)
    assert (action["verb"], action["evidence"]) == ("resolve", {"text": WHY, "as": "committed"})


async def test_compensate(desk: Desk) -> None:
    desk.start_worker()
    refused = await desk.command("compensate", await desk.probe(reject_commit=1))
    assert refused.returncode == 1
    assert 'Step "step-0" is committed and has no handler compensate' in refused.stderr
    id = await desk.probe(reject_commit=0)
    said = await desk.command("compensate", id, "--json")
    assert json.loads(said.stdout)["phase"] == "compensating"
    ended = await desk.done(id)
    assert (ended["error"]["reason"], ended["error"]["effect"]) == ("COMPENSATED", "none")


async def test_force_close(desk: Desk) -> None:
    desk.start_worker()
    id = await desk.probe(reject_reserve=1, stuck_rollback=0)
    said = await desk.command("force-close", id, "--evidence", WHY)
    assert (said.returncode, said.stdout) == (0, f"{id} is failed (finished)\n")
    again = await desk.command("force-close", id, "--evidence", WHY)
    assert again.returncode == 1
    assert "operators act on what needs attention only" in again.stderr


async def test_versions(desk: Desk) -> None:
    await desk.scripted(step("a"))
    said = await desk.command("versions")
    titles, *rows = [line.split(maxsplit=3) for line in said.stdout.splitlines()]
    assert titles == ["TYPE", "VERSION", "WORKER", "IN FLIGHT"]
    assert ["scripted", "1", "no", "1 pending"] in rows
    assert ["probe", "1", "no", "0"] in rows
    found = {each["type"]: each for each in json.loads((await desk.command("versions", "--json")).stdout)}
    assert found["scripted"]["in_flight"] == {"pending": 1}


async def test_a_call_in_flight_is_said_with_the_seconds_to_wait(desk: Desk) -> None:
    worker = desk.start_worker()
    id = await desk.probe(reject_commit=0)
    await desk.stop(worker)
    await desk.pool.execute("update operation_steps set call_ends_at = clock_timestamp() + interval '1 hour'")
    said = await desk.command("retry", id)
    assert said.returncode == 1
    assert "may be in flight" in said.stderr
    seconds = re.search(r"\(Retry-After: (\d+) s\)", said.stderr)
    assert seconds is not None
    assert 0 < int(seconds[1]) <= 3600


async def test_what_keeps_a_command_from_working_is_one_sentence_and_1(desk: Desk) -> None:
    for environment, expected in [
        ({"OPERATIONS_URL": "http://127.0.0.1:1"}, "OPERATIONS_URL: http://127.0.0.1:1 cannot be reached"),
        ({"OPERATIONS_API_KEY": "wrong-key"}, "This API key is unknown, revoked or expired"),
        ({"OPERATIONS_API_KEY": ""}, "OPERATIONS_API_KEY is not set"),
        ({"OPERATIONS_URL": "ftp://api"}, "OPERATIONS_URL: 'ftp://api' is not a URL"),
    ]:
        said = await desk.command("blocked", **environment)
        assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1), said.stderr
        assert expected in said.stderr


async def test_the_key_and_the_address_of_dev_are_found(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "dev-key").write_text(f"{desk.key}\n")
    found = {"OPERATIONS_URL": "", "OPERATIONS_API_KEY": "", "HOST": "127.0.0.1", "PORT": str(desk.service.port)}
    said = await desk.command("blocked", **found)
    assert (said.returncode, said.stderr) == (0, "")


async def test_wrong_usage_ends_with_2(desk: Desk) -> None:
    for arguments in (["retry", "no-uuid"], ["resolve"], ["force-close", "019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11"]):
        assert (await desk.command(*arguments)).returncode == 2


COPIES = """
insert into operations (
    tenant, id, type, definition_version, steps, status, input, retention_seconds, ready, fair_order
)
select tenant, gen_random_uuid(), type, definition_version, steps, status, input, retention_seconds, ready, fair_order
from operations, generate_series(1, $1)
"""
