"""Loans for staff, and clearing up behind them."""

from __future__ import annotations

from catalogue.items import find_item
from circulation.interlending.borrowing import send_home
from circulation.interlending.lists import clear_up, loans_of_request, open_loans
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState
from circulation.jobs.running import run_job
from circulation.kernel.results import UNATTENDED
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import danish_fees, paid, total
from tests.builders.interlending import a_borrowed_item, again


def home(library: Library, loan: InterlibraryLoan) -> None:
    sent = library.write(lambda transaction: send_home(library.act(transaction), loan))
    assert isinstance(sent, InterlibraryLoan), sent


def test_what_is_open(library: Library) -> None:
    card = a_patron(library)
    first = a_borrowed_item(library, card)
    second = a_borrowed_item(library, card, "TEMP-2", request_id="REQ-2")
    assert library.read(open_loans) == [first, second]
    home(library, first)
    assert library.read(open_loans) == [second]
    (named,) = library.read(lambda transaction: loans_of_request(transaction, request_id="REQ-1"))
    assert named == again(library, first)


def test_an_item_stays_until_what_is_owed_for_it_is_paid(either_library: Library) -> None:
    library = either_library
    danish_fees(library)
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    library.pass_time(days=45)
    library.check_in("TEMP-1")
    owed = total(library, card)
    assert owed > 0

    home(library, again(library, loan))
    gone = again(library, loan)
    assert gone.state is BorrowingState.COMPLETED
    assert gone.item_id is not None
    assert library.read(lambda transaction: find_item(transaction, "TEMP-1")) is None
    spare = f"TEMP-1~{loan.id}"
    assert library.read(lambda transaction: find_item(transaction, spare)) is not None
    cleared = library.write(lambda transaction: clear_up(library.act(transaction, UNATTENDED)))
    assert cleared == (0, None)
    # Meanwhile the barcode may come again.
    a_borrowed_item(library, card, request_id="REQ-2")

    paid(library, card, owed)
    run_job(
        library.circulation,
        library.database,
        "interlibrary",
        day=library.today,
        now=library.now,
    )
    assert library.read(lambda transaction: find_item(transaction, spare)) is None
    assert again(library, loan).item_id is None
