"""The loan rules: rows with a scope, and each field from the narrowest row that sets it.

A row's scope is a place (a branch, an agency, or any) x a patron category (or any) x a material
group (or any). For each field apart, the rows whose scope holds are asked from the narrowest to
the widest, and the first that sets the field decides. Place weighs more than category, category
more than material group: what a branch says for all its patrons goes before what its agency says
for children, because the branch was the one to know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple


class PolicyRow(NamedTuple):
    """A rule as it is stored: its scope (None holds for any), then its fields (None says nothing).

    `agency_id` and `branch_id` exclude each other.
    """

    id: int
    agency_id: int | None
    branch_id: int | None
    patron_category: str | None
    material_group: str | None
    loanable: bool | None
    loan_days: int | None
    renewals: int | None
    renewal_days: int | None
    renewal_window_days: int | None
    renew_overdue: bool | None
    max_loans: int | None
    max_loans_in_group: int | None


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What the rules say for one patron category and material group at one branch.

    * `loan_days` None: there is no rule, and the item cannot be lent;
    * `loanable` False: it is not lent to these patrons, whatever the days;
    * `renewals`: how many times a loan may be renewed, each for `renewal_days` from today
      (None: for `loan_days`), but not before `renewal_window_days` before the due date
      (None: at any time);
    * `renew_overdue`: may an overdue loan be renewed;
    * `max_loans`: open loans of all material, `max_loans_in_group`: of this material group;
      None is no limit.
    """

    loanable: bool = True
    loan_days: int | None = None
    renewals: int = 0
    renewal_days: int | None = None
    renewal_window_days: int | None = None
    renew_overdue: bool = True
    max_loans: int | None = None
    max_loans_in_group: int | None = None


FIELDS = tuple(field.name for field in fields(LoanTerms))
_DEFAULTS = LoanTerms()


@dataclass(frozen=True, slots=True)
class Explained:
    """One field, its value, and the row that decided; None where the built-in default did."""

    field: str
    value: bool | int | None
    row: PolicyRow | None


def specificity(row: PolicyRow) -> int:
    """How narrow the scope is; the wider row has the smaller number."""
    place = 2 if row.branch_id is not None else 1 if row.agency_id is not None else 0
    return place * 4 + (row.patron_category is not None) * 2 + (row.material_group is not None)


def explain(
    rows: Iterable[PolicyRow],
    *,
    agency_id: int,
    branch_id: int,
    patron_category: str,
    material_group: str,
) -> list[Explained]:
    """Each field of `LoanTerms` with the row that decides it.

    Of two rows with one and the same scope the older decides.
    """
    holding = [
        row
        for row in rows
        if row.agency_id in (None, agency_id)
        and row.branch_id in (None, branch_id)
        and row.patron_category in (None, patron_category)
        and row.material_group in (None, material_group)
    ]
    holding.sort(key=lambda row: (-specificity(row), row.id))
    explained = []
    for name in FIELDS:
        deciding = next((row for row in holding if getattr(row, name) is not None), None)
        value = getattr(_DEFAULTS if deciding is None else deciding, name)
        explained.append(Explained(name, value, deciding))
    return explained


def resolve(
    rows: Iterable[PolicyRow],
    *,
    agency_id: int,
    branch_id: int,
    patron_category: str,
    material_group: str,
) -> LoanTerms:
    """What the rules say; see `explain` for why."""
    explained = explain(
        rows,
        agency_id=agency_id,
        branch_id=branch_id,
        patron_category=patron_category,
        material_group=material_group,
    )
    return LoanTerms(**{part.field: part.value for part in explained})  # type: ignore[arg-type]
