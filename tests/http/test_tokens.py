"""Tokens of an external issuer: believed when it made them, for us, for one tenant and for now; refused otherwise."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from operations_api.domain.problem import Problem
from operations_api.embedded.servers import ServerUrls
from operations_api.http.auth import TENANT
from operations_api.http.issuer import Issuer as Believer
from operations_api.settings import Settings
from tests.conftest import database_named, run_sql
from tests.http import issuer as issuing_side
from tests.http.issuer import AUDIENCE, KEYS, NAME, RSA, STRANGER, Issuer, claims, issuing, token
from tests.http.service import Service, new_tenant, running
from tests.processes import module
from tests.processes import running as process_running


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with issuing(tmp_path_factory.mktemp("issuer")) as running_issuer:
        yield running_issuer


@pytest.fixture(scope="module")
async def service(servers: ServerUrls, template: str, issuer: Issuer) -> AsyncIterator[Service]:
    """One that believes the issuer."""
    name = f"tokens_{uuid4().hex}"
    await run_sql(servers.database_url, f"create database {name} template {template}")
    url = database_named(servers.database_url, name)
    async with running(url, servers.redis_url, **believing(issuer.url)) as service:
        yield service
    await run_sql(servers.database_url, f"drop database {name} with (force)")


def believing(source: str) -> dict[str, Any]:
    return {"jwt_jwks": source, "jwt_issuer": NAME, "jwt_audience": AUDIENCE}


@pytest.mark.parametrize(
    ("kid", "algorithm"), [("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA"), ("pinned", "RS256")]
)
async def test_a_token_acts_for_its_tenant_within_its_scopes(service: Service, kid: str, algorithm: str):
    tenant = new_tenant()
    key = KEYS.get(kid, RSA)
    async with service.client(token(claims(tenant), key, algorithm, kid)) as client:
        operation = await client.started()
        assert (await client.get(f"/operations/{operation['id']}")).status_code == 200
        assert await service.tenant_of(operation["id"]) == tenant
        refused = await client.post(f"/operations/{operation['id']}/retry")
    assert refused.status_code == 403
    assert '"operate"' in refused.json()["detail"]


@pytest.mark.parametrize("scope", ["read", ["read"], ["read", "https://id.example/other"]])
async def test_scopes_come_as_a_text_or_a_list_and_others_mean_nothing(service: Service, scope: Any):
    async with service.client(token(claims(new_tenant(), scope=scope))) as client:
        assert (await client.get("/operations")).status_code == 200
        assert (await client.start()).status_code == 403


async def test_a_token_without_scopes_may_do_nothing(service: Service):
    async with service.client(token(claims(scope=None))) as client:
        assert (await client.get("/operations")).status_code == 403


async def test_clocks_may_be_a_minute_apart(service: Service):
    now = int(time.time())
    for said in ({"exp": now - 30}, {"nbf": now + 40, "iat": now + 40}):
        async with service.client(token(claims(**said))) as client:
            assert (await client.get("/operations")).status_code == 200


async def test_only_an_admin_acts_for_another_tenant_by_token_too(service: Service):
    other = {"Operations-Tenant": "globex"}
    async with service.client(token(claims("acme"))) as client:
        assert (await client.get("/operations", headers=other)).status_code == 403
    async with service.client(token(claims("acme", scope="admin read"))) as client:
        assert (await client.get("/operations", headers=other)).status_code == 200


async def test_api_keys_work_beside_tokens(service: Service):
    async with service.client(await service.new_key()) as client:
        assert (await client.get("/operations")).status_code == 200


def unsigned(header: dict[str, Any], said: Any, signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), said if isinstance(said, bytes) else json.dumps(said).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def signed_with_the_public_key() -> str:
    """HS256 with the public key as the secret: what a library accepts that lets the token choose the algorithm."""
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    bare = unsigned({"alg": "HS256", "kid": "rsa", "typ": "JWT"}, claims()).rstrip(".")
    signature = hmac.new(pem, bare.encode(), hashlib.sha256).digest()
    return f"{bare}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def altered() -> str:
    header, _, signature = token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims("globex")).encode()).decode().rstrip("=")
    return f"{header}.{body}.{signature}"


REFUSED: dict[str, tuple[Any, str]] = {
    "no algorithm": (lambda: unsigned({"alg": "none", "kid": "rsa"}, claims()), "is not signed with one of"),
    "no algorithm, in other letters": (lambda: unsigned({"alg": "NonE", "kid": "rsa"}, claims()), "is not signed with"),
    "an algorithm that is no word": (lambda: unsigned({"alg": ["RS256"], "kid": "rsa"}, claims()), "is"),
    "a shared secret": (signed_with_the_public_key, "is not signed with one of"),
    "an algorithm that is not set": (lambda: token(None, RSA, "RS512"), "is not signed with one of"),
    "another audience": (lambda: token(claims(aud="billing")), "another audience"),
    "no audience": (lambda: token(claims(aud=None)), "lacks the claim aud"),
    "another issuer": (lambda: token(claims(iss="https://evil.example/")), "another issuer"),
    "no issuer": (lambda: token(claims(iss=None)), "lacks the claim iss"),
    "expired": (lambda: token(claims(exp=int(time.time()) - 90)), "has expired"),
    "no end": (lambda: token(claims(exp=None)), "lacks the claim exp"),
    "an end that is no time": (lambda: token(claims(exp="soon")), "is malformed"),
    "an infinite end": (lambda: token(claims(exp=float("inf"))), "is malformed"),
    "not valid yet": (lambda: token(claims(nbf=int(time.time()) + 90)), "is not valid yet"),
    "unknown key": (lambda: token(None, STRANGER, "RS256", "stranger"), "does not publish"),
    "no key": (lambda: token(None, RSA, "RS256", None), "does not name the key"),
    "a key that is no word": (lambda: unsigned({"alg": "RS256", "kid": 7}, claims(), b"x"), "is malformed"),
    "another's signature": (lambda: token(None, STRANGER, "RS256", "rsa"), "has a signature that does not fit"),
    "another's claims": (altered, "has a signature that does not fit"),
    "a key of another kind": (lambda: token(None, RSA, "RS256", "ec"), "key that is not for its algorithm"),
    "a key for another algorithm": (lambda: token(None, RSA, "PS256", "pinned"), "key that is not for its algorithm"),
    "a key for encryption": (lambda: token(None, RSA, "RS256", "secret"), "does not publish"),
    "a short key": (lambda: token(None, KEYS["weak"], "RS256", "weak"), "too short"),
    "no tenant": (lambda: token(claims(None)), "lacks the claim tenant"),
    "several tenants": (lambda: token(claims(["acme", "globex"])), "not the name of one tenant"),
    "a number for a tenant": (lambda: token(claims(7)), "not the name of one tenant"),
    "an empty tenant": (lambda: token(claims("")), "not the name of one tenant"),
    "no name of a tenant": (lambda: token(claims("acme/../globex")), "not the name of one tenant"),
    "scopes of a wrong type": (lambda: token(claims(scope={"read": True})), "neither a text nor a list"),
    "scopes in a wrong list": (lambda: token(claims(scope=["read", 7])), "neither a text nor a list"),
    "oversized": (lambda: token(claims(padding="x" * 8192)), "is larger than 8192 bytes"),
    "claims that are no object": (lambda: unsigned({"alg": "RS256", "kid": "rsa"}, b"[]", b"x"), "signature"),
    "an unknown critical header": (
        lambda: unsigned({"alg": "RS256", "kid": "rsa", "crit": ["x"], "x": 1}, claims(), b"x"), "is malformed",
    ),
    "a header that is no JSON": (lambda: "eyJub3Bl." + token().partition(".")[2], "is malformed"),
    "no end of the header": (lambda: "eyJ..", "is malformed"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")  # the weak key is meant to be weak
async def test_a_token_that_is_not_to_be_believed_is_a_401_that_says_why(service: Service, kind: str):
    make, why = REFUSED[kind]
    async with service.client(make()) as client:
        response = await client.start()
        assert response.status_code == 401, response.text
        assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        problem = response.json()
        assert why in problem["detail"]
        assert problem["detail"].startswith("This token ")
        for secret in (AUDIENCE, "id.example", "Error", "jwt."):
            assert secret not in problem["detail"]


async def test_what_a_token_calls_its_holder_goes_into_the_records_without_control_characters(service: Service):
    tenant = new_tenant()
    async with service.client(token(claims(tenant, scope="submit read operate", sub="ann\n\x00\ud800é"))) as client:
        operation = await client.started()
        await service.store.pool.execute(BLOCK, tenant)
        assert (await client.post(f"/operations/{operation['id']}/retry")).status_code == 200
        whole = (await client.get(f"/operations/{operation['id']}?view=full")).json()
    assert [each["actor"] for each in whole["operator_actions"]] == [f"ann???é ({NAME})"]


BLOCK = """
update operations
set status = 'needs_attention', phase = 'committing', decision = 'commit', blocked = '[]', ready = false,
    started_at = clock_timestamp()
