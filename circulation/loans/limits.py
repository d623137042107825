"""Limits on the loans of several material groups together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, select

from catalogue.database import Transaction, many
from circulation.kernel.policy import GroupLimit, LoanTerms
from circulation.loans.facts import LOANS_OF_PATRON, loans_of
from circulation.loans.schema import loans
from circulation.patrons.facts import PatronFacts

_loans_by_group: Callable[..., list[Any]] = many(
    select(loans.c.material_group, func.count())
    .where(loans.c.patron_id == bindparam("patron_id"), loans.c.checked_in.is_(None))
    .group_by(loans.c.material_group),
    None,
    "patron_id",
)


def with_counted_groups(
    transaction: Transaction, patron: PatronFacts, terms: LoanTerms
) -> tuple[PatronFacts, LoanTerms]:
    """The facts with the loans of the group counted over all groups that the limit is for.

    The facts count the item's own group. A limit set for a group above it, or for one that has
    others below it, needs a statement of its own, and only then is it sent. Where the owner of the
    item has a limit on other groups than the lender, the one that leaves less stands in the terms.
    """
    if terms.max_loans_in_group is None or (
        len(terms.counted_groups) == 1 and terms.owner_limit is None
    ):
        return patron, terms
    by_group = dict(_loans_by_group(transaction, patron.id))
    limits = [GroupLimit(terms.max_loans_in_group, terms.counted_groups)]
    limits += [terms.owner_limit] if terms.owner_limit else []
    counted = [(sum(by_group.get(group, 0) for group in limit.groups), limit) for limit in limits]
    number, tightest = min(counted, key=lambda each: each[1].most - each[0])
    return (
        LOANS_OF_PATRON.put(patron, loans_of(patron)._replace(of_group=number)),
        replace(terms, max_loans_in_group=tightest.most, counted_groups=tightest.groups),
    )
