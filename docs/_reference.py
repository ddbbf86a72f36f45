"""The reference pages that are made of what the code says, whenever the site is built: nobody can forget them.

Routes come from ``openapi/openapi.json``, settings, commands and problems from the tables that the product itself uses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

import click

from operations_api.cli import GROUPS, cli
from operations_api.domain.problem import PROBLEM_TYPES
from operations_api.settings import VARIABLES

Json = dict[str, Any]

OPENAPI: Final = Path(__file__).parent.parent / "openapi" / "openapi.json"
SHOWN_TYPE: Final = "place-order"
"""Every type has the same routes: one stands for all of them."""

EVERYWHERE: Final = ("401", "403", "429", "500", "503")
"""Answers that are said once for all routes."""


def pages() -> dict[str, str]:
    """Each page's text by its place in docs/."""
    return {
        "reference/http.md": http(),
        "reference/problems.md": problems(),
        "reference/settings.md": settings(),
        "reference/commands.md": commands(),
    }


def http() -> str:
    """Every route of the document, by its tags."""
    document = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return "\n\n".join(
        [
            "# HTTP routes",
            "Made from the OpenAPI document, which every service has at `/openapi.json` for its own types, and at "
            "`/docs` to try. Here `{type}` stands for any of them. What all of it means together is in "
            "[the contract](../contract.md).",
            "Besides what is listed, any route may answer `401` (no key), `403` (a scope is missing), `429` (too many "
            "requests), `500` and `503`; a route without a key does so only where it can. Every `4xx` and `5xx` is a "
            "[problem document](problems.md).",
            *(part for tag in document["tags"] for part in _tag(tag, document)),
        ]
    )


def problems() -> str:
    """Every kind of refusal."""
    rows = [
        (f"`{kind.slug}`", ", ".join(map(str, (kind.status, *kind.also))), f"{kind.meaning} *{kind.remedy}*")
        for kind in PROBLEM_TYPES.values()
    ]
    return "\n\n".join(
        [
            "# Problems",
            "Refusals are `application/problem+json` (RFC 9457). `type` ends in one of these, and is the URL of a page "
            "with the same words; other statuses have `about:blank`. *In italics: what to do.*",
            _table(("Type", "Status", "What it means"), rows),
        ]
    )


def settings() -> str:
    """Every variable."""
    rows = [
        (f"`{each.name}`", f"`{each.default}`" if each.default else "", each.unit, each.sentence) for each in VARIABLES
    ]
    return "\n\n".join(
        [
            "# Settings",
            "All of them are environment variables. `operations-api settings` shows them, and what is given there.",
            _table(("Variable", "Default", "Unit", "What it is"), rows),
        ]
    )


def commands() -> str:
    """Every command with its help, in the groups that `operations-api --help` has."""
    parts = ["# Commands", "What `operations-api COMMAND --help` says. Nobody needs a configuration file."]
    for title, names in GROUPS.items():
        parts.append(f"## {title}")
        parts += [_command(f"operations-api {name}", cli.commands[name]) for name in names]
    return "\n\n".join(parts)


def _tag(tag: Json, document: Json) -> Iterator[str]:
    yield f"## {tag['name']}"
    yield tag["description"]
    for path, item in document["paths"].items():
        if _is_repeated(path):
            continue
        for method, operation in item.items():
            if method != "parameters" and tag["name"] in operation["tags"]:
                yield from _route(method, path, operation, document)


def _is_repeated(path: str) -> bool:
    named = re.match(r"/operations/([a-z-]+)(/|$)", path)
    return named is not None and named[1] != SHOWN_TYPE


def _route(method: str, path: str, operation: Json, document: Json) -> Iterator[str]:
    yield f"### {method.upper()} {path.replace(SHOWN_TYPE, '{type}')}"
    if SHOWN_TYPE not in path:
        yield f"{operation['summary']}."
    yield operation.get("description", "").strip()
    parameters = [_resolved(each, document) for each in operation.get("parameters", [])]
    if parameters:
        rows = [(f"`{each['name']}`", each["in"], _words(each)) for each in parameters]
        yield _table(("Parameter", "In", "What it is"), rows)
    members = _members(operation, document)
    if members:
        yield _table(("Member of the body", "Needed", "What it is"), members)
    answers = [(status, answer) for status, answer in operation["responses"].items() if status not in EVERYWHERE]
    yield _table(("Answer", "", "Headers"), [_answer(status, answer) for status, answer in answers])


def _answer(status: str, answer: Json) -> tuple[str, str, str]:
    said = answer["description"]
    slugs = re.findall(r"^- \[([a-z-]+)\]", said, re.MULTILINE)
    if said.startswith("- "):
        said = ", ".join(f"`{slug}`" for slug in slugs) or said.removeprefix("- ")
    usual = {"RateLimit-Policy", "RateLimit", "X-Request-Id", "Cache-Control", "Vary"}
    return f"`{status}`", said, ", ".join(f"`{name}`" for name in answer.get("headers", {}) if name not in usual)


def _members(operation: Json, document: Json) -> list[tuple[str, str, str]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return []
    schema = _resolved(content["schema"], document)
    needed = schema.get("required", ())
    members = {name: _words(_resolved(member, document)) for name, member in schema.get("properties", {}).items()}
    if "input" in members:
        members["input"] = "What the schema of the type says."
    return [(f"`{name}`", "yes" if name in needed else "", words) for name, words in members.items()]


def _resolved(part: Json, document: Json) -> Json:
    """What a reference refers to."""
    while "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def _words(part: Json) -> str:
    return part.get("description", "")


def _command(name: str, command: click.Command) -> str:
    if isinstance(command, click.Group):
        below = [_command(f"{name} {each}", command.commands[each]) for each in command.commands]
        return "\n\n".join([f"### {name}", _help(command), *below])
    arguments = " ".join(each.make_metavar(click.Context(command)) for each in _arguments(command))
    options = [
        (f"`{', '.join(each.opts)}`", _help_of(each))
        for each in command.params
        if isinstance(each, click.Option) and not each.hidden
    ]
    table = [_table(("Option", "What it is"), options)] if options else []
    return "\n\n".join([f"### {name} {arguments}".rstrip(), _help(command), *table])


def _arguments(command: click.Command) -> list[click.Argument]:
    return [each for each in command.params if isinstance(each, click.Argument)]


def _help(command: click.Command) -> str:
    """Its sentences, and what follows ``\\b`` as it stands there."""
    told, _, verbatim = cleandoc(command.help or "").partition("\b\n")
    return told.strip() + (f"\n\n```text\n{verbatim.rstrip()}\n```" if verbatim else "")


def _help_of(option: click.Option) -> str:
    needed = " Needed." if option.required else ""
    default = f" Default: {option.default}." if option.show_default else ""
    return f"{option.help or ''}{default}{needed}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """On one line, and with nothing in it that Markdown would take for the end of the cell, or for a tag."""
    plain = " ".join(text.split()).replace("|", "\\|")
    return "".join(
        part if part.startswith("`") else part.replace("<", "&lt;") for part in re.split(r"(`[^`]*`)", plain)
    )
