"""Make each mistake by itself in a copy of the tree, and see that the tests it is meant for notice."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.mutant import Mutant, load_all
from tests.mutants.trial import Verdict, copy_of, run_tests, try_out

AT_ONCE = 2
"""Each trial has a Postgres, a Valkey and workers of its own."""

CONTROL_SECONDS = 1800.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when every mutant was killed."""
    options = _options(arguments)
    mutants = [one for one in load_all() if not options.only or {one.name, one.area} & set(options.only)]
    if not mutants:
        print("there is no such mutant or area; leave --only out to try them all", file=sys.stderr)
        return 2
    return run(mutants, options.seed, control=options.control)


def run(mutants: Sequence[Mutant], seed: int, *, control: bool = True) -> int:
    """Try these mutants and print the table."""
    with copy_of() as root:
        if control and not _are_sound(root, mutants, seed):
            return 1
        verdicts = _all_tried(mutants, root, seed)
    print(render(verdicts, seed))
    return 0 if all(verdict.kind == "killed" for verdict in verdicts) else 1


def render(verdicts: Sequence[Verdict], seed: int) -> str:
    """The table, what is to be said of those that were not killed, and the totals."""
    width = max(len(verdict.mutant.name) for verdict in verdicts)
    rows = [
        f"{verdict.kind:8}  {verdict.seconds:5.1f} s  {verdict.mutant.name:{width}}  {verdict.mutant.guarantee}"
        for verdict in verdicts
    ]
    notes = [f"{verdict.mutant.name}: {verdict.detail}" for verdict in verdicts if verdict.detail]
    counts = Counter(verdict.kind for verdict in verdicts)
    total = ", ".join(f"{counts[kind]} {kind}" for kind in ("killed", "survived", "invalid"))
    return "\n".join([*rows, "", *notes, f"{len(verdicts)} mutants: {total} (seed {seed})"])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="one mutant or area; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="for the tests that use chance (default 1)")
    parser.add_argument("--no-control", dest="control", action="store_false", help="trust that the tests pass without")
    return parser.parse_args(arguments)


def _are_sound(root: Path, mutants: Sequence[Mutant], seed: int) -> bool:
    """Whether the tests pass while nothing is broken: otherwise their failing would prove nothing."""
    tests = list(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
    print(f"control: {len(tests)} tests without any mutant", file=sys.stderr, flush=True)
    code, said = run_tests(root, tests, seed, "-n", str(AT_ONCE), patience_seconds=CONTROL_SECONDS)
    if code != 0:
        print(f"{said}\nthe tests fail without any mutant: mend them first", file=sys.stderr)
    return code == 0


def _all_tried(mutants: Sequence[Mutant], root: Path, seed: int) -> list[Verdict]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            return list(pool.map(lambda mutant: _tried(mutant, root, seed), mutants))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # what runs hears of Ctrl-C by itself
            raise


def _tried(mutant: Mutant, root: Path, seed: int) -> Verdict:
    verdict = try_out(mutant, root, seed)
    print(f"{verdict.kind:8}  {mutant.name}  {verdict.detail}", file=sys.stderr, flush=True)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
