"""``POST /operations/{id}/retry|resolve|compensate|force-close``: what a person does to a blocked one."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from litestar import Request, post

from operations_api.changes import change_of
from operations_api.domain import inputs, strict_json
from operations_api.domain.execution import Execution, StepTraits, traits_of
from operations_api.domain.handlers import handlers_of
from operations_api.domain.inputs import ValidationFailed
from operations_api.domain.operation import Operation
from operations_api.domain.operator import NotCompensable, Refused, UnknownStep
from operations_api.domain.problem import OPERATION_NOT_BLOCKED, OPERATION_NOT_COMPENSABLE, Problem
from operations_api.domain.registry import Registry
from operations_api.http import prefer
from operations_api.http.answer import Answer
from operations_api.http.bodies import read_body, require_json
from operations_api.http.exchange import exchange_of
from operations_api.http.monitor import operation_id, present
from operations_api.http.operation_answers import monitor_answer
from operations_api.http.preconditions import expected_version, stale
from operations_api.http.resources import Resources
from operations_api.store.operator import Order, Verdict

Body = TypeVar("Body", bound=msgspec.Struct)

Evidence = Annotated[
    str, msgspec.Meta(min_length=1, max_length=4000, description="Why: what you have seen, and where.")
]


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``retry`` and ``compensate``, which may be left out."""

    evidence: Evidence | None = None


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``resolve``."""

    step: Annotated[str, msgspec.Meta(max_length=100, description="The key of the step in doubt.")]
    as_: Annotated[
        Literal["committed", "released"],
        msgspec.Meta(
            description="`committed`: it had its effect, for good. `released`: it has none, and holds nothing."
        ),
    ] = msgspec.field(name="as")
    evidence: Evidence


class Close(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``force-close``."""

    evidence: Evidence


Act = Callable[[Order, Any], Awaitable[Verdict]]

NO_BODY: Final = b"{}"


def operator_routes(resources: Resources) -> list[Any]:
    """The routes of the verbs."""

    async def retry(order: Order, body: Note) -> Verdict:
        return await resources.operators.retry(order)

    async def resolve(order: Order, body: Resolve) -> Verdict:
        return await resources.operators.resolve(order, body.step, body.as_)

    async def compensate(order: Order, body: Note) -> Verdict:
        return await resources.operators.compensate(order, lambda *found: _traits(resources.registry, *found))

    async def force_close(order: Order, body: Close) -> Verdict:
        return await resources.operators.force_close(order)

    return [
        _route(resources, "retry", Note, retry),
        _route(resources, "resolve", Resolve, resolve),
        _route(resources, "compensate", Note, compensate),
        _route(resources, "force-close", Close, force_close),
    ]


def _route(resources: Resources, verb: str, body_type: type[Note | Resolve | Close], act: Act) -> Any:
    @post(f"/operations/{{id:str}}/{verb}", status_code=200)
    async def operate(request: Request[Any, Any, Any]) -> Answer:
        caller = exchange_of(request).require("operate")
        id = operation_id(request)
        body = await _body(request, resources.settings.body_limit_bytes, body_type)
        version = await expected_version(request, resources.store, caller.tenant, id)
        order = Order(tenant=caller.tenant, id=id, actor=caller.actor, evidence=body.evidence, if_version=version)
        verdict = await act(order, body)
        operation = _accepted(verdict)
        resources.queue.wake()
        await resources.changes.publish([change_of(operation)])
        return monitor_answer(resources.advice, operation, None, prefer.NONE)

    return operate


async def _body(request: Any, limit_bytes: int, body_type: type[Body]) -> Body:
    body = await read_body(request, limit_bytes)
    if body or body_type is not Note:
        require_json(request)
    return inputs.decode(body_type, strict_json.parse(body or (NO_BODY if body_type is Note else b"")))


def _accepted(verdict: Verdict) -> Operation:
    """The operation as the verb left it. Raises the ``Problem`` of a verb that was not carried out."""
    match verdict.outcome:
        case "in_flight":
            raise _in_flight(verdict)
        case "not_blocked":
            raise _not_blocked(present(verdict.operation))
        case "stale":
            raise stale(present(verdict.operation).version)
        case "refused":
            assert verdict.refusal is not None
            raise _refusal(verdict.refusal)
    return present(verdict.operation)


def _not_blocked(operation: Operation) -> Problem:
    return Problem(
        f"The operation is {operation.status} ({operation.phase}); operators act on what needs attention only.",
        kind=OPERATION_NOT_BLOCKED,
        extensions={"operation_status": operation.status, "operation_phase": operation.phase},
    )


def _in_flight(verdict: Verdict) -> Problem:
    return Problem(
        "A call of this operation may be in flight; repeat the request after Retry-After seconds.",
        kind=OPERATION_NOT_BLOCKED,
        headers={"Retry-After": str(max(1, math.ceil(verdict.wait_seconds)))},
    )


def _refusal(refused: Refused) -> Problem:
    if isinstance(refused, UnknownStep):
        return ValidationFailed([{"detail": str(refused), "pointer": "/step"}])
    compensable = isinstance(refused, NotCompensable)
    return Problem(
        str(refused),
        kind=OPERATION_NOT_COMPENSABLE if compensable else OPERATION_NOT_BLOCKED,
        extensions={} if refused.step is None else {"step": refused.step},
    )


def _traits(registry: Registry, operation: Operation, execution: Execution) -> tuple[StepTraits, ...]:
    """What the definition says of the operation's steps. Raises ``NotCompensable`` where it does not fit them."""
    definition = registry.versions.get((operation.type, operation.definition_version))
    if definition is None:
        raise NotCompensable(
            f"This process does not know version {operation.definition_version} of {operation.type}, and so not what "
            "its steps can undo; ask one that does."
        )
    try:
        steps = definition.steps_for(msgspec.json.decode(operation.input or b"", type=definition.input))
    except Exception as error:  # whatever a user's function of the input raises
        raise NotCompensable(f"The definition does not fit the operation any more: {error}") from error
    if [step.key for step in steps] != [step.key for step in execution.steps]:
        raise NotCompensable("The definition has other steps now than the operation was started with.")
    return tuple(traits_of(step, handlers_of(type(step), definition.input)) for step in steps)
