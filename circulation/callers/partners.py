"""Partners: other agencies and brokers that send requests. Part of the set-up.

What is agreed with a partner besides (the services it may use, what it is told of borrowers, where
it listens) is in `options`, whose names belong to the protocol and are checked by it when a set-up
is read (see `circulation.sections.options`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, many, send
from circulation.callers.schema import partners
from circulation.kernel.set_up import SetUpPart


class Partner(NamedTuple):
    """Another agency. `agency` is the name that it goes by in its messages, often an ISIL.

    Its work is done at the branch `branch_id`. `shared_secret` is an argon2 hash, None where none
    is asked for.
    """

    agency: str
    name: str
    branch_id: int
    shared_secret: str | None
    options: Mapping[str, Any]


def folded_agency(agency: str) -> str:
    """What agencies are compared by: callers write their own names in any case."""
    return agency.strip().casefold()


_COLUMNS = tuple(partners.c[name] for name in Partner._fields)
_all = many(
    select(*_COLUMNS).order_by(partners.c.agency),
    lambda *row: Partner._make((*row[:4], json.loads(row[4]))),
)
_forget = send(delete(partners).where(partners.c.agency == bindparam("of")), "of")
_insert = send(
    insert(partners).values(
        {
            partners.c[name]: bindparam(f"new_{name}", type_=partners.c[name].type)
            for name in Partner._fields
        }
    ),
    *(f"new_{name}" for name in Partner._fields),
)


def all_partners(transaction: Transaction) -> list[Partner]:
    """All partners, by agency. A running process has them in `PARTNERS`."""
    return _all(transaction)


#: By `folded_agency`.
PARTNERS = SetUpPart(
    "partners",
    lambda transaction: {
        folded_agency(partner.agency): partner for partner in all_partners(transaction)
    },
)


def store_partner(
    transaction: Transaction,
    *,
    agency: str,
    name: str,
    branch_id: int,
    shared_secret: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """The partner, in place of one of the same agency; `shared_secret` is the hash.

    Call `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    _forget(transaction, agency)
    written = json.dumps(options or {}, sort_keys=True, ensure_ascii=False)
    _insert(transaction, agency, name, branch_id, shared_secret, written)


def forget_partner(transaction: Transaction, agency: str) -> None:
    """Nothing is done for it any more."""
    _forget(transaction, agency)
