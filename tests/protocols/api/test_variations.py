"""What each operation answers to other requests and other callers, as far as it differs.

The first request to an operation names the marked patron of `test_walk`, and its answer is written
whole. Then come the same request with one field more or another name, with a name that is unknown,
and by other callers: of their answers, events and rows only what the first does not have.
The answers are in tests/transcripts/api-variations.txt, by the name of the operation.
``python -m tests.protocols.api.test_variations`` writes them again: then read what has changed.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from catalogue.database import migrate
from circulation.kernel.rights import EVERYTHING, Reach, Right
from protocols.api.operation import Caller, Operation
from protocols.api.operations import OPERATIONS
from tests.builders.circulation import Library
from tests.builders.journal import Journal
from tests.protocols.api.test_answers import DRAWN, LEFT_OUT, OTHERS
from tests.protocols.api.test_walk import World
from tests.protocols.api.walk import Ask, fields_of, requests_to

ANSWERS: Final = Path(__file__).parents[2] / "transcripts" / "api-variations.txt"
#: Operations of which other tests look at each answer: searching, and whole files.
SEARCHING: Final = frozenset({"explain_cql", "search_titles", "find_titles", "write_notice"})
#: Other requests to an operation, at the most.
MOST: Final = 20
_VARIABLE: Final = re.compile(r"\{([a-z_]+)\}")
#: What a field may say that the first request leaves out.
SAMPLES: Final[dict[str, Any]] = {
    "accept_fee": 500,
    "activates": "2026-12-10",
    "actor": "anna",
    "after": 1,
    "all": True,
    "all_agencies": True,
    "amount": 150,
    "author": "Smith",
    "barcode": " NEW-ITEM-2 ",
    "bearer": True,
    "birth_date": "1990-02-03",
    "blocked": "stolen",
    "by": ["day"],
    "call_number": "86-096",
    "category": "child",
    "copies": 2,
    "country": "SE",
    "cursor": "x",
    "day": "2026-11-20",
    "days": 2,
    "department": "Children",
    "disabled": True,
    "done": True,
    "dry_run": True,
    "email": "new@example.dk",
    "ends": "2026-12-24",
    "everywhere": True,
    "expected": "2026-12-03",
    "expires": "2027-01-31",
    "first": "2026-12-01",
    "from_the_beginning": True,
    "happened": "2026-11-27T10:00:00Z",
    "here": True,
    "home": "DK-900102",
    "home_branch": "DK-900102",
    "house_number": "7",
    "interest_days": 40,
    "interest_until": "2026-12-20",
    "is_all": True,
    "is_protected": True,
    "language": "da",
    "last": "2026-12-24",
    "lends_onward": True,
    "limit": 1,
    "loan_days": 9,
    "location": "Shop window",
    "mark": "lost",
    "material_group": "book",
    "message": "Ask for the new address",
    "minimum": 1,
    "minutes": 5,
    "most": 1,
    "municipality": "561",
    "needed_before": "2026-12-30",
    "note": "a note",
    "open": True,
    "order": "ORDER-7",
    "overdue": True,
    "part": "2",
    "phone": "+45 28119945",
    "pickup_branch": "DK-900102",
    "pin": "739154",
    "place": "Window",
    "postal_code": "6760",
    "priority": 3,
    "ready": True,
    "reason": "other",
    "reasons": ["PATRON_BLOCKED"],
    "roles": ["assistant"],
    "section": "History",
    "seen": True,
    "sees_account": True,
    "silent_batch": "old",
    "sublocation": "Shelf 7",
    "suppliers": ["DK-900101"],
    "take_unexpected": True,
    "to_go": True,
    "unmarked": True,
    "unobtainable": True,
    "until": "2026-12-15",
    "valid_from": "2026-11-01",
    "valid_until": "2027-11-01",
    "value": "+45 28119946",
    "waiting": True,
    "waiving_limit": 700,
    "why": " a mistake ",
}
#: Fields of which blanks at the ends are no part.
STRIPPED: Final = ("card", "identifier", "item", "name", "number", "scanned", "text")
#: What is written as it is: a word of other texts as well.
NOT_NAMED: Final = frozenset({"branch", "first", "last", "source"})
_HASH: Final = re.compile(r"\$argon2\S+")
OVERRIDE: Final = {"reasons": ["PATRON_BLOCKED"], "why": "seen to"}


def other_requests(operation: Operation, first: Ask, world: World) -> Iterator[Ask]:
    """Yield requests that differ from the first in one name or in one field."""
    yield from islice(requests_to(operation, world.known), 1, MOST)
    for variable in _VARIABLE.findall(operation.path):
        path = operation.path.replace(f"{{{variable}}}", "98765")
        path = _VARIABLE.sub(lambda found: world.known[found[1]], path)
        yield first._replace(
            path=path + first.path.partition("?")[1] + first.path.partition("?")[2]
        )
    for field in fields_of(operation.query):
        if field in SAMPLES and f"{field}=" not in first.path:
            value = SAMPLES[field]
            value = json.dumps(value) if isinstance(value, bool) else value
            value = value[0] if isinstance(value, list) else value
            sign = "&" if "?" in first.path else "?"
            yield first._replace(path=f"{first.path}{sign}{field}={value}")
    if not isinstance(first.body, dict):
        return
    own = getattr(operation.body, "model_fields", {})
    for field in own:
        if field == "override":
            yield first._replace(body=first.body | {"override": OVERRIDE})
        elif field in first.body and field in STRIPPED:
            yield first._replace(body=first.body | {field: f" {first.body[field]} "})
        elif field in SAMPLES and field not in first.body:
            yield first._replace(body=first.body | {field: SAMPLES[field]})


#: The callers of `test_walk`, by the words of the file.
OF_STAFF: Final = {
    "staff of the agency": "agency",
    "staff of the home branch": "home branch",
    "staff of another branch": "other branch",
    "staff of another agency": "other agency",
    "staff of an agency in an agreement": "partner",
    "staff of an agency that takes payments": "payee",
}
OF_PATRONS: Final = {
    "the patron": "patron",
    "a guardian": "guardian",
    "another patron": "other patron",
}


def _callers(operation: Operation, world: World) -> Iterator[tuple[str, str | None]]:
    """Yield who else asks: by what they are called, and their token."""
    main, other, *_ = world.branches
    if operation.right is not None:
        here = {"id": 901, "branch_id": main.id}
        yield "this right alone", world.stage.a_caller(operation.right, **here)
        grants = dict.fromkeys(Right, Reach(agencies=frozenset({main.agency_id})))
        grants[operation.right] = Reach(branches=frozenset({other.id}))
        yield "this right elsewhere", world.stage.a_caller(grants=grants, **here)
    if operation.caller is not Caller.PATRON:
        nowhere = {"id": 902, "agency_id": 0, "branch_id": 0}
        yield "no branch", world.stage.a_caller(grants=EVERYTHING, **nowhere)
    names = {
        **(OF_STAFF if operation.caller is not Caller.PATRON else {}),
        **(OF_PATRONS if operation.caller is not Caller.STAFF else {}),
    }
    for name, called in names.items():
        yield called, world.callers[name].token


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the paths to the values of an answer, with the values."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _flat(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple) and value:
        for number, each in enumerate(value):
            yield from _flat(each, f"{path}.{number}")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


class Seen(NamedTuple):
    """An answer: of a problem all that matters is said by `status`."""

    status: str
    body: dict[str, str]
    written: tuple[str, ...]


class _Journal(Journal):
    """The journal of the marked patron's library, which is the same after each change."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.forget()
        self._kept = dict(self._seen)
        self._kept_event = self._event

    def again(self) -> None:
        """Begin where the journal began."""
        self.lines, self._names, self._counts = [], {}, {}
        self._seen, self._event = dict(self._kept), self._kept_event


