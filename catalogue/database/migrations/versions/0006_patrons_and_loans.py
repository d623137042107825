"""Patrons and loans: states, histories, work lists."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.migrations.partial_indexes import create_partial_index
from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _patrons()
    _loans()
    _events()
    _accounts()
    _groups()
    _records_of_work()


def _patrons() -> None:
    for name, default in (("kind", "person"), ("municipality", "")):
        op.add_column("patrons", sa.Column(name, sa.String, server_default=default, nullable=False))
    op.add_column("patron_identifiers", sa.Column("expires", sa.Date))
    op.add_column("patron_identifiers", sa.Column("masked", sa.String))


def _loans() -> None:
    with op.batch_alter_table("loans") as batch:
        batch.alter_column("patron_id", existing_type=sa.Integer, nullable=True)
        batch.add_column(sa.Column("mark", sa.String))
        batch.add_column(sa.Column("marked", Moment))
        batch.add_column(sa.Column("suspended_until", Moment))
        batch.add_column(sa.Column("co_patron_id", sa.Integer))
        batch.create_foreign_key(op.f("fk_loans_co_patron_id"), "patrons", ["co_patron_id"], ["id"])
    op.drop_index("ix_loans_open_patron", "loans")
    create_partial_index(
        "ix_loans_open_patron",
        "loans",
        ["patron_id", "due", "mark", "material_group", "checked_in"],
        "checked_in IS NULL",
    )
    create_partial_index(
        "ix_loans_history",
        "loans",
        ["patron_id", "checked_in"],
        "checked_in IS NOT NULL AND patron_id IS NOT NULL",
    )
    create_partial_index(
        "ix_loans_co_patron", "loans", ["co_patron_id"], "co_patron_id IS NOT NULL"
    )
    create_partial_index(
        "ix_loans_marked",
        "loans",
        ["branch_id", "marked"],
        "mark IS NOT NULL AND checked_in IS NULL",
    )
    create_partial_index("ix_loans_open_due", "loans", ["due", "checked_in"], "checked_in IS NULL")
    op.create_table(
        "missing_items",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("since", Moment, nullable=False),
    )
    op.create_table(
        "loan_conflicts",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("loan_id", Long, nullable=False, index=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id"), nullable=False),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("branch_id", sa.Integer, sa.ForeignKey("branches.id"), nullable=False),
        sa.Column("noted", Moment, nullable=False),
        sa.Column("reasons", sa.String, nullable=False),
        sa.Column("settled", Moment),
    )
    create_partial_index(
        "ix_loan_conflicts_unsettled", "loan_conflicts", ["branch_id", "id"], "settled IS NULL"
    )


def _events() -> None:
    op.add_column("events", sa.Column("traits", sa.Text))
    op.create_index("ix_events_at", "events", ["at"])


def _accounts() -> None:
    op.create_table(
        "pin_failures",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("expires", Moment, nullable=False, index=True),
    )
    op.create_index("ix_pin_failures_patron_id", "pin_failures", ["patron_id", "expires"])
    op.create_index("ix_pin_failures_device", "pin_failures", ["device", "expires"])
    op.create_table(
        "locked_devices",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("until", Moment, nullable=False),
    )
    op.create_table(
        "patron_preferences",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("pickup_branch_id", sa.Integer, sa.ForeignKey("branches.id")),
        sa.Column("interest_days", sa.SmallInteger),
    )
    op.create_table(
        "patron_contacts",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("notices", sa.Boolean, nullable=False),
        sa.Column("added", Moment, nullable=False),
        sa.Column("verified", Moment),
        sa.UniqueConstraint("patron_id", "kind", "value"),
    )
    op.create_table(
        "patron_consents",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("given", Moment, nullable=False),
    )


def _groups() -> None:
    op.create_table(
        "patron_guardians",
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True),
        sa.Column(
            "guardian_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True, index=True
        ),
        sa.Column("since", Moment, nullable=False),
        sa.Column("sees_account", sa.Boolean, nullable=False),
        sa.CheckConstraint("patron_id <> guardian_id", name="two_persons"),
    )
    op.create_table(
        "patron_groups",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), nullable=False),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("patron_groups.id"), index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("agency_id", "parent_id", "name"),
    )
    op.create_table(
        "patron_group_members",
        sa.Column("group_id", sa.Integer, sa.ForeignKey("patron_groups.id"), primary_key=True),
        sa.Column(
            "patron_id", sa.Integer, sa.ForeignKey("patrons.id"), primary_key=True, index=True
        ),
    )


def _records_of_work() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", Long, sa.Identity(), primary_key=True),
        sa.Column("at", Moment, nullable=False, index=True),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("branch_id", sa.Integer),
        sa.Column("patron_id", sa.Integer, nullable=False, index=True),
        sa.Column("purpose", sa.String, nullable=False),
    )
    op.create_table(
        "loan_statistics",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("branch_id", sa.Integer, autoincrement=False, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("material_group", sa.String, primary_key=True),
        sa.Column("category", sa.String, primary_key=True),
        sa.Column("age_band", sa.String, primary_key=True),
        sa.Column("municipality", sa.String, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("ran", Moment, nullable=False),
        sa.Column("runs", sa.Integer, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
    )
    op.create_table(
        "history_settings",
        sa.Column("agency_id", sa.Integer, sa.ForeignKey("agencies.id"), primary_key=True),
        sa.Column("days", sa.SmallInteger, nullable=False),
        sa.CheckConstraint("days >= 0", name="days"),
    )
