"""One mutant on trial: a copy of the tree, the mistake made there, and the named tests run against it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import cache_from_source
from pathlib import Path
from typing import Literal

import msgspec

from tests.mutants.mutant import Misplaced, Mutant
from tests.mutants.witness import ORDER, Order, Testimony
from tests.processes import ROOT

PATIENCE_SECONDS = 300.0
"""The slowest tests that are named take a minute on a busy machine; what takes longer hangs."""

FAREWELL_SECONDS = 30.0
"""To stop the servers and workers that the tests have started."""

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".operations", ".hypothesis", ".*_cache", "dist", "build", "node_modules"
)


class Verdict(msgspec.Struct, frozen=True):
    """``killed``: every named test failed. ``survived``: one passed. ``invalid``: the trial proves nothing."""

    mutant: Mutant
    kind: Literal["killed", "survived", "invalid"]
    detail: str = ""
    seconds: float = 0.0


@contextmanager
def copy_of(root: Path = ROOT) -> Iterator[Path]:
    """A copy of the tree, for as long as the block runs. Compiled files go along and stay valid."""
    with tempfile.TemporaryDirectory(prefix="mutant-", ignore_cleanup_errors=True) as directory:
        copy = Path(directory).resolve() / "tree"
        shutil.copytree(root, copy, ignore=LEFT_OUT, symlinks=True)
        yield copy


def try_out(mutant: Mutant, root: Path, seed: int) -> Verdict:
    """Make the mistake in a copy of ``root``, run the tests there, and judge."""
    began_at = time.monotonic()
    try:
        with copy_of(root) as copy:
            plant(mutant, copy)
            verdict = judge(mutant, mutant.mutated(root), copy, seed)
    except Misplaced as misplaced:
        verdict = Verdict(mutant, "invalid", str(misplaced))
    return msgspec.structs.replace(verdict, seconds=time.monotonic() - began_at)


def plant(mutant: Mutant, copy: Path) -> None:
    """Write the mistake. Raises ``Misplaced``."""
    file = copy / mutant.file
    file.write_text(mutant.mutated(copy), encoding="utf-8")
    # a compiled file is valid as long as time and size of its source are: those may be the same by chance
    Path(cache_from_source(file)).unlink(missing_ok=True)


def judge(mutant: Mutant, text: str, copy: Path, seed: int) -> Verdict:
    """Run the tests where the mutated file should have this text."""
    written = copy.parent / "testimony"
    order = Order(mutant.file, text, str(written))
    # one that has to fail is enough of itself; of several, each is to be seen
    first = ["--exitfirst"] if len(mutant.tests) == 1 else []
    code, said = run_tests(copy, mutant.tests, seed, "-p", "tests.mutants.witness", *first, order=order)
    if code not in (0, 1) or not written.exists():
        reason = "the tests hang" if code is None else f"pytest ended with {code}"
        return Verdict(mutant, "invalid", f"{reason}:\n{said}")
    testimony = msgspec.json.decode(written.read_bytes(), type=Testimony)
    if not testimony.loaded:
        return Verdict(mutant, "invalid", "the tests have loaded another text than the mutated one")
    passed = [test for test in mutant.tests if not any(_is_of(failed, test) for failed in testimony.failed)]
    return Verdict(mutant, "survived", f"passed: {', '.join(passed)}") if passed else Verdict(mutant, "killed")


def run_tests(
    tree: Path,
    tests: Sequence[str],
    seed: int,
    *options: str,
    order: Order | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> tuple[int | None, str]:
    """Run these tests of this tree, against servers of their own: pytest's exit code, None if it hangs, and its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT_VARIABLES)}
    environment |= {"PYTHONPATH": str(tree), "PROOF_SEED": str(seed)}
    if order is not None:
        environment[ORDER] = msgspec.json.encode(order).decode()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            [*command, *options, *tests], cwd=tree, env=environment, stdout=output, stderr=output
        )
        code = _code_of(process, patience_seconds)
        output.seek(0)
        return code, output.read()[-3000:]


LEFT_OUT_VARIABLES = ("DATABASE_URL", "REDIS_URL", "OPERATIONS_", "PYTEST_", "PYTHONPATH")
"""Two trials at a time cannot share servers, and what another pytest process says of itself is not for this one."""


def _code_of(process: subprocess.Popen[bytes], patience_seconds: float) -> int | None:
    try:
        return process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # so that it stops what it has started
    try:
        process.wait(FAREWELL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return None


def _is_of(node: str, test: str) -> bool:
    return node == test or node.startswith(f"{test}[")
