"""Tenants and priorities share the order fairly, whatever one of them does."""

from __future__ import annotations

import random
from collections import Counter
from itertools import count

import pytest

from operations_api.domain.fair_order import COST_NS, HEAD_IS_KNOWN_NS, MAX_REMEMBERED, FairOrder

NOW = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000


def exact() -> FairOrder:
    """One whose places are at the end of what they cost."""
    return FairOrder(lambda: 0.0)


def served(*lanes: tuple[str, list[int]]) -> list[str]:
    """Whose operations they are, in the order in which they are claimed."""
    places = [(place, name) for name, lane in lanes for place in lane]
    return [name for _, name in sorted(places)]


def test_whoever_starts_now_and_then_gets_the_present_time() -> None:
    order = exact()
    assert order.place("a", NOW) == NOW + COST_NS
    assert order.place("a", NOW + 10 * COST_NS) == NOW + 11 * COST_NS


def test_one_tenants_flood_does_not_delay_anothers_few() -> None:
    order = FairOrder()
    flood = [order.place("flood", NOW) for _ in range(100_000)]
    order.observe_head(flood[500], NOW + SECOND_NS)  # so many have been taken within that second
    few = [order.place("few", NOW + SECOND_NS) for _ in range(10)]
    assert sum(flood[500] <= place < max(few) for place in flood) <= 11


def test_a_backlog_that_grew_slowly_is_shared_too() -> None:
    """An hour's worth, ten a second: more slowly than anybody is held back, but more than the workers can do."""
    order = exact()
    head = order.place("slow", NOW)
    backlog = [head]
    for number in range(1, 36_000):
        now = NOW + number * SECOND_NS // 10
        order.observe_head(head, now)
        backlog.append(order.place("slow", now))
    now = NOW + 3600 * SECOND_NS
    order.observe_head(head, now)
    assert served(("slow", backlog), ("new", [order.place("new", now)])).index("new") <= 2


def test_places_of_one_lane_never_repeat_and_only_grow() -> None:
    order = FairOrder()
    places = [order.place("a", NOW - step % 3) for step in range(1000)]
    assert places == sorted(set(places))


def test_two_processes_do_not_give_the_same_place() -> None:
    places = [FairOrder().place("a", NOW) for _ in range(100)]
    assert len(set(places)) > 90


@pytest.mark.parametrize(("weight", "share"), [(1, 1), (4, 4), (100, 100)])
def test_tenants_are_served_by_their_weight_while_all_wait(weight: int, share: int) -> None:
    order = FairOrder(random.Random(7).random)
    heavy = [order.place("heavy", NOW, weight=weight) for _ in range(10_100)]
    light = [order.place("light", NOW) for _ in range(10_100)]
    taken = Counter(served(("heavy", heavy), ("light", light))[: 100 * (share + 1)])
    assert taken["light"] == pytest.approx(100, abs=2)


def test_eight_of_a_priority_are_served_for_one_of_the_next() -> None:
    order = FairOrder(random.Random(7).random)
    lanes = {word: [order.place("a", NOW, priority=word) for _ in range(6_500)] for word in ("high", "normal", "low")}
    taken = Counter(served(*lanes.items())[: 73 * 80])
    assert taken["high"] / taken["normal"] == pytest.approx(8, rel=0.02)
    assert taken["normal"] / taken["low"] == pytest.approx(8, rel=0.02)


def test_the_first_of_a_priority_is_not_behind_the_queue_of_another() -> None:
    order = exact()
    queue = [order.place("a", NOW) for _ in range(10_000)]
    order.observe_head(queue[0], NOW)
    assert served(("queue", queue), ("high", [order.place("a", NOW, priority="high")])).index("high") <= 1
    assert served(("queue", queue), ("low", [order.place("a", NOW, priority="low")])).index("low") <= 9


def test_whoever_was_next_long_ago_says_nothing_of_now() -> None:
    order = exact()
    order.observe_head(NOW - 100 * SECOND_NS, NOW)
    later = NOW + HEAD_IS_KNOWN_NS + 1
    assert order.place("a", later) == later + COST_NS
    order.observe_head(None, later)
    assert order.place("b", later) == later + COST_NS


def test_what_is_ready_long_after_it_started_turns_no_clock_back() -> None:
    order = exact()
    order.observe_head(None, NOW)
    known = order.place("known", NOW)
    order.observe_head(NOW - 86_400 * SECOND_NS, NOW + SECOND_NS)  # a retry of yesterday's
    flood = [order.place("new", NOW + SECOND_NS) for _ in range(1000)]
    assert served(("flood", flood), ("known", [known, order.place("known", NOW + SECOND_NS)])).index("known") <= 2
    assert min(flood) > NOW


def test_what_was_planned_in_advance_comes_before_nobody_who_starts_meanwhile() -> None:
    order = exact()
    due = NOW + 3600 * SECOND_NS
    planned = [order.place("planner", NOW, due_ns=due) for _ in range(1000)]
    now = due + SECOND_NS
    order.observe_head(planned[0], now)
    assert served(("planned", planned), ("now", [order.place("other", now)])).index("now") <= 2
    assert min(planned) > due


def test_what_is_due_later_delays_nothing_that_its_tenant_starts_now() -> None:
    order = exact()
    for second in range(1, 100):
        order.place("a", NOW, due_ns=NOW + second * SECOND_NS)
    assert order.place("a", NOW) == NOW + COST_NS


def test_a_head_from_a_clock_that_is_ahead_holds_nobody_back() -> None:
    order = exact()
    order.observe_head(NOW + 100 * SECOND_NS, NOW)
    assert order.place("a", NOW) == NOW + COST_NS


def test_lanes_that_have_been_served_are_forgotten() -> None:
    order = exact()
    for number in range(MAX_REMEMBERED):
        order.place(f"tenant-{number}", NOW)
    order.place("later", NOW + 10 * COST_NS)
    assert order.place("tenant-1", NOW) == NOW + COST_NS
    assert order.place("later", NOW) == NOW + 12 * COST_NS


def test_order_is_kept_whatever_is_asked() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    order = FairOrder(chance.random)
    now = count(NOW, 1000)
    last: dict[tuple[str, str], int] = {}
    for _ in range(20_000):
        tenant, word = chance.choice("abc"), chance.choice(("high", "normal", "low"))
        if chance.random() < 0.1:
            order.observe_head(chance.choice([None, NOW, max(last.values(), default=NOW)]), next(now))
        place = order.place(tenant, next(now), priority=word, weight=chance.randint(1, 100))
        assert place > last.get((tenant, word), 0)
        last[tenant, word] = place
