"""What is exposed is what the documentation says, has a bound, names nobody, and is the sum of all processes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from operations_api.embedded.servers import ServerUrls
from operations_api.metrics import METRICS
from operations_api.store.store import Store
from tests.conftest import database_named, run_sql
from tests.metrics.definitions import registry
from tests.metrics.run import MARKERS, TENANT, Seen, whole_run
from tests.processes import ROOT
from tests.worker.crew import Crew

DESCRIBED = {each.name: each for each in METRICS}
DEPLOY = ROOT / "deploy"
TYPES = set(registry.current)
Labels = dict[str, str]


@pytest.fixture(scope="module")
async def seen(servers: ServerUrls, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    """One run for all tests."""
    name, place = f"metrics_{uuid4().hex}", tmp_path_factory.mktemp("metrics")
    await run_sql(servers.database_url, f"create database {name} template {template}")
    url = database_named(servers.database_url, name)
    for directory in ("marks", "gates"):
        (place / directory).mkdir()
    store, connection = await Store.open(url, pool_size=4), await asyncpg.connect(url)
    await connection.execute("create table effects (operation uuid, step text, phase text)")
    crew = Crew(store, connection, place, {"DATABASE_URL": url, "REDIS_URL": servers.redis_url})
    try:
        yield await whole_run(crew)
    finally:
        crew.kill()
        print(crew.said())
        await connection.close()
        await store.close()
        await run_sql(servers.database_url, f"drop database {name} with (force)")


def families(text: str) -> dict[str, str]:
    """The kind of every metric in a text, by the name that the text gives it."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


def samples(text: str, name: str) -> list[tuple[Labels, float]]:
    """The values of one series' name, with their labels."""
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return [(sample.labels, sample.value) for sample in found if sample.name == name]


def value(text: str, name: str, **labels: str) -> float:
    return sum(value for given, value in samples(text, name) if labels.items() <= given.items())


def test_what_is_exposed_after_a_run_is_what_is_described_and_nothing_else(seen: Seen):
    exposed = families(seen.api[0]) | families(seen.workers[0])
    assert exposed == {each.name: each.kind for each in METRICS}
    assert all(families(seen.workers[0])[name] != "gauge" for name in families(seen.workers[0]))


@pytest.mark.parametrize("described", METRICS, ids=lambda each: each.name)
def test_every_metric_has_values_and_the_labels_that_are_described(seen: Seen, described):
    series = f"{described.name}_count" if described.kind == "histogram" else described.name
    found = samples(seen.api[0], series) + samples(seen.workers[0], series)
    assert found
    assert {tuple(sorted(labels)) for labels, _ in found} == {tuple(sorted(described.labels))}


def test_what_is_not_told_yet_is_seen_in_number_and_age(seen: Seen):
    for text in seen.api:
        assert value(text, "operations_webhooks_due") == 1
        assert 3_600 <= value(text, "operations_webhooks_due_age_seconds") < 7_200


def test_what_a_schedule_starts_is_counted(seen: Seen):
    assert value(seen.workers[-1], "operations_schedule_ticks_total", schedule="each-second", outcome="started") >= 1


def test_types_are_those_of_the_registry_and_nobody_is_named(seen: Seen):
    text = "".join(seen.api + seen.workers)
    assert set(re.findall(r'[{,]type="([^"]*)"', text)) <= TYPES | {"(unknown)"}
    for word in (TENANT, "nothing", "retired", *MARKERS):
        assert word not in text


