"""What patrons have consented to. A consent that is withdrawn is gone at once, and what was kept
because of it goes too."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, change, many, send
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.patrons.schema import patron_consents


class Consent(Enum):
    """What may be consented to. The value is what `patron_consents.kind` holds."""

    KEEP_HISTORY = "keep_history"  # of loans, beyond the days for which it is kept anyway
    PERSON_REGISTRY = "person_registry"  # name and address from the national register


_insert_consent = send(
    insert(patron_consents).values(
        patron_id=bindparam("new_patron_id"),
        kind=bindparam("new_kind"),
        given=bindparam("new_given"),
    ),
    "new_patron_id",
    "new_kind",
    "new_given",
)
_delete_consent = change(
    delete(patron_consents).where(
        patron_consents.c.patron_id == bindparam("of_patron"),
        patron_consents.c.kind == bindparam("of_kind"),
    ),
    "of_patron",
    "of_kind",
)


def _consent(kind: str, given: datetime) -> tuple[Consent, datetime]:
    return Consent(kind), given


_consents = many(
    select(patron_consents.c.kind, patron_consents.c.given)
    .where(patron_consents.c.patron_id == bindparam("of_patron"))
    .order_by(patron_consents.c.kind),
    _consent,
    "of_patron",
)


def consents_of(transaction: Transaction, patron_id: int) -> dict[Consent, datetime]:
    """The consents that hold, and when each was given."""
    return dict(_consents(transaction, patron_id))


def give_consent(
    transaction: Transaction,
    patron_id: int,
    consent: Consent,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """False where it was given before; that date stands."""
    if consent in consents_of(transaction, patron_id):
        return False
    _insert_consent(transaction, patron_id, consent.value, now)
    write_event(
        transaction,
        EventKind.CONSENT_GIVEN,
        desk,
        now,
        patron_id=patron_id,
        after={"consent": consent.value},
    )
    return True


def withdraw_consent(
    transaction: Transaction,
    patron_id: int,
    consent: Consent,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """Ends a consent; False where there was none.

    Without KEEP_HISTORY all that has ended is cut from the patron in the same transaction.
    """
    if not _delete_consent(transaction, patron_id, consent.value):
        return False
    write_event(
        transaction,
        EventKind.CONSENT_WITHDRAWN,
        desk,
        now,
        patron_id=patron_id,
        before={"consent": consent.value},
    )
    if consent is Consent.KEEP_HISTORY:
        for kept in PERSONAL_DATA:
            if kept.cut_history is not None:
                kept.cut_history(transaction, patron_id)
    return True
