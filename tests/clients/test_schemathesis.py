"""schemathesis makes requests of the committed document, follows its links, and checks every answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.clients.service import LiveService
from tests.processes import ROOT

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("schemathesis")
SEED = os.environ.get("SCHEMATHESIS_SEED", "20261122")
SECONDS = os.environ.get("SCHEMATHESIS_SECONDS")
"""How long to go on once everything was tried: ``SCHEMATHESIS_SECONDS=600 make test ARGS=tests/clients``."""


def test_every_answer_to_whatever_the_document_allows_is_as_it_says(service: LiveService, tmp_path: Path) -> None:
    command = [PROGRAM, "--config-file", HERE / "schemathesis.toml", "run", ROOT / "openapi" / "openapi.json"]
    command += ["--url", service.base_url, "--seed", SEED, "--max-failures", "20"]
    command += ["--max-time", SECONDS] if SECONDS else []
    environment = os.environ | {"API_KEY": service.key, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    print(run.stdout)  # which says the seed, and how to send any refused request again
    assert run.returncode == 0, run.stdout + run.stderr
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in run.stdout
    assert "a request failed" not in service.said()
    for status in ("succeeded", "canceled"):  # it really started, and a link really led to the cancellation
        assert listed(service, status), f"nothing has {status}: links were not followed"


def listed(service: LiveService, status: str) -> list[object]:
    url = f"{service.base_url}/operations?status={status}"
    page = httpx.get(url, headers=service.authorization, trust_env=False, timeout=60).raise_for_status().json()
    operations: list[object] = page["operations"]
    return operations
