"""The refusals of this service, as one table and one exception (RFC 9457).

A ``ProblemType`` is a kind of refusal: its slug ends its URL, its title never changes. A ``Problem`` is one refusal,
raised where it is noticed and rendered by the HTTP face. Bodies are ``application/problem+json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec


class ProblemType(msgspec.Struct, frozen=True):
    """A kind of refusal. ``also`` holds further statuses of the same kind; ``remedy`` says what a client should do."""

    slug: str
    status: int
    title: str
    meaning: str
    remedy: str
    also: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """Where its page is, below the service's base URL."""
        return f"/problems/{self.slug}"


class Problem(Exception):
    """One refusal. ``detail`` says what is wrong with this request and what to do.

    ``extensions`` are further members of the document, ``headers`` further headers of the answer. Subclasses fix the
    kind; the base class is given one.
    """

    kind: ClassVar[ProblemType]

    def __init__(
        self,
        detail: str,
        *,
        kind: ProblemType | None = None,
        status: int | None = None,
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.type = self.kind if kind is None else kind
        self.status = self.type.status if status is None else status
        self.extensions = dict(extensions or {})
        self.headers = dict(headers or {})


KEY_MISSING: Final = ProblemType(
    "idempotency-key-missing",
    400,
    "Idempotency-Key is missing",
    "Starting an operation needs an Idempotency-Key header, so that a repeated request cannot start it twice.",
    "Send a key that is unique to this piece of work, such as your order number or a random UUID, and send the same "
    "key again when you repeat the request.",
)
KEY_INVALID: Final = ProblemType(
    "idempotency-key-invalid",
    400,
    "Idempotency-Key is invalid",
    "The Idempotency-Key header is not one key of 1 to 255 visible ASCII characters.",
    'Send exactly one header line, as "order-4711" or bare order-4711, without quotes, commas or backslashes in it.',
)
KEY_REUSED: Final = ProblemType(
    "idempotency-key-reused",
    422,
    "Idempotency-Key was used with another request",
    "The key, or the client's own id, already names an operation that was started with a different body.",
    "Repeat the original body to get that operation, or use a new key or id for new work. operation_id and Location "
    "name it.",
)
KEY_IN_FLIGHT: Final = ProblemType(
    "idempotency-key-in-flight",
    409,
    "Idempotency-Key is in flight",
    "Another request with this key is being accepted at this moment.",
    "Repeat the same request after Retry-After seconds.",
)
KEY_EXPIRED: Final = ProblemType(
    "idempotency-key-expired",
    412,
    "Idempotency-Key is too old",
    "The key is a UUIDv7 from before the retention period, or from the future, so a replay could not be recognised.",
    "Find out with a listing whether the work was done; then use a fresh key. Check the clock that made the key.",
)
OPERATION_NOT_FOUND: Final = ProblemType(
    "operation-not-found",
    404,
    "Operation not found",
    "There is no operation with this id for your API key.",
    "Check the id and the API key: an operation is visible to the tenant that started it only.",
)
OPERATION_EXPIRED: Final = ProblemType(
    "operation-expired",
    410,
    "Operation expired",
    "The operation was deleted, or its retention period is over. Its key stays bound until it would have expired.",
    "Its outcome can no longer be read. For new work use a new key.",
    also=(409,),
)
OPERATION_NOT_CANCELABLE: Final = ProblemType(
    "operation-not-cancelable",
    409,
    "Operation cannot be canceled any more",
    "It has been decided already, is finished, or is being rolled back for another reason.",
    "Poll the operation until it is done; undo a success with an operation of its own.",
)
OPERATION_TYPE_MISMATCH: Final = ProblemType(
    "operation-type-mismatch",
    409,
    "Operation is of another type",
    "The id names an operation of another type.",
    "Use the path of its own type, or an id of its own for each operation.",
)
OPERATION_NOT_TERMINAL: Final = ProblemType(
    "operation-not-terminal",
    409,
    "Operation is not done",
    "Only an operation that is done can be deleted.",
    "Wait until done is true, or cancel it first.",
)
OPERATION_NOT_BLOCKED: Final = ProblemType(
    "operation-not-blocked",
    409,
    "Operation is not blocked",
    "An operator may only act on an operation that needs attention, and not while a call of it may be in flight.",
    "Read the operation; with Retry-After, repeat the request after that many seconds.",
)
OPERATION_NOT_COMPENSABLE: Final = ProblemType(
    "operation-not-compensable",
    409,
    "Operation cannot be compensated",
    "One of its steps has no business undo.",
    "Resolve the step by hand, or close the operation.",
)
VALIDATION_ERROR: Final = ProblemType(
    "validation-error",
    400,
    "Request is not valid",
    "The request is well-formed, but some of its values are not allowed.",
    "Correct the places that errors[].pointer (RFC 6901) names. The key stays free: use it for the corrected request.",
)
MALFORMED_JSON: Final = ProblemType(
    "malformed-json",
    400,
    "Body is not usable JSON",
    "The body is not JSON in UTF-8, or holds something that readers of JSON understand differently: duplicate members, "
    "NUL, lone surrogates, integers beyond 2^53-1, nesting deeper than 64.",
    "Send strict JSON (RFC 8259, RFC 7493); send larger integers as strings.",
)
UNKNOWN_OPERATION_TYPE: Final = ProblemType(
    "unknown-operation-type",
    404,
    "Unknown type of operation",
    "No operation of this type can be started here.",
    "Use one of the types that supported lists.",
)
PRECONDITION_FAILED: Final = ProblemType(
    "precondition-failed",
    412,
    "Precondition failed",
    "The operation has changed since the version that If-Match names.",
    "Read the operation again and decide anew; current_etag is its present version.",
)
PRECONDITION_REQUIRED: Final = ProblemType(
    "precondition-required",
    428,
    "Precondition required",
    "This change must say which version of the operation it is meant for.",
    "Send If-Match with the ETag of the operation as you read it.",
)
UNSUPPORTED_MEDIA_TYPE: Final = ProblemType(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "The body must be JSON.",
    "Send Content-Type: application/json.",
)
CONTENT_TOO_LARGE: Final = ProblemType(
    "content-too-large",
    413,
    "Body is too large",
    "The body is larger than limit_bytes.",
    "Send less, for instance a reference to the data instead of the data.",
)
TOO_MANY_REQUESTS: Final = ProblemType(
    "too-many-requests",
    429,
    "Too many requests",
    "Your tenant has reached its limit of requests or of operations in flight.",
    "Repeat the same request after Retry-After seconds; nothing was accepted.",
)
SERVICE_UNAVAILABLE: Final = ProblemType(
    "service-unavailable",
    503,
    "Service unavailable",
    "The service cannot reach its database, or has too much to do at the moment.",
    "Repeat the same request with the same key after Retry-After seconds. effect says whether anything may have been "
    "accepted: none, or unknown; repeating is safe in both cases.",
)
INTERNAL_ERROR: Final = ProblemType(
    "internal-error",
    500,
    "Internal error",
    "The service has a defect. It was logged under the request's id.",
    "Repeat the same request with the same key; report the id in instance when it happens again.",
)
OPERATION_FAILED: Final = ProblemType(
    "operation-failed",
    500,
    "Operation failed",
    "The operation ended without success. Unless effect says otherwise, nothing of it is held any more.",
    "Read reason, detail and step; retryable says whether the same request may succeed later.",
    also=(422, 503, 504),
)
OPERATION_CANCELED: Final = ProblemType(
    "operation-canceled",
    409,
    "Operation canceled",
    "The operation was canceled on request, and nothing of it is held any more.",
    "Start it again with a new key if the work is wanted after all.",
)

PROBLEM_TYPES: Final[Mapping[str, ProblemType]] = {
    kind.slug: kind
    for kind in (
        KEY_MISSING,
        KEY_INVALID,
        KEY_REUSED,
        KEY_IN_FLIGHT,
        KEY_EXPIRED,
        OPERATION_NOT_FOUND,
        OPERATION_EXPIRED,
        OPERATION_NOT_CANCELABLE,
        OPERATION_TYPE_MISMATCH,
        OPERATION_NOT_TERMINAL,
        OPERATION_NOT_BLOCKED,
        OPERATION_NOT_COMPENSABLE,
        VALIDATION_ERROR,
        MALFORMED_JSON,
        UNKNOWN_OPERATION_TYPE,
        PRECONDITION_FAILED,
        PRECONDITION_REQUIRED,
        UNSUPPORTED_MEDIA_TYPE,
        CONTENT_TOO_LARGE,
        TOO_MANY_REQUESTS,
        SERVICE_UNAVAILABLE,
        INTERNAL_ERROR,
        OPERATION_FAILED,
        OPERATION_CANCELED,
    )
}
"""Every kind by its slug. The last two are found in an operation's ``error``, never as an answer."""
