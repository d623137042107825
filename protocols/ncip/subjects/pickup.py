"""Places of pickup: in a partner's words, as ISILs, or as the address that version 1 has for them.

Version 1 has no PickupLocation. Where requests name a place there, it is the Locality of the
address in ShippingInformation, and answers tell it in the same way.
"""

from __future__ import annotations

from typing import Any

from circulation.results import Branch
from protocols.answering import Context
from protocols.ncip.messages import Code, Problem
from protocols.ncip.models.addresses import (
    PhysicalAddress,
    ShippingInformation,
    StructuredAddress,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import Partner


def _words(caller: Partner) -> dict[str, str]:
    """ISILs by the partner's words, which count without regard to case."""
    words = dict(each.split("=", 1) for each in caller.pickup)
    return {word.strip().casefold(): isil.strip() for word, isil in words.items()}


def pickup_branch(place: Code | None, caller: Partner, context: Context) -> str | Problem | None:
    """The ISIL of a place of pickup in the partner's words; None: where its work is done.

    A partner without words of its own, whose place is no ISIL, means that branch.
    """
    if place is None:
        return None
    words = _words(caller)
    named = words.get(place.value.casefold(), place.value)
    if _is_branch(named, context):
        return named
    if not words:
        return None
    rule = ProblemType.ELEMENT_RULE_VIOLATED
    return problem(rule, "nothing is picked up there", "PickupLocation", place.value[:64])


def pickup_wanted(fields: Any, caller: Partner, context: Context) -> str | None:
    """Where a request is to be picked up, for the engine to accept or refuse; None: nothing said.

    An address that names none of our places is one to send to, and says nothing of the pickup.
    """
    words = _words(caller)
    if fields.pickup_location is not None:
        said: str = fields.pickup_location.value
        return words.get(said.casefold(), said)
    shipping = fields.shipping_information
    address = shipping.physical_address if shipping is not None else None
    parts = address.structured_address if address is not None else None
    if parts is None or not parts.locality:
        return None
    named = words.get(parts.locality.casefold(), parts.locality)
    return named if _is_branch(named, context) else None


def _is_branch(isil: str, context: Context) -> bool:
    branches = context.circulation.current_set_up(context.transaction).branches
    return any(each.isil == isil for each in branches.values())


def place_of(branch: Branch, caller: Partner) -> Code:
    """What the partner calls the branch: its own word for it, else the ISIL."""
    for each in caller.pickup:
        word, _, isil = each.partition("=")
        if isil.strip() == branch.isil:
            return Code(word.strip())
    return Code(branch.isil)


def shipping_to(branch: Branch, caller: Partner) -> ShippingInformation:
    """The same as an address."""
    address = StructuredAddress(line1=branch.name, locality=place_of(branch, caller).value)
    return ShippingInformation(
        physical_address=PhysicalAddress(address, physical_address_type=Code("Postal Address"))
    )
