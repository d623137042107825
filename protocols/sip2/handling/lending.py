"""Loans: Checkout (11), Renew (29), Renew All (65)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from catalogue.items import find_item
from catalogue.records import control_numbers_of
from circulation.accounts.loans import PatronLoan, patron_loans
from circulation.callers.machine_refusals import note_machine_refusal
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refused, Renewed
from circulation.kernel.rules import lineage
from circulation.loans.lending import check_out
from circulation.loans.off_line import Reported
from circulation.loans.renewals import renew as renew_loan
from circulation.loans.renewals import renew_all as renew_all_loans
from circulation.loans.undo import cancel_check_in
from circulation.loans.wishes import LoanWish, RenewalWish, Reporting
from protocols.hosting.answering import Context
from protocols.sip2.handling.authority import NOT_LET_IN, admitted, patron_believed, pin_to_check
from protocols.sip2.handling.facts import patron_shown
from protocols.sip2.handling.fees import amount_owed, price_of
from protocols.sip2.handling.forms import fbs_form, tell_item
from protocols.sip2.handling.items import NOT_MAGNETIC, due_date_of, media_of
from protocols.sip2.handling.off_line import (
    Report,
    do_waiting,
    is_followed,
    is_off_line,
    note_report,
    source_of,
)
from protocols.sip2.handling.refusals import refusal_messages
from protocols.sip2.messages import (
    Checkout,
    CheckoutResponse,
    Renew,
    RenewAll,
    RenewAllResponse,
    RenewResponse,
)
from protocols.sip2.settings import Account
from protocols.sip2.terminals.places import Caller, Place, Unanswerable
from protocols.sip2.wire.dates import local_date, parse_date, parse_past_date
from protocols.sip2.wire.text import given_back
from protocols.sip2.wording import Text, say

_Charged = TypeVar("_Charged", CheckoutResponse, RenewResponse)


def checkout(request: Checkout, caller: Caller, context: Context) -> CheckoutResponse:
    """11 -> 12. With SC renewal policy Y, a patron's own loan is renewed.

    With cancel (BI) Y the terminal takes back its check-in of just now: the loan goes on.
    """
    place = caller.place(context, request.institution_id)
    if request.cancel:
        return _cancelled_checkin(request, caller, place, context)
    no_block, happened, due = _off_line(request, caller, place, context.now)
    account = caller.account
    if not no_block and account is not None and account.blocked_material_groups:
        item = find_item(context.transaction, request.item_identifier.strip())
        if item and _is_of(item.material_group, account.blocked_material_groups, context):
            raise Unanswerable(Text.NOT_LENT_HERE)
    patron: str | Refused = request.patron_identifier.strip()
    if no_block:
        patron = patron_believed(request, happened, account, place, context)
    outcome: CheckedOut | Renewed | Refused
    if isinstance(patron, Refused):
        outcome = patron
    else:
        outcome = check_out(
            context.act(place.desk),
            LoanWish(
                patron=patron,
                item=request.item_identifier.strip(),
                pin=pin_to_check(request.patron_password),
                no_block=no_block,
                happened=happened,
                due=due,
                fee_acknowledged=request.fee_acknowledged is True,
                reporting=Reporting(source_of(account).value),
            ),
        )
    if (
        request.sc_renewal_policy
        and isinstance(outcome, Refused)
        and Reason.ALREADY_ON_LOAN_TO_PATRON in outcome.reasons
    ):
        outcome = renew_loan(
            context.act(place.desk),
            RenewalWish(
                patron=request.patron_identifier.strip(),
                item=request.item_identifier.strip(),
                pin=pin_to_check(request.patron_password),
                fee_acknowledged=request.fee_acknowledged is True,
            ),
        )
    response = _not_yet(CheckoutResponse, request, request.item_identifier, place, context)
    response.renewal_ok = isinstance(outcome, Renewed)
    _with_outcome(response, request, outcome, caller, place, context)
    if no_block:
        report = Report(Reported.CHECK_OUT, request, happened, due)
        _reported(response, report, outcome, caller, place, context)
    return response


def renew(request: Renew, caller: Caller, context: Context) -> RenewResponse:
    """29 -> 30. The loan is named by its item (AB), or by its title as a list (AU) told it (AJ)."""
    place = caller.place(context, request.institution_id)
    no_block, happened, due = _off_line(request, caller, place, context.now)
    patron: str | Refused = request.patron_identifier.strip()
    if no_block:
        patron = patron_believed(request, happened, caller.account, place, context)
    barcode = request.item_identifier or ""
    if not barcode:
        barcode, hindered = _barcode_of_title(request, place, context)
        patron = hindered or patron
    outcome: Renewed | Refused
    if isinstance(patron, Refused):
        outcome = patron
    else:
        outcome = renew_loan(
            context.act(place.desk),
            RenewalWish(
                patron=patron,
                item=barcode.strip(),
                pin=pin_to_check(request.patron_password),
                no_block=no_block,
                happened=happened,
                due=due,
                fee_acknowledged=request.fee_acknowledged is True,
                is_told=is_followed(request, caller.account),
                reporting=Reporting(source_of(caller.account).value),
            ),
        )
    response = _not_yet(RenewResponse, request, barcode, place, context)
    response.renewal_ok = isinstance(outcome, Renewed)
    _with_outcome(response, request, outcome, caller, place, context)
    if no_block:
        report = Report(Reported.RENEWAL, request, happened, due)
        _reported(response, report, outcome, caller, place, context)
    return response


def renew_all(request: RenewAll, caller: Caller, context: Context) -> RenewAllResponse:
    """65 -> 66."""
    place = caller.place(context, request.institution_id)
    outcome = renew_all_loans(
        context.act(place.desk),
        patron=request.patron_identifier.strip(),
        pin=pin_to_check(request.patron_password),
        fee_acknowledged=request.fee_acknowledged is True,
    )
    response = RenewAllResponse(
        ok=not isinstance(outcome, Refused),
        renewed_count=0,
        unrenewed_count=0,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
    )
    if isinstance(outcome, Refused):
        response.screen_message = refusal_messages(outcome, caller, place.zone)
        return response
    form = fbs_form(caller, place, context)
    if form is not None:
        response.renewed_items = form.renewed(outcome.renewed)
        response.unrenewed_items = form.unrenewed(outcome.refused)
    else:
        response.renewed_items = tuple(each.item.barcode for each in outcome.renewed)
        response.unrenewed_items = tuple(
            _unrenewed(each.item.barcode, each, caller, place)
            for each in outcome.refused
            if each.item
        )
    response.renewed_count = len(outcome.renewed)
    response.unrenewed_count = len(outcome.refused)
    return response


def _unrenewed(barcode: str, refused: Refused, caller: Caller, place: Place) -> str:
    """BN: the item, and why its loan was not renewed where the account wants to hear that."""
    if caller.account is None or not caller.account.say_why_not_renewed:
        return barcode
    return " ".join((barcode, *refusal_messages(refused, caller, place.zone)))


def _barcode_of_title(request: Renew, place: Place, context: Context) -> tuple[str, Refused | None]:
    """The item of the patron's loan that has this title, empty where none has; and why the
    patron's loans are not looked at, where they are not."""
    title = (request.title_identifier or "").strip()
    if not title:
        raise Unanswerable(Text.RENEW_WHAT)
    known = admitted(request, place, context)
    if isinstance(known, Refused):
        return "", known
    found = patron_loans(context.act(), patron=request.patron_identifier.strip())
    loans = () if isinstance(found, Refused) else found.loans
    found_in = (each.item.barcode for each in loans if each.item.title.strip() == title)
    return next(found_in, "") or _barcode_of_number(title, loans, context), None


