"""National numbers kept sealed beside their hashes, for those who must write to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, insert

from catalogue.database import Transaction, change, send
from circulation.patrons.schema import sealed_numbers
from circulation.patrons.seals import NumberSeal

_forget = change(
    delete(sealed_numbers).where(sealed_numbers.c.patron_id == bindparam("of_patron")), "of_patron"
)
_keep = send(
    insert(sealed_numbers).values(
        patron_id=bindparam("new_patron_id"),
        sealed=bindparam("new_sealed", type_=sealed_numbers.c.sealed.type),
        kept=bindparam("new_kept", type_=sealed_numbers.c.kept.type),
    ),
    "new_patron_id",
    "new_sealed",
    "new_kept",
)


def keep_number(
    transaction: Transaction, patron_id: int, number: str, seal: NumberSeal, now: datetime
) -> None:
    """Keeps the patron's ten digits sealed, in place of any that were kept before."""
    _forget(transaction, patron_id)
    _keep(transaction, patron_id, seal.sealed(number, patron_id), now)
