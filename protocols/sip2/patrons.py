"""Answers about patrons: Patron Status (23), Patron Information (63), End Patron Session (35)."""

from __future__ import annotations

from circulation.hold_lists import patron_holds
from circulation.hold_results import HoldState
from circulation.patrons import patron_loans, patron_status
from circulation.reasons import Reason
from circulation.results import PatronStatus, Refused
from protocols.answering import Context
from protocols.sip2.dates import local_date
from protocols.sip2.failures import ALL_DENIED
from protocols.sip2.messages import (
    EndPatronSession,
    EndSessionResponse,
    PatronInformation,
    PatronInformationResponse,
    PatronStatusRequest,
    PatronStatusResponse,
)
from protocols.sip2.places import Caller, Place
from protocols.sip2.refusals import patron_messages, patron_status_flags, refusal_messages
from protocols.sip2.settings import Account
from protocols.sip2.wording import code_of

#: Positions of the summary field (63): a Y asks for that list. Only the first Y counts.
HOLD_ITEMS = 0
OVERDUE_ITEMS = 1
CHARGED_ITEMS = 2
UNAVAILABLE_HOLDS = 5


def is_pin(given: str | None) -> bool:
    """Was a PIN sent at all? Blanks are none."""
    return given is not None and not (given == "" or given.isspace())


def pin_to_check(account: Account | None, given: str | None) -> str | None:
    """The PIN that circulation is to check, None for none.

    A PIN that was sent is always checked. A blank one is none: it never lets anybody in where a
    PIN is required, and counts as no failed try.
    """
    if is_pin(given):
        return given
    return "" if account is not None and account.require_patron_pin else None


def patron_status_request(
    request: PatronStatusRequest, caller: Caller, context: Context
) -> PatronStatusResponse:
    """23 -> 24."""
    place = caller.place(context, request.institution_id)
    status = _status(request, caller, place, context)
    facts = _Shown(status, caller, place)
    return PatronStatusResponse(
        patron_status=facts.flags,
        language=facts.language or request.language,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=request.patron_identifier,
        personal_name=facts.name,
        valid_patron=facts.is_valid,
        valid_patron_password=facts.is_known and is_pin(request.patron_password),
        screen_message=facts.messages,
    )


def patron_information(
    request: PatronInformation, caller: Caller, context: Context
) -> PatronInformationResponse:
    """63 -> 64."""
    place = caller.place(context, request.institution_id)
    status = _status(request, caller, place, context)
    facts = _Shown(status, caller, place)
    response = PatronInformationResponse(
        patron_status=facts.flags,
        language=facts.language or request.language,
        transaction_date=local_date(context.now, place.zone),
        hold_items_count=0,
        overdue_items_count=0,
        charged_items_count=0,
        fine_items_count=0,
        recall_items_count=0,
        unavailable_holds_count=0,
        institution_id=place.institution(request.institution_id),
        patron_identifier=request.patron_identifier,
        personal_name=facts.name,
        valid_patron=facts.is_valid,
        valid_patron_password=facts.is_known and is_pin(request.patron_password),
        screen_message=facts.messages,
    )
    if isinstance(status, PatronStatus):
        response.overdue_items_count = status.overdue
        response.charged_items_count = status.loans
        response.charged_items_limit = status.max_loans
        _add_holds(request, response, context)
        if caller.account is not None and caller.account.show_personal_details:
            response.email_address = status.email or None
            response.home_phone_number = status.phone or None
            response.birth_date = f"{status.birth_date:%Y%m%d}" if status.birth_date else None
            response.patron_class = status.patron.category
        _add_list(request, response, context)
    return response


def _add_holds(
    request: PatronInformation, response: PatronInformationResponse, context: Context
) -> None:
    """How many holds are ready (AS) and how many are not (CD), and the list that is asked for.

    What is ready is told by its barcode. What is not may have none yet, and is told by its title.
    """
    found = patron_holds(
        context.circulation,
        context.transaction,
        patron=request.patron_identifier.strip(),
        now=context.now,
        with_prospects=False,
    )
    if isinstance(found, Refused):
        return
    ready, others = [], []
    for hold in (queued.hold for queued in found.holds):
        if hold.state is HoldState.READY:
            ready.append(hold.bound_item or hold.title)
        else:
            others.append(hold.item or hold.title)
    response.hold_items_count, response.unavailable_holds_count = len(ready), len(others)
    wanted = request.summary.upper().find("Y")
    start = max(_number(request.start_item) or 1, 1)
    end = _number(request.end_item)
    if wanted == HOLD_ITEMS:
        response.hold_items = tuple(ready[start - 1 : end])
    elif wanted == UNAVAILABLE_HOLDS:
        response.unavailable_hold_items = tuple(others[start - 1 : end])


def end_patron_session(
    request: EndPatronSession, caller: Caller, context: Context
) -> EndSessionResponse:
    """35 -> 36. Nothing of a patron is kept between messages, so the end is always good."""
    place = caller.place(context, request.institution_id)
    return EndSessionResponse(
        end_session=True,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=request.patron_identifier,
    )


class _Shown:
    """What 24 and 64 have in common."""

    __slots__ = ("flags", "is_known", "is_valid", "language", "messages", "name")

    def __init__(self, status: PatronStatus | Refused, caller: Caller, place: Place) -> None:
        self.is_known = isinstance(status, PatronStatus)
        self.name = ""
        self.language = ""
        if isinstance(status, PatronStatus):
            self.name = status.patron.name
            self.language = code_of(status.patron.language)
            self.flags = patron_status_flags(status)
            self.is_valid = status.identifier_blocked is None and not status.is_expired
            self.messages = patron_messages(status, caller.words)
        else:
            # A missing PIN is no fault yet: some terminals ask for the card before the PIN.
            is_pin_missing = status.reasons == (Reason.PIN_MISSING,)
            self.flags = " " * 14 if is_pin_missing else ALL_DENIED
            self.is_valid = Reason.PATRON_UNKNOWN not in status.reasons
            self.messages = refusal_messages(status, caller.words, place.zone)


def _status(
    request: PatronStatusRequest | PatronInformation,
    caller: Caller,
    place: Place,
    context: Context,
) -> PatronStatus | Refused:
    return patron_status(
        context.circulation,
        context.transaction,
        patron=request.patron_identifier.strip(),
        now=context.now,
        pin=pin_to_check(caller.account, request.patron_password),
        desk=place.desk,
    )


def _add_list(
    request: PatronInformation, response: PatronInformationResponse, context: Context
) -> None:
    """The list that the summary asks for, from BP to BQ, both counted from 1 and included."""
    wanted = request.summary.upper().find("Y")
    if wanted not in (OVERDUE_ITEMS, CHARGED_ITEMS):
        return
    start = max(_number(request.start_item) or 1, 1)
    end = _number(request.end_item)
    if end is not None and end < start:
        return
    found = patron_loans(
        context.circulation,
        context.transaction,
        patron=request.patron_identifier.strip(),
        now=context.now,
        only_overdue=wanted == OVERDUE_ITEMS,
        start=start,
        limit=None if end is None else end - start + 1,
    )
    if isinstance(found, Refused):
        return
    barcodes = tuple(each.item.barcode for each in found.loans)
    if wanted == OVERDUE_ITEMS:
        response.overdue_items = barcodes
    else:
        response.charged_items = barcodes


def _number(text: str | None) -> int | None:
    """A number of at most six digits; None for anything else."""
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) <= 6 else None
