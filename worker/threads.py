"""Threads for handlers that are plain functions."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

from operations_api.domain.errors import Retry


class Threads:
    """Runs plain functions, at most so many at a time.

    The threads are daemons, unlike an executor's, which the interpreter waits for at its end: a function that hangs
    must not keep a worker from stopping.
    """

    def __init__(self, limit: int) -> None:
        self._free = asyncio.Semaphore(limit)

    async def run(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        """What the function returns or raises. Being cancelled does not end it: its place is free when it returns.

        Raises ``Retry`` when no place was free for so many seconds: it has not been called. Nothing can stop it, and
        nobody should call it again or undo its work meanwhile, so it has as long again before ``TimeoutError``.
        """
        ends_at = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(ends_at):
                await self._free.acquire()
        except TimeoutError:
            raise Retry(detail=f"no thread was free within {seconds:g} s") from None
        answer = self._begin(function, arguments)
        async with asyncio.timeout_at(ends_at + seconds):
            return await answer

    def _begin(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()

        def work() -> None:
            value, error = _outcome(function, arguments)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._answer, answer, value, error)

        try:
            threading.Thread(target=work, name="handler", daemon=True).start()
        except RuntimeError:  # the system gives us no more
            self._free.release()
            raise
        return answer

    def _answer(self, answer: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
        self._free.release()
        if answer.done():
            return
        if error is None:
            answer.set_result(value)
        else:
            answer.set_exception(error)


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
    try:
        return function(*arguments), None
    except StopIteration as error:
        return None, RuntimeError(f"it raised {error!r}")  # no future takes this one
    except BaseException as error:
        return None, error
