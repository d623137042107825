"""The rules on messages as rows: reading, storing and forgetting them."""

from __future__ import annotations

from typing import Any

from catalogue.database import Transaction
from circulation.kernel.scoped_rows import ScopedRows, check_rule
from circulation.notices.kinds import NoticeKind
from circulation.notices.rules import FIELDS, SCOPE, NoticeRow, notice_rule_problems, stored_value
from circulation.notices.schema import notice_rules

_rows = ScopedRows(notice_rules, NoticeRow, SCOPE)
read_notice_rules = _rows.read


def store_notice_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    kind: NoticeKind | None = None,
    **terms: Any,
) -> int:
    """Stores the rule of one scope, in place of what that scope had; gives the row's id.

    `terms` are fields of `circulation.notices.rules.NoticeTerms`. Raises ValueError with all that
    is wrong with them. Needs `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    scope = (agency_id, branch_id, patron_category, kind.value if kind else None)
    check_rule(notice_rule_problems(terms), agency_id, branch_id)
    values = [stored_value(name, terms.get(name)) for name in FIELDS]
    return _rows.store(transaction, scope, values)


def forget_notice_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    kind: NoticeKind | None = None,
) -> None:
    """Removes the rule of one scope, where there is one; see `store_notice_rule`."""
    scope = (agency_id, branch_id, patron_category, kind.value if kind else None)
    _rows.forget(transaction, scope)
