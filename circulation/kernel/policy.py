"""The loan rules: rows with a scope, and each field from the narrowest row that sets it.

A row's scope is a place (a branch, an agency, or any) x a patron category (or any) x a material
group (or any). Categories and groups are trees: a row for a category holds for those below it
too. For each field apart, the rows whose scope holds are asked from the narrowest to the widest,
and the first that sets the field decides. Place weighs more than category, category more than
material group: what a branch says for all its patrons goes before what its agency says for
children, because the branch was the one to know.

The length of a loan is one field with three spellings (days, hours, a fixed date): the row that
sets any of them decides on all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from circulation.calendars.days import parse_until


class PolicyRow(NamedTuple):
    """A rule as it is stored: its scope (None holds for any), then its fields (None says nothing).

    `agency_id` and `branch_id` exclude each other. The fields are those of `LoanTerms`.
    """

    id: int
    agency_id: int | None
    branch_id: int | None
    patron_category: str | None
    material_group: str | None
    loanable: bool | None
    on_site_only: bool | None
    loan_days: int | None
    loan_hours: int | None
    loan_until: str | None
    closed_days: str | None
    within_card: bool | None
    renewals: int | None
    renewal_days: int | None
    renewal_from: str | None
    renewal_window_days: int | None
    renew_overdue: bool | None
    renew_unseen: bool | None
    auto_renew: bool | None
    max_loans: int | None
    max_loans_in_group: int | None
    holdable: bool | None
    max_holds: int | None
    interest_days: int | None
    pickup_days: int | None
    local_holds_first: bool | None
    hold_while_on_loan: bool | None
    recall_days: int | None
    recall_notice_days: int | None
    bookable: bool | None
    booking_days_before: int | None
    booking_days_after: int | None
    max_booking_days: int | None
    before_bookings: str | None


class GroupLimit(NamedTuple):
    """At most so many open loans of these groups together."""

    most: int
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What the rules say for one patron category and material group at one branch.

    * `loanable` False: not lent to these patrons, whatever the days; `on_site_only`: used in the
      library, never lent home;
    * `loan_days`, `loan_hours`, `loan_until`: one of them at most is set. `loan_until` is a fixed
      date, ``2027-06-25``, or one that comes every year, ``06-25``. Without any there is no rule,
      and the item cannot be lent;
    * `closed_days`: a due date on which the branch is closed moves on to its next open day
      (``push``) or stays (``keep``); `within_card`: no loan is due after the card expires;
    * `renewals`: how many times a loan may be renewed, each for `renewal_days` (None: for as long
      as a new loan) from today or from the due date (`renewal_from`: ``today``, ``due``), but not
      before `renewal_window_days` before the due date (None: at any time);
    * `renew_overdue`: may an overdue loan be renewed; `renew_unseen`: may one be renewed without
      the item at hand; `auto_renew`: is it renewed by itself when it falls due;
    * `max_loans`: open loans of all material; `max_loans_in_group`: of the groups in
      `counted_groups`, which are those of the rule that set the limit; None is no limit;
    * `holdable`, `max_holds` (None is no limit); `interest_days`: how long a hold waits unless it
      says otherwise; `pickup_days`: how long it stands on the pickup shelf;
      `hold_while_on_loan`: may a patron hold a title that they have on loan. For holds the rules
      are those of the pickup branch;
    * `local_holds_first`: what is handed in at the branch goes first to those who want it there;
    * `recall_days`: who waits for a title brings a loan of it forward to this many days after it
      was made (None: never), and to `recall_notice_days` from then at the earliest;
    * `owner_lends`, `owner_limit`: of an item of another branch, does any rule of the owner give it
      a loan at all, and its limit on other groups than `counted_groups` (see `stricter`);
    * `bookable`: may these patrons book copies of the branch for a period of `max_booking_days` at
      most (None is no limit), which is lengthened by `booking_days_before` and
      `booking_days_after` to fetch and to tidy them. An ordinary loan that would last into a
      booking that needs the copy is cut short or not made (`before_bookings`: ``shorten``,
      ``refuse``). For bookings the rules are those of the branch whose copies they are.
    """

    loanable: bool = True
    on_site_only: bool = False
    loan_days: int | None = None
    loan_hours: int | None = None
    loan_until: str | None = None
    closed_days: str = "push"
    within_card: bool = False
    renewals: int = 0
    renewal_days: int | None = None
    renewal_from: str = "today"
    renewal_window_days: int | None = None
    renew_overdue: bool = True
    renew_unseen: bool = True
    auto_renew: bool = False
    max_loans: int | None = None
    max_loans_in_group: int | None = None
    holdable: bool = True
    max_holds: int | None = None
    interest_days: int = 180
    pickup_days: int = 7
    local_holds_first: bool = False
    hold_while_on_loan: bool = False
    recall_days: int | None = None
    recall_notice_days: int = 7
    bookable: bool = False
    booking_days_before: int = 0
    booking_days_after: int = 0
    max_booking_days: int | None = None
    before_bookings: str = "shorten"
    counted_groups: tuple[str, ...] = ()
    owner_lends: bool = True
    owner_limit: GroupLimit | None = None

    @property
    def gives_length(self) -> bool:
        """Does any rule say how long a loan is?"""
        return (self.loan_days, self.loan_hours, self.loan_until) != (None, None, None)


FIELDS = PolicyRow._fields[5:]
SCOPE = PolicyRow._fields[1:5]
_DEFAULTS = LoanTerms()
LENGTHS = ("loan_days", "loan_hours", "loan_until")

