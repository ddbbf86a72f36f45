"""The registry of the run: ``told``, and beside it what a schedule, a sender of webhooks and a window start."""

from __future__ import annotations

from typing import Any

from operations_api import Registry, Schedule, Starts, WebhookSource
from tests.worker import definitions
from tests.worker.definitions import StepTold, Told

BRIEF = Told((StepTold("one"),))


def brief(payload: dict[str, Any]) -> Told:
    return Told((StepTold("another"),))


registry = definitions.registry.merged(
    Registry(
        [definitions.told_as("told-once", duplicate_window_seconds=300)],
        # of each tick, also of those that a busy machine looks for too late: "latest" would skip the one before
        [Schedule("each-second", "told-once", BRIEF, tenant="dev", every=1, missed="all")],
        [WebhookSource(name="shop", scheme="standard", events={"order.made": Starts("told-once", brief)})],
    )
)
