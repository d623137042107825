"""`tiro --server`: the table of what works there, and commands that ask a library over the API."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import Message
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

import pytest
from click.testing import CliRunner, Result
from pydantic import ValidationError

from circulation.kernel.rights import Right
from circulation.staff.programs import NewProgram, add_program
from protocols.api.messages import Answer, Asked
from protocols.api.models.common import Request as Model
from protocols.api.operations import OPERATIONS
from protocols.api.problems import ProblemDocument
from protocols.commands.asking import server
from protocols.commands.asking.answers import Outcome
from protocols.commands.asking.asked import operations_of
from protocols.commands.asking.server import TOKEN, TOKEN_FILE
from protocols.commands.command_line import tiro
from protocols.commands.over_http.served import SERVED, Served
from protocols.hosting.validating import adapter_of
from tests.builders.accounts import COMMAND, at_no_desk
from tests.builders.circulation import Library, a_patron, an_item, present
from tests.builders.fees import charge
from tests.protocols.api.stage import Stage, a_stage
from tests.protocols.api.test_commands import OF_THE_PROCESS
from tests.protocols.commands.calls import ALL, call, commands

BY_ID = {each.id: each for each in OPERATIONS}
VARIABLE = re.compile(r"\{([a-z_]+)\}")
PARAMETERS = {words: {each.name for each in command.params} for words, command in commands()}
SERVER = "http://127.0.0.1:8080"


def _a_token(library: Library) -> str:
    """The bearer token of a program that may do everything, at the main branch."""
    tomorrow = library.now + timedelta(days=1)
    new = NewProgram("office", library.main.id, frozenset(Right), True, expires=tomorrow)
    made = at_no_desk(library, lambda act: add_program(act, COMMAND, new, with_bearer=True))
    assert made.bearer is not None
    return made.bearer


class Calls:
    """The command line, whose requests reach the API of a stage without a network."""

    def __init__(
        self, stage: Stage, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.stage = stage
        stage.library.now = present()
        self._configuration = folder / "tiro.toml"
        self._configuration.write_text(f'[database]\nurl = "{url}"\n')
        monkeypatch.setattr(server, "urlopen", self.open)
        self.token = _a_token(stage.library)
        monkeypatch.setenv(TOKEN, self.token)

    def open(self, request: Request, timeout: float, context: Any) -> Any:
        headers = {name.lower(): value for name, value in request.header_items()}
        path, _, query = request.selector.partition("?")
        parts = tuple(path.removeprefix("/api/").split("/"))
        octets = bytes(request.data or b"")  # type: ignore[arg-type]
        answers: SimpleQueue[Answer] = SimpleQueue()
        asked = Asked(
            request.get_method(), parts, query.encode(), octets, headers.get, "127.0.0.1", False
        )
        self.stage.api.answer(asked, answers.put)
        answer = answers.get(timeout=30)
        told = Message()
        for name, value in answer.headers:
            told[name] = value
        body = io.BytesIO(answer.body)
        if answer.status >= 400:
            raise HTTPError(request.full_url, answer.status, "", told, body)
        body.headers = told  # type: ignore[attr-defined]
        return body

    def run(self, *words: str, **more: Any) -> Result:
        return CliRunner().invoke(tiro, ["--server", SERVER, *words], **more)

    def run_here(self, *words: str) -> Result:
        """The same on the database."""
        return CliRunner().invoke(tiro, ["--config", str(self._configuration), *words])

    def said(self, *words: str) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def calls(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    with a_stage(sqlite_url) as stage:
        yield Calls(stage, sqlite_url, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("words", "row"),
    [(words, row) for words, rows in SERVED.items() for row in rows],
    ids=lambda each: each if isinstance(each, str) else each.operation,
)
def test_a_row_fits_its_command_and_its_operation(words: str, row: Served) -> None:
    parameters, operation = PARAMETERS[words], BY_ID[row.operation]
    model = operation.body or operation.query
    known = set(VARIABLE.findall(operation.path))
    known |= set() if model is None else set(model.model_fields)
    used = {row.each} - {None}
    assert used | set(row.made) | row.given <= parameters
    assert {target for name, target in row.names.items() if name in parameters} <= known
    assert set(VARIABLE.findall(operation.path)) <= {
        row.names.get(each, each) for each in parameters
    }


def test_every_command_works_there_or_says_why_not() -> None:
    """Those that are left out, and why, stand in `OF_THE_PROCESS`."""
    asking = {words for words, command in commands() if operations_of(command)}
    assert asking.isdisjoint(SERVED)
    assert set(ALL) - asking - set(SERVED) == set(OF_THE_PROCESS)


@pytest.mark.parametrize("words", [each for each in ALL if operations_of(ALL[each])])
def test_what_has_pages_is_asked_by_pages(words: str) -> None:
    """A command takes limit and cursor where its operation does."""
    first = BY_ID[operations_of(ALL[words])[0]]
    has_pages = "cursor" in (first.query or first.body or Model).model_fields
    assert has_pages is ({"limit", "cursor"} <= PARAMETERS[words])


def _looks(words: str) -> bool:
    """Does it change nothing? Not even what those tell of: each look itself."""
    operations = operations_of(ALL[words])
    looks = all(BY_ID[each].method == "GET" for each in operations)
    return bool(operations) and looks and words not in ("lookups", "patron export")


@pytest.mark.parametrize("words", [each for each in ALL if _looks(each)])
def test_what_is_looked_at_is_one_document(calls: Calls, words: str, tmp_path: Path) -> None:
    """The same words give the same document and status, on the database and over HTTP."""
    library = calls.stage.library
    card = a_patron(library, "1")
    an_item(library, "1", on_loan_to=card)
    charge(library, card, 5_000)
    said = _said(words, tmp_path)
    here, there = calls.run_here(*said, "--json"), calls.run(*said, "--json")
    assert (here.exit_code, here.stdout) == (there.exit_code, there.stdout), here.stderr


def _said(words: str, folder: Path) -> list[str]:
    """The words of a call at the main branch."""
    return [
        "DK-900101" if before in ("--at", "--branch") else word
        for before, word in pairwise(["", *call(words, folder)])
    ]


#: Commands of which nothing can be told without more than their words, each with what that is.
NEED_MORE = {
    "loan class": "a file of pupils",
    "notices write": "a rule that names a channel",
    "patron add": "the given name of a person",
    "record replace": "a file with a record",
    "statistics": "a first day, or what else is to be drawn",
}
#: What is made first for the commands of a noun; what the database numbers is 1 then.
BEFORE = {
    "deposit": "deposit add",
    "group": "group add",
    "hold": "hold place",
    "inventory": "inventory begin",
    "staff": "staff add",
    "theme": "theme add",
    "token": "token add",
    "workstation": "workstation add",
}


@pytest.mark.drawn(64)
@pytest.mark.parametrize("words", [each for each in ALL if operations_of(ALL[each])])
def test_what_is_printed_is_the_answer_of_its_operation(
    calls: Calls, words: str, tmp_path: Path
) -> None:
    """Each command prints the document of one of its operations, or why it was refused."""
    library = calls.stage.library
    card = a_patron(library, "1")
    an_item(library, "1", on_loan_to=card)
    noun = words.partition(" ")[0]
    if noun in BEFORE and BEFORE[noun] != words:
        calls.run_here(*_said(BEFORE[noun], tmp_path))
    told = calls.run_here(*_said(words, tmp_path), "--json")
    assert "unexpectedly" not in told.stderr
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    if not told.stdout:
        assert told.exit_code == (2 if words in NEED_MORE else 1), told.stderr
        return
    assert words not in NEED_MORE
    for document in _documents(told.stdout):
        assert any(_is_answer(document, each) for each in operations_of(ALL[words])), document


def _documents(printed: str) -> Iterator[Any]:
    """What was printed: a document, a list of them, or one on each line."""
    try:
        whole = [json.loads(printed)]
    except ValueError:
        whole = [json.loads(line) for line in printed.splitlines()]
    for each in whole:
        for document in each if isinstance(each, list) else [each]:
            if set(document) == set(Outcome._fields):
                yield document["answer"] or document["problem"]
            else:
                yield document


def _is_answer(document: Any, name: str) -> bool:
    """Is it what the operation answers, nothing more and nothing less, or a refusal?"""
    kinds = (BY_ID[name].answer, ProblemDocument)
    if document == {"done": True}:
        return kinds[0] is None
    if {"refused", "why"} <= set(document):
        return True
    for kind in filter(None, kinds):
        adapter = adapter_of(kind)
        try:
            read = adapter.validate_python(document)
        except ValidationError:
            continue
        shown = adapter.dump_python(read, mode="json", exclude_none=kind is ProblemDocument)
        if set(shown) == set(document):
            return True
    return False


def test_a_stack_is_lent_and_taken_back(calls: Calls) -> None:
    library = calls.stage.library
    card, item = a_patron(library), an_item(library)
    lent = calls.said("loan", "out", card, item, "--at", "DK-900101")
    assert item in json.dumps(lent)
    assert [each["item"]["barcode"] for each in calls.said("loan", "list", card)["loans"]] == [item]
    assert item in calls.run("loan", "in", item, "--at", "DK-900101").stdout
    assert calls.said("loan", "list", card)["loans"] == []


def test_it_is_done_where_the_token_works(calls: Calls) -> None:
    item = an_item(calls.stage.library)
    refused = calls.run("loan", "in", item, "--at", "DK-900102")
    assert refused.exit_code == 1
    assert "this token works at DK-900101, and not at DK-900102" in refused.stderr


def test_a_job_is_run_to_its_end(calls: Calls) -> None:
    assert calls.said("jobs", "run", "replies")["cursor"] is None
    [runs] = [
        each["runs"] for each in calls.said("jobs", "list")["jobs"] if each["job"] == "replies"
    ]
    assert [each["runs"] for each in runs] == [1]


def test_staff_are_administered(calls: Calls) -> None:
    calls.said("staff", "add", "bo", "--name", "Bo", "--at", "DK-900101", "--role", "librarian")
    password = "a quiet corner of the park\n"
    assert calls.run("staff", "password", "bo", input=password * 2).exit_code == 0
    [bo] = calls.said("staff", "list")["accounts"]
    assert (bo["roles"], bo["has_password"]) == (["librarian@DK-900100"], True)
    assert calls.said("staff", "disable", "bo")["disabled"] is not None
    key = calls.said("workstation", "add", "desk 1", "--at", "DK-900101")["key"]
    assert calls.said("workstation", "key", "desk 1")["key"] != key


def test_money_is_taken_and_told_of_as_on_the_database(calls: Calls) -> None:
    """The same documents, one asked of a server and one of the database."""
    library = calls.stage.library
    card = a_patron(library)
    made = charge(library, card, 5_000)
    paid = calls.said("charges", "pay", card, "20", "--at", "DK-900101")
    assert paid["amount"] == {"amount": 2_000, "currency": "DKK"}
    left = calls.said("charges", "waive", str(made.id), "--amount", "10,00", "--reason", "kind")
    assert left["charge"]["balance"] == 2_000
    for words in (("charges", "--patron", card), ("charges", "explain", str(made.id))):
        here = calls.run_here(*words, "--json")
        assert json.loads(here.stdout) == calls.said(*words)
    assert "20.00 DKK" in calls.run("charges", "--patron", card).stdout
    too_much = calls.run("charges", "waive", str(made.id), "--amount", "99", "--reason", "kind")
    assert too_much.exit_code == 2
    assert calls.run("charges", "explain", "1").exit_code == 1


def test_patrons_holds_and_items_are_looked_after(calls: Calls) -> None:
    library = calls.stage.library
    card, item = a_patron(library), an_item(library)
    at = ("--at", "DK-900101")
    [hold] = calls.said("hold", "place", card, "--item", item, *at)["holds"]
    number = hold["id"]
    until = f"{library.today + timedelta(days=40):%Y-%m-%d}"
    paused = calls.said("hold", "pause", card, number, "--until", until, *at)
    assert paused["paused_until"] == until
    assert calls.said("hold", "pause", card, number, "--end", *at)["paused_until"] is None
    other = a_patron(library)
    assert "no hold" in calls.run("hold", "cancel", other, number, *at).stderr
    assert calls.run("hold", "cancel", card, number, *at).exit_code == 0
    price = ("--price", "99,50", "--currency", "DKK")
    assert calls.said("item", "change", item, *price)["price"]["amount"] == 9_950
    blocked = calls.said("patron", "card", "block", card, "--reason", "lost")
    assert [each["blocked"] for each in blocked["identifiers"]] == ["lost"]
    unblocked = calls.said("patron", "card", "unblock", card)
    assert [each["blocked"] for each in unblocked["identifiers"]] == [None]
    calls.said("patron", "block", card, "--message", "see the desk", *at)
    assert calls.said("patron", "unblock", card, *at)["blocks"] == []
    assert calls.said("patron", "find", "Ørsted", *at)
    assert calls.said("patron", "change", card, "--never-expires")["details"]["expires"] is None


def test_members_of_a_group_are_named_by_their_cards(calls: Calls) -> None:
    group = calls.said("group", "add", "7.b", "--at", "DK-900101")["group"]
    cards = [a_patron(calls.stage.library) for _ in range(2)]
    joined = calls.said("group", "join", group, *cards)
    assert [(each["patron"]["card"], each["changed"]) for each in joined] == [
        (card, True) for card in cards
    ]
    members = calls.said("group", "members", group)["members"]
    assert {each["card"] for each in members} == set(cards)
    assert "no patron" in calls.run("group", "join", group, "nobody").stderr


def test_what_cannot_says_so(calls: Calls) -> None:
    for words in (["backup", "x"], ["digital-post", "check"], ["jobs", "run"], ["health"]):
        result = calls.run(*words)
        assert result.exit_code == 1
        assert "does not work over --server" in result.stderr
    dry = calls.run("jobs", "run", "replies", "--dry-run")
    assert "this cannot be said: dry_run" in dry.stderr


def test_what_the_server_refuses_is_told_as_here(calls: Calls) -> None:
    result = calls.run("explain", "nobody", "nothing")
    assert result.exit_code == 1
    assert "nobody of yours has this card" in result.stderr
    item = an_item(calls.stage.library)
    refused = calls.run("loan", "renew", item, "--at", "DK-900101", "--json")
    assert refused.exit_code == 1
    [result] = json.loads(refused.stdout)["results"]
    assert [each["code"] for each in result["reasons"]] == ["ITEM_NOT_ON_LOAN"]


def test_the_token_stands_in_a_file_and_goes_over_tls_alone(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv(TOKEN)
    assert "no token is there" in calls.run("role", "list").stderr
    (tmp_path / "token").write_text(f"{calls.token}\n")
    monkeypatch.setenv(TOKEN_FILE, str(tmp_path / "token"))
    assert calls.run("role", "list").exit_code == 0
    clear = CliRunner().invoke(tiro, ["--server", "http://tiro.example", "role", "list"])
    assert "a token goes over https alone" in clear.stderr
    monkeypatch.setenv(TOKEN, "wrong")
    assert "wrong or has expired" in calls.run("role", "list").stderr
