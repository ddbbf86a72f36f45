"""Whose turn it is: where the common order of everything that is new stands, whatever its definition."""

from . import factory
from .factory import LONG_AGO


async def old(connection, place, **values):
    """An operation that was not ready when it started, and is now: its place is one of then."""
    return await factory.operation(connection, fair_order=place, not_before=LONG_AGO, **values)


async def test_nothing_says_whose_turn_it_is_where_nothing_is_ready(connection, store):
    await factory.operation(connection, status="succeeded")
    assert await store.head_of_queue() is None


async def test_it_is_the_first_one_of_all_definitions(connection, store):
    for place, type in ((30, "a"), (20, "b"), (25, "a"), (40, "c")):
        await factory.operation(connection, type=type, fair_order=place)
    assert await store.head_of_queue() == 20


async def test_who_has_an_old_place_is_passed_over_in_its_queue(connection, store):
    await old(connection, 1)
    await factory.operation(connection, fair_order=7)
    assert await store.head_of_queue() == 7


async def test_a_queue_of_old_places_alone_does_not_turn_back_whose_turn_it_is_in_others(connection, store):
    for place in (1, 2, 3):
        await old(connection, place, type="a")
    await factory.operation(connection, type="b", fair_order=1000)
    assert await store.head_of_queue() == 1000


async def test_among_old_places_alone_it_is_the_last_that_was_looked_at(connection, store):
    for place, type in ((1, "a"), (3, "b"), (2, "a")):
        await old(connection, place, type=type)
    assert await store.head_of_queue() == 3
