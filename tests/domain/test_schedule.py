"""When a schedule is due, also where clocks are changed, and what is done about ticks that were missed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from operations_api import Action, Context, Definition
from operations_api.domain.errors import DefinitionError
from operations_api.domain.registry import Registry
from operations_api.domain.schedule import LATE, MOST_MISSED, Schedule

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Report(msgspec.Struct):
    day: str = "today"


def schedule(**fields: Any) -> Schedule:
    if "every" not in fields:
        fields.setdefault("cron", "0 3 * * *")
    return Schedule("nightly-report", "report", Report(), tenant="acme", **fields)


def every_tick(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    ticks = []
    while (after := schedule.next_after(after)) <= until:
        ticks.append(after)
    return ticks


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# -- ticks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"every": 60}, {"cron": "*/7 * * * *"}, {"cron": "13 * * * 1-5"}])
def test_a_tick_is_due_at_its_instant_and_not_before_and_only_once(fields: dict[str, Any]):
    each = schedule(missed="all", **fields)
    tick = each.next_after(NOON)
    assert each.due(NOON, tick - timedelta(microseconds=1)) == []
    assert each.due(NOON, tick) == [tick]
    assert each.due(NOON, tick + timedelta(microseconds=1)) == [tick]
    assert each.due(tick, tick + timedelta(seconds=1)) == []


@pytest.mark.parametrize("missed", ["latest", "all", "skip"])
def test_looking_every_second_finds_every_tick_once(missed: Any):
    each = schedule(every=5, missed=missed)
    seconds = [NOON + timedelta(seconds=number, microseconds=333) for number in range(61)]
    found = [tick for before, now in pairwise(seconds) for tick in each.due(before, now)]
    assert found == every_tick(each, seconds[0], seconds[-1])
    assert len(found) == 12


def test_an_interval_has_the_same_ticks_wherever_and_whenever_it_is_looked_at():
    assert schedule(every=900).next_after(at("2026-06-01T12:07:00+02:00")) == at("2026-06-01T10:15:00+00:00")


def test_the_same_tick_has_the_same_key_and_another_one_another():
    each = schedule(cron="0 3 * * *", timezone="Europe/Berlin")
    tick = each.next_after(NOON)
    assert each.key(tick) == each.key(tick.astimezone(BERLIN)) == "scheduled:nightly-report:2026-06-02T01:00:00Z"
    assert each.key(each.next_after(tick)) != each.key(tick)


# -- where clocks are changed ------------------------------------------------------------------------------------------


def test_a_time_of_day_that_is_leapt_over_is_made_up_for_when_the_clocks_have_leapt():
    each = schedule(cron="30 2 * * *", timezone="Europe/Berlin")
    ticks = every_tick(each, at("2026-03-28T00:00:00+01:00"), at("2026-03-30T23:00:00+02:00"))
    assert [tick.astimezone(BERLIN).isoformat() for tick in ticks] == [
        "2026-03-28T02:30:00+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-30T02:30:00+02:00",
    ]


def test_of_a_time_of_day_that_comes_twice_the_first_one_counts():
    each = schedule(cron="30 2 * * *", timezone="Europe/Berlin")
    ticks = every_tick(each, at("2026-10-24T12:00:00+02:00"), at("2026-10-26T12:00:00+01:00"))
    assert [tick.astimezone(BERLIN).isoformat() for tick in ticks] == [
        "2026-10-25T02:30:00+02:00",
        "2026-10-26T02:30:00+01:00",
    ]


@pytest.mark.parametrize("fields", [{"cron": "*/30 * * * *", "timezone": "Europe/Berlin"}, {"every": 1800}])
@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_what_comes_every_half_hour_follows_the_time_that_passes(fields: dict[str, Any], day: str, hours: int):
    midnight = at(day).replace(tzinfo=BERLIN)
    next_day = (midnight + timedelta(days=1)).astimezone(UTC)
    ticks = every_tick(schedule(**fields), midnight.astimezone(UTC), next_day)
    assert len(ticks) == len({schedule(**fields).key(tick) for tick in ticks}) == 2 * hours
    assert {later - earlier for earlier, later in pairwise(ticks)} == {timedelta(minutes=30)}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("cron", ["30 2 * * *", "30 1 * * *", "0 * * * *", "15 1,2,3 * * 0"])
def test_what_was_missed_over_a_change_of_clocks_is_what_would_have_come(zone: str, cron: str):
    each = schedule(cron=cron, timezone=zone, missed="all")
    for change in ("2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"):
        after = at(f"{change}T00:00:00+00:00") - timedelta(days=1)
        until = after + timedelta(days=3)
        assert each.due(after, until) == every_tick(each, after, until)


# -- missed ticks ------------------------------------------------------------------------------------------------------


def test_of_missed_ticks_the_latest_is_started():
    assert schedule(every=60, missed="latest").due(NOON, NOON + timedelta(hours=9, seconds=30)) == [
        NOON + timedelta(hours=9)
    ]


def test_all_missed_ticks_are_started_up_to_a_bound_the_newest():
    each = schedule(every=60, missed="all")
    assert len(each.due(NOON, NOON + timedelta(minutes=7))) == 7
    many = each.due(NOON, NOON + timedelta(days=400))
    assert len(many) == MOST_MISSED
    assert many[-1] == NOON + timedelta(days=400)
    assert many == sorted(many)


def test_missed_ticks_are_skipped_and_a_late_one_is_not_missed():
    each = schedule(every=3600, missed="skip")
    tick = NOON + timedelta(hours=1)
    assert each.due(NOON, tick + LATE) == [tick]
    assert each.due(NOON, tick + LATE + timedelta(microseconds=1)) == []


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Nightly Report"}, "lower-case words"),
        ({"tenant": "two words"}, "name of a tenant"),
        ({"cron": None}, "either cron"),
        ({"every": 60}, "either cron"),
        ({"cron": None, "every": 0}, "whole seconds"),
        ({"cron": None, "every": 1.5}, "whole seconds"),
        ({"cron": None, "every": True}, "whole seconds"),
        ({"cron": "0 3 * *"}, "five fields"),
        ({"cron": "0 0 3 * * *"}, "five fields"),
        ({"cron": "61 * * * *"}, "no cron expression"),
        ({"cron": "0 0 30 2 *"}, "no cron expression"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"timezone": "../etc/passwd"}, "no time zone"),
        ({"missed": "some"}, '"skip", "latest" or "all"'),
        ({"input": {"day": "today"}}, "must be a msgspec.Struct"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_said_in_a_sentence(fields: dict[str, Any], said: str):
    right = {"name": "nightly", "type": "report", "input": Report(), "tenant": "acme", "cron": "0 3 * * *"}
    with pytest.raises(DefinitionError, match=said):
        Schedule(**{**right, **fields})


def test_a_schedule_is_there_once():
    with pytest.raises(DefinitionError, match='"nightly-report" is there twice'):
        Registry([], [schedule(), schedule(every=5)])
    with pytest.raises(DefinitionError, match="there twice"):
        Registry([], [schedule()]).merged(Registry([], [schedule()]))


def test_a_schedule_of_an_unknown_type_is_refused_when_the_registry_is_whole():
    with pytest.raises(DefinitionError, match='there is no definition "report"'):
        Registry([], [schedule()]).check_schedules()


class Write(Action):
    key = "write"

    async def execute(self, ctx: Context, input: Report) -> Report:
        return input


def definition(**fields: Any) -> Definition:
    right = {"name": "report", "input": Report, "result": Report, "steps": (Write(),)}
    return Definition(**{**right, **fields}, build_result=lambda input, results: input)


class Other(msgspec.Struct):
    pass


def test_an_input_of_another_type_or_without_steps_is_refused_when_the_registry_is_whole():
    Registry([definition()], [schedule()]).check_schedules()
    other = Schedule("nightly-report", "report", Other(), tenant="acme", every=60)
    with pytest.raises(DefinitionError, match='"report" takes a Report, not a Other'):
        Registry([definition()], [other]).check_schedules()
    with pytest.raises(DefinitionError, match="its input has no steps: ZeroDivisionError"):
        Registry([definition(steps=lambda input: 1 // 0)], [schedule()]).check_schedules()


@pytest.mark.parametrize("seconds", [0, 86_401, 1.5, "300"])
def test_a_window_for_duplicates_is_at_most_the_shortest_retention(seconds: Any):
    assert definition(duplicate_window_seconds=86_400).duplicate_window_seconds == 86_400
    with pytest.raises(DefinitionError, match="duplicate_window_seconds must be whole seconds from 1 to 86400"):
        definition(duplicate_window_seconds=seconds)
