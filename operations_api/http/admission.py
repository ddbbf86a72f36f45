"""Room for one start in what its tenant may have in flight: taken before it is stored, given back after a replay."""

from __future__ import annotations

from operations_api.domain.problem import Problem
from operations_api.http.exchange import Exchange
from operations_api.http.in_flight import InFlight


class Admission:
    """Of one request. Without a ``limit`` there is always room. The exchange's ``room`` is what its answer says."""

    def __init__(self, in_flight: InFlight, exchange: Exchange, tenant: str, limit: int | None) -> None:
        self._in_flight = in_flight
        self._exchange = exchange
        self._tenant = tenant
        self._limit = limit

    async def take(self) -> bool:
        """Whether there was room. Raises what counting raises."""
        return self._limit is None or await self._take(self._limit, 1)

    async def would_take(self) -> bool:
        """Whether there is room. Raises what counting raises."""
        return self._limit is None or (await self._take(self._limit, 0) and self._left() > 0)

    async def give_back(self) -> None:
        """Nothing was started. Never raises."""
        if self._limit is not None:
            self._exchange.room = await self._in_flight.give_back(self._tenant, self._limit) or self._exchange.room

    def refusal(self) -> Problem:
        """The 429."""
        assert self._exchange.room is not None
        return self._exchange.room.refusal()

    async def _take(self, limit: int, operations: int) -> bool:
        room = self._exchange.room = await self._in_flight.take(self._tenant, limit, operations)
        return room.allowed

    def _left(self) -> int:
        return 0 if self._exchange.room is None else self._exchange.room.left
