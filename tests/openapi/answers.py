"""What an answer has that the OpenAPI document does not declare: a status, a header, a kind of refusal, a body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import httpx
import msgspec
from jsonschema import Draft202012Validator

Json = dict[str, Any]
Headers = Mapping[str, str] | Iterable[tuple[str, str]]

OF_HTTP: Final = {"content-type", "content-length", "transfer-encoding", "date", "connection"}
"""OpenAPI says of a content type that it shall not be declared as a header; the others are the server's."""

OF_BROWSERS: Final = {"content-security-policy", "x-content-type-options", "referrer-policy"}
"""What the pages ask of browsers. No client of the API looks at it."""

ELSEWHERE: Final = "x-elsewhere"
"""Where the document says what a request gets that none of its paths describes."""


def undeclared(document: Json, method: str, path: str, status: int, headers: Headers, body: bytes | None) -> list[str]:
    """What the document does not declare of one answer, in words; an empty list when it declares all of it.

    ``path`` is that of the request, with or without a query. ``body`` is None where it is not to be looked at, as in
    an open stream of events.
    """
    return Declared(document).undeclared(method, path, status, headers, body)


class Declared:
    """A document that many answers are compared with."""

    def __init__(self, document: Json) -> None:
        self._document = document
        # literal paths before those with a parameter: /operations is no {id}
        self._paths = sorted(document["paths"], key=lambda template: template.count("{"))
        self._validators: dict[str, Draft202012Validator] = {}

    async def compare(self, answer: httpx.Response) -> None:
        """For the ``response`` hooks of an httpx client: fail at an answer that the document does not declare."""
        is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
        body = None if is_stream else await answer.aread()
        method, path = answer.request.method, answer.request.url.path
        found = self.undeclared(method, path, answer.status_code, answer.headers.multi_items(), body)
        assert found == [], "\n".join(found)

    def undeclared(self, method: str, path: str, status: int, headers: Headers, body: bytes | None) -> list[str]:
        """See the function of this name."""
        where, responses = self._responses(method.lower(), path.partition("?")[0])
        where = f"{method} {where}, {status}"
        if (response := responses.get(str(status))) is None:
            return [f"{where}: the status is not declared, only {', '.join(responses)}"]
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        sent = {name.lower(): value for name, value in pairs}
        found = [*self._of_headers(response, sent)]
        if method != "HEAD" and body is not None:
            found += self._of_body(response, status, sent, body)
        return [f"{where}: {each}" for each in found]

    def _responses(self, method: str, path: str) -> tuple[str, Json]:
        template = next((each for each in self._paths if _matches(each, path)), "")
        item = self._document["paths"].get(template, {})
        operation = item.get(method) or (item.get("get") if method == "head" else None)
        return (
            (template, operation["responses"]) if operation else ("elsewhere", self._document[ELSEWHERE]["responses"])
        )

    # -- headers -----------------------------------------------------------------------------------------------------

    def _of_headers(self, response: Json, sent: Mapping[str, str]) -> Iterator[str]:
        declared = {name.lower(): header for name, header in response.get("headers", {}).items()}
        for name in sorted(sent.keys() - OF_HTTP - OF_BROWSERS):
            if name not in declared:
                yield f"the header {name} is not declared"
                continue
            schema = self._resolved(declared[name])["schema"]
            yield from (f"the header {name}: {each}" for each in self._misfits(schema, _value(schema, sent[name])))

    # -- bodies ------------------------------------------------------------------------------------------------------

    def _of_body(self, response: Json, status: int, sent: Mapping[str, str], body: bytes) -> Iterator[str]:
        content = response.get("content", {})
        if not body:
            if content and "return=minimal" not in sent.get("preference-applied", ""):
                yield "the body is empty"
            return
        media_type = sent.get("content-type", "").partition(";")[0]
        if media_type not in content:
            yield f"the content type {media_type!r} is not declared"
        elif media_type.endswith("json"):
            yield from self._of_json(content[media_type], status, media_type, body)

    def _of_json(self, media: Json, status: int, media_type: str, body: bytes) -> Iterator[str]:
        try:
            value = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            yield f"the body is not JSON: {error}"
            return
        misfits = list(self._misfits(media["schema"], value))
        yield from misfits
        if media_type == "application/problem+json" and not misfits:
            yield from self._of_problem(media, status, value)

    def _of_problem(self, media: Json, status: int, problem: Json) -> Iterator[str]:
        if problem["status"] != status:
            yield f"the problem says {problem['status']}"
        examples = [self._resolved(example)["value"] for example in media["examples"].values()]
        of_this_kind = [each for each in examples if _slug(each) == _slug(problem)]
        if not of_this_kind:
            yield f"the problem {problem['type']} is not declared"
        elif not any(set(problem) <= set(each) | OPTIONAL for each in of_this_kind):
            yield f"the problem {problem['type']} has members that no example shows: {', '.join(problem)}"

    # -- schemas -----------------------------------------------------------------------------------------------------

    def _misfits(self, schema: Json, value: Any) -> Iterator[str]:
        name = msgspec.json.encode(schema).decode()
        if name not in self._validators:
            whole = schema | {"components": self._document["components"]}
            self._validators[name] = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for error in self._validators[name].iter_errors(value):
            yield f"{error.json_path}: {error.message}"

    def _resolved(self, value: Json) -> Json:
        if "$ref" not in value:
            return value
        found: Any = self._document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return dict(found)


OPTIONAL: Final = {"detail", "instance", "errors"}
"""What a refusal of any kind may have."""


def _matches(template: str, path: str) -> bool:
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
    return re.fullmatch(f"{pattern}/?", path) is not None


def _value(schema: Json, text: str) -> Any:
    return int(text) if schema["type"] == "integer" and re.fullmatch(r"-?\d+", text) else text


def _slug(problem: Json) -> str:
    return str(problem["type"]).rpartition("/")[2]
