"""Who does something where and when: what every verb of circulation is given first."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from catalogue.database import Transaction
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Desk


class Act(NamedTuple):
    """One act: within a transaction, by the engine of this process, at a desk, at a moment.

    The library's rules are not part of it: which version of them holds is read with the facts.
    """

    transaction: Transaction
    circulation: Circulation
    desk: Desk
    now: datetime
