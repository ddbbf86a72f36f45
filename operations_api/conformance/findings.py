"""How a case ends other than well, and the words with which cases say what they expect."""

from __future__ import annotations

import re
from typing import Any, Final

from operations_api.conformance.wire import Answer

PROBLEM: Final = "application/problem+json"
_INSTANCE: Final = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Broken(Exception):
    """A guarantee does not hold. ``answer`` is the one that shows it; without it, the case's last one."""

    def __init__(self, sentence: str, answer: Answer | None = None) -> None:
        super().__init__(sentence)
        self.answer = answer


class NotApplicable(Exception):
    """This service, or what the suite was given, has nothing to try the guarantee on; the message says what lacks."""


def expect(holds: object, sentence: str, answer: Answer | None = None) -> None:
    """Raise ``Broken`` with what was expected and seen, unless it holds."""
    if not holds:
        raise Broken(sentence, answer)


def expect_status(answer: Answer, *allowed: int) -> Answer:
    """The answer, which must have one of these statuses."""
    wanted = " or ".join(map(str, allowed))
    expect(answer.status in allowed, f"expected {wanted}, got {answer.status}", answer)
    return answer


def expect_header(answer: Answer, name: str, value: str | None = None) -> str:
    """The header's value, which must be there once and, where one is given, equal ``value``."""
    lines = answer.lines(name)
    expect(len(lines) == 1, f"expected one {name} header, got {len(lines)}", answer)
    expect(value in (None, lines[0]), f"expected {name}: {value}, got {lines[0]}", answer)
    return lines[0]


def expect_no_header(answer: Answer, name: str) -> None:
    """Raise ``Broken`` when the header is there."""
    expect(not answer.lines(name), f"expected no {name} header, got {answer.lines(name)}", answer)


def expect_equal(seen: Any, wanted: Any, what: str, answer: Answer | None = None) -> None:
    """Raise ``Broken`` unless both are equal; ``what`` names the thing."""
    expect(seen == wanted, f"expected {what} to be {wanted!r}, got {seen!r}", answer)


def expect_problem(answer: Answer, status: int, slug: str | None) -> dict[str, Any]:
    """The problem document of a refusal (RFC 9457); without a slug its type is ``about:blank``."""
    expect_status(answer, status)
    fault = problem_fault(answer)
    expect(fault is None, f"expected a problem document, but {fault}", answer)
    document: dict[str, Any] = answer.json
    wanted = f"{answer.public_url}/problems/{slug}" if slug else "about:blank"
    expect_equal(document["type"], wanted, "type", answer)
    return document


def problem_fault(answer: Answer) -> str | None:
    """What is wrong with a refusal's document; None when nothing is."""
    if answer.media_type != PROBLEM:
        return f"its content type is {answer.media_type}"
    document = answer.json_or_none
    if not isinstance(document, dict):
        return "it is no JSON object"
    for name, kind in (("type", str), ("title", str), ("status", int), ("detail", str), ("instance", str)):
        if not isinstance(document.get(name), kind) or not document[name]:
            return f"its {name} is {document.get(name)!r}"
    if document["status"] != answer.status:
        return f"its status is {document['status']}, the answer's {answer.status}"
    if not _INSTANCE.fullmatch(document["instance"]):
        return f"its instance is {document['instance']}"
    return None