class Book:
    """The library, and a copy of it that is put back after each change."""

    def __init__(self, template: Path, folder: Path) -> None:
        self.world = World(template, folder)
        self.world.stage.library.now += timedelta(days=3)
        path = str(self.world.stage.library.database.url).removeprefix("sqlite:///")
        self._file = sqlite3.connect(path)
        self._copy = sqlite3.connect(":memory:")
        self._file.backup(self._copy)
        names = self._file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        self._tables = [name for (name,) in names if not name.startswith("sqlite_")]
        self._journal = _Journal(self.world.stage.library)
        self._rows = self._read()

    def close(self) -> None:
        self._file.close()
        self._copy.close()
        self.world.close()

    def _read(self) -> list[Any]:
        return [
            self._file.execute(f"SELECT * FROM {each}").fetchall()
            for each in self._tables
            if each not in ("lookups", "replies")
        ]

    def _put_back(self) -> None:
        self._copy.backup(self._file)
        self.world.stage.library.write(lambda transaction: None)  # lets go of what was read
        self._journal.again()

    def ask(self, ask: Ask, token: str | None) -> Seen:
        """Return the answer, and the lines of what was written; then put the library back."""
        stage, journal = self.world.stage, self._journal
        stage.library.now = self.world.now + timedelta(days=3)
        answer = stage.ask(
            ask.operation.method, ask.path, ask.body, token=token, headers=ask.headers
        )
        journal.do("", lambda: None, seconds=0)
        written = [self.plain(each) for each in journal.lines[3:] if not OTHERS.match(each)]
        self._put_back()
        return Seen(*_said(answer.status, answer.body, self.plain), tuple(written))

    def plain(self, text: str) -> str:
        """Return the text with names in place of what is drawn."""
        return DRAWN.sub("<drawn>", _HASH.sub("<hash>", self.named(text)))

    def named(self, text: str) -> str:
        """Return the text with names in place of what the library knows by a number."""
        for name, value in self.world.known.items():
            if len(value) > 7 and name not in NOT_NAMED:
                text = text.replace(value, f"<{name}>")
        return text.replace("\n", "\\n").replace("\r", "\\r")


