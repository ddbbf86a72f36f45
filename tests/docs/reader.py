"""Somebody who does what a page says, in its order: writes its files, types its commands, compares what it shows.

- a block with a title is a file of that name, written where the page has led to
- ``python`` without one is a program; what a page supposes to be there is in ``suppositions/``, and what somebody does
  with block 1 of it in ``..._1_then.py``
- ``sh`` is typed into one shell; ``console`` into a terminal of its own, where it goes on
- ``text`` after them is what they show, and with the title "in the terminal of X" what X shows, now or soon;
  ``...`` in it is whatever it happens to be, and so is a UUID
- ``json``, ``yaml``, ``ini``, ``sql``, ``js``, ``http`` and ``mermaid`` are given to ``readings.py``
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.docs.blocks import Block, blocks_of
from tests.docs.readings import READINGS, read_command
from tests.processes import PATIENCE_SECONDS, ROOT

DONE = "\x1e"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PROMPT = "$ "
TERMINAL = "in the terminal of "
SUPPOSITIONS = Path(__file__).parent / "suppositions"
LOOK_SECONDS = 0.02
READY = "Ctrl-C stops everything"
"""The last that `dev` says when it can be asked."""


class Terminal(NamedTuple):
    pid: str
    log: Path


class Reader:
    """Works in ``directory``. ``instead`` says which texts of the page are others here: ports, above all."""

    def __init__(self, directory: Path, environment: Mapping[str, str], instead: Mapping[str, str]) -> None:
        self._directory = directory
        self._instead = dict(instead)
        self._terminals: dict[str, Terminal] = {}
        self._shown = ""
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._type("set -euo pipefail")

    def follow(self, page: Path, but: Collection[str] = ()) -> None:
        """The page, ``but`` for some languages. Raises ``AssertionError`` at the first block that is not as it says."""
        for block in blocks_of(page):
            if block.language in but:
                continue
            try:
                self._do(block)
            except Exception as error:
                raise AssertionError(f"{block}: {error}\nshown:\n{self._shown}{self._logs()}") from error

    def leave(self) -> None:
        """End everything that was started."""
        if self._shell.poll() is None:
            for terminal in self._terminals.values():
                self._end(terminal)
        self._shell.communicate()

    def _do(self, block: Block) -> None:
        own = {"python": self._python, "sh": self._sh, "console": self._console, "text": self._text}
        if block.title and not block.title.startswith(TERMINAL):
            (self._where() / block.title).write_text(self._own(block.text), encoding="utf-8")
        elif block.language in own:
            own[block.language](block)
        if block.language in READINGS:
            READINGS[block.language](block)
        elif block.language not in own:
            raise AssertionError(f"nobody knows how to execute {block.language or 'a block without a language'}")

    def _python(self, block: Block) -> None:
        supposed = SUPPOSITIONS / f"{block.page.stem.replace('-', '_')}.py"
        afterwards = SUPPOSITIONS / f"{supposed.stem}_{block.number}_then.py"
        parts = [_text_of(supposed), self._own(block.text), _text_of(afterwards)]
        program = self._where() / ".block.py"
        program.write_text("".join(parts), encoding="utf-8")
        self._shown = self._type(f"{shlex.quote(sys.executable)} -W error .block.py")

    def _sh(self, block: Block) -> None:
        self._shown = self._type(self._own(block.text))

    def _console(self, block: Block) -> None:
        self._shown = ""
        for line in block.text.splitlines():
            if line.startswith(PROMPT):
                self._enter(self._own(line.removeprefix(PROMPT).split("  #")[0].strip()))

    def _enter(self, command: str) -> None:
        if match := re.match(r"(?:\w+=\S+ )*make (.*)", command):
            self._type(f"make --dry-run --directory {shlex.quote(str(ROOT))} {match[1]} > /dev/null")
        elif command.startswith(("export ", "mkdir ", "cd ")):
            self._type(command.replace("$PWD/.venv/bin", str(Path(sys.executable).parent)))
        elif command.startswith(("docker compose ", "pip-audit ")) or "..." in command:
            read_command(command)  # it needs what nobody has here, or a word that only its reader knows
        else:
            self._open_terminal(command)

    def _text(self, block: Block) -> None:
        if block.title:
            self._see(self._terminal(block.title.removeprefix(TERMINAL)).log, block.text)
        elif self._shown:
            assert shows(self._shown, self._own(block.text)), f"this is not what is shown:\n{block.text}"
            self._shown = ""

    def _open_terminal(self, command: str) -> None:
        program = re.sub(r"^(\w+=\S+ +)*", "", command)
        if program in self._terminals:  # the page says to end it and to start it again
            self._end(self._terminals[program])
        log = self._directory / f".terminal-{len(self._terminals)}-{program.split()[0]}"
        log.touch()
        pid = self._type(f"{command} > {shlex.quote(str(log))} 2>&1 < /dev/null & echo $!").strip()
        self._terminals[program] = Terminal(pid, log)
        if program.endswith(" dev"):
            self._see(log, READY)

    def _see(self, log: Path, expected: str) -> None:
        """Wait until a terminal shows it, as somebody does who looks at it."""
        until = time.monotonic() + PATIENCE_SECONDS
        while expected.strip() not in log.read_text():
            assert time.monotonic() < until, f"its terminal never shows:\n{expected}"
            time.sleep(LOOK_SECONDS)

    def _terminal(self, program: str) -> Terminal:
        return next(terminal for name, terminal in self._terminals.items() if name.endswith(program))

    def _end(self, terminal: Terminal) -> None:
        """What a shell starts in the background does not hear Ctrl-C; this ends it the same way."""
        self._type(f"kill {terminal.pid} 2> /dev/null || true; wait {terminal.pid} 2> /dev/null || true")

    def _type(self, commands: str) -> str:
        """What the shell shows. A command that fails ends the shell, and so does the page."""
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(f"{commands}\nprintf '{DONE}\\n'\n")
        self._shell.stdin.flush()
        shown: list[str] = []
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
        return "".join(f"\n{name}:\n{log.read_text()[-3000:]}" for name, (_, log) in self._terminals.items())


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def shows(shown: str, expected: str) -> bool:
    """Whether this is what a page says is shown; ``...`` is anything, and on a line of its own any lines, or none."""
    shown, expected = (UUID.sub("(a UUID)", text) for text in (shown, expected))
    pattern = re.sub(r"(?m)^\\\.\\\.\\\.\\\n", r"(?:[^\\n]*\\n)*?", re.escape(expected.strip()))
    pattern = pattern.replace(r"\.\.\.", ".*?")
    return re.fullmatch(pattern, shown.strip().replace("\r", ""), re.DOTALL) is not None
