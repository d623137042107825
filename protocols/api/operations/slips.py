"""Slips in words, for any printer; the end of a patron's session at the desk is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from circulation.kernel.rights import Principal, Right
from circulation.notices import patron_slips, slips
from circulation.notices.post import POST
from circulation.patrons.groups import agency_of_group, groups_with, members_of
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_here, note_look, number_of
from protocols.api.gate import must_admit, patron_named
from protocols.api.models.scanning import EndWish, Slip, SlipWish
from protocols.api.operation import Operation, Request, post
from protocols.api.operations.groups import may_with_groups
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

#: What is made of a patron, by kind, and what staff have looked at then.
_OF_PATRONS: Final[dict[str, tuple[Callable[..., slips.Slip], Seen]]] = {
    "receipt": (patron_slips.receipt, Seen.LOANS),
    "loans": (patron_slips.loan_slip, Seen.LOANS),
    "returns": (lambda *about, since: patron_slips.return_slip(*about), Seen.LOANS),
    "payment": (patron_slips.payment_slip, Seen.CHARGES),
    "status": (lambda *about, since: patron_slips.status_slip(*about), Seen.OPENED),
}
_OF_ITEMS: Final = {
    "pickup": slips.pickup_note,
    "transit": slips.transit_slip,
    "label": slips.item_label,
}
_OF_BRANCHES: Final = {"pick_list": slips.pick_list_slip, "emergency": slips.emergency_form}


def end_session(request: Request[EndWish, None], principal: Principal, context: Context) -> Slip:
    """Ends a patron's session at the desk: the receipt of what they have, and what came back."""
    must_have_here(principal, Right.LEND)
    wish = request.body
    return _shown(_of_patron("receipt", wish.patron, wish.minutes, request, principal, context)[0])


def make_slip(request: Request[SlipWish, None], principal: Principal, context: Context) -> Slip:
    """Makes a slip: a receipt of loans, returns or payments, how a patron stands, what a class has
    on loan, a pickup note (its number, never a name), a transit slip, the label of an item, the
    pick list of the desk's branch, or its form for loans while nothing works. That a receipt was
    offered for what was handed in is kept as evidence."""
    must_have_here(principal, Right.LEND)
    return _shown(slip_wanted(request, principal, context)[0])


def slip_wanted(
    request: Request[Any, None], principal: Principal, context: Context
) -> tuple[slips.Slip, int | None]:
    """The slip, and whose it is. Raises Problem."""
    wish = request.body
    act, templates = context.act(principal.desk), POST.of(context.circulation).templates
    try:
        if wish.kind == "group":
            group_id = _group_meant(wish, request, principal, context)
            return patron_slips.group_slip(act, templates, group_id, principal.branch_id), None
        if wish.kind in _OF_PATRONS:
            if wish.patron is None:
                raise malformed("patron", "missing", "whose slip?")
            return _of_patron(wish.kind, wish.patron, wish.minutes, request, principal, context)
        if wish.kind in _OF_BRANCHES:
            return _OF_BRANCHES[wish.kind](act, templates, principal.branch_id), None
        if wish.item is None:
            raise malformed("item", "missing", "for which item?")
        return _OF_ITEMS[wish.kind](act, templates, wish.item), None
    except slips.NothingToPrint as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None


def _of_patron(
    kind: str,
    patron: str,
    minutes: int,
    request: Request[Any, None],
    principal: Principal,
    context: Context,
) -> tuple[slips.Slip, int]:
    make, seen = _OF_PATRONS[kind]
    place = patron_named(request, patron, principal, context, Right.VIEW_PATRONS)
    note_look(request, principal, context, seen, patron_id=place.id)
    act, templates = context.act(principal.desk), POST.of(context.circulation).templates
    since = context.now - timedelta(minutes=minutes)
    return make(act, templates, place.id, since=since), place.id


def _group_meant(
    wish: SlipWish, request: Request[Any, None], principal: Principal, context: Context
) -> int:
    """The group by its number, or the first of the patron's. Staff have then looked at the loans of
    each member. Raises Problem."""
    transaction = context.transaction
    if wish.group is not None:
        group_id = number_of(wish.group, "group")
    elif wish.patron is not None:
        place = patron_named(request, wish.patron, principal, context, Right.VIEW_PATRONS)
        its = groups_with(transaction, patron_id=place.id)
        if not its:
            raise slips.NothingToPrint("the patron is in no group")
        group_id = its[0]
    else:
        raise malformed("group", "missing", "which group?")
    agency_id = agency_of_group(transaction, group_id=group_id)
    if agency_id is None or not may_with_groups(Right.VIEW_PATRONS, agency_id, principal):
        raise Problem(Outcome.NOT_FOUND)
    for each in members_of(transaction, group_id=group_id):
        must_admit(each, Right.VIEW_PATRONS, request, principal, context)
        note_look(request, principal, context, Seen.LOANS, patron_id=each)
    return group_id


def _shown(slip: slips.Slip) -> Slip:
    lines = tuple(slip.text.splitlines())
    return Slip(slip.heading.strip(), slip.language, lines, slip.big, slip.barcode)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/desk/end",
        "End a patron's session at the desk",
        end_session,
        Slip,
        body=EndWish,
        tag="desk",
        right=Right.LEND,
        lane=Lane.WIDE_READ,
        is_once=False,
        outcomes=(Outcome.NOT_FOUND,),
    ),
    post(
        "/slips",
        "Make a slip",
        make_slip,
        Slip,
        body=SlipWish,
        tag="desk",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=(Outcome.NOT_FOUND, Outcome.CONFLICT),
    ),
)
