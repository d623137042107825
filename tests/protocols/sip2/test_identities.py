"""By what a patron is named in answers (AA), and what is said of their PIN (CQ)."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.kernel.reasons import IdentifierBlock
from circulation.kernel.results import UNATTENDED
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.changes import change_patron
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    IdentifierKey,
    add_identifier,
    block_identifier,
)
from protocols.sip2.codec import decode
from protocols.sip2.wire.text import Dialect
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, number_of
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal

NOW = "20261125    120000"
CARD, OLD_CARD, LOGIN, NATIONAL = "P0000009", "P0000001", "ida@example.org", "0504871234"
TYPED = (CARD, OLD_CARD, LOGIN, NATIONAL, "050487-1234", f" {CARD} ")
#: Every message that names a patron, but for 65: its answer has no AA.
ABOUT_PATRONS = (
    f"23001{NOW}AO|AA{{aa}}|AC|",
    f"63001{NOW}          AO|AA{{aa}}|",
    f"11NN{NOW}{NOW}AO|AA{{aa}}|ABfree|AC|",
    f"11YN{NOW}{NOW}AO|AA{{aa}}|ABlent|AC|",
    f"11NN{NOW}{NOW}AO|AA{{aa}}|ABnone|AC|",
    f"29NN{NOW}{NOW}AO|AA{{aa}}|ABlent|",
    f"29NN{NOW}{NOW}AO|AA{{aa}}|ABnone|",
    f"15+{NOW}AO|AA{{aa}}|ABfree|",
    f"15-{NOW}AO|AA{{aa}}|ABnone|",
    f"37{NOW}0100DKKBV1.00|AO|AA{{aa}}|",
    f"37{NOW}0100DKKBVnone|AO|AA{{aa}}|",
    f"35{NOW}AO|AA{{aa}}|",
    f"01N{NOW}AO|AL|AA{{aa}}|AC|",
    f"25{NOW}AO|AA{{aa}}|",
)


def fields(answer: bytes) -> Any:
    return decode(answer.rstrip(b"\r"), Dialect())


@pytest.fixture
def person(library: Library) -> str:
    """A patron with two cards, a login and a national number, a loan and a debt."""
    key = IdentifierKey(b"sixteen bytes ok")
    IDENTIFIERS.put(library.circulation, key)
    a_patron(library, OLD_CARD, pin_hash=hashed("1234"))
    number = number_of(library, OLD_CARD)
    library.pass_time(minutes=1)
    for identifier, kind in ((LOGIN, "login"), (NATIONAL, "national_id"), (CARD, "card")):
        library.write(
            lambda transaction, i=identifier, k=kind: add_identifier(
                library.act(transaction, UNATTENDED), number, i, k
            )
        )
    an_item(library, "free")
    an_item(library, "lent", on_loan_to=CARD)
    charge(library, CARD, 5000)
    return CARD


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("message", ABOUT_PATRONS)
def test_a_patron_is_one_person_whatever_was_typed(
    person: str, a_terminal: ATerminal, message: str, typed: str
) -> None:
    answer = a_terminal(kind="desk").ask(message.format(aa=typed).encode())
    assert fields(answer).patron_identifier == person, answer


def test_a_field_of_ones_own_shows_the_card_whatever_was_typed(
    person: str, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(extra_patron_fields=["ZA={identifier}"])
    for typed in (OLD_CARD, CARD, LOGIN):
        answer = terminal.ask(f"23001{NOW}AO|AA{typed}|AC|AD1234|".encode()).decode()
        assert f"|ZA{person}|" in answer, answer


def test_a_return_names_the_same_card(person: str, library: Library, terminal: Terminal) -> None:
    assert (
        fields(terminal.ask(f"09N{NOW}{NOW}AP|AO|ABlent|AC|".encode())).patron_identifier == person
    )


@pytest.mark.parametrize("message", ABOUT_PATRONS)
def test_an_account_may_hear_what_it_sent_but_for_national_numbers(
    person: str, a_terminal: ATerminal, message: str
) -> None:
    terminal = a_terminal(kind="desk", echo_patron_identifier=True)
    for typed in (OLD_CARD, LOGIN):
        answer = terminal.ask(message.format(aa=typed).encode())
        assert fields(answer).patron_identifier == typed
    assert NATIONAL.encode() not in terminal.ask(message.format(aa=NATIONAL).encode())


@pytest.mark.parametrize("message", [*ABOUT_PATRONS, f"65{NOW}AO|AA{{aa}}|"])
@pytest.mark.parametrize("logged_in", [True, False])
def test_a_national_number_that_nobody_has_does_not_come_back(
    a_terminal: ATerminal, message: str, logged_in: bool
) -> None:
    terminal = a_terminal(kind="desk", logged_in=logged_in)
    for typed in (NATIONAL, "050487-1234", "050487 1234"):
        answer = terminal.ask(message.format(aa=typed).encode())
        assert answer
        assert b"1234" not in answer
        assert b"050487" not in answer


def test_whoever_finds_a_lost_card_learns_no_other(library: Library, terminal: Terminal) -> None:
    a_patron(library, OLD_CARD)
    number = number_of(library, OLD_CARD)
    library.pass_time(minutes=1)
    library.write(
        lambda transaction: add_identifier(
            library.act(transaction, UNATTENDED), number, CARD, "card"
        )
    )
    library.write(
        lambda transaction: block_identifier(
            library.act(transaction, UNATTENDED), OLD_CARD, IdentifierBlock.LOST
        )
    )
    an_item(library, "free")
    for message in ABOUT_PATRONS[:3]:
        answer = terminal.ask(message.format(aa=OLD_CARD).encode())
        assert fields(answer).patron_identifier == OLD_CARD


def test_the_address_is_sent_where_the_account_wants_it(
    person: str, library: Library, a_terminal: ATerminal
) -> None:
    message = f"63001{NOW}          AO|AA{person}|".encode()
    assert fields(a_terminal(show_address=True).ask(message)).home_address is None
    number = number_of(library, person)
    library.write(
        lambda transaction: add_address(
            library.act(transaction, UNATTENDED),
            number,
            NewAddress(
                street="Lindevej", house_number="7", postal_code="2000", city="Frederiksberg"
            ),
        )
    )
    assert fields(a_terminal().ask(message)).home_address is None
    shown = fields(a_terminal(show_address=True).ask(message)).home_address
    assert shown == "Lindevej 7 2000 Frederiksberg"


def test_of_a_protected_patron_nothing_tells_where_they_live(
    library: Library, a_terminal: ATerminal
) -> None:
    card = a_patron(library, email="ida@example.dk", phone="22334455")
    number = number_of(library, card)

    def work(transaction: Transaction) -> None:
        act = library.act(transaction, UNATTENDED)
        add_address(act, number, NewAddress(lines="Lindevej 7"))
        change_patron(act, number, {"is_protected": True})

    library.write(work)
    terminal = a_terminal(show_address=True, show_personal_details=True)
    shown = fields(terminal.ask(f"63001{NOW}          AO|AA{card}|".encode()))
    assert (shown.home_address, shown.email_address, shown.home_phone_number) == (None, None, None)


# The PIN


@pytest.mark.parametrize("code", ["23", "63", "25"])
@pytest.mark.parametrize(
    ("pin", "options", "verdict"),
    [
        ("", {}, None),
        ("AD|", {}, None),
        ("AD  |", {}, None),
        ("AD1234|", {}, True),
        ("AD9999|", {}, False),
        ("AD|", {"blank_pin_is_right": True}, True),
        ("", {"blank_pin_is_right": True}, None),
        ("", {"require_patron_pin": "all"}, False),
        ("AD|", {"require_patron_pin": "all"}, False),
        ("AD|", {"require_patron_pin": "all", "blank_pin_is_right": True}, False),
    ],
)
def test_of_a_pin_that_was_neither_sent_nor_asked_for_nothing_is_said(
    library: Library,
    a_terminal: ATerminal,
    code: str,
    pin: str,
    options: dict[str, Any],
    verdict: bool | None,
) -> None:
    card = a_patron(library, pin_hash=hashed("1234"))
    start = {"23": f"23001{NOW}", "63": f"63001{NOW}          ", "25": f"25{NOW}"}[code]
    answer = a_terminal(kind="desk", **options).ask(f"{start}AO|AA{card}|AC|{pin}".encode())
    assert fields(answer).valid_patron is True
    assert fields(answer).valid_patron_password is verdict


@pytest.mark.parametrize(("pin", "verdict"), [("", None), ("AD|", None), ("AD1234|", False)])
def test_of_an_unknown_card_and_before_the_login_the_same(
    a_terminal: ATerminal, pin: str, verdict: bool | None
) -> None:
    for terminal in (a_terminal(), a_terminal(logged_in=False)):
        answer = terminal.ask(f"63001{NOW}          AO|AAnobody|{pin}".encode())
        assert fields(answer).valid_patron is False
        assert fields(answer).valid_patron_password is verdict


@pytest.mark.parametrize("asked", ["000", "001", "009", "012"])
def test_the_language_is_the_one_that_was_asked_in(
    library: Library, terminal: Terminal, asked: str
) -> None:
    card = a_patron(library, language="de")
    for start in (f"23{asked}{NOW}", f"63{asked}{NOW}          "):
        assert fields(terminal.ask(f"{start}AO|AA{card}|AC|".encode())).language == asked
