"""Limits on the loans of several material groups together."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, columns, many
from circulation.kernel.policy import GroupLimit, LoanTerms
from circulation.loans.of_patron import LOANS_OF_PATRON, loans_of
from circulation.loans.schema import loans
from circulation.patrons.facts import PatronFacts


class _GroupCount(NamedTuple):
    material_group: str
    loans: int


@many(_GroupCount)
def _loans_by_group(*, patron_id: int) -> Statement:
    return (
        select(*columns(_GroupCount, loans, loans=func.count()))
        .where(loans.c.patron_id == patron_id, loans.c.checked_in.is_(None))
        .group_by(loans.c.material_group)
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
    by_group = dict(_loans_by_group(transaction, patron_id=patron.id))
    limits = [GroupLimit(terms.max_loans_in_group, terms.counted_groups)]
    limits += [terms.owner_limit] if terms.owner_limit else []
    counted = [(sum(by_group.get(group, 0) for group in limit.groups), limit) for limit in limits]
    number, tightest = min(counted, key=lambda each: each[1].most - each[0])
    return (
        LOANS_OF_PATRON.put(patron, loans_of(patron)._replace(of_group=number)),
        replace(terms, max_loans_in_group=tightest.most, counted_groups=tightest.groups),
    )
