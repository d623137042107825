"""Every `tiro list` with a line on it, in words and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from circulation.kernel.results import CheckedOut
from circulation.loans.lending import check_out
from circulation.loans.wishes import LoanWish
from protocols.commands.reports.lists import lists
from tests.builders.circulation import a_patron, an_item
from tests.builders.dunning import run_days
from tests.builders.fees import charge, fee_rule
from tests.builders.holds import record_of
from tests.builders.staff import Staff

AT = ("--at", "DK-900101")


def overdue(staff: Staff) -> str:
    staff.library.now -= timedelta(days=60)
    return an_item(staff.library, on_loan_to=a_patron(staff.library))


def fetch(staff: Staff) -> str:
    barcode, card = an_item(staff.library), a_patron(staff.library)
    staff.json("hold", "place", card, "--record", str(record_of(staff.library, barcode)), *AT)
    return barcode


def shelf(staff: Staff) -> str:
    barcode, card = an_item(staff.library), a_patron(staff.library)
    record = str(record_of(staff.library, barcode))
    (hold,) = staff.json("hold", "place", card, "--record", record, *AT)["holds"]
    staff.json("loan", "in", barcode, *AT)
    staff.json("hold", "cancel", card, hold["id"], *AT)
    return barcode


def transits(staff: Staff) -> str:
    barcode = an_item(staff.library)
    staff.library.now -= timedelta(days=10)
    staff.library.check_in(barcode, at=staff.library.other)
    return barcode


def conflicts(staff: Staff) -> str:
    library = staff.library
    barcode = an_item(library, on_loan_to=a_patron(library))
    wish = LoanWish(patron=a_patron(library), item=barcode, no_block=True)
    lent = library.write(lambda transaction: check_out(library.act(transaction), wish))
    assert isinstance(lent, CheckedOut)
    return barcode


def lost(staff: Staff) -> str:
    barcode = an_item(staff.library, on_loan_to=a_patron(staff.library))
    staff.json("loan", "lost", barcode, *AT)
    return barcode


def claimed(staff: Staff) -> str:
    barcode = an_item(staff.library, on_loan_to=a_patron(staff.library))
    staff.json("loan", "claim", barcode, *AT)
    return barcode


def missing(staff: Staff) -> str:
    barcode = an_item(staff.library)
    staff.json("loan", "lost", barcode, *AT)
    return barcode


def unwarned(staff: Staff) -> str:
    fee_rule(staff.library, currency="DKK", block_threshold=20_000, block_days=8)
    charge(staff.library, a_patron(staff.library), 20_000)
    run_days(staff.library, 3)
    return "200.00 DKK"


#: What puts a line on each list, and returns words of that line.
MAKERS: dict[str, Callable[[Staff], str]] = {
    each.__name__: each
    for each in (overdue, fetch, shelf, transits, conflicts, lost, claimed, missing, unwarned)
}


@pytest.mark.parametrize("name", sorted(lists.commands))
def test_a_list_with_a_line(name: str, staff: Staff) -> None:
    """A list that is new needs a maker here."""
    words = MAKERS[name](staff)
    needs_branch = any(
        each.name == "branch" and each.required for each in lists.commands[name].params
    )
    at = AT if needs_branch else ()
    assert len(staff.json("list", name, *at)["lines"]) == 1
    plain = staff.run("list", name, *at)
    assert (plain.exit_code, plain.exception) == (0, None), plain.output
    assert words in plain.output
    assert not set("{}[]") & set(plain.output)
