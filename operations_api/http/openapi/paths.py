"""What can be asked: one documented path for each type, then the routes that serve every type."""

from __future__ import annotations

from typing import Any, Final

from operations_api.domain.definition import Definition
from operations_api.domain.registry import Registry
from operations_api.http.openapi.headers import request_header, response_headers
from operations_api.http.openapi.operating import operating_paths
from operations_api.http.openapi.problems import EVERYWHERE, problem_responses
from operations_api.http.openapi.scheduling import schedule_paths
from operations_api.http.openapi.schemas import Schemas, pascal, start_example
from operations_api.http.openapi.service_paths import service_paths
from operations_api.http.openapi.token_paths import token_paths
from operations_api.http.openapi.webhooks import webhook_paths

Json = dict[str, Any]

ID_PARAMETER: Final[Json] = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The operation's `id`. A malformed one is as unknown as any other: `404`.",
    "schema": {"type": "string", "format": "uuid"},
}

OWN_ID_PARAMETER: Final[Json] = ID_PARAMETER | {
    "description": "Your own id for the operation: any UUID. It is yours: another tenant's is another operation."
}


def _link(operation_id: str, description: str) -> Json:
    return {"operationId": operation_id, "parameters": {"id": "$response.body#/id"}, "description": description}


OPERATION_LINKS: Final[Json] = {
    name: _link(name, description)
    for name, description in {
        "getOperation": "Poll it.",
        "followOperation": "Follow it as Server-Sent Events.",
        "patchOperation": "Replace its labels.",
        "cancelOperation": "Ask for its cancellation.",
        "deleteOperation": "Forget it once it is done.",
    }.items()
}


def paths(registry: Registry, schemas: Schemas) -> Json:
    """The ``paths`` of the document."""
    starts = {f"/operations/{name}": {"post": _start(each, schemas)} for name, each in registry.current.items()}
    own = {f"/operations/{name}/{{id}}": _own_id(each, schemas) for name, each in registry.current.items()}
    return {
        **starts,
        **own,
        "/operations/{id}": {
            "parameters": [ID_PARAMETER],
            "get": _get(),
            "head": _head(),
            "patch": _patch(),
            "delete": _delete(),
        },
        "/operations/{id}/cancel": {"parameters": [ID_PARAMETER], "post": _cancel()},
        "/operations/{id}/events": {"parameters": [ID_PARAMETER], "get": _events()},
        **operating_paths(ID_PARAMETER),
        "/operations": {"get": _list()},
        **webhook_paths(),
        **schedule_paths(_accepted_of_any_type(), START_PROBLEMS),
        **token_paths(),
        **service_paths(),
    }


def _start(definition: Definition, schemas: Schemas) -> Json:
    media: Json = {"schema": schemas.start(definition.name)}
    if definition.example is not None:
        media["example"] = start_example(definition)
    return {
        "operationId": f"start{pascal(definition.name)}",
        "tags": ["Start"],
        "summary": definition.summary or f"Start {definition.name}",
        "description": START,
        "parameters": [
            *map(
                request_header, ("Idempotency-Key", "Idempotency-Retry", "Prefer", "traceparent", "Operations-Tenant")
            ),
            _query("validate_only", "Check everything and store nothing; the key stays free.", {"type": "boolean"}),
        ],
        "requestBody": {"required": True, "content": {"application/json": media}},
        "responses": {
            "202": _accepted(definition, schemas),
            "204": {
                "description": "With `validate_only=true`: the request would have been accepted.",
                "headers": response_headers(),
            },
            **problem_responses(*EVERYWHERE, *START_PROBLEMS),
        },
    }


def _own_id(definition: Definition, schemas: Schemas) -> Json:
    """The path of one operation below its type."""
    typed = schemas.typed_operation(definition.name)
    name = pascal(definition.name)
    return {
        "parameters": [OWN_ID_PARAMETER],
        "put": _put(definition, schemas),
        "get": _typed(_get(), typed) | {"operationId": f"get{name}Operation", "description": TYPED_GET},
        "head": _head() | {"operationId": f"head{name}Operation"},
    }


def _put(definition: Definition, schemas: Schemas) -> Json:
    post = _start(definition, schemas)
    key = (request_header("Idempotency-Key"), request_header("Idempotency-Retry"))
    accepted = post["responses"]["202"]
    headers = {name: header for name, header in accepted["headers"].items() if name != "Idempotency-Key"}
    return post | {
        "operationId": f"put{pascal(definition.name)}",
        "summary": f"{post['summary']}, under your own id",
        "description": PUT,
        "parameters": [each for each in post["parameters"] if each not in key],
        "responses": {
            "202": accepted | {"headers": headers},
            "204": post["responses"]["204"],
            **problem_responses(*EVERYWHERE, *PUT_PROBLEMS),
        },
    }


PUT: Final = """\
Idempotent by nature: choose the operation's id before the first attempt and repeat the request until you have seen an
answer. The same body again is a replay, as with a key; another body is refused. No `Idempotency-Key` is needed, and
none is looked at.
"""

