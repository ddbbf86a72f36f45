"""The vocabulary of definitions: everything a module with operations of your own imports.

>>> from operations_api import Action, Context, Definition, HttpStep, Pivot, Registry, Reject, Retry, Schedule, Step
>>> from operations_api import barrier
"""

from typing import TYPE_CHECKING, Any

from operations_api.domain.barrier import LateReserve
from operations_api.domain.context import Context
from operations_api.domain.definition import Definition
from operations_api.domain.errors import Reject, Retry
from operations_api.domain.incoming import Starts, WebhookSource
from operations_api.domain.registry import Registry
from operations_api.domain.schedule import Schedule
from operations_api.domain.step import Action, Pivot, Step
from operations_api.store.barrier import BARRIER_SCHEMA, ask_barrier, barrier

if TYPE_CHECKING:
    from operations_api.http_step import HttpStep

__all__ = [
    "BARRIER_SCHEMA",
    "Action",
    "Context",
    "Definition",
    "HttpStep",
    "LateReserve",
    "Pivot",
    "Registry",
    "Reject",
    "Retry",
    "Schedule",
    "Starts",
    "Step",
    "WebhookSource",
    "ask_barrier",
    "barrier",
]


def __getattr__(name: str) -> Any:
    # an HTTP client is a tenth of a second to import: only who uses it waits for it
    if name == "HttpStep":
        from operations_api.http_step import HttpStep

        return HttpStep
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
