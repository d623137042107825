"""The rules on messages as rows: reading, storing and forgetting them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from catalogue.statements import Transaction, many, scalar, send
from circulation.notices.kinds import NoticeKind
from circulation.notices.rules import FIELDS, SCOPE, NoticeRow, notice_rule_problems, stored_value
from circulation.notices.schema import notice_rules

read_notice_rules = many(
    select(*(notice_rules.c[name] for name in NoticeRow._fields)).order_by(notice_rules.c.id),
    NoticeRow,
)
_insert = scalar(
    insert(notice_rules)
    .values(
        {
            notice_rules.c[name]: bindparam(f"new_{name}", type_=notice_rules.c[name].type)
            for name in NoticeRow._fields[1:]
        }
    )
    .returning(notice_rules.c.id),
    *(f"new_{name}" for name in NoticeRow._fields[1:]),
)
_delete: Callable[..., None] = send(
    delete(notice_rules).where(notice_rules.c.id == bindparam("rule_id")), "rule_id"
)


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
    is wrong with them. Needs `circulation.set_up.set_up_changed` afterwards.
    """
    scope = (agency_id, branch_id, patron_category, kind.value if kind else None)
    problems = notice_rule_problems(terms)
    if agency_id is not None and branch_id is not None:
        problems["branch_id"] = "a rule is for an agency or for a branch, not for both"
    if problems:
        raise ValueError("; ".join(problems.values()))
    _forget(transaction, scope)
    values = [stored_value(name, terms.get(name)) for name in FIELDS]
    new_id: int = _insert(transaction, *scope, *values)
    return new_id


def forget_notice_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    kind: NoticeKind | None = None,
) -> None:
    """Removes the rule of one scope, where there is one; see `store_notice_rule`."""
    _forget(transaction, (agency_id, branch_id, patron_category, kind.value if kind else None))


def _forget(transaction: Transaction, scope: tuple[Any, ...]) -> None:
    for row in read_notice_rules(transaction):
        if tuple(getattr(row, name) for name in SCOPE) == scope:
            _delete(transaction, row.id)
