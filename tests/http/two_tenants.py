"""Two tenants: one whose operations are there, in every state, and one who knows all their names and tries them.

Every request is made twice, each time by a tenant that is new: once with what is the victim's (an id, a key, a label, a
page token, the tenant's own name), and once with something like it that is nobody's. The two answers must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import msgspec

from tests.http.service import Client, Service, new_key, new_tenant

Json = dict[str, Any]

METHODS: Final = ("get", "head", "post", "put", "patch", "delete")
SCOPES: Final = ["submit", "read", "operate"]

RETRYABLE: Final = {"reason": "RETRIES_EXHAUSTED", "retryable": True, "effect": "none"}
BLOCK: Final = """
update operations
set status = 'needs_attention', phase = 'committing', decision = 'commit', ready = false, version = version + 1,
    started_at = clock_timestamp(),
    blocked = '[{"step": "write", "phase": "committing", "reason": "STRANGE", "since": "2026-01-01T00:00:00.000000Z"}]'
where id = $1
"""
WORK: Final = """
update operations
set status = 'running', phase = 'reserving', ready = false, started_at = clock_timestamp(), version = version + 1,
    lease_owner = gen_random_uuid(), lease_epoch = 1, lease_expires_at = clock_timestamp() + interval '1 hour',
    next_wake_at = clock_timestamp() + interval '1 hour'
where id = $1
"""
TABLES_OF_TENANTS: Final = """
select c.relname
from pg_attribute as a
join pg_class as c on c.oid = a.attrelid and c.relkind = 'r'
where c.relnamespace = 'public'::regnamespace and a.attname = 'tenant' and not a.attisdropped
"""


OWN: Final = "own"
"""Stands for an operation of whoever asks, which is done; both who ask have one under the same id."""


class Twin(msgspec.Struct, frozen=True):
    """A word that is the victim's, and one like it that is nobody's."""

    foreign: str
    unknown: str


class Route(msgspec.Struct, frozen=True):
    """One method of one path, as the document has it."""

    method: str
    path: str
    parameters: tuple[Json, ...]
    body: Any

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


class Victim(msgspec.Struct, frozen=True):
    """The tenant whose operations are there: by state its ids and keys, and what else names something of it."""

    tenant: str
    secret: str
    ids: dict[str, Twin]
    keys: dict[str, Twin]
    label: Twin
    page_token: Twin

    @property
    def words(self) -> list[Twin]:
        return [*self.ids.values(), *self.keys.values(), self.label, self.page_token, self.name]

    @property
    def name(self) -> Twin:
        return Twin(self.tenant, self.tenant[::-1])


# -- the victim --------------------------------------------------------------------------------------------------------


async def settle(service: Service) -> Victim:
    """A tenant with an operation in every state."""
    tenant = new_tenant()
    secret = await service.new_key(tenant, SCOPES)
    mark = uuid4().hex
    ids, keys = {}, {}
    async with service.client(secret) as client:
        for state in ("pending", "running", "succeeded", "failed", "needs_attention", "canceled", "deleted", "own"):
            key = new_key()
            keys[state] = Twin(key, new_key())
            ids[state] = Twin(await _brought_to(service, client, state, key, mark), str(uuid4()))
        page = (await client.get("/operations", params={"page_size": 1})).json()
    token = page["next_page_token"]
    label = Twin(f"mark:{mark}", f"mark:{uuid4().hex}")
    return Victim(tenant, secret, ids, keys, label, Twin(token, token[::-1]))


async def _brought_to(service: Service, client: Client, state: str, key: str, mark: str) -> str:
    body = {"input": {"text": mark}, "labels": {"mark": mark}}
    if state == "own":
        response = await client.put(f"/operations/note/{uuid4()}", json=body)
        assert response.status_code == 202
        return str(response.json()["id"])
    id = str((await client.started(body, key=key))["id"])
    match state:
        case "running":
            await service.store.pool.execute(WORK, UUID(id))
        case "succeeded" | "deleted":
            await service.succeed(id, msgspec.json.encode({"text": mark}).decode())
        case "failed":
            await service.fail(id, RETRYABLE)
        case "needs_attention":
            await service.store.pool.execute(BLOCK, UUID(id))
        case "canceled":
            assert (await client.post(f"/operations/{id}/cancel")).status_code == 202
    if state == "deleted":
        assert (await client.delete(f"/operations/{id}")).status_code == 204
    return id


async def rows_of(service: Service, tenant: str) -> list[str]:
    """Every row of a tenant, with the transaction that wrote it."""
    tables = [row["relname"] for row in await service.store.pool.fetch(TABLES_OF_TENANTS)]
    assert {"operations", "idempotency_keys", "operation_steps", "operator_actions"} <= set(tables)
    each = "select '{0}', xmin::text, t::text from {0} as t where tenant = $1"
    rows = await service.store.pool.fetch(" union all ".join(each.format(table) for table in tables), tenant)
    assert len(rows) > 10
    return sorted(map(str, rows))


# -- the requests ------------------------------------------------------------------------------------------------------


def routes(document: Json) -> Iterator[Route]:
    """Every route of an OpenAPI document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                given = [*item.get("parameters", []), *item[method].get("parameters", [])]
                parameters = tuple(_resolved(document, each) for each in given)
                yield Route(method, path, parameters, _body(item[method]))


