"""Messages about what happened while the line was down (no block = Y)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.loans.off_line import OffLineReport, Reported, Source, take_report
from circulation.loans.waiting import try_item
from protocols.hosting.answering import Context
from protocols.sip2.messages import Checkin, Checkout, Renew
from protocols.sip2.settings import Account
from protocols.sip2.terminals.places import Caller, Place


def is_off_line(request: Checkout | Renew | Checkin, account: Account | None) -> bool:
    """Has this happened already, and does the account accept such messages?"""
    return (
        request.no_block
        and account is not None
        and (account.accept_offline or account.follows != "no")
    )


def is_followed(request: Checkout | Renew | Checkin, account: Account | None) -> bool:
    """Was this decided elsewhere, and does the account follow that?"""
    return is_off_line(request, account) and bool(account and account.follows != "no")


class Report(NamedTuple):
    """What a message without a block has reported: the act, the message, when, and until when.

    `returned` is when an item came back, where the machine says so.
    """

    reported: Reported
    request: Checkout | Renew | Checkin
    happened: datetime | None
    due: datetime | None = None
    returned: datetime | None = None


def source_of(account: Account | None) -> Source:
    """Return the source of the off-line messages of an account."""
    return Source.PROXY if account is not None and account.follows != "no" else Source.SIP2


def do_waiting(
    request: Checkout | Renew | Checkin, item: str, place: Place, caller: Caller, context: Context
) -> None:
    """Do the off-line acts that waited for the one that was just done with an item."""
    if is_off_line(request, caller.account):
        try_item(context.act(place.desk), item.strip())


def note_report(
    report: Report, refused: Refused, place: Place, account: Account | None, context: Context
) -> bool:
    """Puts what cannot be booked on the work list of conflicts. False if the branch itself is gone,
    so that nobody could settle it.
    """
    if Reason.BRANCH_UNKNOWN in refused.reasons:
        return False
    reported, request, happened, due, returned = report
    item = request.item_identifier or ""
    if isinstance(request, Renew):
        item = item or request.title_identifier or ""  # a loan may be named by its title
    patron = "" if isinstance(request, Checkin) else request.patron_identifier.strip()
    found = OffLineReport(
        reported, item.strip(), patron, refused, happened, due, source_of(account), returned
    )
    take_report(context.act(place.desk), found)
    return True
