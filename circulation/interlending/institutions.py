"""Institutional patrons: other libraries, to which items are lent."""

from __future__ import annotations

from typing import NamedTuple

from circulation.kernel.act import Act
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from circulation.patrons.kinds import PatronKind
from circulation.patrons.registering import NewPatron, home_of, register_patron

#: The longest identifier that is registered unseen.
LONGEST = 64


class Institution(NamedTuple):
    """A library as a patron: what it goes by, how it is addressed, where its work is done."""

    identifier: str
    branch_id: int
    category: str
    partner: str
    name: str = ""


def register_institution(act: Act, institution: Institution) -> int | None:
    """The patron's id, registered now if it is unknown; None where the identifier cannot be one, or
    somebody else goes by it."""
    identifier = institution.identifier
    if not identifier or len(identifier) > LONGEST or not identifier.isprintable():
        return None
    key = IDENTIFIERS.of(act.circulation)
    found = find_patron(act.transaction, identifier, key=key)
    if found is not None:
        home = home_of(act.transaction, found)
        return found if home is not None and home[1] is PatronKind.LIBRARY else None
    return register_patron(
        act,
        NewPatron(
            home_branch=institution.branch_id,
            category=institution.category,
            given_name="",
            family_name=institution.name or identifier,
            name=institution.name or identifier,
            card=identifier,
            note=f"registered for {institution.partner}",
            kind=PatronKind.LIBRARY,
        ),
        any_category=True,
    )
