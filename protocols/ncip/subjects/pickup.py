"""Places of pickup: in a partner's words, as ISILs, or as the address that version 1 uses. Version
1 has no PickupLocation. If requests name a place there, it is the Locality of the address in
ShippingInformation, and answers give it in the same way.
"""

from __future__ import annotations

from typing import Any

from circulation.kernel.results import Branch
from protocols.hosting.answering import Context
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
    """ISILs by the partner's words, whose case does not matter."""
    words = dict(each.split("=", 1) for each in caller.pickup)
    return {word.strip().casefold(): isil.strip() for word, isil in words.items()}


def pickup_branch(fields: Any, caller: Partner, context: Context) -> str | Problem | None:
    """The ISIL of the place of pickup; None if the request names none. If a partner without words
    of its own names a place that means nothing here (``ILL Office``), it means the branch where its
    work is done. An ISIL of our kind that is no branch of ours means another place, and is a
    Problem.
    """
    found = pickup_wanted(fields, caller, context)
    if not isinstance(found, Problem) or caller.pickup or _is_ours(fields, caller):
        return found
    return caller.branch


def pickup_wanted(fields: Any, caller: Partner, context: Context) -> str | Problem | None:
    """The same for a change of place: a word that means nothing here is a Problem. An address that
    names none of our places is one to send to, and says nothing about pickup.
    """
    words = _words(caller)
    if fields.pickup_location is not None:
        said: str = fields.pickup_location.value
        isil = _isil(words.get(said.strip().casefold(), said), caller, context)
        if isil is not None:
            return isil
        unknown = ProblemType.UNKNOWN_AGENCY
        return problem(unknown, "nothing is picked up there", "PickupLocation", said[:64])
    shipping = getattr(fields, "shipping_information", None)
    address = shipping.physical_address if shipping is not None else None
    parts = address.structured_address if address is not None else None
    if parts is None or not parts.locality:
        return None
    return _isil(words.get(parts.locality.casefold(), parts.locality), caller, context)


def _is_ours(fields: Any, caller: Partner) -> bool:
    """Is the place written like an ISIL of our country?"""
    prefix, hyphen, _ = caller.branch.casefold().partition("-")
    said = fields.pickup_location.value if fields.pickup_location is not None else ""
    return bool(hyphen) and said.strip().casefold().startswith(prefix + hyphen)


def _isil(said: str, caller: Partner, context: Context) -> str | None:
    """The ISIL of the branch with that ISIL, in any case; or, for partners that get places by
    number, with that number or name."""
    named = said.strip().casefold()
    branches = context.circulation.current_set_up(context.transaction).branches
    for each in branches.values():
        if named == each.isil.casefold():
            return each.isil
        if caller.places_by_number and named in (str(each.id), each.name.casefold()):
            return each.isil
    return None


def place_of(branch: Branch, caller: Partner) -> Code:
    """The partner's word for the branch, else the ISIL; its name for a partner that knows places by
    number, which shows it to people."""
    for each in caller.pickup:
        word, _, isil = each.partition("=")
        if isil.strip() == branch.isil:
            return Code(word.strip())
    return Code(branch.name if caller.places_by_number else branch.isil)


def shipping_to(branch: Branch, caller: Partner) -> ShippingInformation:
    """The same as an address."""
    address = StructuredAddress(line1=branch.name, locality=place_of(branch, caller).value)
    return ShippingInformation(
        physical_address=PhysicalAddress(address, physical_address_type=Code("Postal Address"))
    )
