"""Another tenant's operations do not exist: no route tells them from what was never there, and none touches them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operations_api.embedded.servers import ServerUrls
from operations_api.http.openapi import document
from operations_api.store.api_keys import ApiKeys
from tests.conftest import database_named, run_sql
from tests.http.service import REGISTRY, Service, new_tenant, running
from tests.http.two_tenants import (
    SCOPES,
    Attempt,
    Route,
    Twin,
    Victim,
    choices,
    comparable,
    own_operation,
    routes,
    rows_of,
    settle,
)

ROUTES = list(routes(document(REGISTRY)))
STATES = ("pending", "running", "succeeded", "failed", "needs_attention", "canceled", "deleted", "own")


@pytest.fixture(scope="module")
async def service(servers: ServerUrls, template: str) -> AsyncIterator[Service]:
    """One in which nobody else is."""
    name = f"two_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    async with running(database_named(servers.database_url, name), servers.redis_url) as service:
        yield service
    await run_sql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture(scope="module")
async def victim(service: Service) -> Victim:
    return await settle(service)


async def assert_indistinguishable(service: Service, victim: Victim, attempts: Sequence[Attempt]) -> None:
    """Make the attempts as two new tenants, one with the victim's words and one with nobody's; compare the answers."""
    before = await rows_of(service, victim.tenant)
    keys = [await service.new_key(new_tenant(), SCOPES) for _ in range(2)]
    async with service.client(keys[0]) as one, service.client(keys[1]) as other:
        own = await own_operation(service, (one, other))
        for attempt in attempts:
            got = await attempt.by(one, foreign=True, own=own)
            expected = await attempt.by(other, foreign=False, own=own)
            assert comparable(got, victim) == comparable(expected, victim), attempt
            assert got.status_code < 500
    assert await rows_of(service, victim.tenant) == before, "something of the other tenant was changed"


def required(victim: Victim, route: Route, state: str) -> Attempt:
    """What a route cannot do without; of the victim's operations the one in this state."""
    sent = {}
    for parameter in route.parameters:
        if parameter["required"]:
            sent[parameter["in"], parameter["name"]] = offered(victim, parameter, state)[0]
    return Attempt(route, sent)


def one_at_a_time(victim: Victim, route: Route, state: str) -> Iterator[Attempt]:
    """What a route cannot do without, alone and with each word there is for each other parameter."""
    base = required(victim, route, state)
    yield base
    for parameter in route.parameters:
        place = parameter["in"], parameter["name"]
        for word in () if parameter["required"] else offered(victim, parameter, state):
            yield Attempt(route, {**base.sent, place: word})


def offered(victim: Victim, parameter: dict[str, Any], state: str) -> list[str | Twin]:
    """The words for a parameter; where there is one for each state, that of this state."""
    words = [each for each in choices(victim, parameter) if each is not None]
    by_state = [each for each in words if isinstance(each, Twin)]
    return [by_state[STATES.index(state)]] if len(by_state) == len(STATES) else words


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_a_route_answers_as_to_what_was_never_there(service: Service, victim: Victim, route: Route):
    tried = [attempt for state in STATES for attempt in one_at_a_time(victim, route, state)]
    await assert_indistinguishable(service, victim, tried)


@st.composite
def attempts(draw: st.DrawFn, victim: Victim) -> list[Attempt]:
    """A few requests, one after the other, with anything of the victim's in any place."""
    found = []
    for route in draw(st.lists(st.sampled_from(ROUTES), min_size=1, max_size=8)):
        sent = {}
        for parameter in route.parameters:
            if (choice := draw(st.sampled_from(choices(victim, parameter)))) is not None:
                sent[parameter["in"], parameter["name"]] = choice
        found.append(Attempt(route, sent))
    return found


