"""The lists of Patron Information (64): what the summary asks for, from BP to BQ.

The summary (63) has ten positions, and a Y asks for that list; only the first Y counts, but in the
form of FBS all do. BP and BQ number the lines from 1, both inclusive. The counts are those of all
lists, whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from circulation.accounts.loans import LoanPage, PatronLoan, loans_listed
from circulation.holds.lists import an_item_of, listed_holds
from circulation.holds.results import Hold
from circulation.kernel.results import PatronStatus
from circulation.patrons.facts import PatronFacts
from protocols.hosting.answering import Context
from protocols.sip2.handling.fees import (
    fee_fields,
    fee_line,
    largest,
    nothing_owed,
    open_fees,
)
from protocols.sip2.handling.forms import FbsForm, fbs_form
from protocols.sip2.messages import PatronInformation, PatronInformationResponse
from protocols.sip2.settings import Account
from protocols.sip2.terminals.places import Caller, Place

T = TypeVar("T")

#: Positions of the summary.
HOLD_ITEMS: Final = 0
OVERDUE_ITEMS: Final = 1
CHARGED_ITEMS: Final = 2
FINE_ITEMS: Final = 3
RECALL_ITEMS: Final = 4
UNAVAILABLE_HOLDS: Final = 5
#: Not in the standard: fees one by one, for terminals of several vendors.
FEES: Final = 6


class Wanted(NamedTuple):
    """Which lists, and which lines of each: from `start`, counted from 1, to `end` or the last."""

    positions: frozenset[int]
    start: int
    end: int | None

    @property
    def limit(self) -> int | None:
        return None if self.end is None else self.end - self.start + 1

    def cut(self, lines: Sequence[T]) -> tuple[T, ...]:
        return tuple(lines[self.start - 1 : self.end])

    def page(self, *, only_overdue: bool) -> LoanPage:
        """The same lines of a list of loans."""
        return LoanPage(only_overdue=only_overdue, start=self.start, limit=self.limit)


def wanted_by(request: PatronInformation, *, is_many: bool = False) -> Wanted:
    """What the summary, BP and BQ ask for; `is_many`: each Y counts."""
    start = max(_number(request.start_item) or 1, 1)
    end = _number(request.end_item)
    positions = _positions(request.summary, is_many)
    return Wanted(positions, start, None if end is None else max(end, start - 1))


@lru_cache(maxsize=64)
def _positions(summary: str, is_many: bool) -> frozenset[int]:
    asked = [place for place, each in enumerate(summary.upper()) if each == "Y"]
    return frozenset(asked if is_many else asked[:1])


def add_lists(
    request: PatronInformation,
    response: PatronInformationResponse,
    found: tuple[PatronStatus, PatronFacts],
    caller: Caller,
    place: Place,
    context: Context,
) -> None:
    """Fills in what is owed, the counts of loans, holds, fees and recalls, and the lists that are
    asked for."""
    status, known = found
    form = fbs_form(caller, place, context)
    wanted = wanted_by(request, is_many=form is not None)
    if status.has_account or form is not None:
        _add_fees(status, response, wanted, caller, place, context)
    response.overdue_items_count = status.overdue
    response.charged_items_count = status.loans
    response.charged_items_limit = status.max_loans
    response.recall_items_count = status.recalled
    account = caller.account
    by_title = account is not None and account.list_loans_by == "title"
    if status.holds:
        _add_holds(status, response, wanted, context, account, form)
    shown = _shown_by_title if by_title else _shown_by_barcode
    if form is not None:
        shown = form.loans
    if OVERDUE_ITEMS in wanted.positions and status.overdue:
        page = wanted.page(only_overdue=True)
        lines = shown(loans_listed(context.act(), known, page).loans)
        response.overdue_items = lines or response.overdue_items
    if CHARGED_ITEMS in wanted.positions and status.loans:
        page = wanted.page(only_overdue=False)
        lines = shown(loans_listed(context.act(), known, page).loans)
        response.charged_items = lines or response.charged_items
    if RECALL_ITEMS in wanted.positions and status.recalled:
        loans = loans_listed(context.act(), known).loans
        recalled = [each for each in loans if each.is_recalled]
        response.recall_items = shown(wanted.cut(recalled)) or response.recall_items


def leave_no_list_out(response: PatronInformationResponse) -> None:
    """In the form of FBS a list without lines is one empty field."""
    nothing = ("",)
    response.hold_items = response.overdue_items = response.charged_items = nothing
    response.fine_items = response.recall_items = response.unavailable_hold_items = nothing


def _add_fees(
    status: PatronStatus,
    response: PatronInformationResponse,
    wanted: Wanted,
    caller: Caller,
    place: Place,
    context: Context,
) -> None:
    """In the form of FBS it is said, too, that nothing is owed."""
    is_listed = bool({FINE_ITEMS, FEES} & wanted.positions)
    limit = wanted.limit if is_listed else 0
    found = open_fees(context, status.patron, place, start=wanted.start, limit=limit)
    owed, fees = largest(found.balances), found.charges
    form = fbs_form(caller, place, context)
    if owed is None and form is not None:
        owed = nothing_owed(context, status.patron.category, place)
    if owed is None:
        return
    response.currency_type, response.fee_amount = owed
    response.fine_items_count = found.total
    if FINE_ITEMS in wanted.positions:
        template = caller.account.fee_template if caller.account is not None else None
        response.fine_items = (
            tuple(fee_line(each, caller.words, place, template) for each in fees)
            if form is None
            else form.fees(fees) or response.fine_items
        )
    if FEES in wanted.positions and form is None:
        response.fees = tuple(fee_fields(each, place, caller.words) for each in fees)


def _add_holds(
    status: PatronStatus,
    response: PatronInformationResponse,
    wanted: Wanted,
    context: Context,
    account: Account | None,
    form: FbsForm | None,
) -> None:
    """How many holds are ready (AS) and how many are not (CD). As the account wants, the lists name
    them by barcodes, a hold on a title by that of any of its items, or by titles. Only a title
    without items has no barcode, and is named by its title.
    """
    by_title = account is not None and account.list_holds_by == "title"

    def shown(holds: Sequence[Hold]) -> tuple[str, ...]:
        return tuple(map(named, holds))

    def named(hold: Hold) -> str:
        if by_title:
            return hold.title
        barcode = hold.bound_item or hold.item or an_item_of(context.transaction, hold.record_id)
        return barcode or hold.title

    def lines(*, are_ready: bool) -> tuple[str, ...]:
        found = listed_holds(
            context.act(),
            status.patron.id,
            are_ready=are_ready,
            start=wanted.start,
            limit=wanted.limit,
        )
        if form is None:
            return shown(found)
        return (form.ready_holds if are_ready else form.other_holds)(found)

    response.hold_items_count = status.holds_ready
    response.unavailable_holds_count = status.holds - status.holds_ready
    if HOLD_ITEMS in wanted.positions:
        response.hold_items = lines(are_ready=True) or response.hold_items
    if UNAVAILABLE_HOLDS in wanted.positions:
        response.unavailable_hold_items = lines(are_ready=False) or response.unavailable_hold_items


def _shown_by_title(loans: Sequence[PatronLoan]) -> tuple[str, ...]:
    return tuple(each.item.title for each in loans)


def _shown_by_barcode(loans: Sequence[PatronLoan]) -> tuple[str, ...]:
    return tuple(each.item.barcode for each in loans)


def _number(text: str | None) -> int | None:
    """A number of at most six digits; None for anything else."""
    digits = (text or "").strip()
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= 6
    return int(digits) if is_number else None
