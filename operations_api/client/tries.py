"""The attempts at one request: how many there were, what may have come of them, and how long there may be more."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import httpx
import msgspec

from operations_api.client.failure import ApiUnavailable, RequestRefused, slug_of
from operations_api.client.retrying import Outcome, is_passing, pause_before_next, seconds_of


class Tries:
    """Sleeps before the next attempt, or raises when there is to be none.

    ``changes`` is whether the request may change anything, ``repeatable`` whether twice is as good as once. No new
    attempt begins ``patience_seconds`` after the first one.
    """

    def __init__(
        self, patience_seconds: float, *, changes: bool = False, repeatable: bool = True, key: str | None = None
    ) -> None:
        self._patience_seconds = patience_seconds
        self._changes = changes
        self._repeatable = repeatable
        self._key = key
        self._effect = "none"
        self.begin_anew()

    def begin_anew(self) -> None:
        """Something went well: what fails from now on is another trouble."""
        self._attempt = 0
        self._ends = time.monotonic() + self._patience_seconds

    async def after_no_answer(self, error: httpx.TransportError, url: str) -> None:
        """The connection was refused or broke. Raises ``ApiUnavailable`` when the time is over."""
        if self._changes and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            self._effect = "unknown"
        why = str(error) or type(error).__name__
        await self._pause(Outcome(), f"{url} cannot be reached ({why}).", None)

    async def after_refusal(self, response: httpx.Response) -> None:
        """An answer that is no success. Raises ``RequestRefused``, or ``ApiUnavailable`` when the time is over."""
        problem = _problem_of(response)
        again = seconds_of(response.headers.get("Retry-After"), time.time())
        outcome = Outcome(response.status_code, slug_of(problem), again)
        refused = RequestRefused(response.status_code, problem, again)
        if not is_passing(outcome):
            raise refused
        if self._changes and outcome.status not in (409, 429) and problem.get("effect") != "none":
            self._effect = "unknown"
        await self._pause(outcome, str(refused), response.status_code)

    async def _pause(self, outcome: Outcome, why: str, status: int | None) -> None:
        chance = random.random()  # noqa: S311 -- spreads clients over time, guards no secret
        pause = pause_before_next(outcome, self._attempt, chance, repeatable=self._repeatable)
        if pause is None or time.monotonic() + pause > self._ends:
            raise ApiUnavailable(why, effect=self._effect, status=status, idempotency_key=self._key)
        self._attempt += 1
        await asyncio.sleep(pause)


def _problem_of(response: httpx.Response) -> dict[str, Any]:
    """The problem document; where something else answered, a detail that says so."""
    try:
        return msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {"detail": f"{response.request.url} is not this API (it answered {response.status_code})."}
