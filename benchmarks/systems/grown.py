"""This service on a database with a past; see benchmarks/growth. An id that a client keeps also says whose it is."""

from __future__ import annotations

import base64
import random
from functools import cached_property

from benchmarks.definitions import MARKS
from benchmarks.growth.stock import TENANTS, secrets_of
from benchmarks.system import Servers, execute
from benchmarks.systems.operations import Operations
from benchmarks.wire import Answer, request

KIB = 1024


class Grown(Operations):
    """`secret` is one for each tenant, separated by commas. Operations are started for each in turn."""

    name = "grown"
    title = "one worker, one tenant, inputs of 1 KiB"
    settings = title
    measures = frozenset({"idle", "sustained", "polls", "starts", "drain"})
    crowded = False
    counted = True
    tenants = 1
    input_bytes = KIB

    async def prepare(self, servers: Servers) -> None:
        self.run = f"{random.getrandbits(40):010x}-"  # so that no key is met again
        self.secret = ",".join(await secrets_of(servers.database_url, self.tenants))

    def start(self, key: str) -> bytes:
        secret = self._secrets[_number(key) % len(self._secrets)]
        document = b'{"input":{"reference":"%s","text":"%s"}}' % (key.encode(), self._text)
        path, authorized = f"/operations/{self.type}", {"authorization": f"Bearer {secret}"}
        return request("POST", path, document, **authorized, idempotency_key=key)

    def id_of(self, answer: Answer) -> str:
        key = answer.body.split(b'"idempotency_key":"', 1)[1].split(b'"', 1)[0].decode()
        return f"{super().id_of(answer)}/{_number(key) % len(self._secrets)}"

    def fetch(self, id: str) -> bytes:
        return self._get(id, prefer="wait=20")

    def poll(self, id: str) -> bytes:
        return self._get(id)

    def revalidate(self, id: str, etag: str) -> bytes:
        return self._get(id, if_none_match=etag)

    def _get(self, id: str, **headers: str) -> bytes:
        id, _, place = id.partition("/")
        secret = self._secrets[int(place or 0)]
        return request("GET", f"/operations/{id}", b"", authorization=f"Bearer {secret}", **headers)

    @cached_property
    def _secrets(self) -> list[str]:
        return self.secret.split(",")

    @cached_property
    def _text(self) -> bytes:
        """As hard to compress as text gets, so that its size is what it costs."""
        return base64.b64encode(random.Random(1).randbytes(self.input_bytes))[: self.input_bytes - 64]  # noqa: S311


class GrownLocal(Grown):
    name = "grown-local"
    title = settings = "the same with local steps"
    type = "local"

    async def prepare(self, servers: Servers) -> None:
        await super().prepare(servers)
        await execute(servers.database_url, "drop table if exists marks")
        await execute(servers.database_url, MARKS)


class GrownTwoWorkers(Grown):
    name = "grown-2-workers"
    title = settings = "the same with 2 workers"
    workers = 2


class GrownFourWorkers(Grown):
    name = "grown-4-workers"
    title = settings = "the same with 4 workers"
    workers = 4


class GrownTenants(Grown):
    name = "grown-tenants"
    title = settings = "the same with 1,000 tenants"
    tenants = TENANTS


class GrownLarge(Grown):
    name = "grown-large"
    title = settings = "the same with inputs of 100 KiB"
    input_bytes = 100 * KIB


def _number(key: str) -> int:
    """What a key ends with; the load counts."""
    number = key.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0