TYPED_GET: Final = """\
The same answer as to `GET /operations/{id}`, with the result of this type. An operation of another type is a `404`.
"""


def _typed(get: Json, schema: Json) -> Json:
    """A poll whose 200 is an operation of one type."""
    found = get["responses"]["200"] | {"content": {"application/json": {"schema": schema}}}
    return get | {"responses": get["responses"] | {"200": found}}


START: Final = """\
Answers `202` with the operation, new or replayed, finished or not: it can be read, by this caller and on any replica,
from that instant. Always send a key, and send the same one again until you have seen an answer; with `Prefer: wait=N`
a short operation is already done when the answer comes. An operation that is `failed` is a `202` as well: look at
`done` and `error`.

`input` is checked strictly: no conversions (`"1"` is no number), no unknown members, no duplicate ones, integers
within ±(2^53 - 1), at most 64 levels. What was sent is compared by its meaning: order of members and white space do
not matter, nor does `1` against `1.0`; `null` against absent does.
"""

START_PROBLEMS: Final = (
    "idempotency-key-missing",
    "idempotency-key-invalid",
    "malformed-json",
    "validation-error",
    "idempotency-key-in-flight",
    "operation-expired",
    "idempotency-key-expired",
    "content-too-large",
    "unsupported-media-type",
    "idempotency-key-reused",
    "outcome-unknown",
)


OF_KEYS_ONLY: Final = ("idempotency-key-missing", "idempotency-key-invalid", "idempotency-key-expired")
PUT_PROBLEMS: Final = (
    *(name for name in START_PROBLEMS if name not in OF_KEYS_ONLY),
    "operation-type-mismatch",
)


ACCEPTED_HEADERS: Final = (
    *("Location", "Operation-Location", "Content-Location", "Retry-After", "Retry-After-Ms", "ETag"),
    *("Idempotency-Key", "Idempotent-Replayed", "Preference-Applied", "Cache-Control", "Vary"),
)


def _accepted_of_any_type() -> Json:
    return {
        "description": "The operation, new or replayed. With `Prefer: return=minimal` the body is empty.",
        "headers": response_headers(*ACCEPTED_HEADERS),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}},
        "links": OPERATION_LINKS,
    }


def _accepted(definition: Definition, schemas: Schemas) -> Json:
    typed = f"get{pascal(definition.name)}Operation"
    return {
        "description": "The operation, new or replayed. With `Prefer: return=minimal` the body is empty.",
        "headers": response_headers(*ACCEPTED_HEADERS),
        "content": {"application/json": {"schema": schemas.typed_operation(definition.name)}},
        "links": OPERATION_LINKS | {typed: _link(typed, "Poll it, its result typed.")},
    }


VERSION_HEADERS: Final = ("Retry-After", "Retry-After-Ms", "ETag", "Cache-Control", "Vary")
MONITOR_HEADERS: Final = (*VERSION_HEADERS, "Preference-Applied")


def _get() -> Json:
    return {
        "operationId": "getOperation",
        "tags": ["Follow"],
        "summary": "Poll an operation",
        "description": GET,
        "parameters": _monitor_parameters(),
        "responses": {
            "200": _operation_answer("The operation as it is now; a failed one included.", *MONITOR_HEADERS),
            "304": NOT_MODIFIED,
            **problem_responses(*EVERYWHERE, "validation-error", "operation-not-found", ("operation-expired", 410)),
        },
    }


GET: Final = """\
The status monitor: `200` as long as the record exists, whatever became of the operation. Wait `Retry-After` seconds
between two polls, or let the service wait: with `Prefer: wait=N` the answer comes when the operation is done or N
seconds have passed, whichever is first; running out of time is not an error. Closing the connection cancels nothing.
"""


def _head() -> Json:
    get = _get()
    responses = {status: _without_body(response) for status, response in get["responses"].items()}
    return get | {
        "operationId": "headOperation",
        "summary": "Poll an operation, headers only",
        "description": "The same answer as to `GET` without its body.",
        "responses": responses,
    }


def _without_body(response: Json) -> Json:
    return {member: value for member, value in response.items() if member not in ("content", "links")}


def _monitor_parameters() -> list[Json]:
    view = {"type": "string", "enum": ["basic", "full"], "default": "basic"}
    return [
        _query("view", "`full` adds `input`, `steps` and `operator_actions`.", view),
        request_header("If-None-Match"),
        request_header("Prefer"),
        request_header("Operations-Tenant"),
    ]


NOT_MODIFIED: Final[Json] = {
    "description": "It is still the version of `If-None-Match`.",
    "headers": response_headers(*MONITOR_HEADERS),
}


def _operation_answer(description: str, *headers: str) -> Json:
    return {
        "description": description,
        "headers": response_headers(*headers),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}},
        "links": {name: link for name, link in OPERATION_LINKS.items() if name != "getOperation"},
    }


