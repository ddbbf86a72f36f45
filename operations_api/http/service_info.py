"""``GET /service-info``: the policy a client may need to know before it starts anything. Needs no key."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Request, get

from operations_api.domain import idempotency_key, strict_json
from operations_api.domain.definition import Definition
from operations_api.domain.operation import FOR_EVER
from operations_api.domain.problem import PROBLEM_TYPES, ProblemType
from operations_api.domain.webhook import ANSWER_SECONDS, PAUSES_SECONDS
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.listing import MAX_PAGE_SIZE, PAGE_SIZE
from operations_api.http.openapi.schemas import complete_schema
from operations_api.http.operation_answers import JSON
from operations_api.http.prefer import MAX_WAIT_SECONDS
from operations_api.http.resources import Resources
from operations_api.http.starts import MAX_LABELS
from operations_api.settings import Settings


class Keys(msgspec.Struct, frozen=True):
    """What an ``Idempotency-Key`` is, and how long it is kept after its operation has ended."""

    pattern: str
    retention_days: float


class Limits(msgspec.Struct, frozen=True):
    """What is refused or cut to size."""

    body_bytes: int
    result_bytes: int
    nesting: int
    largest_integer: int
    labels: int
    head_bytes: int
    receive_seconds: float
    send_seconds: float
    wait_seconds: int
    page_size: int
    max_page_size: int
    requests_per_second: int | None
    operations_in_flight: int | None


class ShownType(msgspec.Struct, frozen=True):
    """One type of operation. ``retention_days`` is null where none is ever forgotten.

    Each schema is a JSON Schema (2020-12) that is complete by itself.
    """

    name: str
    version: int
    summary: str
    retention_days: float | None
    priority: str
    concurrency_limit: int | None
    path: str
    input: dict[str, Any]
    result: dict[str, Any]


class ShownProblem(msgspec.Struct, frozen=True):
    """One kind of refusal; ``type`` is the URL that refusals of this kind have."""

    type: str
    title: str
    statuses: list[int]
    meaning: str
    remedy: str


class Tokens(msgspec.Struct, frozen=True):
    """Which tokens of an external issuer are believed, and where one says for whom and for what it is."""

    issuer: str
    audience: str
    tenant_claim: str
    scopes_claim: str
    algorithms: list[str]


class Authentication(msgspec.Struct, frozen=True):
    """What may follow ``Authorization: Bearer``. Without ``tokens``: API keys only."""

    api_keys: bool
    tokens: Tokens | None


class WebhookPolicy(msgspec.Struct, frozen=True):
    """How a receiver is told: the pauses between attempts, each up to a tenth shorter, and how long one may take."""

    pauses_seconds: list[int]
    answer_seconds: float
    sources: list[str]


class ServiceInfo(msgspec.Struct, frozen=True):
    """The whole."""

    name: str
    version: str
    authentication: Authentication
    idempotency_key: Keys
    limits: Limits
    webhooks: WebhookPolicy
    types: msgspec.Raw
    problem_types: list[ShownProblem]


def service_info_route(resources: Resources) -> Any:
    """The route; what does not depend on the request is put together once."""
    settings = resources.settings
    shown = [_type(each, settings) for _, each in sorted(resources.registry.current.items())]
    types = msgspec.Raw(msgspec.json.encode(shown))

    @get("/service-info", status_code=200)
    async def get_service_info(request: Request[Any, Any, Any]) -> Answer:
        info = ServiceInfo(
            name="operations-api",
            version=version("operations-api"),
            authentication=Authentication(True, _tokens(settings)),
            idempotency_key=Keys(idempotency_key.PATTERN, settings.retention_days),
            limits=_limits(settings),
            webhooks=WebhookPolicy(list(PAUSES_SECONDS), ANSWER_SECONDS, sorted(resources.registry.webhooks)),
            types=types,
            problem_types=[_problem(kind, exchange_of(request).base_url) for kind in PROBLEM_TYPES.values()],
        )
        return Answer(200, [("Cache-Control", "no-cache")], msgspec.json.encode(info), JSON)

    return get_service_info


def _tokens(settings: Settings) -> Tokens | None:
    if settings.jwt_jwks is None or settings.jwt_issuer is None or settings.jwt_audience is None:
        return None
    return Tokens(
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        tenant_claim=settings.jwt_tenant_claim,
        scopes_claim=settings.jwt_scopes_claim,
        algorithms=settings.jwt_algorithms.split(","),
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        body_bytes=settings.body_limit_bytes,
        result_bytes=settings.result_limit_bytes,
        nesting=strict_json.MAX_DEPTH,
        largest_integer=strict_json.MAX_INTEGER,
        labels=MAX_LABELS,
        head_bytes=settings.head_limit_bytes,
        receive_seconds=settings.receive_seconds,
        send_seconds=settings.send_seconds,
        wait_seconds=MAX_WAIT_SECONDS,
        page_size=PAGE_SIZE,
        max_page_size=MAX_PAGE_SIZE,
        requests_per_second=settings.rate_limit,
        operations_in_flight=settings.in_flight_limit,
    )


def _type(definition: Definition, settings: Settings) -> ShownType:
    retention = definition.retention(settings.retention_days)
    return ShownType(
        name=definition.name,
        version=definition.version,
        summary=definition.summary,
        retention_days=None if retention == FOR_EVER else retention / timedelta(days=1),
        priority=definition.priority,
        concurrency_limit=definition.concurrency_limit,
        path=f"/operations/{definition.name}",
        input=complete_schema(definition.input, closed=True),
        result=complete_schema(definition.result, closed=False),
    )


def _problem(kind: ProblemType, base_url: str) -> ShownProblem:
    return ShownProblem(f"{base_url}{kind.path}", kind.title, [kind.status, *kind.also], kind.meaning, kind.remedy)
