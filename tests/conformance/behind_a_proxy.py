"""The contract behind a real proxy that gives requests to two replicas in turns: `make conformance`.

Not collected by `make test`, which needs Python and nothing else; a proxy is a program of its own.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from operations_api.conformance.contract import cases_of
from operations_api.conformance.section import IN_FLIGHT, RATE
from tests.conformance.platform import Platform, answers
from tests.ports import free_port

CONFIGURATION = """\
global
  maxconn 512
defaults
  mode http
  balance roundrobin
  option forwardfor
  timeout connect 5s
  # longer than the longest wait that the contract allows, and than the silence between two comments of a stream
  timeout client 75s
  timeout server 75s
frontend clients
  bind 127.0.0.1:{port}
  default_backend replicas
backend replicas
{servers}
  http-response set-header Served-By %s
"""


@pytest.fixture
def proxy(platform: Platform, tmp_path: Path) -> Iterator[str]:
    with proxying(platform.urls, tmp_path) as url:
        yield url


@contextmanager
def proxying(urls: Sequence[str], directory: Path) -> Iterator[str]:
    """HAProxy before these replicas: its URL."""
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    assert program, "HAProxy is missing: install it (on Debian and Ubuntu: apt-get install haproxy)"
    port, configuration = free_port(), directory / "haproxy.cfg"
    servers = "\n".join(f"  server replica-{number} {url.removeprefix('http://')}" for number, url in enumerate(urls))
    configuration.write_text(CONFIGURATION.format(port=port, servers=servers))
    with subprocess.Popen([program, "-db", "-f", configuration], stderr=subprocess.PIPE, text=True) as process:
        url = f"http://127.0.0.1:{port}"
        while not answers(url):
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
        try:
            yield url
        finally:
            process.kill()


def test_requests_go_to_the_replicas_in_turns(proxy: str) -> None:
    served = [httpx.get(f"{proxy}/health/live", trust_env=False).headers["served-by"] for _ in range(4)]
    assert sorted(served) == ["replica-0", "replica-0", "replica-1", "replica-1"]


def test_the_whole_contract_is_kept_behind_a_proxy(platform: Platform, proxy: str) -> None:
    examined = platform.examined(urls=[proxy])
    assert not examined.failures(), examined.failures()
    assert examined.code == 0
    assert examined.names("not applicable") == [case.name for case in cases_of() if {RATE, IN_FLIGHT} & set(case.needs)]
    assert len(examined.names("passed")) > 500
