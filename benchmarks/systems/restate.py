"""Restate and its Python SDK: a handler with four journaled runs."""

from __future__ import annotations

import json
import re

import httpx

from benchmarks.system import APPS, PEERS, PEERS_PYTHON, Program, Servers, System, body, free_port, member
from benchmarks.wire import Answer, request

UNFINISHED = "select count(*) as n from sys_invocation where status <> 'completed'"


class Restate(System):
    name = "restate"
    title = "Restate, Python SDK"
    settings = "its server with default settings on a file system that syncs, the service on one hypercorn process"
    waits = True
    freezes = True
    at_once = True  # of thousands of invocations none is completed for half a minute, and then all are

    def programs(self, servers: Servers) -> list[Program]:
        self._admin, self._service = free_port(), free_port()
        server = [str(_server()), "--base-dir", str(servers.directory / "restate"), "--no-logo"]
        environment = {
            "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{self._admin}",
            "RESTATE_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "RESTATE_LOG_FILTER": "warn",
            "DO_NOT_TRACK": "1",
        }
        bind = f"127.0.0.1:{self._service}"
        config = ["--config", "hypercorn.toml", "--bind", bind]
        return [
            Program("server", server, environment),
            Program("worker", [str(PEERS_PYTHON), "-m", "hypercorn", *config, "restate_app:app"], {}, APPS),
        ]

    async def ready(self, servers: Servers) -> None:
        uri = {"uri": f"http://127.0.0.1:{self._service}"}
        async with httpx.AsyncClient(trust_env=False) as http:
            (await http.post(f"http://127.0.0.1:{self._admin}/deployments", json=uri)).raise_for_status()

    def start(self, key: str) -> bytes:
        return request("POST", "/Operations/run/send", body(key), idempotency_key=key)

    def id_of(self, answer: Answer) -> str:
        return member(re.sub(rb'": +"', b'":"', answer.body), b"invocationId")

    def fetch(self, id: str) -> bytes:
        return request("GET", f"/restate/invocation/{id}/attach")

    def poll(self, id: str) -> bytes:
        return request("GET", f"/restate/invocation/{id}/output")

    def is_done(self, answer: Answer) -> bool:
        return answer.status == 200

    async def unfinished(self, servers: Servers) -> int:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            answer = await http.post(
                f"http://127.0.0.1:{self._admin}/query",
                json={"query": UNFINISHED},
                headers={"accept": "application/json"},
            )
        return int(json.loads(answer.text)["rows"][0]["n"])


def _server() -> str:
    found = sorted((PEERS / "node_modules" / "@restatedev").glob("restate-server-linux-*/bin/restate-server"))
    if not found:
        raise FileNotFoundError("the npm package @restatedev/restate-server brought no program; see make bench")
    return str(found[0])
