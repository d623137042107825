"""The lists of Patron Information (64): what the summary asks for, from BP to BQ.

The summary (63) has ten positions, and a Y asks for that list; only the first Y counts. BP and BQ
number the lines from 1, both inclusive. The counts are those of all lists, whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

from circulation.accounts.loans import LoanPage, PatronLoan, patron_loans
from circulation.holds.lists import an_item_of, patron_holds
from circulation.holds.results import Hold, HoldState
from circulation.kernel.results import PatronStatus, Refused
from protocols.hosting.answering import Context
from protocols.sip2.handling.fees import fee_fields, fee_line, open_fees
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
    """Which list, and which lines of it: from `start`, counted from 1, to `end` or the last."""

    position: int
    start: int
    end: int | None

    def cut(self, lines: Sequence[T]) -> tuple[T, ...]:
        return tuple(lines[self.start - 1 : self.end])


def wanted_by(request: PatronInformation) -> Wanted:
    """What the summary, BP and BQ ask for. Position -1 is no list."""
    start = max(_number(request.start_item) or 1, 1)
    end = _number(request.end_item)
    return Wanted(
        request.summary.upper().find("Y"), start, None if end is None else max(end, start - 1)
    )


def add_lists(
    request: PatronInformation,
    response: PatronInformationResponse,
    status: PatronStatus,
    caller: Caller,
    place: Place,
    context: Context,
) -> None:
    """Fills in the counts of loans, holds, fees and recalls, and the list that is asked for."""
    wanted = wanted_by(request)
    if response.fee_amount is not None:
        fees = open_fees(context, request.patron_identifier.strip(), place)
        response.fine_items_count = len(fees)
        if wanted.position == FINE_ITEMS:
            form = caller.account.fee_template if caller.account is not None else None
            response.fine_items = tuple(
                fee_line(x, caller.words, place, form) for x in wanted.cut(fees)
            )
        elif wanted.position == FEES:
            response.fees = tuple(fee_fields(x, place, caller.words) for x in wanted.cut(fees))
    response.overdue_items_count = status.overdue
    response.charged_items_count = status.loans
    response.charged_items_limit = status.max_loans
    response.recall_items_count = status.recalled
    account = caller.account
    by_title = account is not None and account.list_loans_by == "title"
    if status.has_holds:
        _add_holds(request, response, wanted, context, account)
    number = {OVERDUE_ITEMS: status.overdue, CHARGED_ITEMS: status.loans}.get(wanted.position)
    if number:
        _add_loans(request, response, wanted, context, by_title)
    elif wanted.position == RECALL_ITEMS and status.recalled:
        _add_recalls(request, response, wanted, context, by_title)


def _add_holds(
    request: PatronInformation,
    response: PatronInformationResponse,
    wanted: Wanted,
    context: Context,
    account: Account | None,
) -> None:
    """How many holds are ready (AS) and how many are not (CD). As the account wants, the lists name
    them by barcodes, a hold on a title by that of any of its items, or by titles. Only a title
    without items has no barcode, and is named by its title.
    """
    by_title = account is not None and account.list_holds_by == "title"
    found = patron_holds(
        context.circulation,
        context.transaction,
        patron=request.patron_identifier.strip(),
        now=context.now,
        with_prospects=False,
    )
    if isinstance(found, Refused):
        return
    ready: list[Hold] = []
    others: list[Hold] = []
    for hold in (queued.hold for queued in found.holds):
        (ready if hold.state is HoldState.READY else others).append(hold)

    def shown(hold: Hold) -> str:
        if by_title:
            return hold.title
        barcode = hold.bound_item or hold.item or an_item_of(context.transaction, hold.record_id)
        return barcode or hold.title

    response.hold_items_count, response.unavailable_holds_count = len(ready), len(others)
    if wanted.position == HOLD_ITEMS:
        response.hold_items = tuple(map(shown, wanted.cut(ready)))
    elif wanted.position == UNAVAILABLE_HOLDS:
        response.unavailable_hold_items = tuple(map(shown, wanted.cut(others)))


def _add_loans(
    request: PatronInformation,
    response: PatronInformationResponse,
    wanted: Wanted,
    context: Context,
    by_title: bool,
) -> None:
    found = patron_loans(
        context.act(),
        patron=request.patron_identifier.strip(),
        page=LoanPage(
            only_overdue=wanted.position == OVERDUE_ITEMS,
            start=wanted.start,
            limit=None if wanted.end is None else wanted.end - wanted.start + 1,
        ),
    )
    if isinstance(found, Refused):
        return
    lines = tuple(_shown(each, by_title) for each in found.loans)
    if wanted.position == OVERDUE_ITEMS:
        response.overdue_items = lines
    else:
        response.charged_items = lines


def _add_recalls(
    request: PatronInformation,
    response: PatronInformationResponse,
    wanted: Wanted,
    context: Context,
    by_title: bool,
) -> None:
    found = patron_loans(context.act(), patron=request.patron_identifier.strip())
    if not isinstance(found, Refused):
        recalled = [_shown(each, by_title) for each in found.loans if each.is_recalled]
        response.recall_items = wanted.cut(recalled)


def _shown(loan: PatronLoan, by_title: bool) -> str:
    return loan.item.title if by_title else loan.item.barcode


def _number(text: str | None) -> int | None:
    """A number of at most six digits; None for anything else."""
    digits = (text or "").strip()
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= 6
    return int(digits) if is_number else None