def _resolved(document: Json, part: Json) -> Json:
    while "$ref" in part:
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def _body(operation: Json) -> Any:
    if "requestBody" not in operation:
        return None
    return operation["requestBody"]["content"]["application/json"].get("example", {"input": {}})


def choices(victim: Victim, parameter: Json) -> list[str | Twin | None]:
    """What may be sent for a parameter; None: nothing. Raises when nobody has said it: a new one belongs here."""
    name = parameter["name"]
    offered: Mapping[str, list[str | Twin]] = {
        "id": [*victim.ids.values(), OWN],
        "Idempotency-Key": [*victim.keys.values()],
        "idempotency_key": [*victim.keys.values()],
        "label": [victim.label],
        "page_token": [victim.page_token],
        "Operations-Tenant": [victim.name],
        "If-Match": ['"1"', '"2"', "*"],
        "If-None-Match": ['"1"', '"2"', "*"],
        "Last-Event-ID": ["1", "2"],
        "Idempotency-Retry": ["?1"],
        "Prefer": ["return=minimal", "respond-async"],
        "traceparent": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
        "validate_only": ["true", "false"],
        "view": ["basic", "full"],
        "type": ["note", "memo"],
        "status": ["pending,running", "succeeded", "needs_attention"],
        "created_after": ["2026-01-01T00:00:00Z"],
        "created_before": ["2100-01-01T00:00:00Z"],
        "group": ["a-group"],
        "operation_id": [*victim.ids.values()],
        "state": ["pending", "delivered", "dead"],
        "source": ["billing"],
        "name": ["nightly"],
        "page_size": ["1", "200"],
        "slug": ["operation-not-found", "nothing"],
    }
    if name not in offered:
        raise AssertionError(f"say in choices() what another tenant would send as {name}")
    return [*([] if parameter["required"] else [None]), *offered[name]]


class Attempt(msgspec.Struct, frozen=True):
    """A route, and what is sent for its parameters, by (place, name)."""

    route: Route
    sent: dict[tuple[str, str], str | Twin]

    async def by(self, client: Client, *, foreign: bool, own: str = "") -> httpx.Response:
        """The answer to it, with the victim's words or with nobody's, and with an operation of the client's own."""
        path, headers, query = self.route.path, {}, {}
        for (place, name), choice in self.sent.items():
            word = choice if isinstance(choice, str) else choice.foreign if foreign else choice.unknown
            word = own if word == OWN else word
            match place:
                case "path":
                    path = path.replace(f"{{{name}}}", word)
                case "header":
                    headers[name] = word
                case _:
                    query[name] = word
        body = {} if self.route.body is None else {"json": self.route.body}
        return await client.request(self.route.method.upper(), path, headers=headers, params=query, **body)


async def own_operation(service: Service, clients: Sequence[Client]) -> str:
    """The id under which each of these has an operation that has succeeded."""
    id = str(uuid4())
    for client in clients:
        assert (await client.put(f"/operations/note/{id}", json={"input": {}})).status_code == 202
    await service.succeed(id)
    return id


# -- the answers -------------------------------------------------------------------------------------------------------

OF_THE_MOMENT: Final = {"date", "content-length", "x-request-id"}
GROWING: Final = {"retry-after", "retry-after-ms"}
"""How long to wait depends on how old an operation is."""


def comparable(answer: httpx.Response, victim: Victim) -> tuple[int, dict[str, str], str]:
    """An answer without what differs between any two: the words that were sent, ids, times."""
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}
    headers |= dict.fromkeys(GROWING & headers.keys(), "soon")
    # numbers of the whole process, whoever asks
    body = "" if answer.headers.get("content-type", "").startswith("text/plain") else answer.text
    return answer.status_code, {name: _bare(value, victim) for name, value in headers.items()}, _bare(body, victim)


def _bare(text: str, victim: Victim) -> str:
    for place, twin in enumerate(victim.words):
        for word in (twin.foreign, twin.unknown):
            text = text.replace(word, f"<{place}>").replace(word.replace(":", "%3A"), f"<{place}>")
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", text)
    text = re.sub(r"whsec_[A-Za-z0-9+/=]+", "<secret>", text)
    text = re.sub(r"<\d+>(?=[\"/])|<id>", "<id>", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>", text)
