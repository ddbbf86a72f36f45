"""A traceparent is taken when W3C Trace Context says it is one."""

import pytest

from operations_api.http.trace_context import traceparent

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("value", [GOOD, GOOD.replace("00-", "cc-", 1), GOOD.replace("00-", "cc-", 1) + "-later"])
def test_a_well_formed_one_is_kept(value: str):
    assert traceparent([value]) == value


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [""],
        [GOOD, GOOD],
        [GOOD + "-more"],
        [GOOD.upper()],
        [GOOD.replace("00-", "ff-", 1)],
        ["00-" + "0" * 32 + "-b7ad6b7169203331-01"],
        ["00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01"],
        [GOOD + "\n"],
        [GOOD.replace("00-", "cc-", 1) + "-" + "x" * 500],
    ],
)
def test_anything_else_is_ignored(lines: list[str]):
    assert traceparent(lines) is None
