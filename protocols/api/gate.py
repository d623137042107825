"""The gate to patrons: every operation passes it as soon as it knows which patron it is about.

A patron may be named by a card, a public id, an item on loan, a hold, a charge, a booking, a
message, or by the account of the caller. In each case the same function decides (`ground_for`) and
the same function writes the line of the access log (`admit`). Handlers ask the engines neither for
a patron by an identifier nor for a place by a number; a test of `tests/protocols/api` holds that.

| ground | when |
|---|---|
| OWN | patrons act for themselves, guardians for a child whose account they see |
| RIGHT | the caller has the right at the patron's agency or home branch |
| AGREEMENT | the caller has the right at all of their agency, and that serves the patron's agency |
| GUEST | the loan, hold, charge or booking belongs to a branch where the caller has the right |

The desks of an agency serve its own patrons, and those of agencies with which it has an agreement
on patrons: they see them, lend and renew, book, and place their holds. An agreement on payments
lets them take payments: they find the patron by a card, and see the name and what can be paid
there. A charge to a patron of another agency takes both. They change, erase or write to none. A
guest is served without being named: the name and card are shown by the other three grounds alone.
An item is taken back at any desk, from any borrower, who is named by the same three grounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, Final, NamedTuple

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Patron as KnownPatron
from circulation.kernel.results import Refusal, Refused
from circulation.kernel.rights import Kind, Principal, Right
from circulation.patrons.changes import patron_fields
from circulation.patrons.guardians import wards_seen_by
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    PatronPlace,
    find_patron,
    is_hashed,
    masked,
    national_digits,
    place_of_patron,
    shown_as,
)
from circulation.patrons.public_ids import public_ids
from circulation.staff.lookups import Seen, looked_at
from protocols.api.authority import today_here
from protocols.api.models.answers import Patron
from protocols.api.operation import Request
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context


class Ground(Enum):
    """Why a caller may do something with a patron; the table above explains each."""

    OWN = "own"
    RIGHT = "right"
    AGREEMENT = "agreement"
    GUEST = "guest"


class Spot(NamedTuple):
    """An agency and branch to which a loan, hold, charge or booking belongs."""

    agency_id: int
    branch_id: int


#: The rights of desks that an agreement on patrons extends to those of the other agencies.
_OF_DESKS: Final = frozenset(
    {Right.LEND, Right.BOOK, Right.USE_LISTS, Right.VIEW_PATRONS, Right.TAKE_FEES}
)
#: What the line of the access log says where the handler notes nothing more exact.
_SEEN: Final = {
    Right.LEND: Seen.LOANS,
    Right.BOOK: Seen.LOANS,
    Right.VIEW_HISTORY: Seen.HISTORY,
    Right.TAKE_FEES: Seen.CHARGES,
    Right.WAIVE_FEES: Seen.CHARGES,
    Right.REVERSE_FEES: Seen.CHARGES,
    Right.COLLECT_DEBTS: Seen.CHARGES,
    Right.VIEW_NOTICES: Seen.MESSAGES,
    Right.SEND_NOTICES: Seen.MESSAGES,
    Right.VIEW_LOOKUPS: Seen.LOOKUPS,
}


def ground_for(
    place: PatronPlace,
    right: Right,
    principal: Principal,
    context: Context,
    *,
    ours: Iterable[Spot] = (),
) -> Ground | None:
    """Return why the caller may use the right with the patron; None where they may not.

    `ours` is where the loan, hold, charge or booking belongs that names the patron.
    """
    if principal.kind is Kind.PATRON:
        return Ground.OWN if principal.id == place.id else None
    if principal.may(right, place.agency_id, place.home_branch_id):
        return Ground.RIGHT
    if _serves_by_agreement(place.agency_id, right, principal, context):
        return Ground.AGREEMENT
    if any(principal.may(right, *each) for each in ours):
        return Ground.GUEST
    return None


def payment_ground_for(place: PatronPlace, principal: Principal, context: Context) -> Ground | None:
    """Return why the caller may take a payment of the patron; None where they may not. An agreement
    on payments is enough."""
    ground = ground_for(place, Right.TAKE_FEES, principal, context)
    if ground is None and _collects_by_agreement(place.agency_id, principal, context):
        return Ground.AGREEMENT
    return ground


def may_take_payment(
    agency_id: int, branch_id: int, principal: Principal, context: Context
) -> bool:
    """Return whether the caller may take a payment of what is owed to the branch of the agency."""
    if principal.may(Right.TAKE_FEES, agency_id, branch_id):
        return True
    return _collects_by_agreement(agency_id, principal, context)


def _serves_by_agreement(
    agency_id: int, right: Right, principal: Principal, context: Context
) -> bool:
    """Return whether an agreement lets the caller use the right with patrons of the agency. A right
    at a branch reaches the patrons of that branch alone, so it reaches none of another agency."""
    here = principal.agency_id
    if right not in _OF_DESKS or agency_id == here or not principal.may(right, here):
        return False
    if right is Right.TAKE_FEES and not _collects_by_agreement(agency_id, principal, context):
        return False
    agreements = context.circulation.current_set_up(context.transaction).agreements
    return agency_id in agreements.served_at(here)


def _collects_by_agreement(agency_id: int, principal: Principal, context: Context) -> bool:
    """Return whether an agreement lets the caller take payments for what is owed to the agency."""
    here = principal.agency_id
    if agency_id == here or not principal.may(Right.TAKE_FEES, here):
        return False
    agreements = context.circulation.current_set_up(context.transaction).agreements
    return agency_id in agreements.collected_at(here)


def may_with(
    patron_id: int | None,
    right: Right,
    principal: Principal,
    context: Context,
    *,
    ours: Iterable[Spot] = (),
) -> bool:
    """Return whether the caller may use the right with the patron. Nothing is noted."""
    place = None if patron_id is None else place_of_patron(context.transaction, patron_id=patron_id)
    return place is not None and (
        ground_for(place, right, principal, context, ours=ours) is not None
    )


def note_entrance(
    patron_id: int,
    right: Right,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
) -> None:
    """Write the line of the access log, unless the handler notes a more exact one. Patrons who act
    for themselves are not noted, guardians who act for a child are."""
    if principal.kind is Kind.PATRON and principal.id == patron_id:
        return
    what = _SEEN.get(right, Seen.OPENED)
    line = looked_at(principal, what, request.name, patron_id=patron_id)
    context.looked_up(line._replace(is_entrance=True))


class Admitted(NamedTuple):
    """A patron whom the gate has let through, and why. A guest is not named in answers."""

    place: PatronPlace
    ground: Ground

    @property
    def is_named(self) -> bool:
        return self.ground is not Ground.GUEST


def admit(
    patron_id: int | None,
    right: Right,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
    *,
    ours: Iterable[Spot] = (),
) -> Admitted | None:
    """Return the patron, and note the access; None where the caller may not do it with them."""
    if patron_id is None:
        return None
    known: Admitted | None = request.admitted.get((patron_id, right))
    if known is not None:
        return known
    place = place_of_patron(context.transaction, patron_id=patron_id)
    if place is None:
        return None
    ground = ground_for(place, right, principal, context, ours=ours)
    if ground is None:
        return None
    return _admitted(place, ground, right, request, principal, context)


def _admitted(
    place: PatronPlace,
    ground: Ground,
    right: Right,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
) -> Admitted:
    note_entrance(place.id, right, request, principal, context)
    admitted = Admitted(place, ground)
    if admitted.is_named:  # a guest is one for this loan or hold, not for the next
        request.admitted[place.id, right] = admitted
    return admitted


def must_admit(
    patron_id: int | None,
    right: Right,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
    *,
    ours: Iterable[Spot] = (),
) -> Admitted:
    """Return the patron whom something concerns that the caller has named. Raises Problem."""
    found = admit(patron_id, right, request, principal, context, ours=ours)
    if found is None:
        raise Problem(Outcome.RIGHT_MISSING, right=right)
    return found


# Patrons by what they are named by


def patron_named(
    request: Request[Any, Any],
    public_id: str,
    principal: Principal,
    context: Context,
    right: Right,
) -> PatronPlace:
    """Return the patron whom answers name so. Raises Problem where there is none, and likewise
    where the caller may not do it with them: they do not learn that there is one."""
    patron_id = public_ids(context.circulation, context.transaction).meant(public_id)
    found = admit(patron_id, right, request, principal, context)
    if found is None:
        raise Problem(Outcome.NOT_FOUND)
    return found.place


def payer_named(
    request: Request[Any, Any], public_id: str, principal: Principal, context: Context
) -> PatronPlace:
    """Return the patron whom answers name so, for a payment. Raises Problem as `patron_named`."""
    patron_id = public_ids(context.circulation, context.transaction).meant(public_id)
    return _payer(patron_id, request, principal, context)


def payer_with_card(
    request: Request[Any, Any], card: str, principal: Principal, context: Context
) -> PatronPlace:
    """Return the patron with that card, number or login, for a payment. Raises Problem where there
    is none, and likewise where the caller takes no payments of theirs."""
    return _payer(_owner(card.strip(), context), request, principal, context)


def _payer(
    patron_id: int | None, request: Request[Any, Any], principal: Principal, context: Context
) -> PatronPlace:
    place = None if patron_id is None else place_of_patron(context.transaction, patron_id=patron_id)
    if place is None:
        raise Problem(Outcome.NOT_FOUND)
    if payment_ground_for(place, principal, context) is None:
        raise Problem(Outcome.NOT_FOUND)
    note_entrance(place.id, Right.TAKE_FEES, request, principal, context)
    return place


def patron_with_card(
    request: Request[Any, Any], card: str, principal: Principal, context: Context, right: Right
) -> PatronPlace | None:
    """Return the patron with that card, number or login; None if it is unknown. Raises Problem
    where the caller may not do it with them.

    A national number is then unknown: it would tell where a person is registered.
    """
    patron_id = _owner(card, context)
    if patron_id is None:
        return None
    if (found := admit(patron_id, right, request, principal, context)) is not None:
        return found.place
    if national_digits(card.strip()) is not None:
        return None
    raise Problem(Outcome.RIGHT_MISSING, right=right)


def served_card(
    request: Request[Any, Any], card: str, principal: Principal, context: Context, right: Right
) -> str:
    """Return the identifier that was shown, for a verb that asks for one. An unknown one is left
    to the verb. Raises Problem where the caller may not do it with the patron."""
    shown = card.strip()
    if patron_with_card(request, shown, principal, context, right) is None:
        return masked(shown) or shown  # the verb would find whose number it is
    return shown


def refused_card(
    request: Request[Any, Any], card: str, principal: Principal, context: Context, right: Right
) -> Refused | None:
    """Return why one line of several is refused: the caller may not serve the owner of the card."""
    patron_id = _owner(card.strip(), context)
    if patron_id is None or admit(patron_id, right, request, principal, context) is not None:
        return None
    is_hidden = national_digits(card.strip()) is not None or is_hashed(card)
    return _UNKNOWN if is_hidden else NOT_SERVED


NOT_SERVED: Final = Refused((Refusal(Reason.PATRON_NOT_SERVED),))
_UNKNOWN: Final = Refused((Refusal(Reason.PATRON_UNKNOWN),))


def is_owner(identifier: str, place: PatronPlace, context: Context) -> bool:
    """Return whether the identifier is one of a patron who has been admitted."""
    return _owner(identifier, context) == place.id


def _owner(identifier: str, context: Context) -> int | None:
    key = IDENTIFIERS.of(context.circulation)
    return find_patron(context.transaction, identifier, key=key)


def own_place(request: Request[Any, Any], principal: Principal, context: Context) -> PatronPlace:
    """Return the patron who asks. Raises Problem where they are not there any more."""
    assert principal.kind is Kind.PATRON
    assert principal.id is not None
    place = place_of_patron(context.transaction, patron_id=principal.id)
    if place is None:
        raise Problem(Outcome.NOT_FOUND)
    request.about = place.id
    return place


def child_named(
    request: Request[Any, Any], public_id: str, principal: Principal, context: Context
) -> PatronPlace:
    """Return the child with that public id. Raises Problem where the caller may not look at its
    account."""
    guardian, transaction = own_place(request, principal, context), context.transaction
    meant = public_ids(context.circulation, transaction).meant(public_id)
    seen = wards_seen_by(transaction, guardian.id, today_here(principal, context))
    if meant is not None and any(each.patron_id == meant for each in seen):
        place = place_of_patron(transaction, patron_id=meant)
        if place is not None:
            request.about = place.id
            for right in (Right.VIEW_PATRONS, Right.LEND):
                _admitted(place, Ground.OWN, right, request, principal, context)
            return place
    raise Problem(Outcome.NOT_FOUND)


def relation_named(public_id: str, context: Context) -> int | None:
    """Return the id with which the relations of a patron are compared who has been admitted."""
    return public_ids(context.circulation, context.transaction).meant(public_id)


# What answers tell of patrons


class Names:
    """The names of patrons in one answer, for a caller who has one of the rights with them.

    `is_own_account`: patrons read the names in their own account, without cards.
    """

    def __init__(
        self,
        rights: Right | tuple[Right, ...],
        principal: Principal,
        context: Context,
        *,
        is_own_account: bool = False,
    ) -> None:
        self._rights = (rights,) if isinstance(rights, Right) else rights
        self._principal, self._context = principal, context
        self._ids = public_ids(context.circulation, context.transaction)
        self._is_named: dict[int, bool] = {}
        reaches = [principal.grants.get(each) for each in self._rights]
        self.are_all_named = is_own_account or any(each and each.everywhere for each in reaches)

    def id_of(self, patron_id: int | None) -> str | None:
        """Return the public id; None where the caller may not read of whom the line is."""
        if patron_id is None or not self._may_read(patron_id):
            return None
        return self._ids.shown(patron_id)

    def patron(self, patron_id: int | None, name: str | None, card: str | None) -> Patron | None:
        """Return the patron as answers name them; None where the caller may not read it."""
        if patron_id is None or not self._may_read(patron_id):
            return None
        is_others = self._principal.kind is Kind.PATRON and self._principal.id != patron_id
        return Patron(self._ids.shown(patron_id), name or "", None if is_others else card)

    def patron_with(self, card: str) -> Patron | None:
        """Return the patron with a card that a machine has read; None where nobody has it, or where
        the caller may not read of whom it is."""
        owner = _owner(card, self._context)
        if owner is None or not self._may_read(owner):
            return None
        fields = patron_fields(self._context.transaction, patron_id=owner)
        name = None if fields is None else fields.name
        return self.patron(owner, name, shown_as(self._context.transaction, owner))

    def identifier(self, text: str | None) -> str | None:
        """Return what a machine took for a card; None where it is that of a patron of whom the
        caller may not read."""
        owner = None if text is None else _owner(text, self._context)
        return text if owner is None or self._may_read(owner) else None

    def _may_read(self, patron_id: int) -> bool:
        if self.are_all_named:
            return True
        if patron_id not in self._is_named:
            self._is_named[patron_id] = self._found(patron_id)
        return self._is_named[patron_id]

    def _found(self, patron_id: int) -> bool:
        principal, context = self._principal, self._context
        place = place_of_patron(context.transaction, patron_id=patron_id)
        if place is None:
            return False
        there = place.agency_id, place.home_branch_id
        return any(
            principal.may(each, *there)
            or _serves_by_agreement(place.agency_id, each, principal, context)
            for each in self._rights
        )


def sees_addresses(patron_id: int, principal: Principal, context: Context) -> bool:
    """Return whether the caller may read how this patron can be reached. Where that is protected,
    only the patron and callers with the right may."""
    if principal.kind is Kind.PATRON and principal.id == patron_id:
        return True
    fields = patron_fields(context.transaction, patron_id=patron_id)
    if fields is None or not fields.is_protected:
        return True
    return may_with(patron_id, Right.VIEW_PROTECTED_ADDRESSES, principal, context)


def id_shown(context: Context) -> Callable[[int], str]:
    """Return what gives the public id of patrons who have been admitted."""
    return public_ids(context.circulation, context.transaction).shown


def patron_shown(patron: KnownPatron, context: Context) -> Patron:
    """Return a patron whom the caller has named, and who was admitted."""
    return Patron(id_shown(context)(patron.id), patron.name, patron.card)
