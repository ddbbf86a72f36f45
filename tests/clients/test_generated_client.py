"""A client that a public generator makes from the committed document: what a consumer's own team would do."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.service import LiveService
from tests.processes import ROOT

BIN = Path(sys.executable).parent
PACKAGE = "generated_client"
KETTLE = {"account": "alice", "sku": "kettle", "quantity": 1, "email": "alice@example.com"}


class Generated:
    """The package's modules, and a client that is set up as its README says."""

    def __init__(self, package: ModuleType, service: LiveService) -> None:
        self.client = package.AuthenticatedClient(
            base_url=service.base_url,
            token=service.key,
            raise_on_unexpected_status=True,
            httpx_args={"trust_env": False},
        )

    def call(self, function: str, *path: Any, detailed: bool = False, **arguments: Any) -> Any:
        """Call ``api.{function}``, which gives the parsed answer, or with ``detailed`` all of it."""
        module = importlib.import_module(f"{PACKAGE}.api.{function}")
        return (module.sync_detailed if detailed else module.sync)(*path, client=self.client, **arguments)

    def start(self, type: str, key: str, input: Any, **arguments: Any) -> Any:
        name = type.title().replace("-", "")
        body = model(f"{name}Start").from_dict({"input": input})
        return self.call(f"start.start_{type.replace('-', '_')}", body=body, idempotency_key=key, **arguments)

    def finish(self, operation: Any) -> Any:
        while not operation.done:
            operation = self.call("follow.get_operation", operation.id, prefer="wait=10")
        return operation


def model(name: str) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated package; everything of the document must be understood by the generator."""
    place = tmp_path_factory.mktemp("generated")
    command = [BIN / "openapi-python-client", "generate", "--path", ROOT / "openapi" / "openapi.json"]
    command += ["--meta", "none", "--output-path", place / PACKAGE, "--fail-on-warning"]
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}  # it formats what it wrote with ruff
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(place))
    try:
        yield importlib.import_module(PACKAGE)
    finally:
        sys.path.remove(str(place))
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


@pytest.fixture
def generated(package: ModuleType, service: LiveService) -> Iterator[Generated]:
    generated = Generated(package, service)
    with generated.client:
        yield generated


def test_every_module_of_it_can_be_imported(package: ModuleType) -> None:
    names = [module.name for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")]
    for name in names:
        importlib.import_module(name)
    assert {f"{PACKAGE}.api.start.start_place_order", f"{PACKAGE}.models.place_order_operation"} <= set(names)


def test_it_starts_and_polls_to_a_typed_result(generated: Generated) -> None:
    started = generated.start("place-order", uuid4().hex, KETTLE)
    assert isinstance(started, model("PlaceOrderOperation"))
    generated.finish(started)
    done = generated.call("follow.get_place_order_operation", started.id)
    assert done.status == "succeeded"
    assert isinstance(done.result, model("OrderResult"))
    assert (done.result.sku, done.result.quantity) == ("kettle", 1)
    assert done.finished_at >= started.created_at


def test_it_reads_a_refusal_as_a_typed_problem_with_its_own_members(generated: Generated) -> None:
    key = uuid4().hex
    started = generated.start("place-order", key, KETTLE)
    answer = generated.start("place-order", key, KETTLE | {"quantity": 2}, detailed=True)
    assert answer.status_code == 422
    assert isinstance(answer.parsed, model("Problem"))
    assert answer.parsed.type_.endswith("/problems/idempotency-key-reused")
    assert answer.parsed["operation_id"] == str(started.id)
    invalid = generated.start("place-order", uuid4().hex, KETTLE | {"quantity": 0})
    assert [each.pointer for each in invalid.errors] == ["/input/quantity"]


def test_it_reads_a_failed_operation_with_its_reason(generated: Generated) -> None:
    done = generated.finish(generated.start("probe", uuid4().hex, {"steps": 1, "reject_reserve": 0}))
    assert isinstance(done.error, model("OperationError"))
    assert done.error.reason == "PROBE_RESERVE_REJECTED"
    assert not done.result


def test_it_cancels_and_lists(generated: Generated) -> None:
    started = generated.start("probe", uuid4().hex, {"steps": 1, "reserve_ms": 5_000})
    assert isinstance(generated.call("follow.cancel_operation", started.id), model("Operation"))
    assert generated.finish(started).error.reason == "CANCELED"
    page = generated.call("follow.list_operations", type_="probe", status="canceled", page_size=10)
    assert started.id in [each.id for each in page.operations]


def test_it_starts_under_an_id_of_its_own(generated: Generated) -> None:
    id = uuid4()
    body = model("ProbeStart").from_dict({"input": {"steps": 1}})
    assert generated.call("start.put_probe", id, body=body).id == id
    assert generated.call("follow.get_probe_operation", id).id == id