@settings(max_examples=40, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
async def test_no_sequence_of_requests_tells_another_tenants_operations_from_none(
    service: Service, victim: Victim, data: st.DataObject
):
    await assert_indistinguishable(service, victim, data.draw(attempts(victim)))


async def test_the_victims_operations_are_there_for_the_victim(service: Service, victim: Victim):
    """Else all of the above would prove nothing."""
    async with service.client(victim.secret) as owner:
        found = {state: (await owner.get(f"/operations/{id.foreign}")) for state, id in victim.ids.items()}
        assert {state: answer.status_code for state, answer in found.items()} == {
            state: 410 if state == "deleted" else 200 for state in STATES
        }
        shown = {state: answer.json().get("status") for state, answer in found.items()}
        assert all(shown[state] == state for state in STATES[:6])
        replayed = await owner.start(key=victim.keys["pending"].foreign)
        assert replayed.status_code == 422
        page = await owner.get("/operations", params={"page_token": victim.page_token.foreign})
        assert len(page.json()["operations"]) == 6
        labelled = await owner.get("/operations", params={"label": victim.label.foreign})
        assert len(labelled.json()["operations"]) == 7


# -- the platform's own people -----------------------------------------------------------------------------------------

COUNTS_ALL = "/definitions"
"""What a caller with the scope ``admin`` sees of everybody."""


READING = [each for each in ROUTES if each.method in ("get", "head") and each.path != COUNTS_ALL]


@pytest.mark.parametrize("route", READING, ids=lambda route: route.name)
async def test_an_admin_who_names_a_tenant_sees_what_that_tenant_sees(service: Service, victim: Victim, route: Route):
    admin = await service.new_key(new_tenant(), [*SCOPES, "admin"])
    async with service.client(admin) as client, service.client(victim.secret) as owner:
        client.headers["Operations-Tenant"] = victim.tenant
        for state in STATES:
            if route.path.endswith("/events") and state not in ("succeeded", "failed", "canceled", "deleted"):
                continue  # these go on
            attempt = required(victim, route, state)
            got, expected = await attempt.by(client, foreign=True), await attempt.by(owner, foreign=True)
            assert comparable(got, victim) == comparable(expected, victim)


async def test_what_an_admin_does_for_a_tenant_is_that_tenants_and_recorded_under_the_admins_key(service: Service):
    tenant = new_tenant()
    keys = ApiKeys(service.store.pool)
    admin = await keys.create(new_tenant(), [*SCOPES, "admin"], name="platform")
    owner_key = await service.new_key(tenant, SCOPES)
    async with service.client(admin) as client, service.client(owner_key) as owner:
        client.headers["Operations-Tenant"] = tenant
        started = await client.started()
        assert (await owner.get(f"/operations/{started['id']}")).status_code == 200
        await service.store.pool.execute(BLOCKED, tenant)
        answer = await client.post(f"/operations/{started['id']}/force-close", json={"evidence": "seen"})
        assert answer.status_code == 200
        (action,) = (await owner.get(f"/operations/{started['id']}?view=full")).json()["operator_actions"]
        assert action["actor"].startswith("platform (")
        del client.headers["Operations-Tenant"]
        assert (await client.get(f"/operations/{started['id']}")).status_code == 404, "without the header, its own"


BLOCKED = """
update operations
set status = 'needs_attention', phase = 'committing', decision = 'commit', blocked = '[]', ready = false,
    started_at = clock_timestamp()
where tenant = $1
"""


@pytest.mark.parametrize("named", ["", "two words", "acme,globex", "../acme", "x" * 101])
async def test_an_admin_who_names_no_tenant_is_refused(service: Service, named: str):
    async with service.client(await service.new_key(new_tenant(), [*SCOPES, "admin"])) as client:
        assert (await client.get("/operations", headers={"Operations-Tenant": named})).status_code == 403


async def test_an_admin_may_do_nothing_beyond_its_other_scopes(service: Service):
    async with service.client(await service.new_key(new_tenant(), ["admin"])) as client:
        headers: dict[str, Any] = {"Operations-Tenant": new_tenant()}
        assert (await client.get("/operations", headers=headers)).status_code == 403
        assert (await client.start(headers=headers)).status_code == 403


async def test_versions_count_ones_own_operations_and_everybodys_for_an_admin_alone(service: Service, victim: Victim):
    async def counted(key: str) -> int:
        async with service.client(key) as client:
            versions = (await client.get("/definitions")).json()["definitions"]
        return sum(number for version in versions for number in version["in_flight"].values())

    third = await service.new_key(new_tenant(), SCOPES)
    assert await counted(third) == 0
    async with service.client(third) as client:
        await client.started()
    assert await counted(third) == 1
    assert await counted(victim.secret) == 4
    assert await counted(await service.new_key(new_tenant(), [*SCOPES, "admin"])) > 4
