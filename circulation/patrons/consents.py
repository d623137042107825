"""What patrons have consented to. A consent that is withdrawn is gone at once, and what was kept
because of it goes too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, change, columns, many, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.patrons.kinds import Consent
from circulation.patrons.personal_data import PERSONAL_DATA
from circulation.patrons.schema import patron_consents


@send
def _insert_consent(*, patron_id: int, kind: str, given: datetime) -> Statement:
    return insert(patron_consents).values(patron_id=patron_id, kind=kind, given=given)


@change
def _delete_consent(*, patron_id: int, kind: str) -> Statement:
    return delete(patron_consents).where(
        patron_consents.c.patron_id == patron_id, patron_consents.c.kind == kind
    )


def _consent(kind: str, given: datetime) -> tuple[Consent, datetime]:
    return Consent(kind), given


@many(_consent)
def _consents(*, patron_id: int) -> Statement:
    return (
        select(*columns(_consent, patron_consents))
        .where(patron_consents.c.patron_id == patron_id)
        .order_by(patron_consents.c.kind)
    )


def consents_of(transaction: Transaction, patron_id: int) -> dict[Consent, datetime]:
    """The consents that hold, and when each was given."""
    return dict(_consents(transaction, patron_id=patron_id))


def give_consent(act: Act, patron_id: int, consent: Consent) -> bool:
    """False where it was given before; that date stands."""
    transaction, now = act.transaction, act.now
    if consent in consents_of(transaction, patron_id):
        return False
    _insert_consent(transaction, patron_id=patron_id, kind=consent.value, given=now)
    append_event(
        act,
        NewEvent(EventKind.CONSENT_GIVEN, patron_id=patron_id, after={"consent": consent.value}),
    )
    return True


def withdraw_consent(act: Act, patron_id: int, consent: Consent) -> bool:
    """Ends a consent; False where there was none.

    Without KEEP_HISTORY all that has ended is cut from the patron in the same transaction, except
    while the patron owes money or an item is missing.
    """
    transaction = act.transaction
    if not _delete_consent(transaction, patron_id=patron_id, kind=consent.value):
        return False
    append_event(
        act,
        NewEvent(
            EventKind.CONSENT_WITHDRAWN, patron_id=patron_id, before={"consent": consent.value}
        ),
    )
    if consent is Consent.KEEP_HISTORY:
        for kept in PERSONAL_DATA:
            if kept.cut_history is not None:
                kept.cut_history(transaction, patron_id)
    return True
