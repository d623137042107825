"""Lists of claims, each with what the debtor system was told of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from catalogue.database import Statement, Transaction, columns, many, many_of, scalars
from circulation.dunning.claims import Claim, LineAction, select_claims
from circulation.dunning.schema import collection_claims, collection_lines
from circulation.kernel.stored import stored_as


class ClaimLine(NamedTuple):
    """What the debtor system was, or is to be, told of a claim; `file_id` None: not yet."""

    claim_id: int
    action: LineAction
    amount: int
    at: datetime
    reason: str
    file_id: int | None


@many_of(ClaimLine)
def _lines_of(*, claim_ids: Sequence[int]) -> Statement:
    action = stored_as(collection_lines.c.action, LineAction)
    return (
        select(*columns(ClaimLine, collection_lines, action=action))
        .where(collection_lines.c.claim_id.in_(claim_ids))
        .order_by(collection_lines.c.id)
    )


def _page(agency_id: int, after: int, at_most: int) -> Select[Any]:
    is_on_it = collection_claims.c.agency_id == agency_id, collection_claims.c.id > after
    return select_claims().where(*is_on_it).order_by(collection_claims.c.id).limit(at_most)


@many(Claim)
def _all_claims(*, agency_id: int, after: int, at_most: int) -> Statement:
    return _page(agency_id, after, at_most)


@many(Claim)
def _open_claims(*, agency_id: int, after: int, at_most: int) -> Statement:
    return _page(agency_id, after, at_most).where(collection_claims.c.closed.is_(None))


@many(Claim)
def _claims_of(*, patron_id: int) -> Statement:
    theirs = collection_claims.c.patron_id == patron_id
    return select_claims().where(theirs).order_by(collection_claims.c.id)


@scalars(int)
def charges_claimed(*, patron_id: int) -> Statement:
    """The charges of the patron that are handed over for collection now."""
    its = collection_claims.c
    return select(its.charge_id).where(its.patron_id == patron_id, its.closed.is_(None))


def claims_of_agency(
    transaction: Transaction,
    agency_id: int,
    *,
    only_open: bool = True,
    after: int = 0,
    limit: int = 100,
) -> list[tuple[Claim, tuple[ClaimLine, ...]]]:
    """A page of the claims of an agency, each with what was told of it: the oldest first, from
    the one after `after` on."""
    page = _open_claims if only_open else _all_claims
    return _with_lines(
        transaction, page(transaction, agency_id=agency_id, after=after, at_most=limit)
    )


def claims_of_patron(
    transaction: Transaction, patron_id: int
) -> list[tuple[Claim, tuple[ClaimLine, ...]]]:
    """All claims for what the patron owes: the statement of what was sent."""
    return _with_lines(transaction, _claims_of(transaction, patron_id=patron_id))


def _with_lines(
    transaction: Transaction, claims: Sequence[Claim]
) -> list[tuple[Claim, tuple[ClaimLine, ...]]]:
    lines = _lines_of(transaction, claim_ids=[claim.id for claim in claims])
    distinct = list(dict.fromkeys(lines))
    return [
        (claim, tuple(line for line in distinct if line.claim_id == claim.id)) for claim in claims
    ]
