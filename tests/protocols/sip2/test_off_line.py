"""What happened while the line was down (no block = Y): accepted, and never lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from circulation.kernel.reasons import Reason
from circulation.loans.off_line import lent_since
from circulation.loans.work_lists import Conflict, no_block_conflicts
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal, with_checksum

WHEN = "20261125    083000"
DUE = "20261224    235959"
NOTED = "Noted for the staff to look at."


def checkout(card: str, item: str, when: str = WHEN) -> bytes:
    return f"11YY{when}{DUE}AO|AA{card}|AB{item}|AC|".encode()


def checkin(item: str, when: str = WHEN) -> bytes:
    return f"09Y{when}{when}AP|AO|AB{item}|AC|".encode()


def renew(card: str, item: str) -> bytes:
    return f"29NY{WHEN}{DUE}AO|AA{card}|AB{item}|".encode()


def listed(library: Library) -> list[Conflict]:
    return list(library.read(no_block_conflicts).lines)


@pytest.mark.parametrize("knows_patron", [True, False])
@pytest.mark.parametrize("knows_item", [True, False])
def test_a_loan_of_nobody_or_nothing_is_accepted_and_listed(
    library: Library, terminal: Terminal, knows_patron: bool, knows_item: bool
) -> None:
    card = a_patron(library) if knows_patron else "nobody"
    item = an_item(library) if knows_item else "nothing"
    answer = terminal.ask(checkout(card, item)).decode()
    assert answer.startswith("121NUY" if knows_patron and knows_item else "121NNY")
    assert f"|AH{DUE}|" in answer
    if knows_patron and knows_item:
        assert NOTED not in answer
        assert listed(library) == []
        return
    assert f"AF{NOTED}|" in answer
    (line,) = listed(library)
    expected = [Reason.ITEM_UNKNOWN] * (not knows_item) + [Reason.PATRON_UNKNOWN] * (
        not knows_patron
    )
    assert set(line.reasons) == set(expected)
    assert (line.act, line.barcode, line.patron_identifier) == ("check-out", item, card)
    assert line.happened == datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
    assert line.due == datetime(2026, 12, 24, 22, 59, 59, tzinfo=UTC)


def test_a_return_of_nothing_is_accepted_and_alerts_staff(
    library: Library, terminal: Terminal
) -> None:
    answer = terminal.ask(checkin("nothing")).decode()
    assert answer.startswith("101YNY")
    assert "|CV99|" in answer
    assert f"AF{NOTED}|" in answer
    (line,) = listed(library)
    assert (line.act, line.barcode, line.patron_identifier) == ("check-in", "nothing", "")
    assert line.happened == datetime(2026, 11, 25, 7, 30, tzinfo=UTC)


def test_a_renewal_of_what_is_not_on_loan_is_listed(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library), an_item(library)
    answer = terminal.ask(renew(card, item)).decode()
    assert answer.startswith("301")
    (line,) = listed(library)
    assert (line.act, line.barcode, line.title) == ("renewal", item, "Peters jul")
    assert line.patron_name == "Ida Ørsted"


def test_a_renewal_by_a_title_that_is_not_on_loan_keeps_the_title(
    library: Library, terminal: Terminal
) -> None:
    message = f"29NY{WHEN}{DUE}AO|AA{a_patron(library)}|AJPeters jul|"
    assert terminal.ask(message.encode()).startswith(b"301")
    assert [line.barcode for line in listed(library)] == ["Peters jul"]


def test_no_pin_is_asked_for_and_a_wrong_one_stops_nothing(
    library: Library, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(require_patron_pin=True)
    card = a_patron(library, pin_hash=hashed("1234"))
    for pin in ("", "AD|", "AD9999|"):
        message = checkout(card, an_item(library)) + pin.encode()
        assert terminal.ask(message).startswith(b"121")
    assert listed(library) == []


def test_an_upload_that_is_sent_again_is_noted_once(library: Library, terminal: Terminal) -> None:
    upload = [checkout("nobody", f"X{number}") for number in range(3)]
    first = [terminal.ask(with_checksum(each, number)) for number, each in enumerate(upload)]
    library.pass_time(minutes=30)  # long after a retry would be known by its bytes
    terminal.connect()
    assert terminal.ask(b"9300CNkiosk|COopen sesame|") == b"941\r"
    again = [terminal.ask(with_checksum(each, number)) for number, each in enumerate(upload)]
    assert [each[:3] for each in first + again] == [b"121"] * 6
    assert [line.barcode for line in listed(library)] == ["X0", "X1", "X2"]


def test_the_order_of_an_upload_is_kept(library: Library, terminal: Terminal) -> None:
    first, second, item = a_patron(library), a_patron(library), an_item(library)
    upload = [
        checkout(first, item, "20261125    080000"),
        checkin(item, "20261125    090000"),
        checkout(second, item, "20261125    100000"),
    ]
    answers = terminal.feed(b"".join(each + b"\r" for each in upload)).split(b"\r")
    assert [each[:3] for each in answers[:-1]] == [b"121", b"101", b"121"]
    assert listed(library) == []
    events = [(event.kind.value, event.at.hour) for event in library.events_of(item)]
    assert events == [("checked_out", 7), ("checked_in", 8), ("checked_out", 9)]


def test_where_off_line_messages_are_not_taken_nothing_is_noted(
    library: Library, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(accept_offline=False)
    assert terminal.ask(checkout("nobody", "nothing")).startswith(b"120")
    assert terminal.ask(checkin("nothing")).startswith(b"100")
    assert listed(library) == []


def test_without_a_date_it_happened_now(library: Library, terminal: Terminal) -> None:
    assert terminal.ask(checkin("nothing", " " * 18)).startswith(b"101")
    assert [line.happened for line in listed(library)] == [library.now]


def test_what_is_dated_too_far_back_is_accepted_and_listed(
    library: Library, terminal: Terminal
) -> None:
    card = a_patron(library)
    free, lent = an_item(library), an_item(library, on_loan_to=card)
    when = "19900101    120000"
    for _ in range(2):
        assert terminal.ask(checkout(card, free, when))[:3] == b"121"
        answer = terminal.ask(checkin(lent, when)).decode()
        assert answer.startswith("101Y")
        assert NOTED in answer
    assert [(each.act, each.reasons) for each in listed(library)] == [
        ("check-out", (Reason.DATE_TOO_OLD,)),
        ("check-in", (Reason.DATE_TOO_OLD,)),
    ]
    assert [len(library.events_of(each)) for each in (free, lent)] == [0, 1]


def test_what_a_fast_clock_dates_ahead_happened_now(library: Library, terminal: Terminal) -> None:
    card = a_patron(library)
    free, lent = an_item(library), an_item(library, on_loan_to=card)
    when = "20270101    120000"
    assert terminal.ask(checkout(card, free, when))[:3] == b"121"
    assert terminal.ask(checkin(lent, when))[:3] == b"101"
    assert listed(library) == []
    assert [library.events_of(each)[-1].at for each in (free, lent)] == [library.now] * 2


def test_a_return_dated_long_ago_on_line_is_refused_and_says_why(
    library: Library, terminal: Terminal
) -> None:
    item = an_item(library, on_loan_to=a_patron(library))
    answer = terminal.ask(f"09N{WHEN}19900101    120000AP|AO|AB{item}|AC|".encode()).decode()
    assert answer.startswith("100N")
    assert "|AFThe date is too far back. Please ask the staff.|" in answer


def test_a_return_dated_before_its_loan_says_so(library: Library, terminal: Terminal) -> None:
    item = an_item(library, on_loan_to=a_patron(library))
    answer = terminal.ask(f"09N{WHEN}20261120    120000AP|AO|AB{item}|AC|".encode()).decode()
    assert answer.startswith("101Y")
    assert "|AFThe date was before the loan." in answer


@pytest.mark.parametrize("returned", ["20261125    000000", "20261124    180000"])
def test_a_return_that_names_an_earlier_day_ends_the_loan_before_it(
    library: Library, terminal: Terminal, returned: str
) -> None:
    """A machine may send a day without its time, or that of a book drop: it took the item in at
    the date of its message."""
    card, item = a_patron(library), an_item(library)
    terminal.ask(checkout(card, item))
    answer = terminal.ask(f"09Y20261125    084500{returned}AP|AO|AB{item}|AC|".encode())
    assert answer.startswith(b"101YUN")
    assert library.read(lambda transaction: lent_since(transaction, barcode=item)) is None


def test_a_return_that_is_reported_again_keeps_no_item_for_a_later_hold(
    library: Library, terminal: Terminal
) -> None:
    item = an_item(library)
    terminal.ask(checkin(item))
    waits = a_hold(library, a_patron(library), item)
    library.pass_time(minutes=30)
    before = len(library.events_of(item))
    assert terminal.ask(checkin(item)).startswith(b"101")
    assert len(library.events_of(item)) == before, waits
