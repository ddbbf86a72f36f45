"""FastAPI and Celery on Redis: a chain of four tasks, whose progress the broker keeps, or all in one task."""

from __future__ import annotations

from redis.asyncio import Redis

from benchmarks.system import APPS, PEERS_PYTHON, Program, Servers, System
from benchmarks.systems.litestar import uvicorn

RESULTS_DATABASE = 1
WORKER = ["--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]


class Celery(System):
    name = "celery"
    title = "FastAPI, Celery, Redis"
    settings = (
        "one uvicorn process, prefork worker of 2, acks_late, prefetch 64; a chain of four tasks, so that no step is "
        "repeated after a crash; Redis syncs its file once a second"
    )
    shape = "chain"
    clients = 128
    drains = False  # the tasks of all chains take turns: nothing is finished until nearly everything is

    def programs(self, servers: Servers) -> list[Program]:
        path = servers.redis_url.removeprefix("unix://")
        environment = {
            "BROKER": f"redis+socket://{path}?virtual_host=0",
            "RESULTS": f"redis+socket://{path}?virtual_host={RESULTS_DATABASE}",
            "SHAPE": self.shape,
        }
        worker = [str(PEERS_PYTHON), "-m", "celery", "-A", "celery_app.celery", "worker", *WORKER]
        return [
            Program("api", uvicorn("celery_app:app", self.port), environment, APPS),
            Program("worker", worker, environment, APPS),
        ]

    async def unfinished(self, servers: Servers) -> int:
        async with Redis.from_url(servers.redis_url) as broker:
            waiting = await broker.llen("celery")
            return int(waiting) + int(await broker.hlen("unacked"))


class CeleryTask(Celery):
    name = "celery-task"
    title = "FastAPI, Celery, Redis; one task"
    settings = "as above, but all of the operation is one task: a crash repeats its steps from the first"
    shape = "task"
    clients = 256
    drains = True
