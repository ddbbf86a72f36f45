"""A client of Server-Sent Events that nobody here wrote: it knows the W3C's rules and nothing of this service."""

from __future__ import annotations

from collections import deque
from itertools import islice

import msgspec
import pytest
from requests_sse import EventSource, InvalidStatusCodeError, MessageEvent

from tests.clients.service import LiveService

LONG = {"steps": 20, "reserve_ms": 1_000}
"""It is not over before the client has come back, which then ends it: the client waits for some seconds before it does,
and a busy machine for some more.
"""

ENOUGH = 30
"""More events than there can be: one that gets so many gets some again and again."""


def test_a_listener_outlives_a_crash_of_the_api_and_sees_every_version_once(service: LiveService) -> None:
    operation = service.begin("probe", LONG)
    url = f"{service.base_url}/operations/{operation['id']}/events"
    opened: list[bool] = []
    events: list[MessageEvent] = []

    def on_open() -> None:
        opened.append(True)
        if len(opened) == 2:
            service.cancel(operation["id"])

    hooks = {"on_open": on_open, "on_message": events.append}
    with EventSource(url, headers=service.authorization, **hooks) as source:
        next(source), next(source)
        service.kill_api()
        service.start_api()
        with pytest.raises(InvalidStatusCodeError) as stopped:
            deque(islice(source, ENOUGH), maxlen=0)  # reads on until it is told not to connect again
    stopped.value.response.close()  # which this client leaves to its user
    assert stopped.value.status_code == 204
    assert len(opened) == 2
    seen = [msgspec.json.decode(event.data) for event in events]
    assert len(seen) > 3, "it was over before the client came back; this proves nothing"
    versions = [each["version"] for each in seen]
    assert versions == sorted(set(versions))
    assert [event.last_event_id for event in events] == [str(version) for version in versions]
    assert [each["done"] for each in seen] == [False] * (len(seen) - 1) + [True]
    assert seen[-1]["status"] == "canceled"