def _barcode_of_number(number: str, loans: Sequence[PatronLoan], context: Context) -> str:
    """The item whose record has this number, as it stands in AJ in the form of FBS."""
    numbers = control_numbers_of(context.transaction, [each.item.record_id for each in loans])
    found_in = (each.item.barcode for each in loans if numbers.get(each.item.record_id) == number)
    return next(found_in, "")


def _cancelled_checkin(
    request: Checkout, caller: Caller, place: Place, context: Context
) -> CheckoutResponse:
    response = _not_yet(CheckoutResponse, request, request.item_identifier, place, context)
    known = admitted(request, place, context)
    if isinstance(known, Refused):
        return _with_outcome(response, request, known, caller, place, context)
    outcome = cancel_check_in(
        context.act(place.desk), item=request.item_identifier.strip(), patron_id=known.id
    )
    if isinstance(outcome, Refused):
        return _with_outcome(response, request, outcome, caller, place, context)
    response.ok = True
    response.desensitize = "Y"
    response.patron_identifier = patron_shown(request.patron_identifier, known, caller.account)
    tell_item(response, outcome.item, caller, place, context)
    response.due_date = due_date_of(outcome.loan.due, caller, place) if outcome.loan else ""
    response.media_type, response.magnetic_media = media_of(outcome.item, context)
    return response


