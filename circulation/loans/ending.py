"""The end of a loan, by whichever verb: it is charged for, and the row says when it ended."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from circulation.items.facts import ItemFacts
from circulation.kernel.act import Act
from circulation.kernel.events import Event
from circulation.kernel.parts import Registry
from circulation.kernel.results import Branch, ChargedFee
from circulation.kernel.set_up import SetUp
from circulation.loans.facts import OpenLoan
from circulation.loans.rows import end_loan, must_touch_one


class Ending(NamedTuple):
    """The open loan of an item, locked, ends: `came` is when the item was handed in, `here`."""

    act: Act
    set_up: SetUp
    item: ItemFacts
    loan: OpenLoan
    came: datetime
    here: Branch


class EndingFeature:
    """A feature that takes part in the end of every loan."""

    def lock(self, ending: Ending) -> None:
        """Locks the account that `charge` will change, for verbs that look at queues of holds
        before they end the loan: patrons are locked before queues."""

    def charge(self, ending: Ending) -> tuple[ChargedFee, ...]:
        """What the borrower has to pay for. The facts and the row show the loan as it was."""
        return ()

    def uncharge(self, act: Act, set_up: SetUp, ended: Event) -> None:
        """The loan goes on: what the end in this event charged is taken back."""

    def uncharge_renewal(self, act: Act, set_up: SetUp, renewed: Event) -> None:
        """Take back what the renewal in this event charged: the loan had ended before."""


ENDING: Registry[EndingFeature] = Registry("loans.ending:ENDING")


def lock_who_owes(ending: Ending) -> None:
    """To be called where queues of holds are locked before `end`."""
    for feature in ENDING:
        feature.lock(ending)


def charge_end(ending: Ending) -> tuple[ChargedFee, ...]:
    """To be called before queues of holds are locked, or after `lock_who_owes`."""
    charged: tuple[ChargedFee, ...] = ()
    for feature in ENDING.members:
        charged += feature.charge(ending)
    return charged


def uncharge_end(act: Act, set_up: SetUp, ended: Event) -> None:
    """The loan goes on. Locks the account of its borrower: before queues of holds are locked."""
    for feature in ENDING:
        feature.uncharge(act, set_up, ended)


def uncharge_renewal(act: Act, set_up: SetUp, renewed: Event) -> None:
    """Take back what a renewal charged. Locks the account of the borrower."""
    for feature in ENDING:
        feature.uncharge_renewal(act, set_up, renewed)


def end(ending: Ending, at: datetime) -> None:
    """The loan ended at that moment. Raises LoanChangedMeanwhile."""
    must_touch_one(
        end_loan(
            ending.act.transaction,
            loan_id=ending.loan.id,
            checked_in=at,
            checked_in_branch_id=ending.here.id,
        )
    )