#: The most that a number may be; a length of time is far within what dates can say.
_MOST = 1_000_000
_SPANS = dict.fromkeys(
    (
        "loan_days",
        "renewal_days",
        "renewal_window_days",
        "interest_days",
        "pickup_days",
        "recall_days",
        "recall_notice_days",
        "booking_days_before",
        "booking_days_after",
        "max_booking_days",
    ),
    36_500,
) | {"loan_hours": 24 * 366}

#: What the fields with a closed list of words may say.
WORDS: dict[str, tuple[str, ...]] = {
    "closed_days": ("push", "keep"),
    "renewal_from": ("today", "due"),
    "before_bookings": ("shorten", "refuse"),
}

_KINDS: dict[str, type] = {
    name: bool if isinstance(getattr(_DEFAULTS, name), bool) else int for name in FIELDS
} | dict.fromkeys((*WORDS, "loan_until"), str)


def rule_problems(terms: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with the fields of a rule: a sentence for each field at fault."""
    problems = {}
    for name, value in terms.items():
        if name not in _KINDS:
            problems[name] = f"{name}: rules have no such field"
        elif value is None:
            continue
        elif type(value) is not _KINDS[name]:
            wanted = {bool: "true or false", int: "a whole number", str: "a text"}[_KINDS[name]]
            problems[name] = f"{name} must be {wanted}, not {value!r}"
        elif isinstance(value, int) and value < 0:
            problems[name] = f"{name} cannot be negative: {value}"
        elif isinstance(value, int) and value > _SPANS.get(name, _MOST):
            problems[name] = f"{name} is {_SPANS.get(name, _MOST)} at most: {value}"
        elif name in WORDS and value not in WORDS[name]:
            problems[name] = f"{name} is {' or '.join(WORDS[name])}, not {value!r}"
        elif name == "loan_until" and parse_until(str(value)) is None:
            problems[name] = f"loan_until is a date, 2027-06-25 or 06-25, not {value!r}"
    lengths = [name for name in LENGTHS if terms.get(name) is not None]
    for name in lengths[1:]:
        problems.setdefault(name, f"{name} and {lengths[0]}: a loan has one length")
    return problems


#: Patron categories, or material groups: code -> code of the parent, None at a root.
Tree = Mapping[str, str | None]


def lineage(tree: Tree, code: str) -> tuple[str, ...]:
    """The code and its ancestors, the narrowest first; a code not in the tree has none."""
    found = [code]
    while (parent := tree.get(found[-1])) is not None and parent not in found:
        found.append(parent)
    return tuple(found)


def descent(tree: Tree, code: str) -> tuple[str, ...]:
    """The code and everything below it, the code first and the others by name."""
    below = sorted(other for other in tree if other != code and code in lineage(tree, other))
    return (code, *below)


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules are asked about; `categories` and `groups` are lineages."""

    agency_id: int
    branch_id: int
    categories: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """One field, its value, and the row that decided; None where the built-in default did."""

    field: str
    value: bool | int | str | None
    row: PolicyRow | None


class Scoped(Protocol):
    """A row of rules of any kind: what its scope is."""

    @property
    def agency_id(self) -> int | None: ...

    @property
    def branch_id(self) -> int | None: ...

    @property
    def patron_category(self) -> str | None: ...

    @property
    def material_group(self) -> str | None: ...


def narrowness(row: Scoped, case: Case) -> tuple[int, int, int] | None:
    """How narrowly the row's scope fits the case (greater is narrower); None if it does not."""
    if row.branch_id is not None:
        place = 2 if row.branch_id == case.branch_id else None
    elif row.agency_id is not None:
        place = 1 if row.agency_id == case.agency_id else None
    else:
        place = 0
    category = _rank(row.patron_category, case.categories)
    group = _rank(row.material_group, case.groups)
    if place is None or category is None or group is None:
        return None
    return place, category, group


def _rank(code: str | None, chain: tuple[str, ...]) -> int | None:
    if code is None:
        return 0
    return len(chain) - chain.index(code) if code in chain else None


def explain(rows: Iterable[PolicyRow], case: Case) -> list[Explained]:
    """Each field of `LoanTerms` with the row that decides it.

    Of two rows with one and the same scope the older decides.
    """
    fitting = [(fit, row) for row in rows if (fit := narrowness(row, case)) is not None]
    fitting.sort(key=lambda pair: pair[1].id)
    fitting.sort(key=lambda pair: pair[0], reverse=True)
    holding = [row for _, row in fitting]
    explained = []
    for name in FIELDS:
        spellings = LENGTHS if name in LENGTHS else (name,)
        deciding = next(
            (row for row in holding if any(getattr(row, each) is not None for each in spellings)),
            None,
        )
        value = getattr(_DEFAULTS if deciding is None else deciding, name)
        explained.append(Explained(name, value, deciding))
    return explained


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


def resolve(rows: Iterable[PolicyRow], case: Case, groups: Tree | None = None) -> LoanTerms:
    """What the rules say; see `explain` for why. `groups` is the tree of material groups."""
    explained = explain(rows, case)
    terms = LoanTerms(**{part.field: part.value for part in explained})  # type: ignore[arg-type]
    limit = explained[FIELDS.index("max_loans_in_group")].row
    counted = case.groups[0] if limit is None else limit.material_group or case.groups[0]
    return replace(terms, counted_groups=descent(groups or {}, counted))
