"""The rules on money as rows: reading, storing and forgetting them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from catalogue.statements import Transaction, many, scalar, send
from circulation.fees.rules import FIELDS, SCOPE, FeeRow, fee_rule_problems, stored_value
from circulation.fees.schema import fee_rules

read_fee_rules = many(
    select(*(fee_rules.c[name] for name in FeeRow._fields)).order_by(fee_rules.c.id), FeeRow
)
_insert = scalar(
    insert(fee_rules)
    .values(
        {
            fee_rules.c[name]: bindparam(f"new_{name}", type_=fee_rules.c[name].type)
            for name in FeeRow._fields[1:]
        }
    )
    .returning(fee_rules.c.id),
    *(f"new_{name}" for name in FeeRow._fields[1:]),
)
_delete: Callable[..., None] = send(
    delete(fee_rules).where(fee_rules.c.id == bindparam("rule_id")), "rule_id"
)


def store_fee_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    material_group: str | None = None,
    valid_from: date | None = None,
    **terms: Any,
) -> int:
    """Stores the rule of one scope, in place of what that scope had; gives the row's id.

    `terms` are fields of `circulation.fees.rules.FeeTerms`, tariffs as pairs. Raises ValueError
    with all that is wrong with them. Needs `circulation.set_up.set_up_changed` afterwards.
    """
    scope = (agency_id, branch_id, patron_category, material_group, valid_from)
    problems = fee_rule_problems(terms)
    if agency_id is not None and branch_id is not None:
        problems["branch_id"] = "a rule is for an agency or for a branch, not for both"
    if problems:
        raise ValueError("; ".join(problems.values()))
    _forget(transaction, scope)
    values = [stored_value(name, terms.get(name)) for name in FIELDS]
    new_id: int = _insert(transaction, *scope, *values)
    return new_id


def forget_fee_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    material_group: str | None = None,
    valid_from: date | None = None,
) -> None:
    """Removes the rule of one scope, where there is one; see `store_fee_rule`."""
    _forget(transaction, (agency_id, branch_id, patron_category, material_group, valid_from))


def _forget(transaction: Transaction, scope: tuple[Any, ...]) -> None:
    for row in read_fee_rules(transaction):
        if tuple(getattr(row, name) for name in SCOPE) == scope:
            _delete(transaction, row.id)
