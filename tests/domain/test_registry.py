"""A registry is data: each (name, version) once, the highest version starts, older ones finish."""

import pytest

from operations_api.domain.errors import DefinitionError
from operations_api.domain.registry import Registry

from .orders import Funds, definition


def test_the_highest_version_starts_and_all_can_be_executed():
    old, new, other = definition(version=9), definition(version=10), definition(name="ship-order")
    registry = Registry([new, other, old])
    assert registry.current == {"place-order": new, "ship-order": other}
    assert set(registry.versions) == {("place-order", 9), ("place-order", 10), ("ship-order", 1)}


def test_a_name_and_version_are_there_once():
    with pytest.raises(DefinitionError, match='"place-order" version 1 is there twice: give the newer one a higher'):
        Registry([definition(), definition(name="ship-order"), definition()])


@pytest.mark.parametrize("other", [Funds(), "place-order", None])
def test_only_definitions_are_registered(other):
    with pytest.raises(DefinitionError, match="a registry holds Definitions, not"):
        Registry([other])


def test_two_registries_are_one_unless_they_share_a_version():
    one, other = Registry([definition()]), Registry([definition(version=2)])
    assert set(one.merged(other).versions) == {("place-order", 1), ("place-order", 2)}
    with pytest.raises(DefinitionError, match="is there twice"):
        one.merged(Registry([definition()]))
