"""What `dev` prints once everything answers: the addresses, the key, and commands that work when pasted."""

from __future__ import annotations

import secrets
import shlex

import msgspec

from operations_api.domain.registry import Registry

FAVOURITE = "place-order"


def welcome(base: str, key: str, registry: Registry) -> str:
    """The whole text. `base` is the API's address without a slash at the end."""
    lines = ["", f"API      {base}", f"Docs     {base}/docs", f"API key  {key}", "", *_commands(base, key, registry)]
    return "\n".join([*lines, "Ctrl-C stops everything; the data stays.", ""])


def _commands(base: str, key: str, registry: Registry) -> list[str]:
    name = FAVOURITE if FAVOURITE in registry.current else next(iter(registry.current))
    example = registry.current[name].example
    body = msgspec.json.encode({"input": {} if example is None else example}).decode()
    idempotency_key = f"first-{secrets.token_hex(4)}"
    headers = f"/tmp/{idempotency_key}.headers"  # noqa: S108 -- random, and written by the reader's own curl
    authorization = shlex.quote(f"Authorization: Bearer {key}")
    return [
        f"Start an operation ({name}):",
        "",
        f"curl -sS -w '\\n' -X POST {base}/operations/{name} \\",
        f"  -H {authorization} \\",
        f"  -H 'Idempotency-Key: {idempotency_key}' \\",
        "  -H 'Content-Type: application/json' \\",
        f"  -D {headers} \\",
        f"  -d {shlex.quote(body)}",
        "",
        "Poll it; the answer waits up to 10 seconds for its end:",
        "",
        f"curl -sS -w '\\n' \"$(awk 'tolower($1) == \"location:\" {{print $2}}' {headers} | tr -d '\\r')\" \\",
        f"  -H {authorization} \\",
        "  -H 'Prefer: wait=10'",
        "",
    ]
