"""The whole document: what a client team reads, and what their generators take in."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any, Final

from operations_api.domain.registry import Registry
from operations_api.http.openapi.elsewhere import elsewhere
from operations_api.http.openapi.headers import REQUEST_HEADERS, RESPONSE_HEADERS
from operations_api.http.openapi.paths import paths
from operations_api.http.openapi.problems import problem_examples
from operations_api.http.openapi.schemas import Schemas
from operations_api.http.openapi.webhooks import sent_webhooks

INTRODUCTION: Final = """\
Long-running operations over HTTP: started once under an idempotency key, followed by polling, executed in two phases
and rolled back when they cannot be completed.

**The main job.** `POST /operations/{type}` with an `Idempotency-Key` answers `202` with the operation. Then
`GET /operations/{id}`, not more often than `Retry-After` says, until `done` is `true`. A `succeeded` operation has
`result`; a `failed` or `canceled` one has `error`, and holds nothing any more unless `error.effect` says otherwise.

**Safe to repeat.** The same key with the same body is the same operation, however often it is sent and whatever
happened to the answer: `202` again, with `Idempotent-Replayed: true`. The same key with another body is refused. Only
a `202` binds a key: after any other answer the corrected request may use it again.

**Written for change.** Ignore members you do not know: answers gain members. `status`, `phase`, `reason` and the like
are open words: loop on `done`, never on a word, and treat an unknown one as you would treat one still going on.

**Every refusal** is `application/problem+json` (RFC 9457), the `404`, `405` (with `Allow`) and `500` of unknown paths
and methods included; `POST` to a word that is no type is `404 unknown-operation-type`, with the types in `supported`.
`type` is the URL of a page that says what it means and what to do. Quote `instance`, or the
`X-Request-Id` of any answer, when you ask for help.

JSON is UTF-8. Times are RFC 3339 in UTC with microseconds. Durations are seconds unless a name ends in `_ms`.
"""

TAGS: Final = [
    {"name": "Start", "description": "One route for each type of operation."},
    {"name": "Follow", "description": "Poll, list, cancel and forget operations."},
    {"name": "Operate", "description": "Act on operations that need attention. Needs the scope `operate`."},
    {"name": "Tokens", "description": "Keys that are made here, each for one start."},
    {"name": "Schedules", "description": "What starts by itself."},
    {"name": "Webhooks", "description": "Being told instead of asking. Needs the scope `operate`."},
    {"name": "Service", "description": "Health, this document, its pages. No key needed."},
]


def document(registry: Registry) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the types in ``registry`` that can be started now (of each its highest version)."""
    schemas = Schemas(registry)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Operations API",
            "version": version("operations-api"),
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": TAGS,
        "security": [{"bearer": []}],
        "paths": paths(registry, schemas),
        "webhooks": sent_webhooks(),
        "x-elsewhere": elsewhere(),
        "components": {
            "securitySchemes": {"bearer": SECURITY},
            "schemas": schemas.components,
            "parameters": REQUEST_HEADERS,
            "headers": RESPONSE_HEADERS,
            "examples": problem_examples(),
        },
    }


def rendered(registry: Registry) -> str:
    """The document as it is committed and printed: indented, in a stable order, with a newline at the end."""
    return json.dumps(document(registry), indent=2, ensure_ascii=False) + "\n"


SECURITY: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": (
        "An API key: `Authorization: Bearer <key>`. It belongs to one tenant and has scopes: `submit` to start, cancel "
        "and forget, `read` to poll and list, `operate` to act on what is blocked. Another tenant's operations do not "
        "exist for it. `admin` acts for any tenant that `Operations-Tenant` names, within the other scopes it has.\n\n"
        "Where `authentication.tokens` of `/service-info` says so, a JSON Web Token of that issuer may stand in the "
        "place of the key: it names tenant and scopes itself. One that is not believed is a `401` that says why, with "
        '`WWW-Authenticate: Bearer error="invalid_token"`.'
    ),
}
