"""The service keeps its contract: every guarantee, asked over real sockets by a client that knows nothing else."""

from __future__ import annotations

import re
from urllib.parse import unquote

import httpx
import msgspec
import pytest

from examples import registry
from operations_api.conformance.contract import SECTIONS, cases_of
from operations_api.conformance.findings import PROBLEM
from operations_api.conformance.run import run
from operations_api.conformance.section import IN_FLIGHT, RATE
from operations_api.conformance.service import Given, learn
from operations_api.conformance.wire import Answer
from operations_api.conformance.witness import Witness
from operations_api.http.openapi import document
from tests.conformance.platform import Platform, command, serving
from tests.openapi.answers import Declared

LIMITS = {RATE, IN_FLIGHT}
ORDER = '{"account": "alice", "sku": "kettle", "quantity": 1, "email": "alice@example.com"}'


def test_there_are_more_than_150_guarantees_and_no_two_have_the_same_name() -> None:
    names = [(case.section, case.name) for case in cases_of()]
    assert len(names) > 150
    assert len(set(names)) == len(names)
    assert [section.number for section in SECTIONS] == [1, 2, 3, 4, 5, 6, 7, 8, 10]


def test_the_whole_contract_is_kept_by_two_replicas(platform: Platform) -> None:
    """No two requests in a row go to the same; make conformance puts a real proxy before them."""
    examined = platform.examined()
    assert not examined.failures(), examined.failures()
    assert examined.code == 0
    assert examined.names("not applicable") == [case.name for case in cases_of() if LIMITS & set(case.needs)]
    assert len(examined.names("passed")) > 500


async def test_the_whole_contract_is_kept_by_one_process_and_every_answer_is_documented(platform: Platform) -> None:
    keys, witness = platform.keys, Witness()
    service = await learn(Given(platform.urls[:1], keys.full, keys.other, keys.read))
    outcomes = await run(service, cases_of(), witness)
    assert [f"{each.case.name}: {each.sentence}" for each in outcomes if each.result == "failed"] == []
    declared = Declared(document(registry))
    assert len(witness.answers) > 1000
    faults = {fault for answer in witness.answers for fault in undeclared(declared, answer)}
    assert not faults, "\n".join(sorted(faults))


def undeclared(declared: Declared, answer: Answer) -> list[str]:
    path = unquote(answer.target.partition("?")[0], errors="replace")
    is_of_http = answer.status == 431 or (answer.status == 400 and answer.media_type != PROBLEM)
    if is_of_http or path.startswith("/docs/"):
        return []  # what never becomes a request to a path, and the files of a page
    return declared.undeclared(answer.method, path, answer.status, answer.headers, answer.body)


def test_a_limit_of_requests_is_what_the_contract_says(platform: Platform) -> None:
    limits = {"OPERATIONS_RATE_LIMIT": "40", "OPERATIONS_IN_FLIGHT_LIMIT": "50"}
    with serving({**platform.environment, **limits}, platform.logs) as url:
        examined = platform.examined("--section", "10", urls=[url])
    assert not examined.failures(), examined.failures()
    assert examined.names("not applicable") == []


def test_a_service_without_a_probe_is_held_to_what_can_be_asked_and_executes_nothing(platform: Platform) -> None:
    examined = platform.examined("--type", "transfer-funds", "--input", TRANSFER, "--section", "4", "--section", "6")
    assert not examined.failures(), examined.failures()
    assert "the same request again is a replay" in examined.names("passed")
    assert "what is running is rolled back and canceled" in examined.names("not applicable")
    headers = {"Authorization": f"Bearer {platform.keys.full}"}
    query = {"type": "transfer-funds", "status": "pending,running,succeeded,failed,needs_attention"}
    listed = httpx.get(f"{platform.urls[0]}/operations", params=query, headers=headers, trust_env=False, timeout=60)
    assert listed.json()["operations"] == []


TRANSFER = '{"from_account": "alice", "to_account": "bob", "amount_minor": 1}'


def test_the_table_has_a_line_for_each_section_and_hides_the_key(platform: Platform) -> None:
    done = command("conformance", "--url", platform.urls[0], "--key", platform.keys.full, "--section", "10")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^10  Refusals and limits +\d+ +\d+ +0 +\d+$", done.stdout, re.MULTILINE)
    assert re.search(r"^not applicable \(\d+\): needs a limit of requests per second$", done.stdout, re.MULTILINE)
    assert platform.keys.full not in done.stdout


def test_list_names_every_case_and_asks_nobody() -> None:
    done = command("conformance", "--list", "--url", "http://127.0.0.1:9")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(cases_of())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--key", "nobody-has-this-key"], "--key: the service does not know this API key"),
        (["--url", "ftp://nowhere"], "ftp://nowhere is not a URL such as"),
        (["--url", "http://127.0.0.1:9"], "http://127.0.0.1:9 cannot be reached"),
        (["--type", "no-such-type"], "--type: there is no no-such-type; there are: adjust-price, charge-card"),
        (["--type", "place-order"], "--input: place-order does not take it: Object missing required field"),
    ],
)
def test_what_cannot_be_examined_is_said_in_one_sentence(platform: Platform, options: list[str], said: str) -> None:
    usual = ["--url", platform.urls[0]] if "--url" not in options else []
    key = ["--key", platform.keys.full] if "--key" not in options else []
    done = command("conformance", *usual, *key, *options)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_that_may_not_start_is_said_in_one_sentence(platform: Platform) -> None:
    done = command("conformance", "--url", platform.urls[0], "--key", platform.keys.read)
    assert done.returncode == 1
    assert "--key: it must have the scopes submit and read" in done.stderr


def test_a_section_of_which_nothing_can_be_asked_is_wrong_usage() -> None:
    done = command("conformance", "--section", "9")
    assert done.returncode == 2
    assert "nothing of 9 can be asked" in done.stderr


def test_json_names_each_case_with_its_outcome(platform: Platform) -> None:
    examined = platform.examined("--section", "7")
    cases = msgspec.convert(examined.report["cases"], list[dict[str, object]])
    assert {case["section"] for case in cases} == {7}
    assert examined.report["passed"] == len(cases)
    assert examined.report["failed"] == examined.report["not_applicable"] == 0
