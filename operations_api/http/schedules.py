"""``/schedules``: what starts by itself for the caller's tenant; paused, resumed, and started once besides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, get, post

from operations_api.domain.problem import Problem
from operations_api.domain.representation import timestamp
from operations_api.domain.schedule import Schedule
from operations_api.http.answer import Answer
from operations_api.http.exchange import exchange_of
from operations_api.http.operation_answers import JSON
from operations_api.http.problems import NOT_FOUND
from operations_api.http.resources import Resources
from operations_api.http.starts import Starter
from operations_api.store.schedules import ScheduleState


class ShownSchedule(msgspec.Struct, frozen=True):
    """One schedule. It has ``cron`` or ``every_seconds``; while it is paused it has no ``next_tick_at``."""

    name: str
    type: str
    cron: str | None
    every_seconds: int | None
    timezone: str
    missed: str
    paused: bool
    paused_at: str | None
    last_tick_at: str | None
    next_tick_at: str | None
    links: dict[str, str]


class ShownSchedules(msgspec.Struct, frozen=True):
    """All of the caller's tenant, by name."""

    schedules: list[ShownSchedule]


def schedule_routes(resources: Resources) -> list[Any]:
    """The routes that list, pause, resume and start."""
    runners = {name: RunStarter(each, resources) for name, each in resources.registry.schedules.items()}

    @get("/schedules", status_code=200)
    async def list_schedules(request: Request[Any, Any, Any]) -> Answer:
        tenant = exchange_of(request).require("read").tenant
        schedules = resources.registry.schedules
        names = sorted(name for name, each in schedules.items() if each.tenant == tenant)
        states = await resources.schedules.states(tenant, names)
        shown = [_shown(schedules[name], states.get(name, ScheduleState(name))) for name in names]
        return _answer(ShownSchedules(shown))

    @post("/schedules/{name:str}/pause", status_code=200)
    async def pause_schedule(request: Request[Any, Any, Any]) -> Answer:
        schedule = _schedule(request, resources, "operate")
        return _answer(_shown(schedule, await resources.schedules.pause(schedule.tenant, schedule.name)))

    @post("/schedules/{name:str}/resume", status_code=200)
    async def resume_schedule(request: Request[Any, Any, Any]) -> Answer:
        schedule = _schedule(request, resources, "operate")
        return _answer(_shown(schedule, await resources.schedules.resume(schedule.tenant, schedule.name)))

    @post("/schedules/{name:str}/run", status_code=202)
    async def run_schedule(request: Request[Any, Any, Any]) -> Answer:
        return await runners[_schedule(request, resources, "submit").name].answer(request)

    return [list_schedules, pause_schedule, resume_schedule, run_schedule]


class RunStarter(Starter):
    """Starts what a schedule would start, now, under the request's key; whatever body is sent is not looked at."""

    def __init__(self, schedule: Schedule, resources: Resources) -> None:
        super().__init__(resources.registry.current[schedule.type], resources)
        self._sent = msgspec.json.encode({"input": schedule.input})

    async def _body(self, request: Any) -> bytes:
        return self._sent


def _schedule(request: Any, resources: Resources, scope: str) -> Schedule:
    """The schedule in the path. Raises ``Problem``: another tenant's is as unknown as any other."""
    tenant = exchange_of(request).require(scope).tenant
    schedule = resources.registry.schedules.get(request.path_params["name"])
    if schedule is None or schedule.tenant != tenant:
        raise Problem("There is no schedule with this name for your API key; see GET /schedules.", kind=NOT_FOUND)
    return schedule


def _shown(schedule: Schedule, state: ScheduleState) -> ShownSchedule:
    path = f"/schedules/{schedule.name}"
    return ShownSchedule(
        name=schedule.name,
        type=schedule.type,
        cron=schedule.cron,
        every_seconds=schedule.every,
        timezone=schedule.timezone,
        missed=schedule.missed,
        paused=state.paused_at is not None,
        paused_at=_maybe(state.paused_at),
        last_tick_at=_maybe(state.last_tick_at),
        next_tick_at=None if state.paused_at else timestamp(schedule.next_after(datetime.now(UTC))),
        links={verb: f"{path}/{verb}" for verb in ("pause", "resume", "run")},
    )


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)


def _answer(shown: msgspec.Struct) -> Answer:
    return Answer(200, [("Cache-Control", "private, no-cache")], msgspec.json.encode(shown), JSON)
