"""17, 11, 09, 29 and 65: items, and what is done with them."""

from __future__ import annotations

import pytest

from catalogue.database import Transaction
from circulation.callers.machine_refusals import (
    MachineRefusal,
    forget_machine_refusals,
    machine_refusals_at,
)
from circulation.items.media import set_media
from circulation.kernel.reasons import Reason
from circulation.kernel.results import ItemState
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.trees import GROUPS
from protocols.sip2.handling.items import CIRCULATION_STATUS
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal

DATE = "20261125    120000"
NOWHEN = " " * 18


@pytest.fixture(scope="module")
def pin_hash() -> str:
    return hashed("1234")


@pytest.fixture
def card(library: Library, pin_hash: str) -> str:
    return a_patron(library, pin_hash=pin_hash)


def out(
    terminal: Terminal,
    card: str,
    item: str,
    fields: str = "",
    *,
    start: str = "11NN",
    when: str = DATE,
    due: str = NOWHEN,
    institution: str = "DK-900100",
) -> str:
    message = f"{start}{when}{due}AO{institution}|AA{card}|AB{item}|AC|{fields}"
    return terminal.ask(message.encode()).decode()


def back(
    terminal: Terminal,
    item: str,
    *,
    at: str = "",
    when: str = DATE,
    returned: str = DATE,
    no_block: str = "N",
) -> str:
    message = f"09{no_block}{when}{returned}AP{at}|AODK-900100|AB{item}|AC|"
    return terminal.ask(message.encode()).decode()


def seen(terminal: Terminal, item: str) -> str:
    return terminal.ask(f"17{DATE}AODK-900100|AB{item}|".encode()).decode()


def kinds(library: Library, item: str) -> list[str]:
    return [event.kind.value for event in library.events_of(item)]


def test_what_a_machine_refuses_is_there_for_the_desk(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, title="Gift", on_loan_to=a_patron(library))

    def noted() -> list[MachineRefusal]:
        return library.read(lambda t: machine_refusals_at(t, library.main.id, library.now))

    assert out(terminal, card, item, "AD9999|").startswith("120")  # says nothing of the patron
    assert noted() == []
    assert out(terminal, card, item, "AD1234|").startswith("120")
    [told] = noted()
    assert (told.barcode, told.title, told.reasons) == (item, "Gift", (Reason.ON_LOAN_TO_ANOTHER,))
    library.pass_time(minutes=31)
    assert noted() == []
    now = library.now
    assert library.write(lambda t: forget_machine_refusals(t, now=now)) == 1


# Item information


def test_every_state_of_an_item_has_its_circulation_status() -> None:
    assert set(CIRCULATION_STATUS) == set(ItemState)


def test_an_available_item(library: Library, terminal: Terminal) -> None:
    item = an_item(library, title="Bøgen | om alt", call_number="86-096")
    assert seen(terminal, item) == (
        f"18030001{DATE}AB{item}|AJBøgen   om alt|BGDK-900100|CK000|AQDK-900101|APDK-900101|"
        "CS86-096|\r"
    )


def test_an_item_on_loan_has_a_due_date_and_hides_its_borrower(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=card)
    answer = seen(terminal, item)
    assert answer.startswith("1804")
    assert "|AH20261223    235959|" in answer
    assert card not in answer


def test_an_item_on_its_way(library: Library, terminal: Terminal) -> None:
    item = an_item(library, home=library.other)
    back(terminal, item)
    answer = seen(terminal, item)
    assert answer.startswith("1810")
    assert "|AQDK-900102|CTDK-900102|" in answer


def test_an_unknown_item(terminal: Terminal) -> None:
    for item in ("nothing", "", "a/b", "'; DROP TABLE items; --"):
        answer = seen(terminal, item)
        assert answer.startswith("180100")
        assert f"AB{item}|AJ|AFThis item is not known here." in answer


# Checkout


def test_a_checkout(library: Library, terminal: Terminal, card: str) -> None:
    item = an_item(library)
    assert out(terminal, card, item, "AD1234|") == (
        f"121NUY{DATE}AODK-900100|AA{card}|AB{item}|AJPeters jul|AH20261223    235959|CK000|\r"
    )
    (event,) = library.events_of(item)
    assert (event.actor, event.device) == ("kiosk", "192.0.2.7:50000")
    assert event.branch_id == library.main.id


