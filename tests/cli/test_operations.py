"""`submit`, `get`, `watch`, `list`, `cancel` against a running API; what goes where, and how they end."""

from __future__ import annotations

import asyncio
import codecs
import json
import os
import pty
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from operations_api.store.webhook_receivers import WebhookReceivers
from tests.http.conftest import service, tenant
from tests.http.service import Service
from tests.processes import ROOT, module

__all__ = ["service", "tenant"]

Said = subprocess.CompletedProcess[str]
FAILURE = {"reason": "SOLD_OUT", "detail": "None\x1b[31m left.", "effect": "none", "step": "write"}
CANCELED = {"reason": "CANCELED", "detail": "It was canceled.", "effect": "none"}
PATIENCE_SECONDS = 60.0
"""Far beyond what anything here takes."""


class Person:
    """Somebody who types commands."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, **environment}

    async def types(self, *arguments: str, stdin: str = "", **environment: str) -> Said:
        return await asyncio.to_thread(
            subprocess.run,
            module("operations_api", *arguments),
            env={**self.environment, **environment},
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
        )

    async def begins(self, *arguments: str, stdout: int = subprocess.PIPE) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *module("operations_api", *arguments),
            env=self.environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )

    async def submitted(self, *arguments: str) -> str:
        """The id of a new note."""
        said = await self.types("submit", "note", "--json", *arguments)
        assert said.returncode == 0, said.stderr
        return str(json.loads(said.stdout)["id"])


@pytest.fixture
async def person(service: Service, tenant: str) -> Person:
    key = await service.new_key(tenant)
    return Person({"OPERATIONS_URL": service.base_url, "OPERATIONS_API_KEY": key, "TERM": "xterm"})


async def test_submit_starts_once_for_each_key(person: Person, service: Service, tenant: str, tmp_path: Path) -> None:
    (tmp_path / "note.json").write_text('{"text": "a", "count": 1.0}')
    from_file = await person.types("submit", "note", "--input", f"@{tmp_path / 'note.json'}", "--key", "k", "--json")
    from_stdin = await person.types("submit", "note", "--input", "-", "--key", "k", stdin='{"text":"a","count":1}')
    operation = json.loads(from_file.stdout)
    assert (operation["status"], operation["idempotency_key"]) == ("pending", "k")
    assert from_stdin.stdout == f"{operation['id']} is pending (queued)\n"
    other = await person.types("submit", "note", "--input", '{"text":"b"}', "--key", "k")
    assert (other.returncode, other.stdout, other.stderr.count("\n")) == (1, "", 1)
    assert await service.count(tenant) == 1


async def test_submit_says_who_is_told_of_the_end(person: Person, service: Service, tenant: str) -> None:
    await WebhookReceivers(service.store.pool).new_secret(tenant, 0)
    id = await person.submitted("--callback-url", "https://receiver.example/hooks")
    told = await service.store.pool.fetchval("select callback_url from operations where id = $1", UUID(id))
    assert told == "https://receiver.example/hooks"


async def test_wait_ends_with_the_result(person: Person, service: Service) -> None:
    waiting = await person.begins("submit", "note", "--key", "k", "--wait")
    id = await only_operation(person)
    await progress(service, id, 3)
    assert await line(waiting) == "pending (queued)"
    assert await line(waiting) == "pending (queued)  3/4 steps"
    await service.succeed(id)
    rest, errors = await waiting.communicate()
    lines = rest.decode().splitlines()
    assert lines[0] == "succeeded (finished)  3/4 steps"
    assert json.loads("\n".join(lines[1:])) == {"text": "done"}
    assert (waiting.returncode, errors) == (0, b"")
    as_json = await person.types("watch", id, "--json")
    assert json.loads(as_json.stdout)["result"] == {"text": "done"}


@pytest.mark.parametrize(("error", "code", "word"), [(FAILURE, 1, "SOLD_OUT"), (CANCELED, 3, "CANCELED")])
async def test_the_exit_code_says_how_it_ended(
    person: Person, service: Service, error: dict[str, str], code: int, word: str
) -> None:
    id = await person.submitted()
    await service.fail(id, error)
    said = await person.types("watch", id)
    assert said.returncode == code
    assert word in said.stderr
    assert said.stderr.count("\n") == 1
    assert "\x1b" not in said.stdout + said.stderr, "what others wrote is no command for a terminal"
    as_json = await person.types("watch", f"{person.environment['OPERATIONS_URL']}/operations/{id}", "--json")
    assert as_json.returncode == code
    assert json.loads(as_json.stdout)["error"]["reason"] == word


async def test_the_end_of_the_time_to_wait_is_4_and_the_operation_goes_on(person: Person) -> None:
    said = await person.types("submit", "note", "--wait", "--timeout", "1s")
    assert said.returncode == 4
    assert "it goes on: operations-api watch " in said.stderr
    id = said.stderr.split()[-1]
    assert json.loads((await person.types("get", id, "--json")).stdout)["cancel_requested"] is False
    as_json = await person.types("watch", id, "--timeout", "1s", "--json")
    assert (as_json.returncode, json.loads(as_json.stdout)["status"]) == (4, "pending")


async def test_an_interrupt_is_130_and_the_operation_goes_on(person: Person) -> None:
    id = await person.submitted()
    watching = await person.begins("watch", id)
    assert await line(watching) == "pending (queued)"
    watching.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(watching.communicate(), PATIENCE_SECONDS)
    assert (watching.returncode, errors.decode()) == (130, f"operations-api: it goes on: operations-api watch {id}\n")
    assert json.loads((await person.types("get", id, "--json")).stdout)["cancel_requested"] is False


async def test_a_terminal_shows_a_live_bar(person: Person, service: Service) -> None:
    id = await person.submitted()
    await progress(service, id, 1)
    async with terminal(person, "watch", id) as screen:
        await screen.shows("1/4 steps")
        await progress(service, id, 3)
        await screen.shows("3/4 steps")
        assert "\x1b[" in screen.text, "lines are drawn over"
        assert "━" in screen.text, "there is a bar"
        await service.succeed(id)
        await screen.shows('"text": "done"')
        assert await screen.end() == 0


async def test_a_terminal_without_colours_has_none(person: Person, service: Service) -> None:
    id = await person.submitted()
    await service.succeed(id)
    person.environment["NO_COLOR"] = "1"
    async with terminal(person, "watch", id) as screen:
        await screen.shows('"text": "done"')
        assert "\x1b[3" not in screen.text
        assert await screen.end() == 0


async def test_get_shows_one(person: Person, service: Service) -> None:
    id = await person.submitted("--input", '{"text":"a"}', "--label", "channel:web")
    said = await person.types("get", id)
    lines = dict(line.split(maxsplit=1) for line in said.stdout.splitlines())
    assert (lines["id"], lines["status"], lines["labels"]) == (id, "pending", '{"channel": "web"}')
    assert "finished_at" not in lines
    full = json.loads((await person.types("get", id, "--full", "--json")).stdout)
    assert full["input"] == {"text": "a"}
    unknown = await person.types("get", "019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "There is no such operation" in unknown.stderr


async def test_list_shows_those_that_are_asked_for(person: Person, service: Service) -> None:
    first = await person.submitted("--label", "channel:web", "--key", "a")
    second = await person.submitted("--label", "channel:shop", "--key", "b")
    await service.succeed(second)
    titles, *rows = (await person.types("list")).stdout.splitlines()
    assert titles.split() == ["ID", "TYPE", "STATUS", "PHASE", "PROGRESS", "CREATED"]
    assert [row.split()[0] for row in rows] == [second, first]
    for arguments, expected in [
        (("--status", "pending,running"), [first]),
        (("--label", "channel:shop"), [second]),
        (("--key", "a"), [first]),
        (("--type", "memo"), []),
        (("--limit", "1"), [second]),
        (("--created-after", "2100-01-01T00:00:00Z"), []),
    ]:
        found = json.loads((await person.types("list", "--json", *arguments)).stdout)
        assert [operation["id"] for operation in found] == expected, arguments


async def test_cancel_asks_and_says_when_it_is_too_late(person: Person, service: Service) -> None:
    id = await person.submitted()
    for _ in range(2):
        said = await person.types("cancel", id, "--json")
        assert (said.returncode, json.loads(said.stdout)["cancel_requested"]) == (0, True)
    done = await person.submitted()
    await service.succeed(done)
    late = await person.types("cancel", done)
    assert (late.returncode, late.stdout) == (1, "")
    assert "cannot be canceled any more" in late.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("submit",),
        ("submit", "note", "--input", "{"),
        ("submit", "note", "--input", "@/no/such/file"),
        ("submit", "note", "--label", "web"),
        ("submit", "note", "--deadline", "tomorrow"),
        ("submit", "note", "--not-before", "2026-01-01T00:00:00"),
        ("submit", "note", "--timeout", "1s"),
        ("submit", "note", "--key", "a b"),
        ("watch",),
        ("get", "no-uuid"),
        ("list", "--limit", "0"),
    ],
    ids=" ".join,
)
async def test_wrong_usage_ends_with_2(person: Person, arguments: tuple[str, ...]) -> None:
    said = await person.types(*arguments)
    assert (said.returncode, said.stdout) == (2, "")
    assert "Error" in said.stderr


async def test_an_api_that_is_away_says_under_which_key_to_repeat(person: Person) -> None:
    said = await person.types("submit", "note", "--key", "order-1", OPERATIONS_URL="http://127.0.0.1:1")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
    assert "cannot be reached" in said.stderr
    assert "order-1" in said.stderr


async def test_shells_complete_commands_and_options(person: Person) -> None:
    for shell in ("bash", "zsh", "fish"):
        script = await person.types(_OPERATIONS_API_COMPLETE=f"{shell}_source")
        assert "operations-api" in script.stdout
    complete = {"_OPERATIONS_API_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    found = await person.types(**complete, COMP_WORDS="operations-api sub")
    assert found.stdout == "plain,submit\n"
    options = await person.types(**{**complete, "COMP_CWORD": "2"}, COMP_WORDS="operations-api submit --re")
    assert options.stdout == "plain,--retry-failed\n"


async def only_operation(person: Person) -> str:
    """The id of the only one there is, once there is one."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := json.loads((await person.types("list", "--json")).stdout)):
            pass
    return str(found[0]["id"])


