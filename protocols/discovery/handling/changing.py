"""PAIA 3.4-3.6: documents are requested, renewed and cancelled, each by itself: what cannot be done
with one is an error of that one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from catalogue.items import find_item
from circulation.holds.changing import cancel_hold
from circulation.holds.copies import copies_of_record
from circulation.holds.placing import place_holds
from circulation.holds.results import QueuedHold, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.languages.sentences import Sentence
from circulation.loans.renewals import LoanProspect, renew
from circulation.loans.wishes import RenewalWish
from protocols.discovery.handling.conditions import (
    Condition,
    Confirmation,
    confirmation_of,
    fee_condition,
    is_met,
    selected,
    storage_condition,
)
from protocols.discovery.handling.items import (
    HELD,
    NO_RELATION,
    REJECTED,
    Telling,
    holds_of,
    item_of,
    loans_of,
)
from protocols.discovery.handling.telling import first_of, known_by, zone_of
from protocols.discovery.messages import Document
from protocols.discovery.methods import Asking
from protocols.discovery.problems import unfit
from protocols.discovery.refusals import said
from protocols.hosting.answering import Context
from protocols.records.naming import records_called


def _all_of(
    places: Sequence[tuple[int, int]],
    do: Callable[[int], dict[str, Any]],
) -> dict[str, Any]:
    """Does it for each document, in the order in which all who do several lock them: `places` are
    what is locked and the place of its document."""
    told: dict[int, dict[str, Any]] = {}
    for _, place in sorted(places):
        told[place] = do(place)
    return {"doc": [told[place] for place in sorted(told)]}


def _must_be_named(asking: Asking) -> None:
    for place, each in enumerate(asking.body.doc):
        if each.item is None and each.edition is None:
            raise unfit(f"doc.{place}", Sentence("ITEM_OR_EDITION"))


def _refused(
    wish: Document, status: int, refusals: Sequence[Refusal], asking: Asking, context: Context
) -> dict[str, Any]:
    return {
        "status": status,
        **wish.named,
        "error": said(refusals, asking.language, zone_of(asking, context)),
    }


# Requesting


def request_documents(asking: Asking, context: Context) -> dict[str, Any]:
    """Places a hold for each document. A copy stands for its title, or its volume of it."""
    _must_be_named(asking)
    wanted = [_wanted(each, asking, context) for each in asking.body.doc]
    places = [
        (0 if found is None else found.record_id or 0, place) for place, found in enumerate(wanted)
    ]
    docs = asking.body.doc
    return _all_of(places, lambda place: _requested(docs[place], wanted[place], asking, context))


def _wanted(wish: Document, asking: Asking, context: Context) -> Wanted | None:
    """What a document means in the catalogue; None where there is no such thing."""
    transaction = context.transaction
    if wish.item is not None:
        barcode = asking.uris.barcode_in(wish.item)
        item = None if barcode is None else find_item(transaction, barcode)
        if item is None:
            return None
        if asking.settings.copies_themselves:
            return Wanted(item.record_id, item.barcode)
        return Wanted(item.record_id, part=item.part)
    assert wish.edition is not None  # `_must_be_named`
    number = asking.uris.number_in(wish.edition)
    if number is None:
        return None
    records = records_called(transaction, [number]).get(number, [])
    # Of several records with one number the first that has copies is meant.
    for each in records:
        if copies_of_record(transaction, record_id=each):
            return Wanted(each)
    return Wanted(records[0]) if records else None


def _requested(
    wish: Document, wanted: Wanted | None, asking: Asking, context: Context
) -> dict[str, Any]:
    if wanted is None:
        missing = Reason.RECORD_UNKNOWN if wish.item is None else Reason.ITEM_UNKNOWN
        return _refused(wish, NO_RELATION, [Refusal(missing)], asking, context)
    confirmed = confirmation_of(wish)
    storage = storage_condition(asking, context)
    if not is_met(storage, confirmed):
        why = Refusal(Reason.BRANCH_UNKNOWN)
        return _unmet(wish, NO_RELATION, storage, why, asking, context)
    chosen = selected(storage, confirmed)
    isil = asking.uris.isil_in(chosen[0]) if chosen else None
    given = Wanted(None, wanted.item) if wanted.item is not None else wanted
    answer = place_holds(
        asking.act(context),
        HoldWish(
            known_by(asking.patron),
            [given],
            pickup_branch=isil,
            fee_acknowledged=_agrees(confirmed, asking),
        ),
    )
    if isinstance(answer, Refused):
        fee = first_of(answer.refusals, Reason.FEE_NOT_ACKNOWLEDGED)
        if fee is not None and len(answer.refusals) == 1:
            return _unmet(wish, NO_RELATION, fee_condition(fee, asking), fee, asking, context)
        return _refused(wish, REJECTED, answer.refusals, asking, context)
    placed = answer.holds[0]
    told = Telling(asking, context, (), [placed]).hold(placed)
    return told | wish.named | {"requested": wish.item or wish.edition}


def _agrees(confirmed: Confirmation | None, asking: Asking) -> bool:
    """Has the patron said yes to a fee? Its amount was told with the condition."""
    return is_met(fee_condition(None, asking), confirmed)


def _unmet(
    wish: Document,
    status: int,
    condition: Condition,
    why: Refusal,
    asking: Asking,
    context: Context,
) -> dict[str, Any]:
    """2.10: a condition goes with an error, for clients that know nothing of conditions."""
    return _refused(wish, status, [why], asking, context) | {"condition": condition.told()}


# Renewing


def renew_documents(asking: Asking, context: Context) -> dict[str, Any]:
    """Renews loans as far as the rules let it."""
    _must_be_named(asking)
    loans = loans_of(asking, context)
    telling = Telling(asking, context, [each.item for each in loans], ())
    meant = [_loan_meant(each, loans, asking, telling) for each in asking.body.doc]
    places = [(0 if found is None else found.item.id, place) for place, found in enumerate(meant)]
    docs = asking.body.doc
    return _all_of(
        places, lambda place: _renewed(docs[place], meant[place], telling, asking, context)
    )


def _loan_meant(
    wish: Document, loans: Sequence[LoanProspect], asking: Asking, telling: Telling
) -> LoanProspect | None:
    """The one loan of which all that is given is true; None for none, and for several."""
    found = [
        each
        for each in loans
        if wish.item in (None, asking.uris.item(each.item.barcode))
        and wish.edition in (None, telling.editions.uri(each.item.record_id))
    ]
    return found[0] if len(found) == 1 else None


def _renewed(
    wish: Document,
    meant: LoanProspect | None,
    telling: Telling,
    asking: Asking,
    context: Context,
) -> dict[str, Any]:
    if meant is None:
        return _refused(wish, NO_RELATION, [Refusal(Reason.NOT_ON_LOAN_TO_PATRON)], asking, context)
    answer = renew(
        asking.act(context),
        RenewalWish(
            known_by(asking.patron),
            meant.item.barcode,
            fee_acknowledged=_agrees(confirmation_of(wish), asking),
            seen=False,
        ),
    )
    if not isinstance(answer, Refused):
        told = telling.loan(meant.item, answer.loan, meant.loan.branch_id, answer.may_renew)
        return told | wish.named
    loan = answer.loan or meant.loan.loan()
    told = telling.loan(meant.item, loan, meant.loan.branch_id, False) | wish.named
    fee = first_of(answer.refusals, Reason.FEE_NOT_ACKNOWLEDGED)
    if fee is not None and len(answer.refusals) == 1:
        return told | _unmet(wish, HELD, fee_condition(fee, asking), fee, asking, context)
    return told | _refused(wish, HELD, answer.refusals, asking, context)


# Cancelling


def cancel_documents(asking: Asking, context: Context) -> dict[str, Any]:
    """Gives holds up."""
    _must_be_named(asking)
    holds = holds_of(asking, context)
    telling = Telling(asking, context, (), holds)
    meant = [_hold_meant(each, holds, asking, telling) for each in asking.body.doc]
    places = [
        (0 if found is None else found.hold.record_id, place) for place, found in enumerate(meant)
    ]
    docs = asking.body.doc
    return _all_of(places, lambda place: _cancelled(docs[place], meant[place], asking, context))


def _hold_meant(
    wish: Document, holds: Sequence[QueuedHold], asking: Asking, telling: Telling
) -> QueuedHold | None:
    found = [
        each
        for each in holds
        if wish.item in (None, item_of(each, asking.uris), asking.uris.hold(each.hold.id))
        and wish.edition in (None, telling.editions.uri(each.hold.record_id))
    ]
    return found[0] if len(found) == 1 else None


def _cancelled(
    wish: Document, meant: QueuedHold | None, asking: Asking, context: Context
) -> dict[str, Any]:
    if meant is None:
        return _refused(wish, NO_RELATION, [Refusal(Reason.HOLD_UNKNOWN)], asking, context)
    answer = cancel_hold(asking.act(context), patron=known_by(asking.patron), hold_id=meant.hold.id)
    if isinstance(answer, Refused):  # it was fetched, or ended, meanwhile
        return _refused(wish, NO_RELATION, answer.refusals, asking, context)
    return {"status": NO_RELATION, **wish.named}
