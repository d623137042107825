"""Patrons: registering them, their identifiers, PINs and blocks.

Every change writes its event in the name of `desk`; None stands for the command line. What is
known of a patron is asked of `circulation.accounts`, whose functions are found here as well.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import bindparam, delete, insert, select, update

from catalogue.schema import branches
from catalogue.statements import Transaction, change, one, scalar, send
from circulation.accounts import patron_loans, patron_status
from circulation.events import EventKind, write_event
from circulation.reasons import BlockReason, IdentifierBlock
from circulation.results import Desk
from circulation.schema import patron_blocks, patron_identifiers, patrons

__all__ = [
    "IdentifierTaken",
    "add_identifier",
    "block_identifier",
    "block_patron",
    "find_patron",
    "patron_loans",
    "patron_status",
    "register_patron",
    "set_pin",
    "unblock_patron",
]


class IdentifierTaken(ValueError):
    """The identifier belongs to a patron already."""


_agency_of_branch = scalar(
    select(branches.c.agency_id).where(branches.c.id == bindparam("branch_id")), "branch_id"
)

_NEW_PATRON = (
    "agency_id",
    "home_branch_id",
    "category",
    "name",
    "given_name",
    "family_name",
    "pin_hash",
    "language",
    "birth_date",
    "email",
    "phone",
    "expires",
    "note",
    "created",
)
_insert_patron = scalar(
    insert(patrons)
    .values(
        {
            patrons.c[name]: bindparam(f"new_{name}", type_=patrons.c[name].type)
            for name in _NEW_PATRON
        }
    )
    .returning(patrons.c.id),
    *(f"new_{name}" for name in _NEW_PATRON),
)
_owner = scalar(
    select(patron_identifiers.c.patron_id).where(
        patron_identifiers.c.identifier == bindparam("identifier")
    ),
    "identifier",
)
_insert_identifier = send(
    insert(patron_identifiers).values(
        identifier=bindparam("new_identifier"),
        patron_id=bindparam("new_patron_id"),
        kind=bindparam("new_kind"),
        blocked=None,
        added=bindparam("new_added"),
    ),
    "new_identifier",
    "new_patron_id",
    "new_kind",
    "new_added",
)
_set_identifier_block = change(
    update(patron_identifiers)
    .where(patron_identifiers.c.identifier == bindparam("of_identifier"))
    .values(blocked=bindparam("new_blocked")),
    "of_identifier",
    "new_blocked",
)
_set_pin_hash = change(
    update(patrons)
    .where(patrons.c.id == bindparam("patron_id"))
    .values(pin_hash=bindparam("new_pin_hash")),
    "patron_id",
    "new_pin_hash",
)
_find_block = one(
    select(patron_blocks.c.since).where(
        patron_blocks.c.patron_id == bindparam("of_patron"),
        patron_blocks.c.reason == bindparam("of_reason"),
    ),
    None,
    "of_patron",
    "of_reason",
)
_insert_block = send(
    insert(patron_blocks).values(
        patron_id=bindparam("new_patron_id"),
        reason=bindparam("new_reason"),
        since=bindparam("new_since"),
        message=bindparam("new_message"),
    ),
    "new_patron_id",
    "new_reason",
    "new_since",
    "new_message",
)
_set_block_message = send(
    update(patron_blocks)
    .where(
        patron_blocks.c.patron_id == bindparam("of_patron"),
        patron_blocks.c.reason == bindparam("of_reason"),
    )
    .values(message=bindparam("new_message")),
    "of_patron",
    "of_reason",
    "new_message",
)
_delete_block = change(
    delete(patron_blocks).where(
        patron_blocks.c.patron_id == bindparam("of_patron"),
        patron_blocks.c.reason == bindparam("of_reason"),
    ),
    "of_patron",
    "of_reason",
)


def register_patron(
    transaction: Transaction,
    *,
    home_branch: int,
    category: str,
    given_name: str,
    family_name: str,
    card: str,
    now: datetime,
    pin_hash: str | None = None,
    name: str | None = None,
    language: str = "da",
    birth_date: date | None = None,
    email: str = "",
    phone: str = "",
    expires: date | None = None,
    note: str = "",
    desk: Desk | None = None,
) -> int:
    """Registers a patron of the home branch's agency with a first card; gives the patron's id.

    `pin_hash` comes from `circulation.pins.hash_pin`, called beforehand, outside the transaction.
    `name` is how the patron is addressed, by default given and family name. `expires` is the last
    day on which the patron may borrow.
    Raises IdentifierTaken, and ValueError for an unknown branch or an empty card.
    """
    agency_id = _agency_of_branch(transaction, home_branch)
    if agency_id is None:
        raise ValueError(f"there is no branch {home_branch}")
    _must_be_free(transaction, card)
    patron_id: int = _insert_patron(
        transaction,
        agency_id,
        home_branch,
        category,
        f"{given_name} {family_name}".strip() if name is None else name,
        given_name,
        family_name,
        pin_hash,
        language,
        birth_date,
        email,
        phone,
        expires,
        note,
        now,
    )
    _insert_identifier(transaction, card, patron_id, "card", now)
    write_event(transaction, EventKind.PATRON_REGISTERED, desk, now, patron_id=patron_id)
    return patron_id


def _must_be_free(transaction: Transaction, identifier: str) -> None:
    if not identifier:
        raise ValueError("an identifier must not be empty")
    if _owner(transaction, identifier) is not None:
        # The text names nobody and nothing: identifiers may be national numbers.
        raise IdentifierTaken("this identifier belongs to a patron already")


def add_identifier(
    transaction: Transaction,
    patron_id: int,
    identifier: str,
    kind: str,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> None:
    """Gives the patron a further identifier: ``card``, ``login``, ``email``, ``national_id``...

    Only identifiers of kind ``card`` are ever shown to others than who gave them.
    Raises IdentifierTaken.
    """
    _must_be_free(transaction, identifier)
    _insert_identifier(transaction, identifier, patron_id, kind, now)
    write_event(
        transaction,
        EventKind.IDENTIFIER_ADDED,
        desk,
        now,
        patron_id=patron_id,
        after={"kind": kind},
    )


def block_identifier(
    transaction: Transaction,
    identifier: str,
    block: IdentifierBlock | None,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """Stops one identifier from being used, or with None lets it be used again.

    False where nobody has that identifier.
    """
    patron_id = find_patron(transaction, identifier)
    if patron_id is None:
        return False
    _set_identifier_block(transaction, identifier, None if block is None else block.value)
    kind = EventKind.IDENTIFIER_UNBLOCKED if block is None else EventKind.IDENTIFIER_BLOCKED
    after = None if block is None else {"reason": block.value}
    write_event(transaction, kind, desk, now, patron_id=patron_id, after=after)
    return True


def find_patron(transaction: Transaction, identifier: str) -> int | None:
    """The id of the patron with this identifier, blocked or not."""
    found: int | None = _owner(transaction, identifier)
    return found


def set_pin(
    transaction: Transaction,
    patron_id: int,
    pin_hash: str | None,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> None:
    """Stores a new PIN, hashed beforehand by `circulation.pins.hash_pin`; None takes it away.

    Raises ValueError for an unknown patron.
    """
    if not _set_pin_hash(transaction, patron_id, pin_hash):
        raise ValueError(f"there is no patron {patron_id}")
    write_event(transaction, EventKind.PIN_CHANGED, desk, now, patron_id=patron_id)


def block_patron(
    transaction: Transaction,
    patron_id: int,
    reason: BlockReason,
    *,
    now: datetime,
    message: str = "",
    desk: Desk | None = None,
) -> None:
    """Blocks the patron (SIP2 01 uses BlockReason.SELF_SERVICE).

    Repeated for the same reason, it keeps the first date and takes the new message.
    """
    if _find_block(transaction, patron_id, reason.value) is None:
        _insert_block(transaction, patron_id, reason.value, now, message)
    else:
        _set_block_message(transaction, patron_id, reason.value, message)
    write_event(
        transaction,
        EventKind.PATRON_BLOCKED,
        desk,
        now,
        patron_id=patron_id,
        after={"reason": reason.value, "message": message},
    )


def unblock_patron(
    transaction: Transaction,
    patron_id: int,
    reason: BlockReason,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """Lifts a block (SIP2 25); False where the patron had none for this reason."""
    if not _delete_block(transaction, patron_id, reason.value):
        return False
    write_event(
        transaction,
        EventKind.PATRON_UNBLOCKED,
        desk,
        now,
        patron_id=patron_id,
        before={"reason": reason.value},
    )
    return True