def test_a_due_date_can_be_a_day(library: Library, a_terminal: ATerminal, card: str) -> None:
    terminal = a_terminal(due_date="day")
    assert "|AH2026-12-23|" in out(terminal, card, an_item(library))


def test_a_refusal_says_every_reason_and_does_nothing(
    library: Library, terminal: Terminal, card: str
) -> None:
    library.policy(loan_days=28, renewals=2, max_loans=1)
    an_item(library, on_loan_to=card)
    item = an_item(library, on_loan_to=a_patron(library))
    answer = out(terminal, card, item)
    assert answer.startswith(f"120NNN{DATE}")
    assert "|AJPeters jul|AH|" in answer
    assert "AFThis item is on loan to somebody else." in answer
    assert "AFYou have reached the limit of 1 loans.|" in answer
    assert kinds(library, item) == ["checked_out"]


def test_a_wrong_pin_lends_nothing_and_tells_no_title(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library)
    assert out(terminal, card, item, "AD9|").startswith("120NNN")
    assert kinds(library, item) == []


@pytest.mark.parametrize("fields", ["", "AD|"])
def test_a_missing_pin_lends_nothing_where_one_is_required(
    library: Library, a_terminal: ATerminal, card: str, fields: str
) -> None:
    terminal = a_terminal(require_patron_pin=True)
    item = an_item(library)
    assert "AFPlease enter your PIN.|" in out(terminal, card, item, fields)
    assert kinds(library, item) == []
    assert out(terminal, card, item, "AD1234|").startswith("121")


def test_unknown_patrons_and_items(library: Library, terminal: Terminal, card: str) -> None:
    item = an_item(library)
    assert "AFThe card is not known here." in out(terminal, "", item)
    assert "AFThis item is not known here." in out(terminal, card, "nothing")


# Renewal by checkout, and renewals


def test_the_same_item_again_is_refused_without_renewal_policy(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=card)
    library.pass_time(days=7)
    answer = out(terminal, card, item)
    assert answer.startswith("120N")
    assert "|AH20261223    235959|" in answer
    assert "AFYou have this item on loan already.|" in answer
    assert kinds(library, item) == ["checked_out"]


def test_the_same_item_again_is_renewed_with_renewal_policy(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=card)
    library.pass_time(days=7)
    answer = out(terminal, card, item, "AD1234|", start="11YN")
    assert answer.startswith("121YUY")
    assert "|AH20261230    235959|" in answer
    assert kinds(library, item) == ["checked_out", "renewed"]


def test_renewal_policy_does_not_lend_another_patron_s_loan(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=a_patron(library))
    assert out(terminal, card, item, start="11YN").startswith("120N")


def renewed(terminal: Terminal, card: str, item: str, fields: str = "") -> str:
    message = f"29NN{DATE}{NOWHEN}AODK-900100|AA{card}|AB{item}|{fields}"
    return terminal.ask(message.encode()).decode()


def test_a_renewal_and_its_refusal(library: Library, terminal: Terminal, card: str) -> None:
    item = an_item(library, on_loan_to=card)
    assert "AFRenewing this loan now would not give you more time.|" in renewed(
        terminal, card, item
    )
    for _ in range(2):
        library.pass_time(days=7)
        assert renewed(terminal, card, item, "AD1234|").startswith("301YUY")
    library.pass_time(days=7)
    answer = renewed(terminal, card, item)
    assert answer.startswith("300NNN")
    assert "AFThis loan cannot be renewed again.|" in answer


def test_a_renewal_without_an_item(terminal: Terminal, card: str) -> None:
    answer = terminal.ask(f"29NN{DATE}{NOWHEN}AOX|AA{card}|AJPeters jul|".encode())
    assert answer.startswith(b"300")
    assert b"AFThis item is not known here." in answer


def test_renewing_all(library: Library, terminal: Terminal, card: str) -> None:
    library.policy(material_group="dvd", renewals=0)
    book = an_item(library, on_loan_to=card)
    film = an_item(library, on_loan_to=card, material_group="dvd")
    library.pass_time(days=7)
    answer = terminal.ask(f"65{DATE}AODK-900100|AA{card}|AD1234|".encode()).decode()
    assert answer == (
        f"6610001000120261202    120000AODK-900100|BM{book}|"
        f"BN{film} This loan cannot be renewed again.|\r"
    )
    wrong = terminal.ask(f"65{DATE}AODK-900100|AA{card}|AD9|".encode())
    assert wrong.startswith(b"66000000000")


