"""A scene as all that a job finds: jobs walk over every row, and a round is about one scene.

In the template, policies of PostgreSQL show one role the rows of a scene only. A verb that is a job
takes on that role; the superuser that everything else is done as sees every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql

from catalogue.database import Transaction

#: A role that each server of PostgreSQL has.
_ROLE: Final = "pg_read_all_data"
_IS_PATRONS: Final = "patron_id = ANY(current_setting('tiro.patrons')::bigint[])"
_ITEMS: Final = "ANY(current_setting('tiro.items')::bigint[])"
#: Which rows the role sees, by table.
_SHOWN: Final = {
    **dict.fromkeys(
        (
            "charges",
            "collection_claims",
            "debt_warnings",
            "holds",
            "notice_messages",
            "notices",
            "patron_balances",
        ),
        _IS_PATRONS,
    ),
    "loans": f"{_IS_PATRONS} OR item_id = {_ITEMS}",
    # Jobs cut them from their patrons.
    "bookings": f"{_IS_PATRONS} OR record_id IN (SELECT record_id FROM items WHERE id = {_ITEMS})",
    "captures": "hold_id IN (SELECT id FROM holds)",
    "collection_lines": "claim_id IN (SELECT id FROM collection_claims)",
    "interlibrary_cases": "id = current_setting('tiro.case')::bigint",
    "interlibrary_loans": "id = current_setting('tiro.partners_loan')::bigint"
    " OR case_id = current_setting('tiro.case')::bigint",
    "interlibrary_remarks": "interlibrary_loan_id IN (SELECT id FROM interlibrary_loans)",
    "partner_notices": "interlibrary_loan_id IN (SELECT id FROM interlibrary_loans)",
    "temporary_placements": "id = current_setting('tiro.placement')::bigint",
}


def add_policies(connection: psycopg.Connection[Any]) -> None:
    """Let the role see the rows of a scene, in a database that has its tables."""
    role = sql.Identifier(_ROLE)
    for noun in ("TABLES", "SEQUENCES"):
        connection.execute(
            sql.SQL("GRANT ALL ON ALL {} IN SCHEMA public TO {}").format(sql.SQL(noun), role)
        )
    for table, shown in _SHOWN.items():
        name = sql.Identifier(table)
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
        connection.execute(
            sql.SQL("CREATE POLICY scene ON {} TO {} USING ({}) WITH CHECK (true)").format(
                name,
                role,
                sql.SQL(shown),  # type: ignore[arg-type]
            )
        )


@contextmanager
def confined(
    transaction: Transaction,
    patrons: list[int],
    items: list[int],
    *,
    case: int = 0,
    partners_loan: int = 0,
    placement: int = 0,
) -> Iterator[None]:
    """Show the transaction the rows of a scene only."""
    for name, value in (
        ("patrons", "{" + ",".join(map(str, patrons)) + "}"),
        ("items", "{" + ",".join(map(str, items)) + "}"),
        ("case", str(case)),
        ("partners_loan", str(partners_loan)),
        ("placement", str(placement)),
    ):
        transaction.execute("SELECT set_config(%s, %s, true)", (f"tiro.{name}", value))
    transaction.execute(f"SET LOCAL ROLE {_ROLE}", ())
    yield
    transaction.execute("RESET ROLE", ())
