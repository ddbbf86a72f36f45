"""Whatever a definition gets wrong is said when it is built: which definition, which step, what to do."""

import math
from datetime import timedelta

import pytest

from operations_api.domain.errors import DefinitionError

from .orders import Charge, Funds, Mail, Order, definition, funds


def refusal(**overrides):
    with pytest.raises(DefinitionError) as refused:
        definition(**overrides)
    return str(refused.value)


def test_a_right_definition_is_accepted():
    right = definition(
        version=3, example=Order(), retention_days=2, on_first_commit_reject="rollback", on_commit_reject="compensate"
    )
    assert repr(right) == "Definition('place-order', version=3)"
    assert [step.key for step in right.steps_for(Order())] == ["funds", "charge", "mail"]


@pytest.mark.parametrize(
    "name", ["Place-Order", "place_order", "", "-a", "a-", "a--b", "1a", "a" * 101, "place order", 7]
)
def test_a_name_is_lower_case_words_joined_by_hyphens(name):
    assert "use lower-case words joined by hyphens, at most 100 characters" in refusal(name=name)


@pytest.mark.parametrize("version", [0, -1, True, "1", 1.5, None])
def test_a_version_is_a_whole_number_from_one(version):
    assert refusal(version=version) == 'definition "place-order": version must be a whole number from 1'


@pytest.mark.parametrize("role", ["input", "result"])
@pytest.mark.parametrize("struct", [dict, Order(), None, "Order"])
def test_input_and_result_are_struct_classes(role, struct):
    assert f"{role} must be a msgspec.Struct class, not" in refusal(**{role: struct})


def test_the_example_is_an_input():
    assert refusal(example=Funds()).endswith("example must be a Order")


@pytest.mark.parametrize("days", [0, 0.5, -1, math.nan, -math.inf, 36_501])
def test_retention_has_a_floor(days):
    assert "retention_days must be at least 1" in refusal(retention_days=days)


@pytest.mark.parametrize(
    ("days", "kept"), [(None, timedelta(days=30)), (2, timedelta(days=2)), (math.inf, timedelta(days=365_000))]
)
def test_retention_is_the_types_own_or_the_settings_and_may_have_no_end(days, kept):
    assert definition(retention_days=days).retention(30) == kept


@pytest.mark.parametrize(
    ("policy", "words"),
    [("on_first_commit_reject", ("park", "rollback")), ("on_commit_reject", ("park", "compensate"))],
)
def test_policies_are_words_it_knows(policy, words):
    assert refusal(**{policy: "undo"}).endswith(f'{policy} must be "{words[0]}" or "{words[1]}"')


def test_build_result_is_a_function():
    assert "build_result must be a function" in refusal(build_result=None)


@pytest.mark.parametrize("steps", [[Funds()], None, "funds"])
def test_steps_are_a_tuple_or_a_function(steps):
    assert "steps must be a tuple of steps, or a function of the input" in refusal(steps=steps)


def test_there_is_at_least_one_step():
    assert "at least one step" in refusal(steps=())


def test_a_class_is_not_a_step():
    assert "did you forget to instantiate the class?" in refusal(steps=(Funds,))


def test_keys_are_unique():
    assert 'two steps have the key "funds"' in refusal(steps=(Funds(), Mail(), Funds()))


def test_there_is_one_point_of_no_return():
    other = type("Other", (Charge,), {"key": "other"})()
    assert "at most one Pivot" in refusal(steps=(Charge(), other))


@pytest.mark.parametrize("key", [None, "", "Funds", "two words", "a" * 101, 7])
def test_a_key_is_lower_case_words_joined_by_hyphens(key):
    said = refusal(steps=(funds(key=key),))
    assert said.startswith('definition "place-order": Funds: key is ')
    assert "use lower-case words joined by hyphens" in said


def test_an_effect_is_local_or_external():
    assert 'step "funds": effect must be "local" or "external", not \'remote\'' in refusal(
        steps=(funds(effect="remote"),)
    )


@pytest.mark.parametrize("setting", ["timeout_seconds", "retry_for_seconds"])
@pytest.mark.parametrize("seconds", [0, -1, None, "30", math.nan, math.inf, 1e300])
def test_times_are_positive_numbers_of_seconds_that_can_be_added_to_a_date(setting, seconds):
    assert f'step "funds": {setting} must be a positive number of seconds' in refusal(
        steps=(funds(**{setting: seconds}),)
    )


class TestStepsThatDependOnTheInput:
    def test_are_made_for_each_input(self):
        by_input = definition(steps=lambda input: (Mail(),) if input.sku == "gift" else (Funds(),))
        assert [step.key for step in by_input.steps_for(Order("gift"))] == ["mail"]
        assert [step.key for step in by_input.steps_for(Order("book"))] == ["funds"]

    @pytest.mark.parametrize(
        ("steps", "said"),
        [
            ((), "at least one step"),
            ((Mail(), Mail()), 'two steps have the key "mail"'),
            ((Mail,), "did you forget to instantiate"),
            ((funds(effect="remote"),), "effect must be"),
        ],
    )
    def test_are_checked_when_they_are_made(self, steps, said):
        by_input = definition(steps=lambda input: steps)
        with pytest.raises(DefinitionError, match=said):
            by_input.steps_for(Order())

    def test_must_be_steps_in_a_row(self):
        with pytest.raises(DefinitionError, match="must give a tuple of steps, not None"):
            definition(steps=lambda input: None).steps_for(Order())