async def line(process: asyncio.subprocess.Process) -> str:
    """The next line it prints."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        return (await process.stdout.readline()).decode().rstrip("\n")


async def progress(service: Service, id: str, completed: int) -> None:
    """Say how far it is, as its worker would."""
    said = json.dumps({"completed": completed, "total": 4, "unit": "steps"})
    await service.store.pool.execute(
        "update operations set version = version + 1, progress = $2::json where id = $1", UUID(id), said
    )


class Screen:
    """What a terminal was sent."""

    def __init__(self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader) -> None:
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # what is read may end within a character
        self._process = process
        self._reader = reader

    async def shows(self, text: str) -> None:
        """Wait until it was sent this."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while text not in self.text:
                chunk = await self._reader.read(1 << 16)
                assert chunk, f"it ended: {self.text!r}"
                self.text += self._decoder.decode(chunk)

    async def end(self) -> int:
        return await self._process.wait()


@asynccontextmanager
async def terminal(person: Person, *arguments: str) -> AsyncIterator[Screen]:
    """A command whose stdout is a terminal."""
    ours, theirs = pty.openpty()
    process = await person.begins(*arguments, stdout=theirs)
    os.close(theirs)
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb", buffering=0)
    )
    try:
        yield Screen(process, reader)
    finally:
        transport.close()
        if process.returncode is None:
            process.kill()
            await process.wait()
