"""Limits of single tenants, as an operator sets, lists and takes them back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.cli.test_commands import run


def test_limits_are_set_listed_and_taken_back(environment: Mapping[str, str]) -> None:
    run("migrate", environment=environment)

    def said(*arguments: str) -> str:
        done = run("tenants", *arguments, environment=environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert said("list") == ""
    assert (
        said("limit", "acme", "--rate", "100", "--in-flight", "5000")
        == "acme  rate 100  in-flight 5000  weight default\n"
    )
    assert said("limit", "acme", "--rate", "none") == "acme  rate none  in-flight 5000  weight default\n"
    assert said("limit", "acme", "--weight", "4") == "acme  rate none  in-flight 5000  weight 4\n"
    assert said("limit", "acme", "--in-flight", "default") == "acme  rate none  in-flight default  weight 4\n"
    assert said("list") == "acme  rate none  in-flight default  weight 4\n"
    assert said("reset", "acme") == "acme: the settings hold\n"
    assert said("list") == ""


@pytest.mark.parametrize(
    "wrong",
    [
        ("limit",),
        ("limit", "acme"),
        ("limit", "acme", "--rate", "0"),
        ("limit", "acme", "--in-flight", "-1"),
        ("limit", "acme", "--weight", "none"),
        ("limit", "acme", "--weight", "101"),
    ],
)
def test_wrong_usage_says_what_is_right_and_changes_nothing(
    wrong: tuple[str, ...], environment: Mapping[str, str]
) -> None:
    done = run("tenants", *wrong, environment=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
