"""One call of one handler: what it gets, how long it may take, and what its answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

import msgspec
import structlog

from operations_api import crash_points
from operations_api.domain.context import Context
from operations_api.domain.errors import LeaseLost, Reject, Retry
from operations_api.domain.handlers import TAKES, Handlers
from operations_api.domain.settle import ANSWERS, Answered, Done, NotNow, Outcome, Rejected, Unknown
from operations_api.domain.step import Step
from worker.threads import Threads
from worker.time_limits import TimeLimits

THREADS: Final = 32
"""Plain functions run here; one that waits for a slow service should not keep the others waiting."""

LONGEST_DETAIL: Final = 500
"""A sentence or two; whoever needs more looks into the log."""

log = structlog.get_logger(__name__)


class Calls:
    """Makes the calls of handlers. One per process."""

    def __init__(self) -> None:
        self._threads = Threads(THREADS)
        self._limits = TimeLimits()

    async def make(
        self, step: Step, handlers: Handlers, name: str, ctx: Context, argument: Any, seconds: float
    ) -> Outcome:
        """Call a handler, for at most so many seconds, and sort its answer.

        Being cancelled and ``LeaseLost`` pass through: they are no answers.
        """
        arguments = (ctx,) if TAKES[name] is None else (ctx, argument)
        crash_points.reach("before-effect", ctx.step, name)
        try:
            value = await self._value(getattr(step, name), name in handlers.plain, arguments, seconds)
            crash_points.reach("after-effect", ctx.step, name)
            return _answer(handlers, name, value)
        except (LeaseLost, GeneratorExit):
            raise
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            return _unknown(ctx, error, "something it waited for was cancelled")
        except Reject as rejected:
            return Rejected(_storable(rejected.reason), _storable(rejected.detail), bool(rejected.retryable))
        except Retry as retry:
            return NotNow(_seconds(retry.after_seconds), _storable(retry.detail))
        except TimeoutError as error:
            return _unknown(ctx, error, str(error) or f"no answer within {step.timeout_seconds:g} s")
        except BaseException as error:  # sys.exit() in a handler must not end the worker, and the next one, and so on
            return _unknown(ctx, error, f"{type(error).__name__}: {error}")

    def _value(self, function: Any, plain: bool, arguments: tuple[Any, ...], seconds: float) -> Awaitable[Any]:
        if seconds <= 0:
            raise TimeoutError("its time was over before it could be called")
        if plain:
            return self._threads.run(function, *arguments, seconds=seconds)
        return self._limits.keep(function(*arguments), seconds)


def _answer(handlers: Handlers, name: str, value: Any) -> Outcome:
    if name == "query":
        word, found = value if isinstance(value, tuple) else (value, None)
        if word not in ANSWERS:
            return Unknown(f"query answered {_storable(repr(word))}; it must be one of {', '.join(ANSWERS)}")
        return Answered(word, None if found is None else _encoded(found))
    expected = {"reserve": handlers.reservation, "commit": handlers.result, "execute": handlers.result}.get(name)
    if expected is None or expected is type(None):
        return Done(None)
    if not isinstance(value, expected):
        return Unknown(f"{name} returned {type(value).__name__}, not {expected.__name__}")
    return Done(_encoded(value))


def _is_cancelled() -> bool:
    """Whether somebody asked this task to stop; else a handler has raised what only looks like it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _encoded(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def _unknown(ctx: Context, error: BaseException, detail: str) -> Unknown:
    # where it happened is said once; a participant that is down for an hour would fill the log with it
    traceback = error if ctx.attempt <= 1 else None
    ctx.log.warning("handler failed", phase=ctx.phase, attempt=ctx.attempt, error=detail, exc_info=traceback)
    return Unknown(_storable(detail))


def _storable(said: object) -> str:
    """What a handler said, as text that JSON and Postgres take: an outcome that cannot be stored would never be."""
    text = str(said)[:LONGEST_DETAIL].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-8", "replace").decode()


def _seconds(asked: object) -> float | None:
    return float(asked) if isinstance(asked, int | float) else None
