"""The one box of a desk: what was scanned is recognised here, in one transaction.

The first that it can be wins: a command code, an item or a patron (both are asked, and where it is
both the desk chooses), a standard number, the number of a title; what is left is words to search
patrons and titles for. Whether it was typed or scanned makes no difference.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Literal, cast

from catalogue.query import UnsupportedSearch
from catalogue.records import fetch_records
from catalogue.searching.evaluation import search
from catalogue.searching.standard_numbers import NumberKind, readings, records_with
from circulation.items.availability import circulation_status
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CirculationStatus, Refusal, Refused
from circulation.kernel.rights import Principal, Right
from circulation.languages.installed import language as language_called
from circulation.loans.of_patron import open_loans_of
from circulation.loans.off_line import OffLineReport, Reported, Source, take_report
from protocols.api.authority import must_have_here
from protocols.api.gate import patron_named, patron_with_card
from protocols.api.models.answers import item_shown
from protocols.api.models.desk import CheckinWish, CheckoutWish, RenewalWish
from protocols.api.models.items import ItemStatus
from protocols.api.models.scanning import Command, Scanned, ScanWish
from protocols.api.models.screen import PatronScreen
from protocols.api.models.searching import PatronHit
from protocols.api.models.titles import Title
from protocols.api.operation import Operation, Request, post
from protocols.api.operations.desk import lend, moment_said, prolong, take_back
from protocols.api.operations.items import note_borrowers, status_shown
from protocols.api.operations.screen import screen
from protocols.api.operations.searching import patrons_found
from protocols.api.operations.titles import query_asked, scope_for, titles_shown
from protocols.api.problems import Outcome, Problem, ProblemReason
from protocols.hosting.answering import Context, Lane

#: Code 128 on the sheet beside the desk: letters and digits, which every keyboard layout leaves.
COMMANDS: Final[dict[str, Command]] = {
    "TIROUNDO": "undo",
    "TIRODONE": "done",
    "TIRORECEIPT": "receipt",
    "TIRORETURN": "return",
    "TIRORENEW": "renew",
    "TIROLOOK": "look",
    "TIROCONFIRM": "confirm",
    "TIROLASTPATRON": "last_patron",
}
#: Outcomes that have changed something.
_DONE: Final = frozenset({"checked_out", "checked_in", "renewed"})
#: Patrons and titles of a search.
_FEW: Final = 10
Wish = Request[ScanWish, None]


def scan(request: Wish, principal: Principal, context: Context) -> Scanned:
    """Recognises any text and does what it means here: a command code, an item, a patron, a
    standard number, the number of a title, or words to search patrons and titles for, in that
    order. A refusal is an answer with all reasons."""
    must_have_here(principal, Right.LEND)
    scanned = _recognised(request, principal, context)
    # Where nothing was done, a colleague who sends it on is to find it anew.
    request.is_kept = scanned.outcome in _DONE
    return scanned


def _recognised(request: Wish, principal: Principal, context: Context) -> Scanned:
    wish = request.body
    text = wish.text.strip()
    if (command := COMMANDS.get(text.upper())) is not None:
        return Scanned("command", text, command=command)
    status = circulation_status(
        context.circulation, context.transaction, item=text, now=context.now
    )
    place = None
    if text:
        place = patron_with_card(request, text, principal, context, Right.VIEW_PATRONS)
    if place is not None:
        request.about = place.id
        # What was scanned says which card it is: a lost one tells so.
        shown = screen(place._replace(identifier=text), request, principal, context)
        if isinstance(shown, Problem):
            return Scanned("refused", text, reasons=shown.reasons)
        patron = cast("PatronScreen", shown.value)
        if status is None:
            return Scanned("patron", text, patron=patron)
        return Scanned("choice", text, item=item_shown(status.item), patron=patron)
    if status is not None:
        return _with_item(text, status, request, principal, context)
    return _by_number(text, principal, context) or _by_words(text, request, principal, context)


def _with_item(
    text: str, status: CirculationStatus, request: Wish, principal: Principal, context: Context
) -> Scanned:
    """An item was scanned."""
    wish, barcode = request.body, status.item.barcode
    item = item_shown(status.item)
    if wish.mode == "look":
        shown = _status(status, request, principal, context)
        return Scanned("item", text, item=item, status=shown)
    done: Any
    if wish.mode == "renew":
        longer = RenewalWish(item=barcode, override=wish.override, accept_fee=wish.accept_fee)
        done = prolong(_asking(request, longer), principal, context)
        scanned = Scanned("renewed", text, item=item, renewed=_or_none(done))
    elif wish.mode == "desk" and wish.patron is not None:
        loan = CheckoutWish(
            patron=wish.patron,
            item=barcode,
            happened=wish.happened,
            override=wish.override,
            accept_fee=wish.accept_fee,
        )
        done = lend(_asking(request, loan), principal, context)
        scanned = Scanned("checked_out", text, item=item, checked_out=_or_none(done))
    else:
        returned = CheckinWish(item=barcode, at=wish.at, happened=wish.happened)
        done = take_back(_asking(request, returned), principal, context)
        scanned = Scanned("checked_in", text, item=item, checked_in=_or_none(done))
    if wish.patron is not None:
        place = patron_named(request, wish.patron, principal, context, Right.LEND)
        loans, overdue = open_loans_of(
            context.transaction, patron_id=place.id, now=context.now
        ) or (0, 0)
        scanned = replace(scanned, loans=loans, overdue=overdue)
    if isinstance(done, Problem):
        shown = _status(status, request, principal, context)
        reasons = _listed(done.reasons, status, request, principal, context)
        return replace(scanned, outcome="refused", reasons=reasons, status=shown)
    return scanned


def _listed(
    reasons: tuple[ProblemReason, ...],
    status: CirculationStatus,
    request: Wish,
    principal: Principal,
    context: Context,
) -> tuple[ProblemReason, ...]:
    """Put an off-line scan that is too old on the list of off-line acts. Return its reasons."""
    wish, name = request.body, Reason.DATE_TOO_OLD.name
    if wish.happened is None or name not in [each.code for each in reasons]:
        return reasons
    patron, act = "", Reported.CHECK_IN
    if wish.mode == "desk" and wish.patron is not None:
        place = patron_named(request, wish.patron, principal, context, Right.LEND)
        patron, act = place.identifier or "", Reported.CHECK_OUT
    happened = moment_said((act is Reported.CHECK_IN and wish.at) or wish.happened, principal)
    refused = Refused((Refusal(Reason.DATE_TOO_OLD),), item=status.item)
    take_report(
        context.act(principal.desk),
        OffLineReport(act, status.item.barcode, patron, refused, happened, source=Source.DESK),
    )
    note = language_called(request.language).words.pgettext("screen", "NOTED_FOR_STAFF")
    return tuple(
        replace(each, text=f"{each.text} {note}") if each.code == name else each for each in reasons
    )


def _status(
    status: CirculationStatus, request: Wish, principal: Principal, context: Context
) -> ItemStatus:
    shown = status_shown(status, principal, context)
    note_borrowers([shown], request, principal, context)
    return shown


def _asking(request: Wish, body: Any) -> Request[Any, None]:
    """The same request to another operation."""
    return Request(
        request.path,
        None,
        body,
        request.language,
        request.asked,
        request.name,
        admitted=request.admitted,
    )


def _or_none(done: Any) -> Any:
    return None if isinstance(done, Problem) else done


def _by_number(text: str, principal: Principal, context: Context) -> Scanned | None:
    """A number of a title."""
    numbers = readings(text)
    standard = [each for each in numbers if each.kind is not NumberKind.CONTROL_NUMBER]
    scope = scope_for(principal, context)
    found = records_with(context.transaction, standard or numbers)
    if not found and text.isascii() and text.isdigit() and len(text) < 10:
        found = [each.id for each in fetch_records(context.transaction, [int(text)])]
    if scope.records is not None:
        found = [each for each in found if each in scope.records]
    return Scanned("titles", text, titles=titles_shown(found[:_FEW], context)) if found else None


def _by_words(text: str, request: Wish, principal: Principal, context: Context) -> Scanned:
    """What else is typed is searched for: patrons where the caller may see them, and titles."""
    patrons: tuple[PatronHit, ...] = ()
    if principal.may(Right.VIEW_PATRONS):
        patrons, _ = patrons_found(text, _FEW, request, principal, context)
    titles: tuple[Title, ...] = ()
    with suppress(UnsupportedSearch, Problem):
        scope = scope_for(principal, context)
        records = search(context.transaction, query_asked(text, None), scope.records)
        titles = titles_shown(list(records[:_FEW]), context)
    outcome: Literal["search", "nothing"] = "search" if patrons or titles else "nothing"
    return Scanned(outcome, text, titles=titles, patrons=patrons)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/desk/scan",
        "Recognise what was scanned, and do what it means",
        scan,
        Scanned,
        body=ScanWish,
        tag="desk",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=(Outcome.NOT_FOUND,),
        is_sent_on=True,
    ),
)
