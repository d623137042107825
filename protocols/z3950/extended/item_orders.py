"""Item order (Z39.50-2003, EXT.1.4): a hold for a patron, or a request to another library.

An order for a record of a result set is a hold on it. If no copy of ours can be kept for the
patron, or the order comes with a request of its own (an ILL APDU, a document), a partner that takes
requests is asked to lend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catalogue.database import Transaction
from circulation.holds.placing import place_holds
from circulation.holds.results import Wanted
from circulation.holds.wishes import HoldWish
from circulation.interlending.asking import Wish, ask
from circulation.interlending.states import Obstacle
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Desk
from circulation.kernel.results import Refused as RefusedHold
from protocols.hosting.answering import Context
from protocols.z3950.association import Association
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.extended.ill_requests import ill_request_of
from protocols.z3950.extended.task_results import Done
from protocols.z3950.messages.packages import (
    ItemOrderRequest,
    ItemOrderTargetPart,
    ItemOrderTaskPackage,
    ResultSetItem,
)

#: `auxiliaryStatus`: the patron waits in the queue of the title, or another library is asked.
_LOAN_QUEUE: Final = 2
_FORWARDED: Final = 3

#: Refusals of a hold that are about the patron; all others are about the order.
_ABOUT_THE_PATRON: Final = frozenset(
    {Reason.PATRON_UNKNOWN, Reason.CARD_NOT_VALID, Reason.CARD_REPORTED_LOST}
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted, and for whom: a record of ours, or what the order's own request says."""

    request: ItemOrderRequest
    wish: Wish
    patron: str
    is_for_others: bool


def read_order(
    request: ItemOrderRequest, user_id: str | None, caller: Association, transaction: Transaction
) -> Order:
    """Finds the record in the association's result sets, or reads the request. Raises Refused."""
    wanted = request.not_to_keep
    if wanted.item_request is None:
        record_id = _record(wanted.result_set_item, caller, transaction)
        return Order(request, Wish(record_id), _patron(request, user_id, caller), False)
    asked = ill_request_of(wanted.item_request)
    wish = asked.wish
    if wish == Wish():  # it does not name the title: yaz and ZOOM name a record too
        wish = Wish(_record(wanted.result_set_item, caller, transaction))
    return Order(request, wish, _patron(request, user_id or asked.client, caller), True)


def _record(item: ResultSetItem | None, caller: Association, transaction: Transaction) -> int:
    if item is None:
        raise Refused(Bib1.PACKAGE_PARAMETER_MISSING, "resultSetItem")
    found = caller.result_sets.get(item.result_set_id)
    if found is None:
        raise caller.without_result_set(item.result_set_id)
    ids = found.ids(transaction, item.item, 1) if item.item > 0 else []
    if not ids:
        raise Refused(Bib1.PRESENT_OUT_OF_RANGE, str(item.item))
    return ids[0]


def _patron(request: ItemOrderRequest, user_id: str | None, caller: Association) -> str:
    """The card of the patron: the user of the request, the customer who is billed, or the one
    that the account stands for."""
    billing = request.to_keep.addl_billing if request.to_keep is not None else None
    customer = billing.customer_reference if billing is not None else None
    account = caller.account
    patron = user_id or customer or (account.patron if account is not None else "")
    if not patron:
        raise Refused(Bib1.PACKAGE_PARAMETER_MISSING, "userId")
    return patron


def order_item(order: Order, context: Context, desk: Desk) -> Done:
    """Places the hold, or asks the partner, for pick-up where the patron prefers."""
    place = _forwarded if order.is_for_others else _held
    status, refused = place(order, context, desk)
    target = ItemOrderTargetPart(auxiliary_status=status)
    return Done(ItemOrderTaskPackage(target, origin_part=order.request.to_keep), refused)


_Outcome = tuple[int | None, Refused | None]


def _held(order: Order, context: Context, desk: Desk) -> _Outcome:
    answer = place_holds(
        context.act(desk), HoldWish(patron=order.patron, wanted=[Wanted(order.wish.record_id)])
    )
    if not isinstance(answer, RefusedHold):
        return _LOAN_QUEUE, None
    if Reason.NOT_HOLDABLE in answer.reasons:
        status, refused = _forwarded(order, context, desk)
        if refused is None:
            return status, None
    return None, _refusal(answer)


def _forwarded(order: Order, context: Context, desk: Desk) -> _Outcome:
    answer = ask(context.act(desk), patron=order.patron, wish=order.wish)
    if isinstance(answer, Obstacle):
        return None, Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, answer.value)
    if isinstance(answer, RefusedHold):
        return None, _refusal(answer)
    return _FORWARDED, None


def _refusal(answer: RefusedHold) -> Refused:
    is_about_patron = any(reason in _ABOUT_THE_PATRON for reason in answer.reasons)
    condition = Bib1.NOT_AUTHORISED_FOR_SERVICE
    if not is_about_patron:
        condition = Bib1.IMMEDIATE_EXECUTION_FAILED
    return Refused(condition, "; ".join(reason.value for reason in answer.reasons))
