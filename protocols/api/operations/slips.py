"""Slips in words, for any printer; the end of a patron's session at the desk is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from circulation.kernel.rights import Principal, Right
from circulation.notices import slips
from circulation.notices.composing import POST
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_here, note_look, patron_named
from protocols.api.models.scanning import EndWish, Slip, SlipWish
from protocols.api.operation import Operation, Request, post
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane


def end_session(request: Request[EndWish, None], principal: Principal, context: Context) -> Slip:
    """Ends a patron's session at the desk: the receipt of what they have, and what came back."""
    must_have_here(principal, Right.LEND)
    wish = request.body
    return _shown(_receipt(wish.patron, wish.minutes, request, principal, context)[0])


def make_slip(request: Request[SlipWish, None], principal: Principal, context: Context) -> Slip:
    """Makes a slip: a receipt, a pickup note (its number, never a name), a transit slip, the label
    of an item, or the pick list of the desk's branch."""
    must_have_here(principal, Right.LEND)
    return _shown(slip_wanted(request, principal, context)[0])


def slip_wanted(
    request: Request[Any, None], principal: Principal, context: Context
) -> tuple[slips.Slip, int | None]:
    """The slip, and whose it is. Raises Problem."""
    wish = request.body
    if wish.kind == "receipt":
        if wish.patron is None:
            raise malformed("patron", "missing", "whose receipt?")
        return _receipt(wish.patron, wish.minutes, request, principal, context)
    act, templates = context.act(principal.desk), POST.of(context.circulation).templates
    try:
        if wish.kind == "pick_list":
            return slips.pick_list_slip(act, templates, principal.branch_id), None
        if wish.item is None:
            raise malformed("item", "missing", "for which item?")
        make = {
            "pickup": slips.pickup_note,
            "transit": slips.transit_slip,
            "label": slips.item_label,
        }[wish.kind]
        return make(act, templates, wish.item), None
    except slips.NothingToPrint as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None


def _receipt(
    patron: str,
    minutes: int,
    request: Request[Any, None],
    principal: Principal,
    context: Context,
) -> tuple[slips.Slip, int]:
    place = patron_named(patron, principal, context, Right.VIEW_PATRONS)
    note_look(request, principal, context, Seen.LOANS, patron_id=place.id)
    act, templates = context.act(principal.desk), POST.of(context.circulation).templates
    since = context.now - timedelta(minutes=minutes)
    return slips.receipt(act, templates, place.id, since=since), place.id


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
        lane=Lane.WIDE_READ,
        is_once=False,
        outcomes=(Outcome.NOT_FOUND, Outcome.CONFLICT),
    ),
)
