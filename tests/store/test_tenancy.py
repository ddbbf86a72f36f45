"""Whatever HTTP asks of the database, it asks for one tenant: every row that a statement reads or writes is that one's.

Postgres parses the statements: in its plan each table with a column ``tenant`` must be tied, by conditions that always
hold, to a tenant that was given as a parameter. Which statements HTTP reaches is read from the imports.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operations_api.store.queries import load

ROOT = Path(__file__).parents[2] / "operations_api"
STORE, HTTP = ROOT / "store", ROOT / "http"

ACROSS_TENANTS = {
    "find_key": "whose key it is, is the question",
    "create_tenant": "of the command line, and of `dev`",
    "list_keys": "of the command line, which is the platform's own",
    "revoke_key": "of the command line, which is the platform's own",
    "rotate_key": "of the command line, which is the platform's own",
    "list_tenant_limits": "each process knows the limits that tenants have of their own, and shows them to nobody",
    "recent_durations": "how long types take, for Retry-After: nothing else of an operation is kept or shown",
    "head_of_room": "whose turn it is to get room of a type: a number, and nobody's name",
    "head_of_queue": "whose turn it is, for the fair order: a number, and nobody's name",
    "measure_queue": "how much waits, for operators: a number and an age, and nobody's name",
    "measure_webhooks": "how many are due, for operators: a number and an age, and nobody's name",
    "newest_events": "of the command line, which is the platform's own",
    "count_blocked": "how many need attention by type, for operators, and nobody's name",
    "versions_in_flight": "counts only, and only a caller with the scope admin leaves the tenant out",
}
"""The statements that HTTP's modules could reach and that are not tied to one tenant, with the reason."""

STATEMENTS = {
    name: statement
    for entry in sorted((STORE / "sql").glob("*.sql"))
    if entry.name != "schema.sql"
    for name, statement in load(entry.stem).items()
}


# -- which statements HTTP reaches -------------------------------------------------------------------------------------


