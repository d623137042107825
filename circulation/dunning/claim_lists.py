"""Lists of claims, each with what the debtor system was told of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select

from catalogue.database import Transaction, key_parameters, many, many_of
from circulation.dunning.claims import CLAIM_COLUMNS, Claim, LineAction, claim_row
from circulation.dunning.schema import collection_claims, collection_lines


class ClaimLine(NamedTuple):
    """What the debtor system was, or is to be, told of a claim; `file_id` None: not yet."""

    claim_id: int
    action: LineAction
    amount: int
    at: datetime
    reason: str
    file_id: int | None


def _line(claim_id: int, action: str, *rest: Any) -> ClaimLine:
    return ClaimLine(claim_id, LineAction(action), *rest)


_lines_of = many_of(
    lambda size: (
        select(*(collection_lines.c[name] for name in ClaimLine._fields))
        .where(collection_lines.c.claim_id.in_(key_parameters(size)))
        .order_by(collection_lines.c.id)
    ),
    _line,
)


def _list(*conditions: Any) -> Select[Any]:
    return (
        select(*CLAIM_COLUMNS)
        .where(
            collection_claims.c.agency_id == bindparam("of_agency"),
            collection_claims.c.id > bindparam("after"),
            *conditions,
        )
        .order_by(collection_claims.c.id)
        .limit(bindparam("at_most"))
    )


_PARAMETERS = ("of_agency", "after", "at_most")
_all_claims = many(_list(), claim_row, *_PARAMETERS)
_open_claims = many(_list(collection_claims.c.closed.is_(None)), claim_row, *_PARAMETERS)
_claims_of = many(
    select(*CLAIM_COLUMNS)
    .where(collection_claims.c.patron_id == bindparam("of_patron"))
    .order_by(collection_claims.c.id),
    claim_row,
    "of_patron",
)


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
    return _with_lines(transaction, page(transaction, agency_id, after, limit))


def claims_of_patron(
    transaction: Transaction, patron_id: int
) -> list[tuple[Claim, tuple[ClaimLine, ...]]]:
    """All claims for what the patron owes: the statement of what was sent."""
    return _with_lines(transaction, _claims_of(transaction, patron_id))


def _with_lines(
    transaction: Transaction, found: Iterable[Claim]
) -> list[tuple[Claim, tuple[ClaimLine, ...]]]:
    claims = list(found)
    lines = _lines_of(transaction, [claim.id for claim in claims])
    distinct = list(dict.fromkeys(lines))
    return [
        (claim, tuple(line for line in distinct if line.claim_id == claim.id)) for claim in claims
    ]
