"""What the register of persons tells of patrons: a name, an address, protection, a death, another
national number.

Files have those alone of whom something has changed, found by their national numbers. Name, address
and municipality are taken over from those who have consented to it; that an address is protected,
that somebody has another number now, and that they have died, holds for all. Of the dead nothing is
asked any more: their holds and bookings end. Loans and debts stay, for people to see to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from circulation.kernel.act import Act
from circulation.kernel.reasons import BlockReason, IdentifierBlock
from circulation.moving.lookups import FoundPatron, patrons_of
from circulation.moving.rows import Arrival, Batch, Kind
from circulation.moving.values import CODE, TEXT, TRUTH
from circulation.notices.kinds import Basis
from circulation.notices.silence import begin_silent_batch, keep_silent
from circulation.patrons.addresses import (
    Dwelling,
    NewAddress,
    add_address,
    addresses_of,
    remove_address,
)
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.changes import Changes, change_patron
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.consents import consents_of
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    IdentifierTaken,
    add_identifier,
    block_identifier,
    find_patron,
)
from circulation.patrons.kinds import Consent, IdentifierKind


class PersonRow(NamedTuple):
    """What a plan may say of a person. A field that is empty says nothing."""

    national_id: Annotated[str, TEXT]
    given_name: Annotated[str, TEXT] = ""
    family_name: Annotated[str, TEXT] = ""
    care_of: Annotated[str, TEXT] = ""
    street: Annotated[str, TEXT] = ""
    house_number: Annotated[str, TEXT] = ""
    postal_code: Annotated[str, TEXT] = ""
    city: Annotated[str, TEXT] = ""
    country: Annotated[str, CODE] = ""
    municipality: Annotated[str, CODE] = ""
    is_protected: Annotated[bool | None, TRUTH] = None
    is_dead: Annotated[bool | None, TRUTH] = None
    new_national_id: Annotated[str, TEXT] = ""


def store_persons(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Changes the patrons as the rows say."""
    both = [*new, *changed]
    found = patrons_of(batch, both, "national_id")
    moving, transaction = batch.moving, batch.transaction
    begin_silent_batch(transaction, moving.source, until=moving.until)
    for each in batch.left(both):
        patron = found[id(each)]
        each.row_id = patron.id
        keep_silent(transaction, moving.source, Basis.PATRON, [patron.id])
        try:
            transaction.whole(lambda row=each.row, its=patron: _change(batch, row, its))  # type: ignore[misc]
        except PatronUnfit as unfit:
            batch.set_aside(each, "cannot be so", ", ".join(p.field for p in unfit.problems))
        except IdentifierTaken:
            batch.set_aside(each, "a number of somebody else's", "new_national_id")


def _change(batch: Batch, row: PersonRow, patron: FoundPatron) -> None:
    moving = batch.moving
    desk = moving.desk(patron.home_branch_id)
    act = Act(batch.transaction, moving.circulation, desk, moving.now)
    changes: Changes = {}
    if row.is_protected is not None:
        changes["is_protected"] = row.is_protected
    if Consent.PERSON_REGISTRY in consents_of(batch.transaction, patron.id):
        if row.given_name:
            changes["given_name"] = row.given_name
        if row.family_name:
            changes["family_name"] = row.family_name
        if row.municipality:
            changes["municipality"] = row.municipality
        _move(act, row, patron.id)
    change_patron(act, patron.id, changes)
    if row.new_national_id:
        _renumber(act, row, patron.id)
    if row.is_dead:
        block_patron(act, patron.id, BlockReason.DECEASED)
    elif row.is_dead is False:  # it was said by mistake
        unblock_patron(act, patron.id, BlockReason.DECEASED)


def _renumber(act: Act, row: PersonRow, patron_id: int) -> None:
    """They go by the new number; the old one is known still, and is not to be used."""
    key = IDENTIFIERS.of(act.circulation)
    if find_patron(act.transaction, row.new_national_id, key=key) != patron_id:
        add_identifier(act, patron_id, row.new_national_id, IdentifierKind.NATIONAL_ID.value)
    block_identifier(act, row.national_id, IdentifierBlock.REPLACED)


def _move(act: Act, row: PersonRow, patron_id: int) -> None:
    """They live there from now on, and nowhere that was a home before."""
    parts = (row.care_of, row.street, row.house_number, row.postal_code, row.city, row.country)
    if not any(parts):
        return
    home = add_address(act, patron_id, NewAddress(Dwelling.HOME, *parts))
    for other in addresses_of(act.transaction, patron_id):
        if other.kind is Dwelling.HOME and other.id != home.id:
            remove_address(act, patron_id, other.id)


PERSONS = Kind("persons", PersonRow, store_persons)
