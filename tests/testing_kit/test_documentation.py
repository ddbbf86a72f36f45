"""The example in docs/testing-definitions.md says what it is shown to say."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.processes import ROOT

PAGE = (ROOT / "docs" / "testing-definitions.md").read_text()
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_the_wrong_handler_of_the_documentation_is_caught_as_shown():
    program = next(block for block in blocks("python") if "WrongHandlers" in block)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    [shown] = blocks("text")
    assert UUID.sub("id", ran.stdout) == UUID.sub("id", shown)
