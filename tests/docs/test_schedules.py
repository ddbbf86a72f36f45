"""The page about schedules is executed, and what it says of its example is so."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")


def test_the_registry_of_the_page_is_one_and_its_key_is_right() -> None:
    [block] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    said: dict[str, Any] = {}
    exec(block, said)  # noqa: S102  # our own page
    said["registry"].check_schedules()
    schedule = said["registry"].schedules["desk-for-monday"]
    key = schedule.key(schedule.next_after(datetime(2026, 6, 1, tzinfo=UTC)))
    assert f"`{key}`" in PAGE
