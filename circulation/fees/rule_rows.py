"""The rules on money as rows: reading, storing and forgetting them."""

from __future__ import annotations

from datetime import date
from typing import Any

from catalogue.database import Transaction
from circulation.fees.rules import FIELDS, SCOPE, FeeRow, fee_rule_problems, stored_value
from circulation.fees.schema import fee_rules
from circulation.kernel.scoped_rows import ScopedRows, check_rule

_rows = ScopedRows(fee_rules, FeeRow, SCOPE)
read_fee_rules = _rows.read


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
    with all that is wrong with them. Needs `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    scope = (agency_id, branch_id, patron_category, material_group, valid_from)
    check_rule(fee_rule_problems(terms), agency_id, branch_id)
    values = [stored_value(name, terms.get(name)) for name in FIELDS]
    return _rows.store(transaction, scope, values)


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
    scope = (agency_id, branch_id, patron_category, material_group, valid_from)
    _rows.forget(transaction, scope)
