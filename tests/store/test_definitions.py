"""The same version with other steps than the database has seen is refused, whoever sees it first."""

import asyncio

import msgspec
import pytest

from operations_api import Action, Context, Definition, Pivot, Registry
from operations_api.domain.errors import DefinitionError
from operations_api.store.definitions import park_orphans, remember

from . import factory


class Nothing(msgspec.Struct):
    pass


class Mail(Action):
    def __init__(self, key: str, effect: str = "external") -> None:
        self.key = key
        self.effect = effect

    async def execute(self, ctx: Context, input: Nothing) -> None: ...


class Charge(Pivot):
    key = "mail"

    async def execute(self, ctx: Context, input: Nothing) -> None: ...


def registry(*steps, version=1):
    by_input = steps[0] if callable(steps[0]) else steps
    return Registry(
        [
            Definition(
                name="notify", version=version, input=Nothing, result=Nothing, steps=by_input,
                build_result=lambda input, results: Nothing(),
            )
        ]
    )  # fmt: skip


async def test_a_version_is_known_by_its_steps(pool):
    for _ in range(2):
        await remember(pool, registry(Mail("mail")))


@pytest.mark.parametrize(
    "changed",
    [[Mail("letter")], [Mail("mail", "local")], [Charge()], [Mail("mail"), Mail("letter")], [lambda input: ()]],
    ids=["key", "effect", "kind", "number", "by input"],
)
async def test_the_same_version_with_other_steps_is_refused(pool, changed):
    await remember(pool, registry(Mail("mail")))
    with pytest.raises(DefinitionError, match=r'"notify" version 1 has other steps .* give the changed one version 2'):
        await remember(pool, registry(*changed))
    await remember(pool, registry(*changed, version=2))


async def test_the_order_of_steps_is_part_of_them(pool):
    await remember(pool, registry(Mail("a"), Mail("b")))
    with pytest.raises(DefinitionError):
        await remember(pool, registry(Mail("b"), Mail("a")))


async def test_steps_that_depend_on_the_input_are_known_by_that(pool):
    await remember(pool, registry(lambda input: (Mail("a"),)))
    await remember(pool, registry(lambda input: (Mail("b"),)))
    with pytest.raises(DefinitionError):
        await remember(pool, registry(Mail("a")))


async def test_of_two_that_differ_and_start_at_once_one_is_refused(pool):
    both = [remember(pool, registry(Mail("a"))), remember(pool, registry(Mail("b")))]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(map(type, answers), key=str) == [type(None), DefinitionError]


@pytest.mark.parametrize(("age", "parked"), [("1 hour", 1), ("0 s", 0)])
async def test_what_is_ready_of_a_version_that_nobody_has_seen_has_a_while_to_be_known(connection, pool, age, parked):
    created_at = await connection.fetchval("select clock_timestamp() - $1::text::interval", age)
    await factory.operation(connection, type="nobody-has-seen-it", created_at=created_at)
    assert len(await park_orphans(pool, 10)) == parked