class Module:
    """A Python file: what it defines at its top, and what it imports from the store."""

    def __init__(self, path: Path) -> None:
        tree = ast.parse(path.read_text())
        self.defined = {name: node for node in tree.body for name in _names(node)}
        self.imported = {
            alias.asname or alias.name: (node.module.rpartition(".")[2], alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("operations_api.store.")
            for alias in node.names
        }


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [each.id for each in node.targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def reached() -> set[str]:
    """The names of the statements in whatever HTTP imports from the store, and in whatever that uses."""
    modules = {path.stem: Module(path) for path in STORE.glob("*.py")}
    waiting = [each for path in [*HTTP.rglob("*.py"), *ROOT.glob("*.py")] for each in _from_store(path)]
    seen: set[tuple[str, str]] = set()
    found: set[str] = set()
    while waiting:
        place = waiting.pop()
        node = modules[place[0]].defined.get(place[1])
        if place in seen or node is None:
            continue
        seen.add(place)
        module = modules[place[0]]
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value in STATEMENTS:
                found.add(part.value)
            if isinstance(part, ast.Name):
                waiting.append(module.imported.get(part.id, (place[0], part.id)))
    return found


def _from_store(path: Path) -> Iterator[tuple[str, str]]:
    """What a module of HTTP, or one that HTTP imports, imports from the store."""
    if HTTP in path.parents or path.stem in _imported_by_http():
        yield from Module(path).imported.values()


def _imported_by_http() -> set[str]:
    text = "\n".join(path.read_text() for path in HTTP.rglob("*.py"))
    return set(re.findall(r"^from operations_api\.(\w+) import", text, re.MULTILINE))


# -- what a plan leaves open -------------------------------------------------------------------------------------------

GIVEN = re.compile(r"\$\d+|ANY \(\$\d+\)")
EQUALITY = re.compile(r"(\w+)\.tenant = (?:(\w+)\.tenant|(\$\d+|ANY \(\$\d+\)))|(\$\d+) = (\w+)\.tenant")
CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Join Filter", "Hash Cond", "Merge Cond")


def open_tables(plan: dict[str, Any], tables: dict[str, int]) -> list[str]:
    """The tables in a plan that hold a tenant's data and are not tied to a given tenant, as ``table alias``.

    ``tables``: the names of all tables with a tenant, and which column that is, from 0.
    """
    nodes = list(_nodes(plan))
    tied = _tied(nodes, tables)
    scanned = [node for node in nodes if node["Node Type"] != "ModifyTable" and node.get("Relation Name") in tables]
    loose = [f"{node['Relation Name']} {node['Alias']}" for node in scanned if node["Alias"] not in tied]
    return loose + [f"{node['Relation Name']} insert" for node in nodes if _inserts_freely(node, tables, tied)]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def _tied(nodes: list[dict[str, Any]], tables: dict[str, int]) -> set[str]:
    """The aliases whose tenant is a parameter, that of a list of parameters, or that of an alias that is tied."""
    tied = _given(nodes, tables)
    pairs = []
    for equality in (EQUALITY.fullmatch(each) for node in nodes for each in _conditions(node)):
        if equality is None:
            continue
        left, right, given, given_first, last = equality.groups()
        if given or given_first:
            tied.add(left or last)
        else:
            pairs.append({left, right})
    while new := {alias for pair in pairs if pair & tied for alias in pair} - tied:
        tied |= new
    return tied


def _given(nodes: list[dict[str, Any]], tables: dict[str, int]) -> set[str]:
    """What is no table: made of parameters, or of a part of the plan that is looked at by itself."""
    return {node["Alias"] for node in nodes if "Alias" in node and node.get("Relation Name") not in tables}


def _conditions(node: dict[str, Any]) -> Iterator[str]:
    for kind in CONDITIONS:
        yield from _conjuncts(node.get(kind, ""))


def _conjuncts(text: str) -> Iterator[str]:
    """The parts of a condition that must all hold."""
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1]
    depth, begin, parts = 0, 0, []
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and text.startswith(" AND ", place):
            parts.append(text[begin:place])
            begin = place + len(" AND ")
    if not parts:
        yield text
        return
    for part in [*parts, text[begin:]]:
        yield from _conjuncts(part)


def _closing(text: str) -> int:
    """Where the parenthesis that a text begins with is closed."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return place
    return -1


def _inserts_freely(node: dict[str, Any], tables: dict[str, int], tied: set[str]) -> bool:
    if node.get("Operation") != "Insert" or node["Relation Name"] not in tables:
        return False
    rows = next(child for child in node["Plans"] if child["Parent Relationship"] == "Outer")
    tenant = rows["Output"][tables[node["Relation Name"]]]
    given = re.fullmatch(r"\(?(?:(\$\d+)|\"?([*\w]+)\"?\.tenant)\)?(?:::text)?", tenant)
    return given is None or not (given[1] or given[2] in tied)


# -- the tests ---------------------------------------------------------------------------------------------------------

PLAN_OF = """
create function pg_temp.plan_of(statement text) returns json language plpgsql as $$
declare plan json;
begin
    execute 'explain (generic_plan, verbose, costs off, format json) ' || statement into plan;
    return plan;
end
$$
"""
TABLES = """
select c.relname, a.attnum - 1 as place
from pg_attribute as a
join pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
where c.relnamespace = 'public'::regnamespace and a.attname = 'tenant' and not a.attisdropped
"""


@pytest.fixture
async def tables(connection: Any) -> dict[str, int]:
    await connection.execute(PLAN_OF)
    return {row["relname"]: row["place"] for row in await connection.fetch(TABLES)}


async def plan_of(connection: Any, statement: str) -> dict[str, Any]:
    plan = await connection.fetchval("select pg_temp.plan_of($1)::text", statement)
    found: dict[str, Any] = json.loads(plan)[0]["Plan"]
    return found


async def open_in(connection: Any, tables: dict[str, int], statement: str) -> list[str]:
    return open_tables(await plan_of(connection, statement), tables)


REACHED = sorted(reached())
SCOPED = [name for name in REACHED if name not in ACROSS_TENANTS]


def test_every_statement_has_a_name_that_no_other_file_has() -> None:
    names = [name for entry in (STORE / "sql").glob("*.sql") if entry.name != "schema.sql" for name in load(entry.stem)]
    assert sorted(names) == sorted(STATEMENTS)


def test_what_http_reaches_is_known() -> None:
    assert {"start_operations", "get_operations", "list_operations", "lock_operation", "find_key"} <= set(REACHED)
    assert not {"claim_operations", "sweep", "park_orphans", "write_journal"} & set(REACHED), "workers' alone"
    assert ACROSS_TENANTS.keys() <= set(REACHED), "an exception that nobody needs any more"


@pytest.mark.parametrize("name", SCOPED)
async def test_a_statement_that_http_reaches_touches_one_tenant(connection: Any, tables: dict[str, int], name: str):
    assert len(tables) >= 5
    assert await open_in(connection, tables, STATEMENTS[name]) == []


@pytest.mark.parametrize("name", [*ACROSS_TENANTS, "claim_operations", "sweep"])
async def test_a_statement_across_tenants_is_seen_as_one(connection: Any, tables: dict[str, int], name: str):
    without_tenant_data = {"create_tenant"}
    assert bool(await open_in(connection, tables, STATEMENTS[name])) == (name not in without_tenant_data)


TIE = re.compile(r"\b(?:\w+\.)?tenant = (?:\w+\.)?[$\w]+")
MUTANTS = [(name, number) for name in SCOPED for number in range(len(TIE.findall(STATEMENTS[name])))]


@pytest.mark.parametrize(("name", "number"), MUTANTS)
async def test_a_statement_that_lacks_one_of_its_ties_is_found(
    connection: Any, tables: dict[str, int], name: str, number: int
):
    statement = STATEMENTS[name]
    tie = list(TIE.finditer(statement))[number]
    mutant = f"{statement[: tie.start()]}true{statement[tie.end() :]}"
    given = _given(list(_nodes(await plan_of(connection, statement))), tables)
    between_given = set(re.findall(r"(\w+)\.tenant", tie[0])) <= given and "." in tie[0]
    # where neither side is a table both are tied already, and this tie is for finding the right row alone
    assert bool(await open_in(connection, tables, mutant)) != between_given, f"{tie[0]} is missing, and nobody sees it"


@pytest.mark.parametrize(
    ("name", "old", "new", "found"),
    [
        ("get_operations", "o.tenant = r.tenant and", "(o.tenant = r.tenant or r.id is null) and", "operations o"),
        ("list_operations", "where tenant = $1", "where ($1::text is null or tenant = $1)", "operations operations"),
        ("cancel_operation", "where tenant = $1", "where tenant >= $1", "operations operations"),
        ("lock_operation", "where tenant = $1", "where tenant = 'acme' and $1 = 'a'", "operations operations"),
        ("record_action", "values ($1,", "values ('acme',", "operator_actions insert"),
        ("find_keys", "o.tenant = k.tenant", "o.tenant = o.tenant", "operations o"),
    ],
)  # fmt: skip
async def test_a_tie_that_does_not_hold_is_none(
    connection: Any, tables: dict[str, int], name: str, old: str, new: str, found: str
):
    assert old in STATEMENTS[name]
    assert found in await open_in(connection, tables, STATEMENTS[name].replace(old, new))
