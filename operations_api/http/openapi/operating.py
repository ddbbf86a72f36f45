"""What operators can do, as the document shows it: the verbs, and what is in flight on each version."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from operations_api.http.openapi.headers import request_header, response_headers
from operations_api.http.openapi.operation_schema import MAYBE_TIME, TIME, open_object, words
from operations_api.http.openapi.problems import EVERYWHERE, problem_responses
from operations_api.http.operator import Close, Note, Resolve

Json = dict[str, Any]

TAG: Final = "Operate"


class Described(msgspec.Struct, frozen=True):
    """One verb: what the document says of it."""

    verb: str
    operation_id: str
    summary: str
    description: str
    body: type[msgspec.Struct]
    example: Json
    problems: tuple[str, ...] = ()

    @property
    def body_required(self) -> bool:
        """Whether there is anything that must be said."""
        return self.body is not Note


VERBS: Final = (
    Described(
        "retry",
        "retryOperation",
        "Try again now",
        "Whatever is blocked or waits for its next attempt is tried at once. What is in doubt stays in doubt.",
        Note,
        {"evidence": "The payment provider is back."},
    ),
    Described(
        "resolve",
        "resolveOperation",
        "State what became of a step in doubt",
        "`committed`: it had its effect, for good. `released`: it has none, and holds nothing. For a pivot that is the "
        "decision. A statement against a decision that was taken already is legal; the operation then ends `failed` "
        "with `PARTIALLY_APPLIED` and `effect: applied`.",
        Resolve,
        {"step": "funds", "as": "released", "evidence": "The bank's statement of 22 November shows no hold."},
    ),
    Described(
        "compensate",
        "compensateOperation",
        "Undo what was committed",
        "Committed steps are undone by their `compensate`, the others are rolled back. The operation ends `failed` "
        "with `COMPENSATED` and `effect: none`.",
        Note,
        {"evidence": "The customer and we agreed to undo it."},
        ("operation-not-compensable",),
    ),
    Described(
        "force-close",
        "forceCloseOperation",
        "End it as it is",
        "The last resort: `failed` with `FORCE_CLOSED` and `effect: unknown`. Nothing is called any more, so whatever "
        "is held stays held.",
        Close,
        {"evidence": "The warehouse was sold; nobody can release the goods."},
    ),
)


def operating_paths(id_parameter: Json) -> Json:
    """The paths of the verbs and of the versions."""
    verbs = {f"/operations/{{id}}/{each.verb}": {"parameters": [id_parameter], "post": _verb(each)} for each in VERBS}
    return verbs | {"/definitions": {"get": _definitions()}, "/metrics": {"get": _metrics()}}


def _verb(described: Described) -> Json:
    schema = {"$ref": f"#/components/schemas/{BODIES[described.body]}"}
    return {
        "operationId": described.operation_id,
        "tags": [TAG],
        "summary": described.summary,
        "description": f"{described.description} Needs the scope `operate`; who did it, when and why is kept.",
        "parameters": [request_header("If-Match"), request_header("Operations-Tenant")],
        "requestBody": {
            "required": described.body_required,
            "content": {"application/json": {"schema": schema, "example": described.example}},
        },
        "responses": {
            "200": _operation("The operation as it is now."),
            **problem_responses(*EVERYWHERE, *PROBLEMS, *described.problems),
        },
    }


PROBLEMS: Final = (
    "malformed-json",
    "validation-error",
    "operation-not-found",
    "operation-not-blocked",
    "operation-in-flight",
    "step-not-in-doubt",
    ("operation-expired", 410),
    "precondition-failed",
    "content-too-large",
    "unsupported-media-type",
)


def _operation(description: str) -> Json:
    return {
        "description": description,
        "headers": response_headers("Retry-After", "Retry-After-Ms", "ETag", "Cache-Control", "Vary"),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}},
    }


def _definitions() -> Json:
    return {
        "operationId": "listDefinitions",
        "tags": [TAG],
        "summary": "List versions and what is in flight on them",
        "description": "Before a version is taken out of the registry, nothing should be in flight on it. Needs the "
        "scope `operate`; with `admin` every tenant's operations are counted.",
        "parameters": [],
        "responses": {
            "200": {
                "description": "All versions that were ever seen, by type, the newest first.",
                "headers": response_headers("Cache-Control"),
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DefinitionList"}}},
            },
            **problem_responses(*EVERYWHERE),
        },
    }


def _metrics() -> Json:
    return {
        "operationId": "getMetrics",
        "tags": [TAG],
        "summary": "Metrics for Prometheus",
        "description": "What was counted since the process began, and what is in the database. Needs the scope "
        "`operate`; everybody's operations are counted, and nobody is named.",
        "parameters": [],
        "responses": {
            "200": {
                "description": "Prometheus' text format.",
                "headers": response_headers("Cache-Control"),
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **problem_responses(*EVERYWHERE),
        },
    }


BODIES: Final[dict[type[msgspec.Struct], str]] = {Note: "OperatorNote", Resolve: "Resolution", Close: "ForceClose"}


def operating_schemas() -> Json:
    """The component schemas of what is sent and answered here."""
    sent = msgspec.json.schema_components(list(BODIES))[1]
    bodies = {name: sent[body.__name__] | {"additionalProperties": False} for body, name in BODIES.items()}
    return {
        **bodies,
        "OperatorAction": OPERATOR_ACTION,
        "DefinitionList": DEFINITION_LIST,
        "DefinitionVersion": DEFINITION_VERSION,
    }


OPERATOR_ACTION: Final = open_object(
    "What an operator did to the operation, shown by `view=full`.",
    {
        "verb": words("What was done.", *(each.verb for each in VERBS)),
        "step": {"type": ["string", "null"], "description": "The step it was about."},
        "actor": {"type": "string", "description": "The name and id of the API key."},
        "evidence": {"description": "What was stated: `text`, and for a resolution `as`. Or null."},
        "at": TIME,
    },
)

DEFINITION_VERSION: Final = open_object(
    "One version of a type of operation.",
    {
        "type": {"type": "string", "examples": ["place-order"]},
        "version": {"type": "integer", "minimum": 1},
        "has_worker": {"type": "boolean", "description": "Whether a worker that can execute it runs now."},
        "announced_at": MAYBE_TIME | {"description": "When a worker last said so."},
        "in_flight": {
            "type": "object",
            "description": "How many operations of it are not finished, by status.",
            "additionalProperties": {"type": "integer"},
        },
    },
)

DEFINITION_LIST: Final = open_object(
    "Every version that was ever seen.",
    {"definitions": {"type": "array", "items": {"$ref": "#/components/schemas/DefinitionVersion"}}},
)
