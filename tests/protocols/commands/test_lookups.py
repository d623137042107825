"""Whoever looks at a patron by a command stands in the log of look-ups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from circulation.staff.lookups import NEWEST, lookups_of_patron
from tests.builders.circulation import a_patron, an_item, events_of_patron
from tests.builders.fees import number_of
from tests.builders.staff import Staff
from tests.protocols.commands.calls import ALL, call

#: How parameters are called that name patrons.
_PATRONS = {"patron", "identifier", "identifiers", "patrons", "borrower", "guardian", "card"}
#: Commands with such a parameter that are no look-ups, and why.
_OTHERS = {
    "demo": "makes patrons",
    "ill who": "shows libraries, in the order of the rules for such patrons",
    "move from-fbs": "asks another system",
    "ncip check": "asks another server",
    "patron add": "the card is a new one",
    "patron erase": "leaves nothing that names them",
    "probe": "asks another system",
    "sip2 check": "asks another server",
    **dict.fromkeys(
        (
            *("booking place", "hold cancel", "hold change", "hold pause", "hold place"),
            *("loan onward", "loan out", "loan receipt", "group join", "group leave"),
            *("notices balance", "notices write"),
        ),
        "an act, which is an event, or a refusal, which shows nobody",
    ),
}


#: Commands that are refused with these words: they show nobody.
_REFUSED = {
    *("patron address remove", "patron card add", "patron card replace", "patron guardian add"),
    *("patron guardian remove", "patron pin", "patron contact remove", "patron contact verify"),
    *("patron add", "charges pay", "charges add", "patron erase", "ill ask"),
    *("slip loans", "slip payment", "slip returns"),
}


def names_patrons(name: str) -> bool:
    return any(each.name in _PATRONS for each in ALL[name].params)


#: Read from the table of commands: a new one cannot be forgotten.
COMMANDS = [name for name in ALL if names_patrons(name) and name not in _OTHERS]


def test_there_are_such_commands() -> None:
    assert {"patron show", "charges expected", "explain", "hold list", "lookups"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_shows_a_patron_is_noted(staff: Staff, tmp_path: Path, name: str) -> None:
    """Acts on a patron are events of theirs; everything else is a look-up."""
    library = staff.library
    number = number_of(library, a_patron(library, "1"))
    an_item(library, "1")
    before = _known(staff, number)
    words = call(name, tmp_path)
    for each in ALL[name].params:
        if each.name in _PATRONS and not each.required and "1" not in words:
            words += [each.opts[0], "1"]
    result = staff.run(*words, typed="y\n")
    assert "no patron" not in result.output, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    if result.exit_code != 0:
        assert name in _REFUSED, result.output  # and nothing of the patron was shown
        return
    assert _known(staff, number) > before, result.output


def _known(staff: Staff, number: int) -> int:
    def count(transaction: Any) -> int:
        lines = lookups_of_patron(transaction, patron_id=number, before=NEWEST)
        return len(lines) + len(events_of_patron(transaction, patron_id=number))

    return staff.library.read(count)


def test_a_list_is_one_line_with_its_hits(staff: Staff) -> None:
    library = staff.library
    for _ in range(3):
        an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=-60)
    an_item(library, on_loan_to=a_patron(library))
    an_item(library, on_loan_to=a_patron(library))
    assert len(staff.json("list", "overdue")["lines"]) == 2
    [(actor,)] = library.read(
        lambda transaction: transaction.execute("SELECT actor FROM lookups", ()).fetchall()
    )
    [line] = staff.json("lookups", "--actor", actor)["lines"]
    assert (line["what"], line["hits"], line["context"]) == ("list", 2, "tiro list overdue")
    assert line["patron"] is None
    assert staff.run("lookups").exit_code == 2
