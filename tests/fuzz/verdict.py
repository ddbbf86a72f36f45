"""What has to hold for every answer, whatever was asked."""

from __future__ import annotations

import json
import re
from uuid import UUID

from tests.fuzz.wire import Answer, NotHttp

NOT_UNDERSTOOD = (400,)
"""How the server answers bytes that are no HTTP before the application sees them: no problem document is promised."""

_LINE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[(info|warning) *\] [ -~]*")
"""A line of the log, in the form for people: that is the one in which a line break would be one."""


def judge(answer: Answer) -> None:
    """Fail unless this is an answer that a client may get for anything it sends."""
    assert answer.status < 500, f"{answer.status}: {answer.body!r}"
    assert not answer.all("injected"), "a header was injected"
    assert b"Traceback" not in answer.body
    id = answer.one("x-request-id")
    if not id:
        assert answer.status in NOT_UNDERSTOOD, f"{answer.status} without an X-Request-Id"
        return
    UUID(id)
    if answer.status >= 400:
        _judge_problem(answer, id)
    elif answer.one("content-type") == "application/json" and answer.body:
        json.loads(answer.body)


def judge_log(text: str, secrets: list[str]) -> None:
    """Fail when the log has lines that are not the program's own, or any of these."""
    for line in text.removesuffix("\n").split("\n") if text else []:
        assert _LINE.fullmatch(line), f"not a line of the log: {line!r} in\n{text}"
    for secret in secrets:
        assert secret not in text, f"{secret} is in the log"


def _judge_problem(answer: Answer, id: str) -> None:
    assert answer.one("content-type") == "application/problem+json", answer
    if not answer.body:
        return  # to a HEAD
    if answer.cut:
        raise NotHttp("a problem document is cut off")
    problem = json.loads(answer.body)
    assert problem["status"] == answer.status, problem
    assert problem["instance"] == f"urn:uuid:{id}", problem
    assert problem["type"], problem
    assert problem["title"], problem
    assert problem["detail"], problem
