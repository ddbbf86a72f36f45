"""The operation as an answer shows it, and the problem: what every client meets, whatever the type."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

TIME: Final[Json] = {"type": "string", "format": "date-time", "examples": ["2026-11-22T10:30:00.000000Z"]}
MAYBE_TIME: Final[Json] = {"type": ["string", "null"], "format": "date-time"}
UUID: Final[Json] = {"type": "string", "format": "uuid"}


def operation_schema(type_name: str, result: Json) -> Json:
    """An operation of one type: the generic one with its ``result`` typed."""
    described = {"type": "string", "description": f"Always `{type_name}`.", "examples": [type_name]}
    return {
        **OPERATION,
        "description": f"An operation of type `{type_name}`.",
        "properties": {**OPERATION["properties"], "type": described, "result": result},
    }


def open_object(description: str, properties: Json, *, optional: tuple[str, ...] = ()) -> Json:
    """An answer's object: the members that are always there are required, and others may come."""
    return {
        "type": "object",
        "description": description,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": True,
    }


def words(description: str, *words: str) -> Json:
    """A word from a list that may grow: described, not enumerated, so that no client breaks on a new one."""
    listed = ", ".join(f"`{word}`" for word in words)
    return {"type": "string", "description": f"{description} {listed}.", "examples": [words[0]]}


PROGRESS: Final = open_object(
    "How far it is.",
    {
        "completed": {"type": "integer", "minimum": 0},
        "total": {"type": ["integer", "null"], "description": "Absent or null while unknown."},
        "unit": {"type": "string", "examples": ["steps"]},
    },
    optional=("total", "unit"),
)

LINKS: Final = open_object(
    "Where to go from here, as paths.",
    {
        "self": {"type": "string", "examples": ["/operations/019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11"]},
        "cancel": {"type": "string"},
        "events": {"type": "string"},
    },
    optional=("cancel", "events"),
)

BLOCKED: Final = open_object(
    "What keeps a `needs_attention` operation from going on by itself.",
    {
        "step": {"type": ["string", "null"], "examples": ["funds"]},
        "phase": {"type": "string", "examples": ["committing"]},
        "reason": {"type": "string", "examples": ["COMMIT_REJECTED"]},
        "since": TIME,
    },
    optional=("step", "phase", "since"),
)

STEP: Final = open_object(
    "One step, shown by `view=full`.",
    {
        "key": {"type": "string", "examples": ["funds"]},
        "kind": words("What it can do.", "step", "pivot", "action"),
        "state": words(
            "Where it is.",
            *("pending", "reserving", "reserved", "rejected", "executing", "executed", "committing", "committed"),
            *("releasing", "released", "compensating", "compensated"),
        ),
        "attempts": {"type": "integer", "minimum": 0},
        "reservation": {"description": "What its reserve gave, or null."},
        "result": {"description": "What its commit gave, or null."},
        "error": {"description": "What it last ran into, or null."},
        "updated_at": MAYBE_TIME,
    },
    optional=("reservation", "result", "error"),
)

OPERATION_ERROR: Final = open_object(
    "Why an operation did not succeed: a problem object (RFC 9457) with more members.",
    {
        "type": {"type": "string", "description": "`/problems/operation-failed` or `/problems/operation-canceled`."},
        "title": {"type": "string"},
        "status": {"type": "integer", "description": "The status an immediate answer would have had."},
        "detail": {"type": "string"},
        "reason": {
            "type": "string",
            "description": "Why, in UPPER_SNAKE: one of the definition's own, or `CANCELED`, `DEADLINE_EXCEEDED`, "
            "`RETRIES_EXHAUSTED` and such.",
            "examples": ["INSUFFICIENT_FUNDS"],
        },
        "retryable": {
            "type": "boolean",
            "description": "Whether the same request may succeed later. To try again under the same key send "
            "`Idempotency-Retry: ?1`.",
        },
        "fault": words("Whose it is.", "caller", "service", "dependency"),
        "effect": words("What was done nevertheless.", "none", "applied", "unknown"),
        "step": {"type": ["string", "null"], "description": "The step it happened in.", "examples": ["funds"]},
        "metadata": {"type": ["object", "null"], "additionalProperties": True},
        "code": {"type": "string", "description": "`reason` once more, where stock clients look."},
        "message": {"type": "string", "description": "`detail` once more, where stock clients look."},
    },
    optional=("detail", "fault", "step", "metadata", "code", "message"),
)

