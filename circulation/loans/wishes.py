"""What is asked for when something is to be lent or renewed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from circulation.kernel.overriding import NO_OVERRIDE, Override


class Reporting(NamedTuple):
    """How an off-line act became known: from which source, and when it was listed at first.

    The rules on dates are applied as of `noted`: an act that was reported in time stays in time
    until its card or item exists.
    """

    source: str = ""
    noted: datetime | None = None


#: An act that is reported at this moment.
REPORTED_NOW = Reporting()


class OffLineReturn(NamedTuple):
    """A return that was made off line at `happened`; `noted` is when it was listed at first.

    `is_followed`: another system has taken the item back, and all that followed from that was so
    when it came back; its date is accepted.
    """

    happened: datetime | None
    noted: datetime | None = None
    is_followed: bool = False


#: A return that is made at this moment.
RETURNED_NOW = OffLineReturn(None)


class LoanWish(NamedTuple):
    """The item with barcode `item` is to be lent to the patron with identifier `patron`.

    `pin` None means that no PIN is asked for; an empty one is refused with PIN_MISSING.

    `no_block` (SIP2 11: the loan has happened already, off line) accepts the loan whatever the
    rules say and asks for no PIN: at `happened` and until `due`, where given. Without it these two
    have no effect. `overriding` names what staff override; the event says who they are.

    `fee_acknowledged` says whether the patron has agreed to what the loan costs, or up to how many
    minor units. `wanted_until` shortens the loan, and never makes it longer than the rules allow.
    `for_hold` is the hold of the patron's that it fulfils, where the item suits several.
    `reporting` says from where a loan with `no_block` became known.
    """

    patron: str
    item: str
    pin: str | None = None
    no_block: bool = False
    happened: datetime | None = None
    due: datetime | None = None
    fee_acknowledged: bool | int = False
    wanted_until: datetime | None = None
    for_hold: int | None = None
    overriding: Override = NO_OVERRIDE
    reporting: Reporting = REPORTED_NOW


class RenewalWish(NamedTuple):
    """The patron's loan of the item is to last longer.

    `pin`, `no_block`, `happened`, `due`, `fee_acknowledged` and `overriding` as in `LoanWish`.
    `seen` False tells that the item is not at hand (the patron renews from home): some rules renew
    only what is at hand. `by_owner`: the library that the item is borrowed from says that it is
    kept until `due`, or longer than before; it cannot be too early for that. `is_told`: another
    system has told the patron `due`, which holds with `no_block` even where it is earlier.
    """

    patron: str
    item: str
    pin: str | None = None
    no_block: bool = False
    happened: datetime | None = None
    due: datetime | None = None
    fee_acknowledged: bool | int = False
    seen: bool = True
    by_owner: bool = False
    is_told: bool = False
    overriding: Override = NO_OVERRIDE
    reporting: Reporting = REPORTED_NOW