def _said(status: int, body: Any, plain: Callable[[str], str]) -> tuple[str, dict[str, str]]:
    """Return what says why something was not done, and the body of what was."""
    if status < 400:
        found = {} if body is None else dict(_flat(body))
        return str(status), {path: plain(value) for path, value in found.items()}
    if "type" not in body:  # those of RFC 6749
        return f"{status} {body['error']}", {}
    words = [str(status), body["type"].rpartition(":")[2], body.get("right") or ""]
    words += [f"{each['field']}: {each['text']}" for each in body["errors"]]
    words += [each["code"] for each in body["reasons"]]
    if len(words) == 3:
        words.append(body.get("detail") or "")
    return plain(" ".join(filter(None, words))), {}


def lines_of(book: Book, operation: Operation) -> list[str]:
    """Return what stands in the file of the operation."""
    world = book.world
    callers = dict(world.stage.callers)
    is_patron = operation.caller is Caller.PATRON
    token = (
        world.callers["the patron"].token
        if is_patron
        else world.stage.a_caller(grants=EVERYTHING, id=900)
    )
    first = next(requests_to(operation, world.known))
    before = book.ask(first, token)
    body = json.dumps(first.body, default=str, ensure_ascii=False) if first.body else ""
    lines = [book.named(f"> {operation.method} {first.path} {body}".rstrip())]
    lines.append(f"< {before.status}")
    if before.body:
        lines.append(f"  {'; '.join(f'{path}={value}' for path, value in before.body.items())}")
    lines += before.written
    others: dict[tuple[str, ...], list[str]] = {}
    for ask in other_requests(operation, first, world):
        found = _differences(before, book.ask(ask, token))
        others.setdefault(found, []).append(book.named(_told(ask, first)))
    by: dict[tuple[str, ...], list[str]] = {}
    own = before._replace(written=tuple(map(_without_caller, before.written)))
    for name, other in _callers(operation, world):
        seen = book.ask(first, other)
        seen = seen._replace(written=tuple(map(_without_caller, seen.written)))
        by.setdefault(_differences(own, seen), []).append(name)
    for found, asked in others.items():
        lines += [f"> {'; '.join(dict.fromkeys(asked))}", *found]
    for found, names in by.items():
        lines += [f"> by {', '.join(names)}", *found]
    world.stage.callers.clear()
    world.stage.callers.update(callers)
    return lines


