"""National numbers kept sealed beside their hashes, for those who must write to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert

from catalogue.database import Statement, Transaction, change, send
from circulation.patrons.schema import sealed_numbers
from circulation.patrons.seals import Seal, of_patron


@change
def _forget(*, patron_id: int) -> Statement:
    return delete(sealed_numbers).where(sealed_numbers.c.patron_id == patron_id)


@send
def _keep(*, patron_id: int, sealed: bytes, kept: datetime) -> Statement:
    return insert(sealed_numbers).values(patron_id=patron_id, sealed=sealed, kept=kept)


def keep_number(
    transaction: Transaction, patron_id: int, number: str, seal: Seal, now: datetime
) -> None:
    """Keeps the patron's ten digits sealed, in place of any that were kept before."""
    _forget(transaction, patron_id=patron_id)
    _keep(
        transaction, patron_id=patron_id, sealed=seal.sealed(number, of_patron(patron_id)), kept=now
    )