def test_the_processes_of_a_command_answer_with_one_sum(seen: Seen):
    for name, labels, expected in (
        ("operations_starts_total", {"type": "told", "outcome": "started"}, 8),
        ("operations_starts_total", {"type": "told", "outcome": "replayed"}, 1),
        ("operations_starts_total", {"type": "told", "outcome": "mismatched"}, 1),
        ("operations_starts_total", {"type": "told", "outcome": "refused"}, 1),
        ("operations_replay_key_age_seconds_count", {"type": "told"}, 1),
        ("operations_window_replays_total", {"type": "told-once"}, 1),
        ("operations_tokens_total", {"type": "told-once", "outcome": "made"}, 1),
        ("operations_tokens_total", {"type": "told-once", "outcome": "consumed"}, 1),
        ("operations_webhook_events_total", {"source": "shop", "outcome": "started"}, 1),
        ("operations_webhook_events_total", {"source": "shop", "outcome": "replayed"}, 1),
        ("operations_webhook_events_total", {"source": "shop", "outcome": "unknown"}, 1),
        ("operations_webhook_events_total", {"source": "shop", "outcome": "refused"}, 1),
        ("operations_blocked", {"type": "told"}, 1),
        ("operations_blocked", {"type": "(unknown)"}, 1),
    ):
        assert {value(text, name, **labels) for text in seen.api} == {expected}, (name, labels)
    for name, labels, expected in (
        ("operations_webhook_attempts_total", {"outcome": "refused"}, 1),
        ("operations_webhook_attempts_total", {"outcome": "gone"}, 1),
        ("operations_webhook_attempts_total", {"outcome": "taken"}, 1),
        ("operations_webhook_delivery_seconds_count", {}, 1),
        ("operations_webhooks_died_total", {}, 1),
        ("operations_schedule_ticks_total", {"schedule": "each-second", "outcome": "skipped"}, 0),
        ("operations_finished_total", {"type": "told", "outcome": "succeeded"}, 6),
        ("operations_finished_total", {"type": "told", "outcome": "unsuccessful"}, 1),
        ("operations_decisions_total", {"decision": "rollback"}, 1),
        ("operations_call_retries_total", {"phase": "commit"}, 2),
        ("operations_calls_total", {"phase": "commit", "outcome": "not_now"}, 1),
        ("operations_calls_total", {"phase": "commit", "outcome": "unknown"}, 1),
        ("operations_calls_total", {"phase": "reserve", "outcome": "rejected"}, 1),
    ):
        assert {value(text, name, **labels) for text in seen.workers} == {expected}, (name, labels)


def test_metrics_are_for_operators(seen: Seen):
    assert seen.refused == {"no key": 401, "no scope": 403, "worker, elsewhere": 404}


def test_the_documentation_lists_what_there_is():
    rows = [
        f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels)} | {each.sentence} |"
        for each in METRICS
    ]
    table = "\n".join(row.replace("|  |", "| |") for row in rows)
    assert table in (ROOT / "docs" / "metrics.md").read_text(), f"docs/metrics.md should have:\n{table}"


# -- dashboard and alerts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["grafana-dashboard.json", "prometheus-alerts.yaml"])
def test_every_metric_that_a_file_names_is_exposed(seen: Seen, file: str):
    text = (DEPLOY / file).read_text()
    named = set(re.findall(r"\boperations_[a-z_]+", text))
    exposed = {
        sample.name
        for each in (seen.api[0], seen.workers[0])
        for f in text_string_to_metric_families(each)
        for sample in f.samples
    }
    assert named
    assert named <= exposed, sorted(named - exposed)


def test_prometheus_own_tool_takes_the_alerts():
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed: it is in Debian's package prometheus")
    checked = subprocess.run(
        [tool, "check", "rules", DEPLOY / "prometheus-alerts.yaml"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "11 rules found" in checked.stdout


def test_every_metric_is_on_the_dashboard():
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    shown = "\n".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    assert [each.name for each in METRICS if each.name not in shown] == []
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


# -- logs --------------------------------------------------------------------------------------------------------------


def test_logs_hold_nothing_that_clients_sent(seen: Seen):
    assert "handler failed" in seen.logs
    for marker in MARKERS:
        assert marker not in seen.logs


def test_what_is_logged_of_a_call_names_operation_tenant_step_attempt_and_epoch(seen: Seen):
    lines = [json.loads(line) for line in seen.logs.splitlines() if line.startswith("{")]
    [failed] = [line for line in lines if line["event"] == "handler failed"]
    assert (failed["tenant"], failed["step"], failed["attempt"]) == (TENANT, "a", 1)
    assert failed["epoch"] >= 1
    of_operations = [line for line in lines if "operation" in line]
    assert failed in of_operations
    assert all({"tenant", "type", "epoch"} <= line.keys() for line in of_operations)
