"""23, 63 and 35: what is told of a patron, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from catalogue.database import Transaction
from circulation.kernel.reasons import BlockReason, IdentifierBlock
from circulation.kernel.results import UNATTENDED
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import block_identifier, find_patron
from circulation.staff.lookups import NEWEST, lookups_by
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal
from tests.protocols.sip2.test_failures import FaultyDatabase

DATE = "20261125    120000"
Ask = Callable[..., str]
NAME = "AEIda Ørsted|"


@pytest.fixture(scope="module")
def pin_hash() -> str:
    return hashed("1234")


@pytest.fixture
def card(library: Library, pin_hash: str) -> str:
    return a_patron(library, pin_hash=pin_hash, email="ida@example.dk", phone="12345678")


def status(terminal: Terminal, card: str, fields: str = "", language: str = "001") -> str:
    return terminal.ask(f"23{language}{DATE}AODK-900100|AA{card}|AC|{fields}".encode()).decode()


def information(terminal: Terminal, card: str, summary: str = "", fields: str = "") -> str:
    message = f"63001{DATE}{summary:10}AODK-900100|AA{card}|{fields}"
    return terminal.ask(message.encode()).decode()


def test_a_patron_with_the_right_pin(terminal: Terminal, card: str) -> None:
    answer = status(terminal, card, "AD1234|")
    assert answer == f"24{' ' * 14}001{DATE}AODK-900100|AA{card}|{NAME}BLY|CQY|\r"


@pytest.mark.parametrize("ask", [status, information])
def test_a_wrong_pin_gives_nothing_away(terminal: Terminal, card: str, ask: Ask) -> None:
    answer = ask(terminal, card, fields="AD9999|")
    assert "|AE|BLY|CQN|AFThe PIN is wrong.|" in answer
    assert "Ørsted" not in answer
    assert answer[2:16] == "YYYY          "


def test_a_wrong_pin_gives_no_list_and_no_numbers_away(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=card)
    answer = information(terminal, card, "  Y", "AD9999|")
    assert item not in answer
    assert answer[37:61] == "0000" * 6


def test_of_a_pin_that_was_not_sent_nothing_is_said(terminal: Terminal, card: str) -> None:
    for fields in ("", "AD|", "AD    |"):
        answer = status(terminal, card, fields)
        assert NAME in answer
        assert "|CQ" not in answer


def test_where_a_pin_is_required_none_is_told_nothing(a_terminal: ATerminal, card: str) -> None:
    terminal = a_terminal(require_patron_pin=True)
    for fields in ("", "AD|", "AD    |"):
        answer = status(terminal, card, fields)
        assert "|AE|BLY|CQN|AFPlease enter your PIN.|" in answer
        assert answer[2:16] == " " * 14
    assert "BLY|CQY|" in status(terminal, card, "AD1234|")


def test_a_patron_without_a_pin_has_no_right_one(library: Library, terminal: Terminal) -> None:
    card = a_patron(library)
    for pin in ("1234", "0", "None"):
        assert "CQN|" in status(terminal, card, f"AD{pin}|")


def test_many_wrong_pins_and_blank_ones_lock_nobody_out(terminal: Terminal, card: str) -> None:
    for number in range(12):
        status(terminal, card, f"AD{number}|")
        status(terminal, card, "AD|")
    assert "CQY|" in status(terminal, card, "AD1234|")


@pytest.mark.parametrize("ask", [status, information])
def test_an_unknown_patron(terminal: Terminal, ask: Ask) -> None:
    for card in ("nobody", "", " ", "' OR 1=1 --", "%"):
        answer = ask(terminal, card, fields="AD1234|")
        assert answer[2:16] == "YYYY          "
        assert f"|AA{card}|AE|BLN|CQN|AFThe card is not known here." in answer


def test_the_language_asked_for_is_the_language_answered(terminal: Terminal) -> None:
    assert "AFKortet er ukendt." in status(terminal, "nobody", language="009")
    assert "AFThe card is not known here." in status(terminal, "nobody", language="024")
    assert "AFThe card is not known here." in status(terminal, "nobody", language="000")


def test_the_account_s_language_where_the_one_asked_for_is_not_spoken(
    a_terminal: ATerminal,
) -> None:
    terminal = a_terminal(language="da")
    assert "AFKortet er ukendt." in status(terminal, "nobody", language="017")


def test_blocks_are_shown_as_flags_and_words(
    library: Library, terminal: Terminal, card: str
) -> None:
    def block(reason: BlockReason) -> None:
        def work(transaction: Transaction) -> None:
            patron = find_patron(transaction, card)
            assert patron is not None
            block_patron(library.act(transaction, UNATTENDED), patron, reason)

        library.write(work)

    block(BlockReason.SELF_SERVICE)
    assert status(terminal, card)[2:16] == "Y             "
    block(BlockReason.DEBT)
    answer = status(terminal, card)
    assert answer[2:16] == "YYYY      Y   "
    assert "AFYou owe the library money" in answer
    assert "AFYour card was blocked at a machine." in answer
    assert NAME in answer
    assert "BLY|" in answer


def test_a_lost_card_is_not_valid(library: Library, terminal: Terminal, card: str) -> None:
    library.write(
        lambda transaction: block_identifier(
            library.act(transaction, UNATTENDED), card, IdentifierBlock.LOST
        )
    )
    answer = status(terminal, card)
    assert answer[2:16] == "YYYYY         "
    assert "BLN|" in answer
    assert "AFThis card was reported lost." in answer


def test_an_expired_registration(library: Library, terminal: Terminal) -> None:
    card = a_patron(library, expires=date(2026, 11, 24))
    answer = status(terminal, card)
    assert answer[2:16] == "YYYY          "
    assert "BLN|" in answer
    assert "AFYour registration has expired." in answer


def test_a_patron_with_as_many_loans_as_allowed(library: Library, terminal: Terminal) -> None:
    library.policy(loan_days=28, renewals=2, max_loans=1)
    card = a_patron(library)
    an_item(library, on_loan_to=card)
    answer = information(terminal, card)
    assert answer[2:16] == "     Y        "
    assert "CB0001|" in answer


def test_a_limit_counts_from_the_next_message_on(
    library: Library, terminal: Terminal, card: str
) -> None:
    for _ in range(3):
        an_item(library, on_loan_to=card)
    for limit, flag in ((None, " "), (3, "Y"), (4, " "), (2, "Y"), (None, " ")):
        library.policy(loan_days=28, max_loans=limit)
        for _ in range(2):
            assert status(terminal, card)[7] == flag
            assert information(terminal, card)[7] == flag


# Lists


@pytest.fixture
def loans(library: Library, card: str) -> list[str]:
    """Five loans in order of due date, of which two are overdue."""
    items = []
    for number in range(5):
        items.append(an_item(library, on_loan_to=card))
        library.pass_time(days=20 if number == 1 else 1)
    library.pass_time(days=12)
    return items


def charged(answer: str, code: str = "AU") -> list[str]:
    return [field[2:] for field in answer[61:].split("|") if field.startswith(code)]


def test_the_counts_are_always_told(terminal: Terminal, card: str, loans: list[str]) -> None:
    answer = information(terminal, card, fields="AD1234|")
    assert answer[37:61] == "000000020005000000000000"
    assert charged(answer) == []


def test_the_lists_of_loans_and_of_overdue_loans(
    terminal: Terminal, card: str, loans: list[str]
) -> None:
    assert charged(information(terminal, card, "  Y", "AD1234|")) == loans
    assert charged(information(terminal, card, " Y", "AD1234|"), "AT") == loans[:2]
    assert charged(information(terminal, card, " YY", "AD1234|"), "AT") == loans[:2]
    assert charged(information(terminal, card, " YY", "AD1234|")) == []
    assert charged(information(terminal, card, "Y Y", "AD1234|")) == []


@pytest.mark.parametrize(
    ("paging", "first", "last"),
    [
        ("BP1|BQ2|", 1, 2),
        ("BP3|BQ3|", 3, 3),
        ("BP4|BQ9|", 4, 5),
        ("BP4|", 4, 5),
        ("BQ2|", 1, 2),
        ("BP0001|BQ0005|", 1, 5),
        ("BP|BQ|", 1, 5),
        ("BPone|BQ²|", 1, 5),
        ("BP0|BQ2|", 1, 2),
        ("BP3|BQ2|", 1, 0),
        ("BP6|BQ9|", 1, 0),
        (f"BP{'9' * 30}|", 1, 5),
        (f"BQ{'9' * 5000}|", 1, 5),
    ],
)
def test_a_page_of_a_list(
    terminal: Terminal, card: str, loans: list[str], paging: str, first: int, last: int
) -> None:
    assert charged(information(terminal, card, "  Y", paging)) == loans[first - 1 : last]


@pytest.fixture
def statements(
    library: Library, terminal: Terminal, card: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], int]:
    """Of how many statements is the answer with such a summary made?"""
    information(terminal, card, fields="AD1234|")  # what is read once is read

    def needed(summary: str) -> int:
        for number in range(20):
            faulty = FaultyDatabase(library.database, number)
            monkeypatch.setattr(terminal.services, "database", faulty)
            if NAME in information(terminal, card, summary, "AD1234|"):
                return number
        raise AssertionError(summary)

    return needed


@pytest.mark.parametrize("summary", [" Y", "  Y"])
def test_who_asks_for_loans_is_looked_up_once(
    loans: list[str], statements: Callable[[str], int], summary: str
) -> None:
    assert (statements(""), statements(summary)) == (1, 2)


def test_what_somebody_owes_is_one_statement_more(
    library: Library, card: str, statements: Callable[[str], int]
) -> None:
    assert statements("") == 1
    charge(library, card, 500)
    assert statements("") == 2
    assert statements("   Y") == 4  # the charges, and their loans


def test_what_somebody_waits_for_is_counted_with_the_patron(
    library: Library, card: str, statements: Callable[[str], int]
) -> None:
    a_hold(library, card, an_item(library, on_loan_to=a_patron(library)))
    assert statements("") == 1


def test_personal_details_are_told_only_where_the_account_is_to_get_them(
    terminal: Terminal, a_terminal: ATerminal, library: Library
) -> None:
    card = a_patron(library, email="ida@example.dk", phone="12345678", birth_date=date(2010, 3, 4))
    assert "BE" not in information(terminal, card)[61:]
    desk = a_terminal(kind="desk", show_personal_details=True)
    assert "|BEida@example.dk|BF+4512345678|PB20100304|PCadult|" in information(desk, card)


def test_the_end_of_a_patron_s_session(terminal: Terminal, card: str) -> None:
    answer = terminal.ask(f"35{DATE}AODK-900100|AA{card}|AC|AD1234|".encode())
    assert answer == f"36Y{DATE}AODK-900100|AA{card}|\r".encode()


@pytest.mark.parametrize(
    ("fields", "lines"), [("", 1), ("AD|", 1), ("AD    |", 1), ("AD1234|", 0), ("AD9999|", 0)]
)
@pytest.mark.parametrize("ask", [status, information])
def test_who_looks_without_a_pin_stands_in_the_log(
    library: Library, terminal: Terminal, card: str, ask: Ask, fields: str, lines: int
) -> None:
    """A patron who gives the PIN looks at themselves; after a wrong one there is nothing to see."""
    ask(terminal, card, fields=fields)
    ask(terminal, "P9999999", fields=fields)
    found = library.read(lambda transaction: lookups_by(transaction, actor="kiosk", before=NEWEST))
    assert len(found) == lines
    for line in found:
        assert (line.actor_kind, line.device) == ("terminal", "192.0.2.7")
        assert line.branch_id == library.main.id
        assert line.context in ("SIP2 PatronStatusRequest", "SIP2 PatronInformation")
