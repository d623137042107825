"""Who is asked to pay where a debt goes to collection: only adults and companies."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, Transaction, scalar
from circulation.patrons.blocks import has_died
from circulation.patrons.guardians import ADULT_AGE, guardians_of
from circulation.patrons.kinds import PatronKind
from circulation.patrons.schema import patrons
from circulation.patrons.traits import age_on


@scalar(bool)
def _is_dead(*, patron_id: int) -> Statement:
    return select(has_died(patrons.c.id)).where(patrons.c.id == patron_id)


class Debtor(NamedTuple):
    """Whom the claim is against; where there is nobody, None and the reason."""

    patron_id: int | None
    why: str = ""


def debtor_of(
    transaction: Transaction,
    patron_id: int,
    kind: str,
    birth_date: date | None,
    *,
    on: date,
    asks_guardian: bool,
) -> Debtor:
    """Who answers for the patron's debt that was charged `on` that day.

    A patron without a date of birth counts as grown up, as in the tariffs. Whether a child can be
    made to pay is unsettled in Danish law, so a child never is; a guardian is where the set-up
    says so (`asks_guardian`), the first who lives.
    """
    if kind not in (PatronKind.PERSON.value, PatronKind.COMPANY.value):
        return Debtor(None, "neither a person nor a company")
    if kind == PatronKind.COMPANY.value or birth_date is None:
        return Debtor(patron_id)
    if age_on(on, birth_date) >= ADULT_AGE:
        return Debtor(patron_id)
    if not asks_guardian:
        return Debtor(None, "a child when it was charged")
    for guardian in guardians_of(transaction, patron_id=patron_id):
        if _is_dead(transaction, patron_id=guardian.patron_id) is False:
            return Debtor(guardian.patron_id)
    return Debtor(None, "a child when it was charged, and nobody answers for it")