where tenant = $1
"""


async def test_a_request_with_a_valid_api_key_does_not_wait_for_the_issuer(
    database: str, redis_url: str, tmp_path: Path
):
    with issuing(tmp_path / "issuer") as silent, silent.silent():
        async with (
            running(database, redis_url, **believing(silent.url)) as service,
            service.client(token()) as bearer,
            service.client(await service.new_key()) as holder,
        ):
            waiting = asyncio.ensure_future(bearer.get("/operations"))
            await silent.asked(1)
            assert (await holder.get("/operations")).status_code == 200
            assert not waiting.done()
            response = await waiting
        assert response.status_code == 503, "an issuer that does not answer proves nothing against a token"
        assert response.headers["retry-after"]
        assert response.json()["effect"] == "none"


async def test_keys_may_come_from_a_file(database: str, redis_url: str, tmp_path: Path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(issuing_side.key_set()))
    async with running(database, redis_url, **believing(str(path))) as service, service.client(token()) as client:
        assert (await client.get("/operations")).status_code == 200


async def test_the_published_policy_says_which_tokens_are_believed(service: Service, database: str, redis_url: str):
    async with service.client(None) as anybody:
        assert (await anybody.get("/service-info")).json()["authentication"] == {
            "api_keys": True,
            "tokens": {
                "issuer": NAME, "audience": AUDIENCE, "tenant_claim": "tenant", "scopes_claim": "scope",
                "algorithms": ["RS256", "PS256", "ES256", "EdDSA"],
            },
        }  # fmt: skip
    async with running(database, redis_url) as plain, plain.client(token()) as client:
        response = await client.get("/operations")
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
        assert (await client.get("/service-info")).json()["authentication"] == {"api_keys": True, "tokens": None}


def test_without_the_extra_the_service_says_what_to_install(servers: ServerUrls, tmp_path: Path):
    (tmp_path / "cryptography.py").write_text("raise ModuleNotFoundError(name='cryptography')\n")
    environment = {
        "DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url, "PORT": "0",
        "OPERATIONS_JWT_JWKS": "keys.json", "OPERATIONS_JWT_ISSUER": NAME, "OPERATIONS_JWT_AUDIENCE": AUDIENCE,
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }  # fmt: skip
    with process_running(module("operations_api", "serve"), environment) as process:
        _, said = process.communicate()
        assert process.returncode == 1
    sentence = "operations-api: OPERATIONS_JWT_JWKS: tokens cannot be checked without cryptography; "
    assert said.splitlines()[-1].startswith(sentence)
    assert "operations-api[jwt]" in said
    assert "Traceback" not in said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([NAME, AUDIENCE, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
HEADER = ("alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5u", "zip")
CLAIMS = ("iss", "aud", "exp", "nbf", "iat", "sub", "jti", "tenant", "scope")


@pytest.fixture(scope="module")
def believer(tmp_path_factory: pytest.TempPathFactory) -> Believer:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    path.write_text(json.dumps(issuing_side.key_set()))
    return Believer(Settings(**believing(str(path))))


@settings(max_examples=300, deadline=None, print_blob=True)
@given(said=st.dictionaries(st.sampled_from(CLAIMS), JSON), header=st.dictionaries(st.sampled_from(HEADER), JSON))
async def test_whatever_a_signed_token_says_it_is_believed_or_refused(
    believer: Believer, said: dict[str, Any], header: dict[str, Any]
):
    signing = {"alg": "EdDSA", "kid": "ed", **header}
    bare = unsigned(signing, {**claims(), **said}).rpartition(".")[0]
    signature = base64.urlsafe_b64encode(KEYS["ed"].sign(bare.encode())).decode().rstrip("=")
    await believed_or_refused(believer, f"{bare}.{signature}")


@settings(max_examples=300, deadline=None, print_blob=True)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)).map(lambda text: f"eyJ{text}"))
async def test_whatever_looks_like_a_token_is_refused(believer: Believer, text: str):
    assert not await believed_or_refused(believer, text)


async def believed_or_refused(believer: Believer, text: str) -> bool:
    try:
        caller = await believer.caller(text)
    except Problem as problem:
        if problem.status != 401:
            raise
        return False
    assert TENANT.fullmatch(caller.tenant.encode())
    assert caller.actor.isprintable()
    return True
