"""Logs, written by a process of their own: configuring them changes the whole process."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SCRIPT = """
import logging, sys, structlog
from operations_api.logs import configure
from operations_api.settings import Settings
configure(Settings(log=sys.argv[1]), "api")
log = structlog.get_logger()
log.info("started", port=8000, input={"card": "4111"}, api_key="s3cr3t")
logging.getLogger("some.library").warning("odd: %s", 1)
logging.getLogger("uvicorn").info("noise")
log.debug("too much")
def handler(card):
    raise ValueError("no")
try:
    handler("4111" * 2)
except ValueError:
    log.exception("failed")
    logging.getLogger("some.library").exception("failed too")
"""

HOSTILE = """
import logging, sys, structlog
from operations_api.logs import configure
from operations_api.settings import Settings
configure(Settings(log=sys.argv[1]), "api")
said = "x\\n2026-01-01T00:00:00Z [info     ] forged\\r\\x1b[2J\\x9b2J\\u2028"
structlog.get_logger().warning(said, field=said)
logging.getLogger("some.library").warning("odd: %s", said)
try:
    raise ValueError(said)
except ValueError:
    structlog.get_logger().exception("failed")
"""


def logged(form: str, script: str = SCRIPT) -> str:
    said = subprocess.run(
        [sys.executable, "-c", script, form],
        capture_output=True,
        text=True,
        check=True,
        env={"FORCE_COLOR": "1"},
    )
    assert said.stdout == "", "stdout belongs to what a command prints"
    return said.stderr


def test_json_logs_are_one_object_per_line_with_process_level_and_time() -> None:
    events: list[dict[str, Any]] = [json.loads(line) for line in logged("json").splitlines()]
    assert [event["event"] for event in events] == ["started", "odd: 1", "failed", "failed too"]
    assert {event["process"] for event in events} == {"api"}
    assert [event["level"] for event in events] == ["info", "warning", "error", "error"]
    assert all(event["timestamp"].endswith("Z") for event in events)
    assert all("ValueError: no" in event["exception"] for event in events[2:])


def test_inputs_and_keys_are_withheld_from_every_form() -> None:
    for form in ("json", "console"):
        text = logged(form)
        assert "8000" in text
        assert "4111" not in text.replace('handler("4111" * 2)', "")
        assert "s3cr3t" not in text


def test_console_logs_have_no_colours_in_a_pipe() -> None:
    assert "\x1b" not in logged("console")


def test_what_others_have_written_forges_no_line_and_moves_no_terminal() -> None:
    for form in ("json", "console"):
        text = logged(form, HOSTILE)
        assert text.count("forged") >= 4
        assert not [line for line in text.splitlines() if line.startswith("2026-01-01")]
        assert not set(text) & set("\x1b\x9b\r\u2028")
