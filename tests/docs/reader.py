"""Somebody who does what a page says, in its order: writes its files, types its commands, compares what it shows.

- a block with a title is a file of that name, written where the page has led to
- ``python`` without one is a program, run there; names that a page supposes are in ``suppositions/``
- ``sh`` is typed into one shell, ``console`` is typed into a terminal of its own and goes on there
- ``text`` after a command is what it prints; with the title "in the terminal of X", what X prints, now or soon.
  ``...`` in it is whatever it happens to be
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.docs.blocks import Block, blocks_of
from tests.processes import PATIENCE_SECONDS, ROOT

DONE = "\x1e"
TERMINAL = "in the terminal of "
SUPPOSITIONS = Path(__file__).parent / "suppositions"
LOOK_SECONDS = 0.02
PROMPT = "$ "


class Reader:
    """Works in ``directory``. ``instead`` says which texts of the page are others here: ports, above all."""

    def __init__(self, directory: Path, environment: Mapping[str, str], instead: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = dict(environment)
        self._instead = dict(instead)
        self._terminals: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}
        self._shown = ""
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=directory,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._type("set -euo pipefail")

    def follow(self, page: Path) -> None:
        """The whole page. Raises ``AssertionError`` at the first block that does not do what the page says."""
        for block in blocks_of(page):
            try:
                DOES[block.language](self, block)
            except Exception as error:
                raise AssertionError(f"{block}: {error}\n{self._shown}{self._logs()}") from error

    def leave(self) -> None:
        """End everything that was started."""
        for process, _ in self._terminals.values():
            end(process)
        with suppress(BrokenPipeError):
            self._shell.communicate()

    def python(self, block: Block) -> None:
        if block.title:
            self.file(block)
            return
        supposed = SUPPOSITIONS / f"{block.page.stem.replace('-', '_')}.py"
        text = (supposed.read_text(encoding="utf-8") if supposed.exists() else "") + self._own(block.text)
        command = [sys.executable, "-W", "error", "-"]
        done = subprocess.run(command, cwd=self._where(), env=self._environment, input=text, capture_output=True, text=True)
        self._shown = done.stdout
        assert done.returncode == 0, done.stderr

    def sh(self, block: Block) -> None:
        if block.title:
            self.file(block)
        else:
            self._shown = self._type(self._own(block.text))

    def console(self, block: Block) -> None:
        """What a person types who sees what comes of it: programs that go on, and targets of make."""
        for line in block.text.splitlines():
            if not line.startswith(PROMPT):
                continue
            command = self._own(line.removeprefix(PROMPT).split("  # ")[0].strip())
            if command.startswith("make "):
                self._type(f"make --dry-run --directory {shlex.quote(str(ROOT))} {command.removeprefix('make ')}")
            elif command.startswith(("export ", "mkdir ", "cd ")):
                self._type(command.replace("$PWD/.venv/bin", str(Path(sys.executable).parent)))
            else:
                self._open_terminal(command)

    def file(self, block: Block) -> None:
        (self._where() / block.title).write_text(self._own(block.text), encoding="utf-8")

    def text(self, block: Block) -> None:
        if not block.title.startswith(TERMINAL):
            assert not self._shown or shows(self._shown, block.text), f"this is not what was shown:\n{block.text}"
            self._shown = ""
            return
        log = next(log for name, (_, log) in self._terminals.items() if name.endswith(block.title.removeprefix(TERMINAL)))
        until = time.monotonic() + PATIENCE_SECONDS
        while block.text not in log.read_text():
            assert time.monotonic() < until, f"its terminal never shows:\n{block.text}"
            time.sleep(LOOK_SECONDS)

    def _open_terminal(self, command: str) -> None:
        program = re.sub(r"^(\w+=\S+ +)*", "", command)
        if program in self._terminals:  # the page says to end it and to start it again
            end(self._terminals[program][0])
        log = self._directory / f"terminal-{len(self._terminals)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(["bash", "-c", f"exec env {command}"], cwd=self._where(), env=self._environment, stdout=out, stderr=out)
        self._terminals[program] = process, log
        self._wait_for(program)

    def _wait_for(self, program: str) -> None:
        """A person sees that it is ready; whatever says nothing is asked until it answers."""
        process, log = self._terminals[program]
        until = time.monotonic() + PATIENCE_SECONDS
        while program.endswith(" dev") and "Ctrl-C stops" not in log.read_text():
            assert process.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(LOOK_SECONDS)

    def _type(self, commands: str) -> str:
        """What the shell shows. A command that fails ends the shell, and so does the page."""
        assert self._shell.stdin and self._shell.stdout
        self._shell.stdin.write(f"{commands}\nprintf '{DONE}\\n'\n")
        self._shell.stdin.flush()
        shown = []
        for line in self._shell.stdout:
            if line.endswith(f"{DONE}\n"):
                return "".join([*shown, line.removesuffix(f"{DONE}\n")])
            shown.append(line)
        raise AssertionError("".join(["a command failed:\n", *shown]))

    def _where(self) -> Path:
        return Path(self._type("pwd").strip())

    def _own(self, text: str) -> str:
        for said, here in self._instead.items():
            text = text.replace(said, here)
        return text

    def _logs(self) -> str:
        return "".join(f"\n--- {name}:\n{log.read_text()[-2000:]}" for name, (_, log) in self._terminals.items())


def shows(shown: str, expected: str) -> bool:
    """Whether this is what the page shows; ``...`` is anything."""
    pattern = re.escape(expected.strip()).replace(r"\.\.\.", ".*?")
    return re.fullmatch(pattern, shown.strip().replace("\r", ""), re.DOTALL) is not None


def end(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    process.wait(PATIENCE_SECONDS)


DOES = {"python": Reader.python, "sh": Reader.sh, "console": Reader.console, "text": Reader.text}