OPERATION: Final = open_object(
    "An operation of any type.",
    {
        "id": UUID | {"description": "A UUIDv7 made by the service, or the client's own UUID after a `PUT`."},
        "type": {"type": "string", "description": "The name of its type.", "examples": ["place-order"]},
        "status": {
            "type": "string",
            "description": "`pending`, `running`, `canceling`, `needs_attention` (it waits for a person), or one of "
            "the final `succeeded`, `failed`, `canceled`. Words may be added; one that is not final never contains "
            "`succeed`, `fail` or `canceled`. Loop on `done`.",
            "examples": ["running"],
        },
        "done": {"type": "boolean", "description": "Whether status, result and error are final. The word to loop on."},
        "phase": words(
            "What is being done.",
            *("queued", "reserving", "executing", "committing", "rolling_back", "compensating", "finished"),
        ),
        "version": {"type": "integer", "minimum": 1, "description": "Grows with every change; also the `ETag`."},
        "idempotency_key": {
            "type": ["string", "null"],
            "description": "Null after a `PUT`.",
            "examples": ["order-4711"],
        },
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "group": {"type": ["string", "null"], "description": "Operations of one group run one at a time, in order."},
        "priority": words("Which of your operations come first.", "normal", "high", "low"),
        "progress": {"anyOf": [{"$ref": "#/components/schemas/Progress"}, {"type": "null"}]},
        "message": {"type": ["string", "null"], "description": "A sentence for people about where it is."},
        "cancel_requested": {"type": "boolean"},
        "created_at": TIME,
        "updated_at": TIME,
        "started_at": MAYBE_TIME,
        "finished_at": MAYBE_TIME,
        "deadline": MAYBE_TIME,
        "not_before": MAYBE_TIME,
        "expires_at": MAYBE_TIME
        | {"description": "When a finished operation and its key are forgotten; null, also, where they never are."},
        "retry_of": {"type": ["string", "null"], "format": "uuid", "description": "The failed one it follows."},
        "links": {"$ref": "#/components/schemas/Links"},
        "result": {
            "type": "object",
            "description": "There exactly when `status` is `succeeded`.",
            "additionalProperties": True,
        },
        "error": {"$ref": "#/components/schemas/OperationError"},
        "blocked": {
            "type": "array",
            "description": "There while `status` is `needs_attention`.",
            "items": {"$ref": "#/components/schemas/Blocked"},
        },
        "input": {"description": "What it was started with. Only in `view=full`."},
        "steps": {
            "type": "array",
            "description": "Only in `view=full`.",
            "items": {"$ref": "#/components/schemas/OperationStep"},
        },
        "operator_actions": {
            "type": "array",
            "description": "Only in `view=full`.",
            "items": {"$ref": "#/components/schemas/OperatorAction"},
        },
    },
    optional=("result", "error", "blocked", "input", "steps", "operator_actions"),
)

OPERATION_LIST: Final = open_object(
    "A page of operations, newest first.",
    {
        "operations": {"type": "array", "items": {"$ref": "#/components/schemas/Operation"}},
        "next_page_token": {
            "type": ["string", "null"],
            "description": "Send it as `page_token`, with the same filters, to get the next page. Null on the last.",
        },
    },
)

PROBLEM: Final = open_object(
    "A refusal (RFC 9457). Some types have members of their own, described with their examples.",
    {
        "type": {"type": "string", "description": "The URL of a page about it, or `about:blank`."},
        "title": {"type": "string", "description": "The same words for every problem of this type."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong with this request and what to do about it."},
        "instance": {"type": "string", "description": "`urn:uuid:` and the request's id."},
        "errors": {
            "type": "array",
            "description": "What is wrong where, when a body does not fit its schema.",
            "items": {"$ref": "#/components/schemas/ProblemError"},
        },
    },
    optional=("detail", "instance", "errors"),
)

PROBLEM_ERROR: Final = open_object(
    "One thing wrong in a body.",
    {
        "detail": {"type": "string"},
        "pointer": {"type": "string", "description": "Where: a JSON Pointer (RFC 6901).", "examples": ["/input/sku"]},
    },
    optional=("pointer",),
)

HEALTH: Final = open_object(
    "Whether the service can do its work.",
    {
        "status": words("In a word.", "ok"),
        "postgres": words("Required.", "ok"),
        "redis": words("Reported, not required.", "ok", "unavailable"),
    },
    optional=("postgres", "redis"),
)

OPERATION_SCHEMAS: Final[Json] = {
    "Operation": OPERATION,
    "OperationList": OPERATION_LIST,
    "OperationError": OPERATION_ERROR,
    "OperationStep": STEP,
    "Progress": PROGRESS,
    "Links": LINKS,
    "Blocked": BLOCKED,
    "Problem": PROBLEM,
    "ProblemError": PROBLEM_ERROR,
    "Health": HEALTH,
}
