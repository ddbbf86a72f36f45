"""The same for code without an event loop."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from operations_api.client import NotDoneYet, OperationFailed, RequestRefused, SyncClient
from tests.client.faulty_proxy import LOST, FaultyProxy
from tests.http.service import NoteResult, Service
from tests.processes import line_of, running

Act = Callable[[str], None]


async def test_it_starts_waits_and_watches(proxy: FaultyProxy, key: str, service: Service) -> None:
    def use(succeed: Act, fail: Act) -> None:
        with SyncClient(proxy.url, key, patience_seconds=20) as client:
            proxy.faults.append(LOST)
            operation = client.start("note", {"text": "a"}, idempotency_key="k", result_type=NoteResult)
            assert operation.replayed
            with pytest.raises(NotDoneYet):
                operation.result(timeout=0.1)
            succeed(operation.id)
            assert operation.result(timeout=20) == NoteResult("done")
            found = client.operation(operation.url)
            assert [now.status for now in found.watch()] == ["succeeded"]
            assert found.outcome() == {"text": "done"}
            second = client.start("note", {})
            for _ in second.watch():
                break
            fail(second.id)
            assert second.refresh().done
            with pytest.raises(OperationFailed):
                second.result()
            with pytest.raises(RequestRefused):
                second.cancel()
            assert [now.id for now in client.operations(page_size="1")] == [second.id, operation.id]
            assert client.request("GET", f"/operations/{second.id}?view=full")["steps"][0]["key"] == "write"

    await in_thread(use, service)


async def test_threads_share_one(key: str, service: Service) -> None:
    def use(succeed: Act, fail: Act) -> None:
        with SyncClient(service.base_url, key) as client:
            started: list[str] = []
            threads = [
                threading.Thread(target=lambda: started.append(client.start("note", {}, idempotency_key="same").id))
                for _ in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert (len(started), len(set(started))) == (8, 1)
        assert not [thread for thread in threading.enumerate() if thread.name == "operations-api client"]

    await in_thread(use, service)


WAITS = """
import sys
from operations_api.client import SyncClient
with SyncClient(sys.argv[1], sys.argv[2]) as client:
    operation = client.start("note", {})
    try:
        print(operation.url, flush=True)
        operation.result()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


async def test_who_waits_can_be_interrupted(key: str, service: Service) -> None:
    def use(succeed: Act, fail: Act) -> None:
        with running([sys.executable, "-c", WAITS, service.base_url, key]) as process:
            url = line_of(process)
            process.send_signal(signal.SIGINT)
            assert line_of(process) == "interrupted"
            assert process.wait() == 0
        with SyncClient(service.base_url, key) as client:
            assert not client.operation(url).now.cancel_requested

    await in_thread(use, service)


async def in_thread(use: Callable[[Act, Act], None], service: Service) -> None:
    """Do it in a thread, with what brings an operation to its end by way of this loop."""
    loop = asyncio.get_running_loop()

    def wait(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result()

    failure = {"reason": "SOLD_OUT", "detail": "None left.", "effect": "none"}
    await asyncio.to_thread(use, lambda id: wait(service.succeed(id)), lambda id: wait(service.fail(id, failure)))
