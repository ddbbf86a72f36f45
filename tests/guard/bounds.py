"""What each operation may cost, in things that can be counted: statements, calls of our functions, bytes kept.

`bounds.toml` has what was measured. A test fails when it measures more than a fifth beyond that (where less than one
more would be allowed, one more). The counts depend on the code and the locked dependencies, not on the machine.

**Renewing a bound.** A change that makes something dearer on purpose, or cheaper, writes the new figures with

    RENEW_BOUNDS=1 .venv/bin/python -m pytest tests/guard

and its commit shows what it costs, or won, as a difference of `bounds.toml`.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

BOUNDS = Path(__file__).with_name("bounds.toml")
TOLERANCE = 1.2
"""A round of something else (a sweep, news) may fall into what is counted."""


def hold(name: str, measured: float) -> None:
    """Fails when this is dearer than it was."""
    bounds = tomllib.loads(BOUNDS.read_text(encoding="utf-8"))
    if os.environ.get("RENEW_BOUNDS"):
        _write({**bounds, name: round(measured, 2)})
        return
    allowed = max(bounds[name] * TOLERANCE, bounds[name] + 1 if bounds[name] >= 1 else 0)
    assert measured <= allowed, f"{name}: {measured:.2f}, and was {bounds[name]}; tests/guard/bounds.py says what to do"


def _write(bounds: dict[str, float]) -> None:
    head = "# What was measured; bounds.py says how these are renewed.\n"
    BOUNDS.write_text(head + "".join(f"{name} = {bounds[name]}\n" for name in sorted(bounds)), encoding="utf-8")