# Checkin


def test_a_checkin_on_the_home_shelf(library: Library, terminal: Terminal, card: str) -> None:
    item = an_item(library, on_loan_to=card, call_number="86-096", material_group="book")
    assert back(terminal, item) == (
        f"101YUN{DATE}AODK-900100|AB{item}|AQDK-900101|AJPeters jul|AA{card}|CK000|CRbook|"
        "CS86-096|\r"
    )


def test_a_checkin_of_an_item_that_was_not_on_loan(library: Library, terminal: Terminal) -> None:
    answer = back(terminal, an_item(library))
    assert answer.startswith("101YUN")
    assert "|AA" not in answer


def test_a_checkin_of_another_branch_s_item_is_an_alert_with_a_destination(
    library: Library, terminal: Terminal
) -> None:
    answer = back(terminal, an_item(library, home=library.other))
    assert answer.startswith("101YUY")
    assert "|AQDK-900102|" in answer
    assert "|CTDK-900102|CV04|AFTo go to Havnefilialen.|" in answer


def test_an_unknown_item_is_an_alert(terminal: Terminal) -> None:
    answer = back(terminal, "nothing")
    assert answer.startswith("100NNY")
    assert "|CV99|AFThis item is not known here." in answer


def test_a_borrower_can_be_kept_from_a_sorter(
    library: Library, a_terminal: ATerminal, card: str
) -> None:
    terminal = a_terminal(kind="sorter", show_borrower=False, always_send_destination=True)
    answer = back(terminal, an_item(library, on_loan_to=card))
    assert card not in answer
    assert "|CTDK-900101|" in answer


def test_a_book_drop_emptied_in_the_morning_says_when_the_items_came(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=card)
    library.pass_time(days=2)
    back(terminal, item, when="20261127    120000", returned="20261126    200000")
    assert library.events_of(item)[-1].at.isoformat() == "2026-11-26T19:00:00+00:00"


def test_a_terminal_whose_clock_is_wrong_does_not_date_a_checkin(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=card)
    library.pass_time(days=2)
    back(terminal, item, when="20010101    000000", returned="20010101    000000")
    assert library.events_of(item)[-1].at == library.now


# Branches


@pytest.mark.parametrize(
    ("at", "branch"),
    [
        ("DK-900102", "other"),
        ("DK-900101", "main"),
        ("DK-900201", "main"),
        ("Kiosk by the door", "main"),
        ("", "main"),
    ],
)
def test_a_checkin_happens_in_the_branch_named_if_it_is_the_agency_s(
    library: Library, terminal: Terminal, at: str, branch: str
) -> None:
    item = an_item(library)
    back(terminal, item, at=at)
    assert library.events_of(item)[-1].branch_id == getattr(library, branch).id


def test_a_checkout_happens_in_the_branch_that_the_institution_id_names(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library)
    out(terminal, card, item, institution="DK-900102")
    assert library.events_of(item)[-1].branch_id == library.other.id


def test_an_account_of_one_branch_stays_there(library: Library, a_terminal: ATerminal) -> None:
    terminal = a_terminal(any_branch_of_agency=False)
    item = an_item(library)
    back(terminal, item, at="DK-900102")
    assert library.events_of(item)[-1].branch_id == library.main.id


def test_an_account_of_a_branch_that_does_not_exist_is_told_so(
    library: Library, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(branch="DK-999999")
    answer = back(terminal, an_item(library))
    assert answer.startswith("100")
    assert "AFThe branch of this machine is not known." in answer
    assert terminal.ask(b"9900802.00").startswith(b"98N")


# Off line


def test_a_loan_made_off_line_is_taken_with_its_own_dates(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library)
    library.pass_time(days=1)
    answer = out(
        terminal, card, item, start="11NY", when="20261125    130000", due="20261201    120000"
    )
    assert answer.startswith("121N")
    assert "|AH20261201    120000|" in answer
    assert library.events_of(item)[-1].at.isoformat() == "2026-11-25T12:00:00+00:00"


def test_a_loan_made_off_line_is_taken_whatever_the_rules_say(
    library: Library, a_terminal: ATerminal, card: str
) -> None:
    terminal = a_terminal(require_patron_pin=True)
    item = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=1)
    answer = out(terminal, card, item, start="11NY", when="20261125    130000")
    assert answer.startswith("121N")


