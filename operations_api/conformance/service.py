"""What the suite knows of the service before it asks for guarantees: what it was given, and `/service-info`."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from operations_api.conformance import section
from operations_api.conformance.wire import Address, Answer, NoAnswer, exchange

KNOBS: Final = {
    "steps",
    "reserve_ms",
    "commit_ms",
    "reject_reserve",
    "reject_commit",
    "stuck_rollback",
    "flaky",
    "echo",
}
"""By these members of its input a type is recognised as one that behaves as it is told."""

LIMIT: Final = re.compile(r'"([^"]+)";q=(\d+)')
"""A quota in ``RateLimit-Policy``."""

FAR: Final = timedelta(hours=1)
"""Operations that must not run may not begin before this; all of them are canceled within the run."""


class NotThisService(Exception):
    """The suite cannot begin; the message says why and what to do."""


class Given(msgspec.Struct, frozen=True):
    """What whoever runs the suite says. ``input`` is one that ``type`` takes; it is never executed."""

    urls: Sequence[str]
    key: str
    other_key: str | None = None
    read_key: str | None = None
    type: str | None = None
    input: Mapping[str, Any] = {}


class Service:
    """A service under examination: its addresses, which take turns, its policy, and an input that it takes."""

    def __init__(self, given: Given, addresses: Sequence[Address], info: Mapping[str, Any], known: Answer) -> None:
        """``known`` is an answer to the given key: it says whether the key may operate, and the tenant's limits."""
        self.given = given
        limits = dict(LIMIT.findall(known.header("ratelimit-policy") or ""))
        self.requests_per_second = int(limits.get("tenant", 0))
        self.operations_in_flight = int(limits.get("in-flight", 0))
        self.addresses = addresses
        self.info = info
        self.types = {each["name"]: each for each in info["types"]}
        self.type = _type(given, self.types)
        self.other_type = next((name for name in sorted(self.types) if name != self.type), None)
        self.probe = self.type if _is_probe(self.types[self.type]) else None
        self.titles = {_slug(each["type"]): each["title"] for each in info["problem_types"]}
        self.not_before = (datetime.now(UTC) + FAR).isoformat().replace("+00:00", "Z")
        self.run_id = secrets.token_hex(4)
        self.lacks = self._lacking(known.status == 200)
        self._turns: Iterator[Address] = itertools.cycle(addresses)

    def turn(self) -> Address:
        """The address whose turn it is: of several replicas no two requests in a row meet the same."""
        return next(self._turns)

    def _lacking(self, operates: bool) -> set[str]:
        has = {
            section.PROBE: self.probe,
            section.SECOND_TYPE: self.other_type,
            section.OTHER_KEY: self.given.other_key,
            section.READ_KEY: self.given.read_key,
            section.OPERATE: operates,
            section.RATE: self.requests_per_second,
            section.IN_FLIGHT: self.operations_in_flight,
        }
        return {need for need, there in has.items() if not there}


async def learn(given: Given) -> Service:
    """Ask the service who it is. Raises ``NotThisService``."""
    try:
        addresses = [Address(url) for url in given.urls]
        infos = await asyncio.gather(*(_info(address) for address in addresses))
        for address, info in zip(addresses, infos, strict=True):
            address.public_url = info["problem_types"][0]["type"].rpartition("/problems/")[0]
        known = await _ask(addresses[0], "/definitions", given.key)
    except ValueError as error:
        raise NotThisService(f"--url: {error}") from None
    except NoAnswer as error:
        raise NotThisService(
            f"--url: {error}. Start the service, or say where it is: with --url, or with the PORT that "
            "it was started with."
        ) from None
    except (KeyError, IndexError, TypeError) as error:
        raise NotThisService(f"--url: what /service-info says is not what this API would say ({error!r})") from None
    if known.status == 401:
        raise NotThisService("--key: the service does not know this API key")
    service = Service(given, addresses, infos[0], known)
    await _try_input(service)
    return service


async def _try_input(service: Service) -> None:
    """Whether the key may start, and the type takes the input: otherwise every case would say so."""
    address = service.turn()
    body = json.dumps({"input": dict(service.given.input), "not_before": service.not_before}).encode()
    head = (
        f"POST {address.prefix}/operations/{service.type}?validate_only=true HTTP/1.1\r\nHost: {address.host}\r\n"
        f"Authorization: Bearer {service.given.key}\r\nIdempotency-Key: conformance-{service.run_id}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    answer = (await exchange(address, [head.encode() + body]))[0]
    if answer.status == 403:
        raise NotThisService("--key: it must have the scopes submit and read")
    if answer.status == 400:
        raise NotThisService(f"--input: {service.type} does not take it: {answer.json['detail']}")


async def _info(address: Address) -> dict[str, Any]:
    answer = await _ask(address, "/service-info")
    if answer.status != 200:
        raise NotThisService(f"--url: {address.url}/service-info answered {answer.status}, so this is not this API")
    info: dict[str, Any] = answer.json
    return info


async def _ask(address: Address, path: str, key: str | None = None) -> Answer:
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    head = f"GET {address.prefix}{path} HTTP/1.1\r\nHost: {address.host}\r\n{authorization}Connection: close\r\n\r\n"
    return (await exchange(address, [head.encode()]))[0]


def _type(given: Given, types: Mapping[str, Any]) -> str:
    wanted = given.type or next((name for name, each in types.items() if _is_probe(each)), None)
    known = ", ".join(sorted(types)) or "(none)"
    if wanted is None:
        raise NotThisService(f"--type: say which type to use, and with --input what it takes; there are: {known}")
    if wanted not in types:
        raise NotThisService(f"--type: there is no {wanted}; there are: {known}")
    return wanted


def _is_probe(shown: Mapping[str, Any]) -> bool:
    schema = shown["input"]
    members = set(schema.get("properties", {}))
    for definition in schema.get("$defs", {}).values():
        members |= set(definition.get("properties", {}))
    return members >= KNOBS


def _slug(type_url: str) -> str:
    return re.sub(r".*/problems/", "", type_url)
