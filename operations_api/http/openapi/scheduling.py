"""What starts by itself, as the document shows it."""

from __future__ import annotations

from typing import Any, Final

from operations_api.http.openapi.headers import request_header, response_headers
from operations_api.http.openapi.operation_schema import MAYBE_TIME, open_object
from operations_api.http.openapi.problems import EVERYWHERE, problem_responses

Json = dict[str, Any]

TAG: Final = "Schedules"

NAME_PARAMETER: Final[Json] = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "The schedule's `name`.",
    "schema": {"type": "string"},
}


def schedule_paths(accepted: Json, start_problems: tuple[str, ...]) -> Json:
    """The paths of schedules; running one answers as a start does."""
    return {
        "/schedules": {"get": _list()},
        "/schedules/{name}/pause": {"parameters": [NAME_PARAMETER], "post": _pause()},
        "/schedules/{name}/resume": {"parameters": [NAME_PARAMETER], "post": _resume()},
        "/schedules/{name}/run": {"parameters": [NAME_PARAMETER], "post": _run(accepted, start_problems)},
    }


def _list() -> Json:
    return {
        "operationId": "listSchedules",
        "tags": [TAG],
        "summary": "List schedules",
        "description": "What starts by itself for your tenant, by name. Needs the scope `read`.",
        "parameters": [request_header("Operations-Tenant")],
        "responses": {"200": _answer("All there are.", "ScheduleList"), **problem_responses(*EVERYWHERE)},
    }


def _pause() -> Json:
    return _verb(
        "pauseSchedule",
        "Pause a schedule",
        "From now on its ticks pass, and are not made up for. What has been started goes on.",
    )


def _resume() -> Json:
    return _verb("resumeSchedule", "Resume a schedule", "Its ticks count again, from now on.")


def _verb(operation_id: str, summary: str, description: str) -> Json:
    return {
        "operationId": operation_id,
        "tags": [TAG],
        "summary": summary,
        "description": f"{description} Repeating it changes nothing. Needs the scope `operate`.",
        "parameters": [request_header("Operations-Tenant")],
        "responses": {
            "200": _answer("The schedule as it is now.", "Schedule"),
            **problem_responses(*EVERYWHERE, "not-found"),
        },
    }


def _run(accepted: Json, start_problems: tuple[str, ...]) -> Json:
    keyed = ("Idempotency-Key", "Idempotency-Retry", "Prefer", "traceparent", "Operations-Tenant")
    return {
        "operationId": "runSchedule",
        "tags": [TAG],
        "summary": "Start what a schedule starts, now",
        "description": "Also while it is paused, and besides its ticks. Answers as a start of its type with its input "
        "does, under your key. No body is looked at. Needs the scope `submit`.",
        "parameters": [*map(request_header, keyed)],
        "responses": {"202": accepted, **problem_responses(*EVERYWHERE, "not-found", *start_problems)},
    }


def _answer(description: str, schema: str) -> Json:
    return {
        "description": description,
        "headers": response_headers("Cache-Control"),
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


SCHEDULE_SCHEMAS: Final[Json] = {
    "Schedule": open_object(
        "What starts by itself.",
        {
            "name": {"type": "string", "examples": ["nightly-report"]},
            "type": {"type": "string", "description": "Of the operations it starts."},
            "cron": {
                "type": ["string", "null"],
                "description": "Five fields, in `timezone`.",
                "examples": ["0 3 * * *"],
            },
            "every_seconds": {"type": ["integer", "null"], "description": "An interval, where there is no `cron`."},
            "timezone": {"type": "string", "examples": ["Europe/Berlin"]},
            "missed": {"type": "string", "description": "What is done about missed ticks: `skip`, `latest` or `all`."},
            "paused": {"type": "boolean"},
            "paused_at": MAYBE_TIME,
            "last_tick_at": MAYBE_TIME | {"description": "The last tick that an operation was started for."},
            "next_tick_at": MAYBE_TIME | {"description": "Null while it is paused."},
            "links": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    ),
    "ScheduleList": open_object(
        "All schedules of a tenant, by name.",
        {"schedules": {"type": "array", "items": {"$ref": "#/components/schemas/Schedule"}}},
    ),
}