def _list() -> Json:
    return {
        "operationId": "listOperations",
        "tags": ["Follow"],
        "summary": "List operations",
        "description": "Newest first. Nothing is listed twice or left out because others are being started meanwhile.",
        "parameters": [*(_query(*each) for each in FILTERS), request_header("Operations-Tenant")],
        "responses": {
            "200": {
                "description": "A page.",
                "headers": response_headers("Link", "Cache-Control"),
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OperationList"}}},
            },
            **problem_responses(*EVERYWHERE, "validation-error"),
        },
    }


TIME: Final[Json] = {"type": "string", "format": "date-time"}
# no maximum on page_size: more is not an error, it is coerced
FILTERS: Final[tuple[tuple[str, str, Json], ...]] = (
    ("type", "Only operations of this type.", {"type": "string"}),
    ("status", "Only these, separated by commas: `pending,running`.", {"type": "string"}),
    ("created_after", "Only those created at this time or later.", TIME),
    ("created_before", "Only those created before this time.", TIME),
    ("idempotency_key", "Only those started under this key.", {"type": "string"}),
    ("label", "Only those with this label: `channel:web`.", {"type": "string"}),
    ("group", "Only those of this group.", {"type": "string"}),
    ("page_size", "How many; 0 or absent: 50; more than 200: 200.", {"type": "integer", "minimum": 0}),
    ("page_token", "`next_page_token` of the page before. It belongs to these filters.", {"type": "string"}),
)


def _cancel() -> Json:
    return {
        "operationId": "cancelOperation",
        "tags": ["Follow"],
        "summary": "Ask for cancellation",
        "description": CANCEL,
        "parameters": [request_header("If-Match"), request_header("Operations-Tenant")],
        "responses": {
            "200": _operation_answer("It had been asked before: canceling or canceled.", *VERSION_HEADERS),
            "202": _operation_answer("In time: `canceling`, or already `canceled`.", *VERSION_HEADERS),
            **problem_responses(
                *EVERYWHERE,
                "operation-not-found",
                "operation-not-cancelable",
                ("operation-expired", 410),
                "precondition-failed",
            ),
        },
    }


CANCEL: Final = """\
Decided in one instant against the decision to commit: either the operation will be rolled back and end `canceled`,
once nothing is held any more, or it is too late and the answer is `409`.
"""


def _events() -> Json:
    return {
        "operationId": "followOperation",
        "tags": ["Follow"],
        "summary": "Follow an operation as Server-Sent Events",
        "description": EVENTS,
        "parameters": [request_header("Last-Event-ID"), request_header("Operations-Tenant")],
        "responses": {
            "200": {
                "description": "Events until the operation is done.",
                "headers": response_headers("Cache-Control", "X-Accel-Buffering"),
                "content": {"text/event-stream": {}},  # readers disagree whether a schema is of the stream or an event
            },
            "204": {
                "description": "It is done, and `Last-Event-ID` is its last event: do not connect again.",
                "headers": response_headers(),
            },
            **problem_responses(*EVERYWHERE, "operation-not-found", ("operation-expired", 410)),
        },
    }


EVENTS: Final = """\
The first event is the operation as it is, then comes one for each newer version that is seen. `data` is the operation,
`id` its version; events have no name. A comment comes at least every 15 seconds. After the event in which `done` is
true the stream ends: close your end then, for some clients connect again. Reconnecting with `Last-Event-ID` misses
nothing that still matters. A browser's `EventSource` cannot send `Authorization`: read the stream with `fetch`.
"""


def _patch() -> Json:
    content = {"schema": {"$ref": "#/components/schemas/Relabel"}, "example": {"labels": {"channel": "web"}}}
    return {
        "operationId": "patchOperation",
        "tags": ["Follow"],
        "summary": "Replace the labels",
        "description": "Also of an operation that is done; nothing else of it changes but its version. `If-Match` is "
        "required, so that nobody overwrites labels they have not seen; `*` stands for whatever version there is.",
        "parameters": [request_header("If-Match"), request_header("Operations-Tenant")],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "200": _operation_answer("The operation with its new labels.", *VERSION_HEADERS),
            **problem_responses(
                *EVERYWHERE,
                "malformed-json",
                "validation-error",
                "operation-not-found",
                ("operation-expired", 410),
                "precondition-failed",
                "content-too-large",
                "unsupported-media-type",
                "precondition-required",
            ),
        },
    }


def _delete() -> Json:
    return {
        "operationId": "deleteOperation",
        "tags": ["Follow"],
        "summary": "Forget a finished operation",
        "description": "Repeating it is no error. Its key stays taken until the operation would have expired.",
        "parameters": [request_header("If-Match"), request_header("Operations-Tenant")],
        "responses": {
            "204": {"description": "Forgotten: `GET` answers `410`.", "headers": response_headers()},
            **problem_responses(*EVERYWHERE, "operation-not-found", "operation-not-terminal", "precondition-failed"),
        },
    }


def _query(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
