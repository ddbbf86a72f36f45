"""The Python client: start an operation once, whatever happens to the network, and wait for what comes of it.

>>> from operations_api.client import Client, keys
>>> async with Client("https://operations.example", api_key) as client:
...     key = keys.for_user_action("alice", "checkout", "cart-4711")
...     operation = await client.start("place-order", {"customer": "alice"}, idempotency_key=key)
...     result = await operation.result(timeout=60)

``Client`` is for asyncio, ``SyncClient`` the same for everybody else. See docs/client.md.
"""

from operations_api.client import keys
from operations_api.client.client import Client
from operations_api.client.failure import ApiUnavailable, ClientError, NotDoneYet, OperationFailed, RequestRefused
from operations_api.client.operation import Operation
from operations_api.client.snapshot import Snapshot
from operations_api.client.sync import SyncClient, SyncOperation

__all__ = [
    "ApiUnavailable",
    "Client",
    "ClientError",
    "NotDoneYet",
    "Operation",
    "OperationFailed",
    "RequestRefused",
    "Snapshot",
    "SyncClient",
    "SyncOperation",
    "keys",
]
