"""What came of a run, for people as a table with the failures below it, for programs as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from operations_api.conformance.run import Outcome
from operations_api.conformance.section import Case, Section
from operations_api.conformance.wire import Answer

MOST_SHOWN: Final = 2_000
"""Of a request and of an answer: enough for every head and a usual body."""

RESULTS: Final = ("passed", "failed", "not applicable")
_SECRET: Final = re.compile(r"(?im)^(authorization: *\S+ +).+?\r?$")


def table(outcomes: Sequence[Outcome], sections: Sequence[Section]) -> str:
    """The contract's sections with their numbers, every failure with its request and answer, and what lacked."""
    lines = [f"{'SECTION':<34}{'CASES':>6}{'PASSED':>8}{'FAILED':>8}{'NOT APPLICABLE':>16}"]
    for section in sections:
        of_section = [outcome for outcome in outcomes if outcome.case.section == section.number]
        if of_section:
            lines.append(_row(f"{section.number:>2}  {section.title}", of_section))
    lines.append(_row("    all", outcomes))
    failures = [_failure(outcome) for outcome in outcomes if outcome.result == "failed"]
    return "\n".join([*lines, *_lacking(outcomes), *failures])


def as_json(outcomes: Sequence[Outcome], service_urls: Sequence[str]) -> str:
    """The same, and each case by its name."""
    document = {
        "urls": list(service_urls),
        "cases": [_shown(outcome) for outcome in outcomes],
        **{result.replace(" ", "_"): _count(outcomes, result) for result in RESULTS},
    }
    return json.dumps(document, indent=2)


def listing(cases: Sequence[Case]) -> str:
    """Every case, one a line; in brackets what it cannot be tried without."""
    return "\n".join(
        f"{case.section:>2}  {case.name}" + (f"  [{'; '.join(case.needs)}]" if case.needs else "") for case in cases
    )


def _row(title: str, outcomes: Sequence[Outcome]) -> str:
    passed, failed, left_out = (_count(outcomes, result) for result in RESULTS)
    return f"{title:<34}{len(outcomes):>6}{passed:>8}{failed:>8}{left_out:>16}"


def _count(outcomes: Sequence[Outcome], result: str) -> int:
    return sum(outcome.result == result for outcome in outcomes)


def _lacking(outcomes: Sequence[Outcome]) -> Iterator[str]:
    reasons = [outcome.sentence for outcome in outcomes if outcome.result == "not applicable"]
    for reason in sorted(set(reasons)):
        yield f"\nnot applicable ({reasons.count(reason)}): {reason}"


def _failure(outcome: Outcome) -> str:
    shown = [f"\nFAILED  {outcome.case.section}  {outcome.case.name}", f"  {outcome.sentence}"]
    if outcome.request:
        shown.append(_indented("> ", _text(outcome.request)))
    if outcome.answer is not None:
        shown.append(_indented("< ", _answer(outcome.answer)))
    return "\n".join(shown)


def _shown(outcome: Outcome) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "section": outcome.case.section, "name": outcome.case.name, "result": outcome.result,
    }  # fmt: skip
    if outcome.sentence:
        shown["sentence"] = outcome.sentence
    if outcome.result == "failed":
        shown["request"] = _text(outcome.request)
        shown["answer"] = None if outcome.answer is None else _answer(outcome.answer)
    return shown


def _answer(answer: Answer) -> str:
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    return f"{answer.status}\n{head}\n\n{_text(answer.body)}"


def _text(raw: bytes) -> str:
    """Readable, without control characters and without the API key."""
    text = _SECRET.sub(r"\1(hidden)", raw[:MOST_SHOWN].decode("utf-8", "backslashreplace")).replace("\r\n", "\n")
    shown = "".join(each if each.isprintable() or each == "\n" else f"\\x{ord(each):02x}" for each in text)
    return shown + (f"... ({len(raw)} bytes)" if len(raw) > MOST_SHOWN else "")


def _indented(mark: str, text: str) -> str:
    return "\n".join(f"  {mark}{line}" for line in text.rstrip().split("\n"))
