"""What a library sets itself: what would change, closures, and why a loan is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from circulation.closures.closing import Closure as KnownClosure
from circulation.closures.redating import NewDates, Redated
from circulation.explaining.loans import LoanExplained
from circulation.fees.terms import FeeTerms
from circulation.kernel.overriding import overriding_right
from circulation.kernel.results import Branch as KnownBranch
from circulation.kernel.rules import Explained, scope_of
from circulation.languages.installed import LAST
from circulation.sections.changes import Change
from circulation.sections.source import Problem
from protocols.api.models.answers import Money
from protocols.api.models.common import Barcode, Card, Isil, Request
from protocols.api.problems import reason_said

#: Characters of a library.toml that come in one request.
_LONGEST_TEXT = 900_000


class SetUpText(Request):
    """A library.toml."""

    text: Annotated[str, Field(max_length=_LONGEST_TEXT)]


class SetUpWish(SetUpText):
    """A library.toml to be applied. `changes` says how many changes somebody has been shown:
    where it would be another number, somebody else has changed the set-up meanwhile."""

    changes: Annotated[int, Field(ge=0)] | None = None


@dataclass(frozen=True, slots=True)
class SetUpPart:
    """A part of the set-up: a branch, a rule, a terminal. Secrets are an asterisk."""

    noun: str
    key: tuple[Any, ...]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SetUp:
    """The whole set-up, as it is."""

    parts: tuple[SetUpPart, ...]


@dataclass(frozen=True, slots=True)
class SetUpChange:
    """A part that is added (`before` null), removed (`after` null) or changed."""

    change: Literal["added", "removed", "changed"]
    noun: str
    key: tuple[Any, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class SetUpProblem:
    """What does not fit, with its line where it is of one."""

    line: int | None
    text: str


@dataclass(frozen=True, slots=True)
class SetUpChanges:
    """What a text changes, or why nothing of it was applied. `moved_loans` and `moved_pickups` are
    the numbers of loans and holds that fall on days that it closes and get later dates."""

    applied: bool
    changes: tuple[SetUpChange, ...]
    problems: tuple[SetUpProblem, ...]
    moved_loans: int = 0
    moved_pickups: int = 0


def changes_shown(
    changes: Sequence[Change],
    problems: Sequence[Problem] = (),
    *,
    moved: Sequence[NewDates] = (),
    applied: bool = False,
    language: str = LAST,
) -> SetUpChanges:
    """What somebody who reads the language is told of a set-up to be, or that is."""
    return SetUpChanges(
        applied,
        tuple(SetUpChange(**each.as_json() | {"key": tuple(each.key)}) for each in changes),
        tuple(SetUpProblem(each.line, each.text.in_language(language)) for each in problems),
        sum(len(each.loans) for each in moved),
        sum(len(each.pickups) for each in moved),
    )


class ClosurePeriod(Request):
    """The days on which a branch is closed, both included."""

    branch: Isil
    first: date
    last: date | None = None


class ClosureWish(ClosurePeriod):
    """`reason` is for staff and patrons to read. `alternative` is another branch of the agency, to
    which copies for holds go in the meantime; without one they wait where they are."""

    reason: Annotated[str, Field(max_length=1_000)] = ""
    alternative: Isil | None = None


@dataclass(frozen=True, slots=True)
class NewDate:
    """An item on loan, or on the hold shelf, that gets another date."""

    item: str
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class NewFee:
    """A fee for having been late that gets lower."""

    charge: str | None
    loan: str
    before: Money
    after: Money


@dataclass(frozen=True, slots=True)
class Closure:
    """A closure and what it moves; `closed` is false where it was only thought about. `reopens` is
    null where the calendar has no open day after it, and then nothing is moved."""

    branch: str
    first: date
    last: date
    reopens: date | None
    closed: bool
    loans: tuple[NewDate, ...]
    pickups: tuple[NewDate, ...]
    fees: tuple[NewFee, ...]


@dataclass(frozen=True, slots=True)
class AnnouncedClosure:
    """A closure that is not over. `alternative` is the ISIL of the branch where holds are fetched
    meanwhile, or null."""

    branch: str
    first: date
    last: date
    reason: str
    alternative: str | None


@dataclass(frozen=True, slots=True)
class AnnouncedClosures:
    closures: tuple[AnnouncedClosure, ...]


def closure_shown(closure: KnownClosure, *, closed: bool) -> Closure:
    def dates(moved: Sequence[Redated]) -> tuple[NewDate, ...]:
        return tuple(NewDate(each.barcode, each.before, each.after) for each in moved)

    fees = []
    for each in closure.fees:
        kept, terms = each.contribution, each.contribution.facts["terms"]
        currency = str(terms.get("currency", FeeTerms().currency))
        charge = None if kept.charge_id is None else str(kept.charge_id)
        before, after = Money(each.before, currency), Money(each.after, currency)
        fees.append(NewFee(charge, str(kept.loan_id), before, after))
    return Closure(
        closure.branch.isil,
        closure.first,
        closure.last,
        closure.reopens,
        closed,
        dates(closure.loans),
        dates(closure.pickups),
        tuple(fees),
    )


class LoanQuestion(Request):
    """Who would borrow what, and where: at the item's branch where none is named."""

    patron: Card
    item: Barcode
    branch: Isil | None = None


