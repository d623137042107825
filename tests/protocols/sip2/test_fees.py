"""Money at a terminal: amounts, lists by pages, payments; see also the transcripts."""

from __future__ import annotations

from datetime import date

import pytest

from circulation.fees.rules import FEE_RULES
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.set_up import set_up_changed
from circulation.ledger.money import ChargeKind, decimal_text
from protocols.sip2.handling.fees import FEE_NAMES, FEE_TYPES, minor_units_of
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge
from tests.protocols.sip2.terminals import Terminal

DATE = "20261125    120000"


@pytest.fixture
def card(library: Library, terminal: Terminal) -> str:
    """A patron who owes 5.00 for each of three loans."""

    def rules(transaction: object) -> None:
        FEE_RULES.store(transaction, currency="DKK", loan_fee=500, partial_payment=True)  # type: ignore[arg-type]
        set_up_changed(transaction)  # type: ignore[arg-type]

    library.write(rules)
    card = a_patron(library)
    for number in range(3):
        item = an_item(library, f"B{number}", title=f"Bind {number}")
        answer = terminal.ask(f"11NN{DATE}{DATE}AO|AA{card}|AB{item}|AC|BOY|".encode())
        assert answer.startswith(b"121")
        library.pass_time(minutes=1)
    return card


def asked(terminal: Terminal, card: str, summary: str, pages: str = "") -> str:
    return terminal.ask(f"63001{DATE}{summary:10}AO|AA{card}|{pages}".encode()).decode()


def paid(terminal: Terminal, card: str, amount: str, rest: str = "", currency: str = "DKK") -> str:
    request = f"37{DATE}0100{currency}BV{amount}|AO|AA{card}|{rest}"
    return terminal.ask(request.encode()).decode()


@pytest.mark.parametrize(
    ("units", "currency", "text"),
    [(2000, "DKK", "20.00"), (5, "EUR", "0.05"), (7, "ISK", "7"), (1234, "KWD", "1.234")],
)
def test_amounts(units: int, currency: str, text: str) -> None:
    assert decimal_text(units, currency) == text
    assert minor_units_of(text, currency) == units


@pytest.mark.parametrize(
    "text", ["", " ", "ten", "1.005", "1,2,3", "NaN", "Infinity", "1e400", "9" * 40, "٣"]
)
def test_what_is_no_amount(text: str) -> None:
    assert minor_units_of(text, "DKK") is None


def test_every_kind_of_charge_has_a_type_and_a_name() -> None:
    assert set(FEE_TYPES) == set(FEE_NAMES) == set(ChargeKind)


def test_the_list_of_fines_comes_by_pages(terminal: Terminal, card: str) -> None:
    whole = asked(terminal, card, "   Y")
    assert whole[49:53] == "0003"
    assert "|BHDKK|BV15.00|" in whole
    assert whole.count("|AV5.00 DKK Loan fee: Bind") == 3
    page = asked(terminal, card, "   Y", "BP2|BQ2|")
    assert page.count("|AV") == 1
    assert "|AV5.00 DKK Loan fee: Bind 1|" in page


def test_fees_one_by_one_and_one_of_them_paid(terminal: Terminal, card: str) -> None:
    shown = asked(terminal, card, "      Y", "BP2|BQ3|")
    groups = shown[shown.index("|CG") + 1 :].split("|CG")
    assert len(groups) == 2
    number = groups[0].removeprefix("CG").split("|")[0]
    day = f"{date(2026, 11, 25):%d.%m.%Y}"
    assert groups[0].startswith(f"CG{number}|FA5.00|FBB1|FC{day}|FDBind 1|FE06|FFLoan fee")
    assert paid(terminal, card, "2.00", f"CG{number}|BKx1|").startswith("38Y")
    again = asked(terminal, card, "      Y", "BP2|BQ2|")
    assert f"|CG{number}|FA3.00|" in again
    assert "|FG2.00|" in again
    assert "|BV13.00|" in again
    assert paid(terminal, card, "3.01", f"CG{number}|BKx2|").startswith("38N")


def test_a_payment_number_is_good_once(terminal: Terminal, library: Library, card: str) -> None:
    first = paid(terminal, card, "5.00", "BKx1|")
    library.pass_time(minutes=30)
    assert paid(terminal, card, "5.00", "BKx1|")[:3] == first[:3] == "38Y"
    assert "|BV10.00|" in asked(terminal, card, "")
    other = paid(terminal, card, "6.00", "BKx1|")
    assert other.startswith("38N")
    assert "Another payment had this number." in other


def test_without_a_currency_it_is_that_of_what_is_owed(terminal: Terminal, card: str) -> None:
    assert paid(terminal, card, "15", currency="   ").startswith("38Y")
    assert "|BV" not in asked(terminal, card, "")


def test_amounts_at_the_limit_and_above(terminal: Terminal, library: Library) -> None:
    card = a_patron(library)
    for _ in range(3):
        charge(library, card, MAX_AMOUNT_MINOR_UNITS)
    assert "|BHDKK|BV30000000.00|" in asked(terminal, card, "")
    for beyond in ("10000000.01", "999999999.00", "9" * 15):
        told = paid(terminal, card, beyond)
        assert told.startswith("38N")
        assert "10000000.00 DKK" in told
    assert paid(terminal, card, "10000000.00").startswith("38Y")
    assert "|BHDKK|BV20000000.00|" in asked(terminal, card, "")