def test_an_account_that_may_not_report_off_line_loans_is_held_to_the_rules(
    library: Library, a_terminal: ATerminal, card: str
) -> None:
    terminal = a_terminal(accept_offline=False)
    item = an_item(library, on_loan_to=a_patron(library))
    assert out(terminal, card, item, start="11NY").startswith("120")
    assert terminal.ask(b"9900802.00")[7:8] == b"N"


def test_a_return_made_off_line_has_its_own_date(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=card)
    library.pass_time(days=2)
    when = "20261126    100000"
    assert back(terminal, item, when=when, returned=when, no_block="Y").startswith("101")
    assert library.events_of(item)[-1].at.isoformat() == "2026-11-26T09:00:00+00:00"


# Cancel (BI)


def test_a_checkout_that_failed_at_the_tag_is_cancelled_by_a_checkin(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library)
    out(terminal, card, item)
    answer = back(terminal, item + "|BIY")
    assert answer.startswith(f"101YUN{DATE}")
    assert "|AF" not in answer
    assert seen(terminal, item).startswith("1803")
    assert kinds(library, item) == ["checked_out", "check_out_cancelled"]
    assert back(terminal, item + "|BIY") == answer  # sent again, answered alike
    assert kinds(library, item) == ["checked_out", "check_out_cancelled"]


def test_a_cancel_of_nothing_is_no_return(library: Library, terminal: Terminal, card: str) -> None:
    item = an_item(library, on_loan_to=card)  # at another machine
    answer = back(terminal, item + "|BIY")
    assert answer.startswith(f"100NNY{DATE}")
    assert "|AFThere is nothing to undo." in answer
    assert kinds(library, item) == ["checked_out"]


def test_a_checkin_that_failed_is_cancelled_by_a_checkout(
    library: Library, terminal: Terminal, card: str
) -> None:
    item = an_item(library, on_loan_to=card)
    back(terminal, item)
    answer = out(terminal, card, item, "BIY|")
    assert answer.startswith(f"121NUY{DATE}")
    assert "|AH20261223    235959|" in answer
    assert kinds(library, item) == ["checked_out", "checked_in", "check_in_cancelled"]
    assert out(terminal, card, item, "BIY|") == answer


def test_only_the_borrower_gets_the_loan_back(library: Library, terminal: Terminal) -> None:
    first, second = a_patron(library), a_patron(library)
    item = an_item(library, on_loan_to=first)
    back(terminal, item)
    for card in (second, "nobody"):
        assert out(terminal, card, item, "BIY|").startswith("120")
    assert seen(terminal, item).startswith("1803")


@pytest.mark.parametrize(
    ("group", "code", "magnetic"),
    [
        ("book", "001", "N"),
        ("comic", "001", "N"),  # as the group above it
        ("tape", "004", "Y"),
        ("film", "005", "U"),
        ("dvd", "005", "N"),
        ("game", "000", "U"),
        ("", "000", "U"),
        ("unheard-of", "000", "U"),
    ],
)
def test_media_are_what_the_material_group_says(
    library: Library, terminal: Terminal, group: str, code: str, magnetic: str
) -> None:
    def work(transaction: Transaction) -> None:
        tree = {"comic": "book", "dvd": "film"}
        names = ("book", "comic", "tape", "film", "dvd", "game")
        GROUPS.store(transaction, {name: (name, tree.get(name)) for name in names})
        for name, said in (
            ("book", ("book", None)),
            ("tape", ("audio-tape", None)),
            ("film", ("video", None)),
            ("dvd", ("video", False)),
        ):
            set_media(transaction, code=name, media_type=said[0], magnetic=said[1])
        set_up_changed(transaction)

    library.write(work)
    card, item = a_patron(library), an_item(library, material_group=group)
    assert f"|CK{code}|" in terminal.ask(f"17{DATE}AO|AB{item}|".encode()).decode()
    for message in (
        f"11NN{DATE}{DATE}AO|AA{card}|AB{item}|AC|",
        f"29NN{DATE}{DATE}AO|AA{card}|AB{item}|BOY|",
        f"09N{DATE}{DATE}AP|AO|AB{item}|AC|",
    ):
        library.pass_time(days=1)
        answer = terminal.ask(message.encode()).decode()
        assert f"|CK{code}|" in answer
        assert answer[4] == magnetic
