"""Every header a client may send or will get, once, as components that the paths refer to."""

from __future__ import annotations

from typing import Any, Final

from operations_api.domain.idempotency_key import PATTERN

Json = dict[str, Any]

ON_EVERY: Final = ("RateLimit-Policy", "RateLimit", "X-Request-Id")


def request_header(name: str) -> Json:
    """A reference to a header that a client may send."""
    return {"$ref": f"#/components/parameters/{_required(REQUEST_HEADERS, name)}"}


def response_headers(*names: str) -> Json:
    """References to headers of an answer. Those that are on every one need not be named."""
    return {name: {"$ref": f"#/components/headers/{_required(RESPONSE_HEADERS, name)}"} for name in (*names, *ON_EVERY)}


def _required(components: Json, name: str) -> str:
    if name not in components:
        raise KeyError(f"{name} is not described in headers.py")
    return name


def _sent(name: str, description: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


# No example on Idempotency-Key: tools would send the same one with every request.
REQUEST_HEADERS: Final[Json] = {
    "Idempotency-Key": _sent(
        "Idempotency-Key",
        'Your name for this start, 1 to 255 visible ASCII characters without `"`, `,` and `\\`. Choose it before the '
        'first attempt and repeat it with every retry; a UUID or your own order number will do. `"abc"` and bare '
        "`abc` are the same key. It is yours: another tenant's or another type's `abc` is another key.",
        {"type": "string", "pattern": PATTERN},
        required=True,
    ),
    "Idempotency-Retry": _sent(
        "Idempotency-Retry",
        "`?1` starts again under the same key when the operation it names has `failed` with `error.retryable: true` "
        "and `error.effect: none`. The new operation has `retry_of`; the key now names it. In any other case, and "
        "without this header, the answer is a replay.",
        {"type": "string", "examples": ["?1"]},
    ),
    "Prefer": _sent(
        "Prefer",
        "RFC 7240. `wait=N`: hold the answer until the operation is done, or N seconds have passed (at most 30). "
        "`return=minimal`, when starting: an empty body, the same headers. `respond-async` is echoed. Preferences "
        "that are unknown or malformed are ignored.",
        {"type": "string", "examples": ["wait=10"]},
    ),
    "If-None-Match": _sent(
        "If-None-Match",
        "The `ETag` you have: `304` when nothing has changed since. With `Prefer: wait=N`, wait for a change.",
        {"type": "string", "examples": ['"3"']},
    ),
    "If-Match": _sent(
        "If-Match",
        "Act only if this is still the operation's `ETag`; otherwise `412`.",
        {"type": "string", "examples": ['"3"']},
    ),
    "Last-Event-ID": _sent(
        "Last-Event-ID",
        "The `id` of the last event you got: only what is newer is sent. Anything that was never an `id` counts as "
        "none.",
        {"type": "string", "examples": ["3"]},
    ),
    "Operations-Tenant": _sent(
        "Operations-Tenant",
        "For keys with the scope `admin` only: the tenant to act for. Absent: the key's own.",
        {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"},
    ),
    "traceparent": _sent(
        "traceparent",
        "W3C Trace Context. Stored with the operation and handed to every step; ignored when malformed.",
        {"type": "string", "examples": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]},
    ),
}


def _got(description: str, example: str | int, **schema: Any) -> Json:
    kind = "integer" if isinstance(example, int) else "string"
    return {"description": description, "schema": {"type": kind, **schema, "examples": [example]}}


OPERATION_PATH: Final = "/operations/019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11"

RESPONSE_HEADERS: Final[Json] = {
    "Location": _got("Where the operation is, absolute.", f"https://operations.example{OPERATION_PATH}", format="uri"),
    "Operation-Location": _got(
        "The same as `Location`, under the name Azure's clients look for.",
        f"https://operations.example{OPERATION_PATH}",
        format="uri",
    ),
    "Content-Location": _got("The same as a path: the body is what a `GET` of it would give.", OPERATION_PATH),
    "Retry-After": _got("Ask again in this many seconds. Absent once the operation is done.", 1, minimum=1),
    "Retry-After-Ms": _got("The same in milliseconds. Absent once the operation is done.", 1000, minimum=1),
    "ETag": _got("The operation's version, strong. That of the full view is another.", '"3"'),
    "Idempotency-Key": _got("The key, as a quoted string.", '"order-4711"'),
    "Idempotent-Replayed": _got("`true` when the key already named this operation. Absent otherwise.", "true"),
    "Preference-Applied": _got("Which preferences were honoured.", "wait=10"),
    "Cache-Control": _got(
        "`private, no-cache`: an answer belongs to its caller, and is used again only after asking. `no-store`, on "
        "refusals and events: not kept at all.",
        "private, no-cache",
    ),
    "X-Accel-Buffering": _got("`no`: a proxy must pass events on at once.", "no"),
    "Vary": _got("Which request headers the answer depends on.", "Prefer"),
    "Link": _got(
        'RFC 8288. `rel="next"`: the next page of a list. `rel="describedby"`: what to read about a refusal.',
        '</operations?page_token=eyJhIjox>; rel="next"',
    ),
    "Allow": _got("Every method that the path takes.", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    "WWW-Authenticate": _got("How to authenticate.", "Bearer"),
    "Accept": _got("Which content type is accepted.", "application/json"),
    "RateLimit-Policy": _got(
        "Where your tenant is limited. `tenant`: how many requests (`q`) it may send in how many seconds (`w`). "
        "`in-flight`: how many operations that are not done it may have.",
        '"tenant";q=100;w=1, "in-flight";q=5000;qu="concurrent-requests"',
    ),
    "RateLimit": _got(
        "Where your tenant is limited: how many are left (`r`), and in how many seconds (`t`) there are as many as "
        "ever.",
        '"tenant";r=99;t=1, "in-flight";r=4990',
    ),
    "X-Request-Id": _got(
        "This request's id, which is also in the service's logs. Quote it when you ask for help.",
        "019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e12",
    ),
}