def _off_line(
    request: Checkout | Renew, caller: Caller, place: Place, now: datetime
) -> tuple[bool, datetime | None, datetime | None]:
    """No block: has this happened already, off line? If so, when, and with what due date."""
    if not is_off_line(request, caller.account):
        return False, None, None
    return (
        True,
        parse_past_date(request.transaction_date, place.zone, now),
        parse_date(request.nb_due_date, place.zone),
    )


def _not_yet(
    kind: type[_Charged], request: Checkout | Renew, barcode: str, place: Place, context: Context
) -> _Charged:
    """The response before anything is known of the loan: nothing was done."""
    return kind(
        ok=False,
        renewal_ok=False,
        magnetic_media=NOT_MAGNETIC,
        desensitize="N",
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=given_back(request.patron_identifier),
        item_identifier=barcode,
        title_identifier="",
        due_date="",
        item_properties=request.item_properties or None,
    )


def _with_outcome(
    response: _Charged,
    request: Checkout | Renew,
    outcome: CheckedOut | Renewed | Refused,
    caller: Caller,
    place: Place,
    context: Context,
) -> _Charged:
    """Fills in what 12 and 30 have in common: what it costs, or would cost, among it."""
    account = caller.account
    if isinstance(outcome, Refused):
        is_let_in = NOT_LET_IN.isdisjoint(outcome.reasons)
    else:  # what happened off line was booked without a PIN
        clientele = place.desk.clientele
        is_let_in = not is_off_line(request, account) or clientele.knows(outcome.patron.agency_id)
    if is_let_in:
        sent = request.patron_identifier
        response.patron_identifier = patron_shown(sent, outcome.patron, account)
    price = price_of(outcome) if is_let_in else None
    if price is not None:
        response.fee_type, response.currency_type, response.fee_amount = price
    if isinstance(outcome, Refused):
        response.screen_message = refusal_messages(outcome, caller, place.zone)
        if outcome.item is not None and is_let_in:
            tell_item(response, outcome.item, caller, place, context)
        if outcome.patron is not None and is_let_in:
            act, barcode = context.act(place.desk), request.item_identifier or ""
            note_machine_refusal(act, outcome.patron.id, barcode.strip(), outcome.reasons)
        if outcome.loan is not None:
            response.due_date = due_date_of(outcome.loan.due, caller, place)
        return response
    response.ok = True
    response.desensitize = "Y"
    tell_item(response, outcome.item, caller, place, context)
    response.due_date = due_date_of(outcome.loan.due, caller, place)
    response.media_type, response.magnetic_media = media_of(outcome.item, context)
    if account is not None:
        _as_wanted(response, outcome, account, caller, place, context)
        if account.show_amount_owed and is_let_in:
            _add(response, *amount_owed(context, outcome.patron.id, place, caller.words))
    return response


def _add(response: _Charged, *messages: str) -> None:
    response.screen_message = (*response.screen_message, *messages)


def _reported(
    response: _Charged,
    report: Report,
    outcome: CheckedOut | Renewed | Refused,
    caller: Caller,
    place: Place,
    context: Context,
) -> _Charged:
    """What was reported and cannot be booked is accepted all the same, for staff to settle."""
    if not isinstance(outcome, Refused):
        do_waiting(report.request, outcome.item.barcode, place, caller, context)
    elif note_report(report, outcome, place, caller.account, context):
        response.ok, response.desensitize = True, "Y"
        due = report.due
        response.due_date = due_date_of(due, caller, place) if due is not None else ""
        _add(response, say(Text.NOTED_FOR_STAFF, caller.words))
    return response


def _as_wanted(
    response: _Charged,
    outcome: CheckedOut | Renewed,
    account: Account,
    caller: Caller,
    place: Place,
    context: Context,
) -> None:
    """What the account wants besides of a loan that was made or renewed."""
    groups, categories = account.in_house_material_groups, account.in_house_patron_categories
    if (groups and _is_of(outcome.item.material_group, groups, context)) or (
        categories and _is_category(outcome.patron.category, categories, context)
    ):
        response.desensitize = "N"
        _add(response, say(Text.IN_HOUSE_ONLY, caller.words))
    if account.print_lines == "receipt":
        day = outcome.loan.due.astimezone(place.zone).date().isoformat()
        line = say(Text.RECEIPT_DUE, caller.words, title=outcome.item.title, day=day)
        response.print_line = (line,)


def _is_of(group: str, groups: Collection[str], context: Context) -> bool:
    """Is the material group one of these, or below one of them?"""
    tree = context.circulation.current_set_up(context.transaction).groups
    return not set(groups).isdisjoint(lineage(tree, group))


def _is_category(category: str, categories: Collection[str], context: Context) -> bool:
    tree = context.circulation.current_set_up(context.transaction).categories
    return not set(categories).isdisjoint(lineage(tree, category))
