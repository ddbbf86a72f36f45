"""What docs/command-line.md says beside its blocks is so. (The blocks themselves: test_blocks.py.)"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.docs.blocks import blocks_of
from tests.processes import ROOT

PAGE = ROOT / "docs" / "command-line.md"


def test_every_option_the_page_names_is_there(commands: Mapping[str, str]) -> None:
    rows = re.findall(r"^\| `(submit|watch|get|list|cancel)[^`]*` \|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 5
    for command, row in rows:
        shown = done(["operations-api", command, "--help"], commands)
        assert all(option in shown for option in re.findall(r"`(--[a-z-]+)`", row)), command


def test_whoever_follows_the_page_has_completion(commands: Mapping[str, str], tmp_path: Path) -> None:
    environment = {**commands, "HOME": str(tmp_path)}
    lines = [block.text for block in blocks_of(PAGE) if "_OPERATIONS_API_COMPLETE" in block.text]
    assert len(lines) == 2
    done(["bash", "-euo", "pipefail", "-c", "".join(lines)], environment)
    assert "_OPERATIONS_API_COMPLETE" in (tmp_path / ".config/fish/completions/operations-api.fish").read_text()
    asked = "source ~/.bashrc; complete -p operations-api"
    assert "operations-api" in done(["bash", "-euo", "pipefail", "-c", asked], environment)


def done(command: list[str], environment: Mapping[str, str]) -> str:
    said = subprocess.run(command, env=dict(environment), cwd=environment["HOME"], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return said.stdout
