"""Patrons: registering them, their identifiers, PINs and blocks, and what is known of them.

Every change writes its event in the name of `desk`; None stands for the command line.
"""

from __future__ import annotations

from datetime import date, datetime

from catalogue.statements import Transaction
from circulation.engine import Circulation
from circulation.reasons import BlockReason, IdentifierBlock
from circulation.results import Desk, PatronLoans, PatronStatus, Refused


class IdentifierTaken(ValueError):
    """The identifier belongs to a patron already."""


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
    `name` is how the patron is addressed, by default given and family name.
    Raises IdentifierTaken, and ValueError for an unknown branch.
    """
    raise NotImplementedError


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

    Raises IdentifierTaken.
    """
    raise NotImplementedError


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
    raise NotImplementedError


def find_patron(transaction: Transaction, identifier: str) -> int | None:
    """The id of the patron with this identifier, blocked or not."""
    raise NotImplementedError


def set_pin(
    transaction: Transaction,
    patron_id: int,
    pin_hash: str | None,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> None:
    """Stores a new PIN, hashed beforehand by `circulation.pins.hash_pin`; None takes it away."""
    raise NotImplementedError


def block_patron(
    transaction: Transaction,
    patron_id: int,
    reason: BlockReason,
    *,
    now: datetime,
    message: str = "",
    desk: Desk | None = None,
) -> None:
    """Blocks the patron (SIP2 01 uses BlockReason.SELF_SERVICE); repeated, keeps the first date."""
    raise NotImplementedError


def unblock_patron(
    transaction: Transaction,
    patron_id: int,
    reason: BlockReason,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """Lifts a block (SIP2 25); False where the patron had none for this reason."""
    raise NotImplementedError


def patron_status(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    now: datetime,
    pin: str | None = None,
) -> PatronStatus | Refused:
    """What is known of the patron with this identifier (SIP2 23 and 63, NCIP LookupUser).

    A blocked or expired patron is still shown. Refused only with PATRON_UNKNOWN, PIN_MISSING or
    PIN_WRONG (`pin` None asks for none). Raises VerificationNeeded (see `circulation.pins`).
    """
    raise NotImplementedError


def patron_loans(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    now: datetime,
    only_overdue: bool = False,
    start: int = 1,
    limit: int | None = None,
) -> PatronLoans | Refused:
    """The patron's open loans by due date: from the `start`-th (1 is the first), `limit` at most.

    Asks for no PIN: call `patron_status` first where one is needed.
    """
    raise NotImplementedError
