"""Item order (Z39.50-2003, EXT.1.4): a hold for a patron on a record of a result set.

An order that comes with a request for another library (an ILL APDU, or any document) is refused
with the identifier of its form, whatever result set it names besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from circulation.hold_results import Wanted
from circulation.holds import place_holds
from circulation.reasons import Reason
from circulation.results import Desk
from circulation.results import Refused as RefusedHold
from protocols.answering import Context
from protocols.z3950 import packages as p
from protocols.z3950.association import Association
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.task_results import Done

#: `auxiliaryStatus`: the patron waits in the queue of the title.
_LOAN_QUEUE: Final = 2

#: Refusals of a hold that are about who asks; all others are about the order.
_ABOUT_THE_PATRON: Final = frozenset(
    {Reason.PATRON_UNKNOWN, Reason.CARD_NOT_VALID, Reason.CARD_REPORTED_LOST}
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted, and for whom."""

    request: p.ItemOrderRequest
    record_id: int
    patron: str


def prepare_order(request: p.ItemOrderRequest, user_id: str | None, caller: Association) -> Order:
    """Finds the record in the association's result sets. Raises Refused."""
    wanted = request.not_to_keep
    if wanted.item_request is not None:
        oid = wanted.item_request.direct_reference
        if oid is None:
            raise Refused(Bib1.EXTERNAL_OF_ITEM_ORDER_UNSUPPORTED)
        raise Refused(Bib1.ITEM_ORDER_OID_UNSUPPORTED, oid)
    item = wanted.result_set_item
    if item is None:
        raise Refused(Bib1.PACKAGE_PARAMETER_MISSING, "resultSetItem")
    found = caller.result_sets.get(item.result_set_id)
    if found is None:
        raise caller.without_result_set(item.result_set_id)
    ids = found.ids(item.item, 1) if item.item > 0 else []
    if not ids:
        raise Refused(Bib1.PRESENT_OUT_OF_RANGE, str(item.item))
    return Order(request, ids[0], _patron(request, user_id, caller))


def _patron(request: p.ItemOrderRequest, user_id: str | None, caller: Association) -> str:
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
    """Places the hold; it is fetched where the patron likes to fetch things."""
    answer = place_holds(
        context.circulation,
        context.transaction,
        desk=desk,
        patron=order.patron,
        wanted=[Wanted(order.record_id)],
        now=context.now,
    )
    refused = None
    if isinstance(answer, RefusedHold):
        why = "; ".join(reason.value for reason in answer.reasons)
        is_about_patron = any(reason in _ABOUT_THE_PATRON for reason in answer.reasons)
        refused = Refused(
            Bib1.NOT_AUTHORISED_FOR_SERVICE if is_about_patron else Bib1.IMMEDIATE_EXECUTION_FAILED,
            why,
        )
    status = _LOAN_QUEUE if refused is None else None
    target = p.ItemOrderTargetPart(auxiliary_status=status)
    return Done(p.ItemOrderTaskPackage(target, order.request.to_keep), refused)
