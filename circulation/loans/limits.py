"""Limits on the loans of several material groups together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, func, select

from catalogue.statements import Transaction, many
from circulation.loans.schema import loans
from circulation.patrons.facts import PatronFacts
from circulation.policy import LoanTerms

_loans_by_group: Callable[..., list[Any]] = many(
    select(loans.c.material_group, func.count())
    .where(loans.c.patron_id == bindparam("patron_id"), loans.c.checked_in.is_(None))
    .group_by(loans.c.material_group),
    None,
    "patron_id",
)


def with_counted_groups(
    transaction: Transaction, patron: PatronFacts, terms: LoanTerms
) -> PatronFacts:
    """The facts with `group_loans` counted over all groups that the limit is for.

    The facts count the item's own group. A limit set for a group above it, or for one that has
    others below it, needs a statement of its own, and only then is it sent.
    """
    if terms.max_loans_in_group is None or len(terms.counted_groups) == 1:
        return patron
    counted = sum(
        number
        for group, number in _loans_by_group(transaction, patron.id)
        if group in terms.counted_groups
    )
    return patron._replace(group_loans=counted)