@dataclass(frozen=True, slots=True)
class DecidedField:
    """A field of the rules: its value, and the scope of the rule that decides (null: none does)."""

    value: Any
    rule: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class ExplainedBlock:
    """A block of the patron, by an agency or (null) everywhere; does it count here?"""

    reason: str
    agency: str | None
    counts: bool


@dataclass(frozen=True, slots=True)
class ExplainedDebt:
    """What the patron owes to an agency; does it count here?"""

    agency: str
    amount: Money
    counts: bool


@dataclass(frozen=True, slots=True)
class Overridden:
    """Somebody has passed over refusals with this patron and item, and why; `moved_to` is the place
    in the queue to which they have moved the patron's hold."""

    at: datetime
    what: str
    by: str
    overridden: tuple[str, ...]
    why: str
    moved_to: int | None


@dataclass(frozen=True, slots=True)
class LoanExplanation:
    """What the rules say of a loan. `owner_fields` are those that the item's branch decides;
    `told` has each refusal in words, `overridable` the right that it takes to pass over it."""

    patron: str | None
    categories: tuple[str, ...]
    item: str
    groups: tuple[str, ...]
    branch: str
    fields: Mapping[str, DecidedField]
    owner: str
    owner_fields: Mapping[str, DecidedField]
    lends_freely: bool
    keeps_to_itself: bool
    blocks: tuple[ExplainedBlock, ...]
    debts: tuple[ExplainedDebt, ...]
    due: datetime | None
    refusals: tuple[str, ...]
    told: Mapping[str, str]
    overridable: Mapping[str, str]
    overrides: tuple[Overridden, ...]


def explanation_shown(answer: LoanExplained, language: str = LAST) -> LoanExplanation:
    return LoanExplanation(
        answer.patron.identifier,
        tuple(answer.case.categories),
        answer.item.barcode,
        tuple(filter(None, answer.case.groups)),
        answer.branch.isil,
        _decided(answer.fields, answer.branch),
        answer.owner.isil,
        _decided(answer.owner_fields, answer.owner),
        answer.lends_freely,
        answer.keeps_to_itself,
        tuple(
            ExplainedBlock(
                each.reason.value,
                each.agency_isil,
                each.agency_id is None or each.agency_id in answer.counted,
            )
            for each in answer.blocks
        ),
        tuple(
            ExplainedDebt(
                answer.agencies[each.agency_id],
                Money(each.total, each.currency),
                each.agency_id in answer.counted,
            )
            for each in answer.debts
        ),
        answer.due,
        tuple(each.reason.name for each in answer.refusals),
        {each.reason.name: reason_said(each.reason, language) for each in answer.refusals},
        {
            each.reason.name: right.value
            for each in answer.refusals
            if (right := overriding_right(each.reason)) is not None
        },
        tuple(
            Overridden(
                each.at,
                each.kind.value,
                each.actor,
                tuple(each.after.get("overridden", ())),
                each.after.get("why", ""),
                each.after.get("number_in_queue"),
            )
            for each in answer.overrides
        ),
    )


def _decided(fields: Sequence[Explained], branch: KnownBranch) -> dict[str, DecidedField]:
    return {
        part.field: DecidedField(
            part.value, None if part.rule is None else scope_of(part.rule, branch)
        )
        for part in fields
    }
