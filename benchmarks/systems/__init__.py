"""One module for each measured system."""

from __future__ import annotations

from importlib import import_module

from benchmarks.system import System

# in the order of the report; the module and the class of each
PLACES = {
    "operations": "operations:Operations",
    "operations-local": "operations:LocalOperations",
    "operations-waiting": "operations:WaitingOperations",
    "operations-waiting-2": "operations:TwoWorkers",
    "naive": "naive:Naive",
    "celery": "celery:Celery",
    "celery-task": "celery:CeleryTask",
    "procrastinate": "procrastinate:Procrastinate",
    "dbos": "dbos:Dbos",
    "restate": "restate:Restate",
    "litestar": "litestar:Litestar",
}

# of benchmarks/growth
GROWN = {
    "grown": "grown:Grown",
    "grown-local": "grown:GrownLocal",
    "grown-2-workers": "grown:GrownTwoWorkers",
    "grown-4-workers": "grown:GrownFourWorkers",
    "grown-tenants": "grown:GrownTenants",
    "grown-large": "grown:GrownLarge",
}


def by_name(name: str) -> type[System]:
    """The class of a system. Raises `KeyError`."""
    module, _, attribute = {**PLACES, **GROWN}[name].partition(":")
    found: type[System] = getattr(import_module(f"benchmarks.systems.{module}"), attribute)
    return found