def _told(ask: Ask, first: Ask) -> str:
    """Return in what the request differs from the first."""
    told = [] if ask.path == first.path else [ask.path]
    if ask.body != first.body and isinstance(ask.body, dict):
        told += [
            f"{name}={json.dumps(value, default=str, ensure_ascii=False)}"
            for name, value in ask.body.items()
            if first.body.get(name) != value
        ]
        told += [f"no {name}" for name in first.body if name not in ask.body]
    return " ".join(told)


def _without_caller(line: str) -> str:
    if line.startswith("+ lookups"):
        return re.sub(r" at=.*? device=.*?(?= patron_id=| what=)", "", line)
    return re.sub(r" by .*?, .*?(?= \w+=|$)", "", line)


def _differences(before: Seen, after: Seen) -> tuple[str, ...]:
    """Return what the second answer has and the first has not, or the other way round."""
    if after == before:
        return (f"< {after.status}, the same",)
    lines = [f"< {after.status}"]
    if after.body and before.body:
        kept = {path.partition(".")[0] for path in after.body}
        gone = [path for path in before.body if path not in after.body]
        gone = [re.sub(r"\.\d+", "", each) for each in gone]
        gone = [path if (top := path.partition(".")[0]) in kept else top for path in gone]
        more = [
            f"{path}={value}"
            for path, value in after.body.items()
            if before.body.get(path) != value
        ]
        lines += [f"  without {', '.join(dict.fromkeys(gone))}"] if gone else []
        lines += [f"  {'; '.join(more)}"] if more else []
    written = [each for each in after.written if each not in before.written]
    unwritten = [each for each in before.written if each not in after.written]
    if after.status[0] == "2" and unwritten:
        kinds = dict.fromkeys(" ".join(each.split(" ")[:2]) for each in unwritten)
        lines.append(f"  not written so: {', '.join(kinds)}")
    return (*lines, *written)


def read_answers() -> dict[str, list[str]]:
    parts = ANSWERS.read_text("utf-8").split("\n# ")[1:]
    return {each.split("\n")[0]: each.rstrip("\n").split("\n")[1:] for each in parts}


ASKED: Final = [each for each in OPERATIONS if each.id not in LEFT_OUT | SEARCHING]


@pytest.fixture(scope="module")
def book(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    book = Book(sqlite_template, tmp_path_factory.mktemp("variations"))
    yield book
    book.close()


@pytest.mark.parametrize("operation", ASKED, ids=lambda each: each.id)
def test_it_differs_as_it_is_written(book: Book, operation: Operation) -> None:
    assert lines_of(book, operation) == read_answers().get(operation.id)


def write_answers() -> None:
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.sqlite"
        migrate(f"sqlite:///{template}")
        (Path(folder) / "world").mkdir()
        book = Book(template, Path(folder) / "world")
        parts = [[f"\n# {each.id}", *lines_of(book, each)] for each in ASKED]
        book.close()
    ANSWERS.write_text("\n".join(["", *("\n".join(each) for each in parts), ""])[1:], "utf-8")


if __name__ == "__main__":
    write_answers()
