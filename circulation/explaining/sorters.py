"""Machines that sort what they take back, as whoever explains their bins knows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from catalogue.database import Transaction
from circulation.callers.terminals import TERMINALS
from circulation.kernel.results import CheckedIn
from circulation.kernel.set_up import SetUp
from circulation.loans.features import HoldHandling


def _no_alert(returned: CheckedIn, transaction: Transaction) -> str | None:
    return None


class Machine(NamedTuple):
    """A machine that takes items back: its login, the ISIL of its branch, what it does with what
    somebody waits for, its scheme. `alert` is what it is told beside the bin, in its protocol."""

    login: str
    branch: str
    holds: HoldHandling = HoldHandling.BIND
    sorting: str | None = None
    alert: Callable[[CheckedIn, Transaction], str | None] = _no_alert


def machines_of(set_up: SetUp) -> Mapping[str, Machine]:
    """Those of the set-up, for where the protocol that serves them says nothing of them."""
    return {
        each.login: Machine(
            each.login,
            set_up.branches[each.branch_id].isil,
            HoldHandling(each.options.get("holds", HoldHandling.BIND.value)),
            each.sorting,
        )
        for each in TERMINALS.of(set_up).values()
    }
