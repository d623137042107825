"""Terminals of two agencies and one patron: each shows and takes what concerns its own."""

from __future__ import annotations

import pytest

from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import Branch
from circulation.patrons.blocks import block_patron
from tests.builders.agencies import a_school, agree, charge_at
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import number_of
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal

DATE = "20261125    120000"


@pytest.fixture
def school(library: Library) -> Branch:
    return a_school(library)


@pytest.fixture
def kiosk(a_terminal: ATerminal) -> Terminal:
    return a_terminal(kind="desk")


@pytest.fixture
def school_kiosk(a_terminal: ATerminal, school: Branch) -> Terminal:
    """Whose staff know the patrons of both: no PIN is asked for."""
    return a_terminal(kind="desk", branch=school.isil, require_patron_pin="nobody")


def status(terminal: Terminal, card: str) -> str:
    return terminal.ask(f"23001{DATE}AO|AA{card}|AC|AD|".encode()).decode()


def information(terminal: Terminal, card: str) -> str:
    return terminal.ask(f"63001{DATE}   Y      AO|AA{card}|".encode()).decode()


def pays(terminal: Terminal, card: str, amount: str) -> bool:
    asked = f"37{DATE}0100DKKBV{amount}|AO|AA{card}|"
    return terminal.ask(asked.encode()).startswith(b"38Y")


def lends(terminal: Terminal, card: str, barcode: str) -> bool:
    asked = f"11NN{DATE}{DATE}AO|AA{card}|AB{barcode}|AC|"
    return terminal.ask(asked.encode()).startswith(b"121")


def test_a_block_of_one_agency_is_no_flag_at_the_other(
    library: Library, kiosk: Terminal, school_kiosk: Terminal, school: Branch
) -> None:
    card = a_patron(library)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, library.main), number_of(library, card), BlockReason.DEBT
        )
    )
    assert status(kiosk, card)[2:16] == "YYYY      Y   "
    assert "AFYou owe the library money" in status(kiosk, card)
    at_school = status(school_kiosk, card)
    assert at_school[2:16] == " " * 14
    assert "AFYou owe" not in at_school
    assert not lends(kiosk, card, an_item(library))
    assert lends(school_kiosk, card, an_item(library, home=school))
    agree(library, library.main, school, debts=True)
    assert status(school_kiosk, card)[2:16] == "YYYY      Y   "
    assert not lends(school_kiosk, card, an_item(library, home=school))


def test_what_a_machine_blocked_is_lifted_by_one_of_its_agency(
    library: Library, kiosk: Terminal, school_kiosk: Terminal
) -> None:
    card = a_patron(library)
    kiosk.ask(f"01N{DATE}AO|ALforgotten|AA{card}|AC|".encode())
    assert status(kiosk, card)[2] == "Y"
    assert status(school_kiosk, card)[2] == " "
    school_kiosk.ask(f"25{DATE}AO|AA{card}|AC|AD|".encode())
    assert status(kiosk, card)[2] == "Y"
    library.pass_time(hours=1)  # or it would be the same message again: the two have one login
    kiosk.ask(f"25{DATE}AO|AA{card}|AC|AD|".encode())
    assert status(kiosk, card)[2] == " "


def test_a_machine_shows_and_takes_what_its_agency_collects(
    library: Library, kiosk: Terminal, school_kiosk: Terminal, school: Branch
) -> None:
    card = a_patron(library)
    charge_at(library, library.main, card, 23_000)
    charge_at(library, school, card, 1_000)
    assert "|BV230.00|" in status(kiosk, card)
    assert "|BV10.00|" in status(school_kiosk, card)
    assert information(school_kiosk, card).count("|AV") == 1
    assert not pays(school_kiosk, card, "230.00")
    agree(library, library.main, school, payments=True)
    assert "|BV240.00|" in status(school_kiosk, card)
    assert information(school_kiosk, card).count("|AV") == 2
    assert pays(school_kiosk, card, "240.00")
    assert "|BV" not in status(kiosk, card)


def test_a_machine_says_where_to_pay_what_it_does_not_collect(
    library: Library, school_kiosk: Terminal
) -> None:
    card = a_patron(library)
    asked = f"37{DATE}0100DKKBV230.00|AO|AA{card}|".encode()
    assert "AFNothing is owed.|" in school_kiosk.ask(asked).decode()
    made = charge_at(library, library.main, card, 23_000)
    where = f"Pay this where it is owed: {library.main.agency_name} (DK-900100): 230.00 DKK."
    for each in (asked, asked + f"CG{made.id}|".encode()):
        answer = school_kiosk.ask(each).decode()
        assert answer.startswith("38N")
        assert f"AF{where}|" in answer


def test_a_machine_says_where_to_pay_to_a_patron_who_owes_nothing_here(
    library: Library, kiosk: Terminal, school_kiosk: Terminal, school: Branch
) -> None:
    card = a_patron(library)
    said = f"AFPay this where it is owed: {library.main.agency_name} (DK-900100): 230.00 DKK.|"
    charge_at(library, library.main, card, 23_000)
    for ask in (status, information):
        assert said in ask(school_kiosk, card)
        assert "Pay this" not in ask(kiosk, card)
    charge_at(library, school, card, 1_000)
    for ask in (status, information):
        assert "Pay this" not in ask(school_kiosk, card)
    assert pays(school_kiosk, card, "10.00")
    assert said in status(school_kiosk, card)
    agree(library, library.main, school, payments=True)
    for ask in (status, information):
        assert "Pay this" not in ask(school_kiosk, card)
