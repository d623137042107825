"""What each operation answers to who may, and all that it writes: events, rows, the access log.

The answers are in tests/transcripts/api.txt, by the name of the operation.
``python -m tests.protocols.api.test_answers`` writes them again: then read what has changed.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from catalogue.database import migrate
from circulation.kernel.rights import EVERYTHING
from protocols.api.operation import Caller, Operation
from protocols.api.operations import OPERATIONS
from tests.builders.circulation import NOON, an_item
from tests.builders.journal import Journal
from tests.keeping import Kept
from tests.protocols.api.stage import a_stage
from tests.protocols.api.test_table import _VARIABLE, Place, _asked, known_names

ANSWERS: Final = Path(__file__).parents[2] / "transcripts" / "api.txt"
#: What is drawn, or depends on the library's keys, its version or the machine.
DRAWN: Final = re.compile(
    r"""(?<=ETag=")[^"]*|b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*"|\b\d{16,}\b|tiro-[0-9a-f]{16}|token-\d+"""
    r"""|\b(?=\w*\d)[a-z0-9]{13}\b(?!-)|(?![A-Z_]+(?![\w+/-]))(?=[\w+/-]*[A-Z\d])[\w+/-]{22,}"""
)
#: Operations that answer what is of this build, or all that there is of a patron.
LEFT_OUT: Final = frozenset({"description", "export", "export_own"})
#: Rows that other tests look at: the index, and answers kept for who asks again.
OTHERS: Final = re.compile(r"[+~-] (postings|sort_keys|change_notes|replies|record_text) ")
#: What is asked for before, in this order, so that there is something to answer about.
BEFORE: Final = (
    "make_group",
    "join",
    "give_contact",
    "give_address",
    "register_workstation",
    "let_program_in",
    "add_card",
    "silence",
    "announce_delivery",
    "charge_by_hand",
)
#: Operations that are about an item that is not on loan.
FREE: Final = frozenset(
    {
        "book",
        "fetch",
        "lend",
        "lend_stack",
        "lend_to_class",
        "place_hold",
        "place_hold_set",
        "place_own_hold",
        "set_state",
        "withdraw_items",
    }
)


class Told(NamedTuple):
    place: Place
    journal: Journal


@contextmanager
def _a_journal(url: str) -> Iterator[Told]:
    with a_stage(url) as stage:
        known = known_names(stage)
        known |= {"record": known["title"], "free": an_item(stage.library)}
        token = stage.a_caller(grants=EVERYTHING)
        by_id = {each.id: each for each in OPERATIONS}
        for name in BEFORE:
            answer = _asked(stage, by_id[name], known, token)
            assert answer.status < 300, (name, answer)
        yield Told(Place(stage, known), Journal(stage.library))


@pytest.fixture(scope="module")
def kept(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept[Told]]:
    kept = Kept(_a_journal, sqlite_template, tmp_path_factory.mktemp("answers"))
    yield kept
    kept.close()


def lines_of(told: Told, operation: Operation) -> list[str]:
    """The request, the answer and what was written."""
    (stage, known), journal = told
    known = known | {"item": known["free"]} if operation.id in FREE else known
    stage.library.now = NOON
    stage.callers.clear()
    journal.forget()
    if operation.caller is Caller.PATRON:
        token = stage.a_patron_caller(known["card"])
    else:
        token = stage.a_caller(grants=EVERYTHING)
    names = {value: f"<{name}>" for name, value in known.items() if len(value) > 9}

    def ask() -> Mapping[str, Any]:
        answer = _asked(stage, operation, known, token)
        return {"status": answer.status, "headers": answer.headers, "body": answer.body}

    before = len(journal.lines)
    path = _VARIABLE.sub(lambda found: known[found[1]], operation.path)
    journal.do(f"{operation.method} {path}", ask, days=3)
    found = []
    for line in journal.lines[before + 1 :]:
        if OTHERS.match(line):
            continue
        for value, name in (*names.items(), (token, "<caller>")):
            line = line.replace(value, name)
        found.append(DRAWN.sub("<drawn>", line.replace("\n", "\\n").replace("\r", "\\r")))
    return found


def read_answers() -> dict[str, list[str]]:
    parts = ANSWERS.read_text("utf-8").split("\n# ")[1:]
    return {each.split("\n")[0]: each.rstrip("\n").split("\n")[1:] for each in parts}


ASKED: Final = [each for each in OPERATIONS if each.id not in LEFT_OUT]


@pytest.mark.parametrize("operation", ASKED, ids=lambda each: each.id)
def test_it_answers_as_it_is_written(kept: Kept[Told], operation: Operation) -> None:
    assert lines_of(kept.get(), operation) == read_answers().get(operation.id)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.sqlite"
        migrate(f"sqlite:///{template}")
        kept_here = Kept(_a_journal, template, Path(folder))
        parts = [[f"\n# {each.id}", *lines_of(kept_here.get(), each)] for each in ASKED]
        kept_here.close()
    ANSWERS.write_text("\n".join(["", *("\n".join(each) for each in parts), ""])[1:], "utf-8")
