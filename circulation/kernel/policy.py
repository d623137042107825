"""What the loan rules say, and the stricter of what owner and lender say.

How rules fall through is told in `circulation.kernel.rules`. The length of a loan is one setting
with three spellings (days, hours, a fixed date): the rule that says any of them decides on all
three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, NamedTuple

from circulation.calendars.days import parse_until
from circulation.kernel.fitting import DESCRIBED, Between
from circulation.kernel.models import AsText, Model, Setting, Wanted
from circulation.languages.sentences import Sentence

Days = Annotated[int, Between(0, 36_500)]
Number = Annotated[int, Between(0, 1_000_000)]


def _is_until(value: object) -> bool:
    return isinstance(value, str) and parse_until(value) is not None


Until = Annotated[str, Wanted("UNTIL", _is_until)]

#: What a desk or a machine does with a copy that is to be fetched for another patron.
_LENDING_WAYS = ("refuse", "ask", "allow")


def _are_ways(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and value.keys() <= {"machines", "desk"}
        and all(way in _LENDING_WAYS for way in value.values())
    )


def _write_ways(ways: Mapping[str, str]) -> str:
    return " ".join(f"{where}={ways[where]}" for where in sorted(ways))


def _read_ways(text: str) -> dict[str, str]:
    return dict(each.split("=") for each in text.split())


LendingWays = Annotated[
    Mapping[str, str], Wanted("LENDING_WAYS", _are_ways), AsText(_write_ways, _read_ways)
]


@dataclass(frozen=True, slots=True)
class LoanPolicy:
    """The settings of loan rules, and what holds where no rule says anything."""

    __pydantic_config__: ClassVar = DESCRIBED

    loanable: bool = True
    """False: not lent to these patrons, whatever the days."""
    on_site_only: bool = False
    """Used in the library, never lent home."""
    loan_days: Days | None = None
    """How long a loan is. At most one of `loan_days`, `loan_hours` and `loan_until` is said;
    without any the item cannot be lent."""
    loan_hours: Annotated[int, Between(0, 24 * 366)] | None = None
    """The same in hours; due at a full minute."""
    loan_until: Until | None = None
    """Until when: a fixed date, ``2027-06-25``, or one that comes every year, ``06-25``."""
    closed_days: Literal["push", "keep"] = "push"
    """A due date on which the branch is closed moves on to its next open day (for loans of hours:
    its next opening), or stays."""
    within_card: bool = False
    """No loan is due after the card expires."""
    renewals: Number = 0
    """How many times a loan may be renewed."""
    renewal_days: Days | None = None
    """How long a renewal is; without it as long as a new loan."""
    renewal_from: Literal["today", "due"] = "today"
    """From when a renewal is counted."""
    renewal_window_days: Days | None = None
    """Not renewed earlier than so many days before the due date; without it at any time."""
    renew_overdue: bool = True
    """May an overdue loan be renewed?"""
    renew_unseen: bool = True
    """May a loan be renewed without the item at hand?"""
    backdate_days: Days = 30
    """A loan, renewal or return may be dated back by so many days. What machines report of the time
    when their line was down goes to the list of off-line acts where it is older."""
    auto_renew: bool = False
    """Is a loan renewed by itself when it falls due?"""
    max_loans: Number | None = None
    """Open loans of a patron of all material; without it no limit."""
    max_loans_in_group: Number | None = None
    """Open loans of the material group of the rule that says so and of those below it (of the
    item's own group where that rule names none); without it no limit."""
    holdable: bool = True
    """May it be held? For holds the rules are those of the branch of pickup."""
    max_holds: Number | None = None
    """Holds of a patron, wishes for what other libraries have among them; without it no limit."""
    interest_days: Days = 180
    """How long a hold waits unless it says otherwise."""
    pickup_days: Days = 7
    """How long an item stands on the hold shelf."""
    local_holds_first: bool = False
    """What is handed in at the branch goes first to those who want it there."""
    hold_while_on_loan: bool = False
    """May a patron hold a title that they have on loan?"""
    lend_wanted_copies: LendingWays | None = None
    """What `machines`, and staff at the `desk`, do with a copy that is to be fetched for another
    patron's hold and that no other free copy at its branch replaces: refuse it, ask (staff may lend
    it, with a reason), or allow it. Without it machines refuse and the desk asks. What has happened
    already is accepted."""
    recall_days: Days | None = None
    """Who waits for a title brings a loan of it forward to so many days after it was made; without
    it never."""
    recall_notice_days: Days = 7
    """A recalled loan is due so many days from then at the earliest."""
    bookable: bool = False
    """May these patrons book copies of the branch for a period? For bookings the rules are those of
    the branch whose copies they are."""
    booking_days_before: Days = 0
    """By so many days a booking is lengthened to fetch the copies."""
    booking_days_after: Days = 0
    """And by so many to tidy them."""
    max_booking_days: Days | None = None
    """The longest booking; without it no limit."""
    before_bookings: Literal["shorten", "refuse"] = "shorten"
    """An ordinary loan that would last into a booking that needs the copy is cut short, or not
    made."""


class GroupLimit(NamedTuple):
    """At most so many open loans of these groups together."""

    most: int
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoanTerms(LoanPolicy):
    """What the rules say for one patron category and material group at one branch.

    `counted_groups` are the material groups that `max_loans_in_group` counts. Of an item of another
    branch: `owner_lends` tells whether any rule of the owner gives it a loan at all, `owner_limit`
    is the owner's limit on other groups (see `stricter`).
    """

    counted_groups: tuple[str, ...] = ()
    owner_lends: bool = True
    owner_limit: GroupLimit | None = None

    @property
    def gives_length(self) -> bool:
        """Does any rule say how long a loan is?"""
        return (self.loan_days, self.loan_hours, self.loan_until) != (None, None, None)

    def way_to_lend_wanted(self, is_machine: bool) -> str:
        """Return what is done with a copy that another patron waits for: refuse, ask or allow."""
        ways = self.lend_wanted_copies or {}
        return ways.get("machines", "refuse") if is_machine else ways.get("desk", "ask")


LENGTHS = ("loan_days", "loan_hours", "loan_until")
_BOUNDS = {
    "greater_than_equal": "NEGATIVE",
    "less_than_equal": "TOO_MUCH",
    "int_type": "NOT_WHOLE",
}


class _LoanPolicies(Model[LoanPolicy]):
    """Has sentences of its own for numbers, and knows that a loan has one length."""

    def problems(self, said: Mapping[str, object]) -> dict[str, Sentence]:
        problems = super().problems(said)
        lengths = [name for name in LENGTHS if said.get(name) is not None]
        for name in lengths[1:]:
            problems.setdefault(name, Sentence("ONE_LENGTH", name=name, other=lengths[0]))
        return problems

    def sentence(self, setting: Setting, value: object, error: str) -> Sentence:
        is_text = setting.kind is str or bool(setting.words)
        if is_text and not isinstance(value, str):
            return Sentence("NOT_A_TEXT", name=setting.name, value=repr(value))
        if error not in _BOUNDS:
            return super().sentence(setting, value, error)
        most = setting.schema["maximum"]
        return Sentence(_BOUNDS[error], name=setting.name, value=repr(value), most=most)


LOAN_POLICY = _LoanPolicies(LoanPolicy, "NO_SUCH_FIELD")

#: Fields that say whether something may be lent, held or renewed at all: of these the owner has a
#: say wherever its items are lent. All others are the lender's.
WHETHER = ("loanable", "on_site_only", "holdable", "max_loans", "max_loans_in_group")


def stricter(lender: LoanTerms, owner: LoanTerms) -> LoanTerms:
    """The terms of the branch that lends, and of each field of `WHETHER` the stricter of both: what
    the owner would not lend to such a patron at its own desk is lent to them nowhere.

    How long, how often, and what else is done with a loan is the lender's business.
    """
    limits = [
        GroupLimit(terms.max_loans_in_group, terms.counted_groups)
        for terms in (lender, owner)
        if terms.max_loans_in_group is not None
    ]
    other = None
    if len(limits) == 2:
        if limits[0].groups == limits[1].groups:
            limits = [min(limits)]
        else:
            other = limits[1]
    return replace(
        lender,
        loanable=lender.loanable and owner.loanable,
        on_site_only=lender.on_site_only or owner.on_site_only,
        holdable=lender.holdable and owner.holdable,
        max_loans=min(
            (each for each in (lender.max_loans, owner.max_loans) if each is not None), default=None
        ),
        max_loans_in_group=limits[0].most if limits else None,
        counted_groups=limits[0].groups if limits else lender.counted_groups,
        owner_lends=owner.gives_length,
        owner_limit=other,
    )
