"""Blocks that are data: each is held against what it is data for."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import jsonschema
import msgspec
import playwright
import yaml

from operations_api.cli import cli
from operations_api.domain.states import LEGAL_STEP_TRANSITIONS, OPERATION_TRANSITIONS
from operations_api.webhook_sources import accounts_in
from tests.docs.blocks import Block
from tests.processes import ROOT

OPENAPI: Final = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
NODE: Final = Path(playwright.__file__).parent / "driver" / "node"
"""The browsers' driver brings it: no other engine for JavaScript is needed to run the tests."""

BROWSER: Final = """
const url = "http://operations.example/", key = "op_key", last = "1", shown = [];
const show = (operation) => shown.push(operation);
const parts = ['id: 2\\ndata: {"done"', ': false}\\n\\n: alive\\n\\n', 'id: 3\\ndata: {"done": true}\\n\\n'];
globalThis.fetch = async (asked, { headers }) => {
  const sent = [asked, headers.Authorization, headers["Last-Event-ID"]].join(" ");
  if (sent !== `${url} Bearer op_key 1`) throw new Error(sent);
  return { body: ReadableStream.from(parts.map((part) => new TextEncoder().encode(part))) };
};
"""
SEEN: Final = (
    '\nif (JSON.stringify(shown) !== \'[{"done":false},{"done":true}]\') throw new Error(JSON.stringify(shown));\n'
)


def read_json(block: Block) -> None:
    """Parsed, and held against what it is an example of."""
    value = json.loads(block.text)
    {
        ("contract.md", ""): _operation,
        ("webhooks-in.md", "sources.json"): _sources,
        ("writing-definitions.md", ""): _call,
    }[block.page.name, block.title](value)


def read_yaml(block: Block) -> None:
    """Parsed; it configures Prometheus, which refuses members it does not know."""
    configuration = yaml.safe_load(block.text)
    jobs = configuration.pop("scrape_configs")
    assert configuration == {}
    for job in jobs:
        assert job.keys() <= {"job_name", "authorization", "static_configs"}
        assert all(target.count(":") == 1 for each in job["static_configs"] for target in each["targets"])


def read_ini(block: Block) -> None:
    """A unit of systemd: what it starts is a command line of ours. (PgBouncer's is run by tests/pgbouncer.)"""
    if block.title == "pgbouncer.ini":
        return
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(block.text)
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert Path(program).name == "operations-api"
    parse(arguments)


def read_sql(block: Block) -> None:
    """A whole statement. (It is run against the schema, and undone, by test_blocks.py.)"""
    assert block.text.rstrip().endswith(";")


def read_js(block: Block) -> None:
    """Run, as in a browser that reads a stream which comes in odd parts."""
    program = BROWSER + block.text + SEEN
    subprocess.run([NODE, "--input-type=module", "-"], input=program, text=True, check=True, capture_output=True)


def read_http(block: Block) -> None:
    """Header lines, of names that the contract's document has."""
    names = {line.partition(":")[0] for line in block.text.splitlines()}
    assert names <= OPENAPI["components"]["headers"].keys()


def read_mermaid(block: Block) -> None:
    """A diagram whose every arrow is a transition of the state table."""
    arrows = set(re.findall(r"^ *(\w+) --> (\w+)$", block.text, re.MULTILINE))
    assert arrows
    assert arrows <= OPERATION_TRANSITIONS | LEGAL_STEP_TRANSITIONS


READINGS: Final[dict[str, Callable[[Block], None]]] = {
    "json": read_json,
    "yaml": read_yaml,
    "ini": read_ini,
    "sql": read_sql,
    "js": read_js,
    "http": read_http,
    "mermaid": read_mermaid,
}


def read_command(command: str) -> None:
    """A command that cannot be run here: its words are parsed, and what they name is there."""
    program, *words = shlex.split(command)
    if program == "operations-api":
        parse(words)
    elif program == "pip-audit":
        assert (ROOT / words[-1]).is_file()
    else:
        _compose(words)


def _compose(words: list[str]) -> None:
    """``docker compose run [options] SERVICE ...``: the service is there, and what it is to do is a command of ours."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert words[0] == "compose"
    if words[1] == "up":
        return
    at = next((number for number, word in enumerate(words) if word in services), None)
    assert words[1] == "run"
    assert at is not None, f"compose.yaml has no service that is in {words}"
    if "--entrypoint" not in words[:at]:
        parse(words[at + 1 :])


def parse(arguments: list[str]) -> None:
    """Whether this is a command of ours with options it has. Raises click's error when not; nothing is run."""
    command, context = cli, click.Context(cli)
    rest = arguments
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None
        context = click.Context(command, info_name=name, parent=context)
    command.parse_args(context, rest)


def _operation(value: Any) -> None:
    jsonschema.validate(value, {"$ref": "#/components/schemas/Operation", "components": OPENAPI["components"]})


def _sources(value: Any) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(msgspec.json.encode(value))
        file.flush()
        assert accounts_in(Path(file.name)).keys() == value.keys()


def _call(value: Any) -> None:
    """What an ``HttpStep`` sends has these members."""
    source = (ROOT / "operations_api" / "http_step.py").read_text(encoding="utf-8")
    assert [name for name in value if f'"{name}"' not in source] == []
