"""Tenants share the order fairly, whatever one of them does."""

from operations_api.http.fair_order import MAX_REMEMBERED, SPACING_US, FairOrder

NOW = 1_800_000_000_000_000


def test_whoever_starts_now_and_then_gets_the_present_time():
    order = FairOrder()
    assert order.place("a", NOW) == NOW
    assert order.place("a", NOW + 10 * SPACING_US) == NOW + 10 * SPACING_US


def test_one_tenants_flood_does_not_delay_anothers_few():
    order = FairOrder()
    flood = [order.place("flood", NOW) for _ in range(100_000)]
    few = [order.place("few", NOW + 1_000_000) for _ in range(10)]
    ahead = sum(place < max(few) for place in flood)
    assert ahead < 1_100  # what the flood could claim in that second, not its hundred thousand


def test_places_of_one_tenant_never_repeat_and_only_grow():
    order = FairOrder()
    places = [order.place("a", NOW - step % 3) for step in range(1000)]
    assert places == sorted(set(places))


def test_tenants_that_are_past_are_forgotten():
    order = FairOrder()
    for number in range(MAX_REMEMBERED):
        order.place(f"tenant-{number}", NOW)
    order.place("later", NOW + 10 * SPACING_US)
    assert order.place("tenant-1", NOW) == NOW
    assert order.place("later", NOW) == NOW + 11 * SPACING_US
