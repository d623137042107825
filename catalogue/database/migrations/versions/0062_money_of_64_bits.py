"""Amounts of money have 64 bits: the sum of a few large charges is more than 32 hold.

SQLite keeps every whole number in 64 bits already; PostgreSQL rewrites the tables. The statements
that older code has prepared give the narrower columns, so it cannot work with these tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"

_AMOUNTS = {
    "items": ("price",),
    "item_defaults": ("price",),
    "delivery_lines": ("price",),
    "fee_rules": (
        "rate",
        "cap",
        "replacement",
        "handling",
        "loan_fee",
        "renewal_fee",
        "hold_fee",
        "block_threshold",
    ),
    "debt_warnings": ("amount",),
    "interlending_rules": ("most_cost",),
    "interlibrary_cases": ("cost",),
    "charges": ("amount", "paid", "written_off", "balance"),
    "charge_loans": ("amount",),
    "payments": ("amount",),
    "money_orders": ("amount",),
    "charge_postings": ("amount",),
    "patron_balances": ("fees", "compensations"),
    "staff_accounts": ("waiving_limit",),
    "dunning_steps": ("fee", "minimum"),
    "collection_claims": ("amount",),
    "collection_lines": ("amount",),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in _AMOUNTS.items():
        # PostgreSQL rewrites a table for each statement: one for all columns of a table.
        wider = ", ".join(f"ALTER COLUMN {column} TYPE bigint" for column in columns)
        op.execute(sa.text(f"ALTER TABLE {table} {wider}"))
    op.execute("UPDATE compatibility SET oldest_code = '0062'")
