"""Patrons and loans: states, histories, work lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False)


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _patrons()
    _loans()
    _events()
    _accounts()
    _groups()
    _records_of_work()


def _patrons() -> None:
    for name, default in (("kind", "person"), ("municipality", "")):
        op.add_column(
            "patrons", sa.Column(name, sa.String(), server_default=default, nullable=False)
        )
    op.add_column("patron_identifiers", sa.Column("expires", sa.Date(), nullable=True))
    op.add_column("patron_identifiers", sa.Column("masked", sa.String(), nullable=True))


def _loans() -> None:
    with op.batch_alter_table("loans") as batch:
        batch.alter_column("patron_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("mark", sa.String(), nullable=True))
        batch.add_column(sa.Column("marked", Moment(), nullable=True))
        batch.add_column(sa.Column("suspended_until", Moment(), nullable=True))
        batch.add_column(sa.Column("co_patron_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_loans_co_patron_id"), "patrons", ["co_patron_id"], ["id"])
    op.drop_index("ix_loans_open_patron", "loans")
    _partial_index(
        "ix_loans_open_patron",
        "loans",
        ["patron_id", "due", "mark", "material_group", "checked_in"],
        "checked_in IS NULL",
    )
    _partial_index(
        "ix_loans_history",
        "loans",
        ["patron_id", "checked_in"],
        "checked_in IS NOT NULL AND patron_id IS NOT NULL",
    )
    _partial_index("ix_loans_co_patron", "loans", ["co_patron_id"], "co_patron_id IS NOT NULL")
    _partial_index(
        "ix_loans_marked",
        "loans",
        ["branch_id", "marked"],
        "mark IS NOT NULL AND checked_in IS NULL",
    )
    _partial_index("ix_loans_open_due", "loans", ["due", "checked_in"], "checked_in IS NULL")
    op.create_table(
        "missing_items",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        _reference("missing_items", "item_id", "items"),
        _key("missing_items", "item_id"),
    )
    op.create_table(
        "loan_conflicts",
        _id(),
        sa.Column("loan_id", LONG, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("noted", Moment(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("settled", Moment(), nullable=True),
        _reference("loan_conflicts", "item_id", "items"),
        _reference("loan_conflicts", "patron_id", "patrons"),
        _reference("loan_conflicts", "branch_id", "branches"),
        _key("loan_conflicts", "id"),
    )
    op.create_index(op.f("ix_loan_conflicts_loan_id"), "loan_conflicts", ["loan_id"])
    op.create_index(op.f("ix_loan_conflicts_patron_id"), "loan_conflicts", ["patron_id"])
    _partial_index(
        "ix_loan_conflicts_unsettled", "loan_conflicts", ["branch_id", "id"], "settled IS NULL"
    )


def _events() -> None:
    op.add_column("events", sa.Column("traits", sa.Text(), nullable=True))
    op.create_index("ix_events_at", "events", ["at"])


def _accounts() -> None:
    op.create_table(
        "pin_failures",
        _id(),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("expires", Moment(), nullable=False),
        _reference("pin_failures", "patron_id", "patrons"),
        _key("pin_failures", "id"),
    )
    op.create_index(op.f("ix_pin_failures_expires"), "pin_failures", ["expires"])
    op.create_index("ix_pin_failures_patron_id", "pin_failures", ["patron_id", "expires"])
    op.create_index("ix_pin_failures_device", "pin_failures", ["device", "expires"])
    op.create_table(
        "locked_devices",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        _key("locked_devices", "device"),
    )
    op.create_table(
        "patron_preferences",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("pickup_branch_id", sa.Integer(), nullable=True),
        sa.Column("interest_days", sa.SmallInteger(), nullable=True),
        _reference("patron_preferences", "patron_id", "patrons"),
        _reference("patron_preferences", "pickup_branch_id", "branches"),
        _key("patron_preferences", "patron_id"),
    )
    op.create_table(
        "patron_contacts",
        _id(),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("notices", sa.Boolean(), nullable=False),
        sa.Column("added", Moment(), nullable=False),
        sa.Column("verified", Moment(), nullable=True),
        _reference("patron_contacts", "patron_id", "patrons"),
        _key("patron_contacts", "id"),
        sa.UniqueConstraint(
            "patron_id", "kind", "value", name=op.f("uq_patron_contacts_patron_id_kind_value")
        ),
    )
    op.create_table(
        "patron_consents",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("given", Moment(), nullable=False),
        _reference("patron_consents", "patron_id", "patrons"),
        _key("patron_consents", "patron_id", "kind"),
    )


def _groups() -> None:
    op.create_table(
        "patron_guardians",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("sees_account", sa.Boolean(), nullable=False),
        _reference("patron_guardians", "patron_id", "patrons"),
        _reference("patron_guardians", "guardian_id", "patrons"),
        sa.CheckConstraint(
            "patron_id <> guardian_id", name=op.f("ck_patron_guardians_two_persons")
        ),
        _key("patron_guardians", "patron_id", "guardian_id"),
    )
    op.create_index(op.f("ix_patron_guardians_guardian_id"), "patron_guardians", ["guardian_id"])
    op.create_table(
        "patron_groups",
        _id(),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        _reference("patron_groups", "agency_id", "agencies"),
        _reference("patron_groups", "parent_id", "patron_groups"),
        _key("patron_groups", "id"),
        sa.UniqueConstraint(
            "agency_id",
            "parent_id",
            "name",
            name=op.f("uq_patron_groups_agency_id_parent_id_name"),
        ),
    )
    op.create_index(op.f("ix_patron_groups_parent_id"), "patron_groups", ["parent_id"])
    op.create_table(
        "patron_group_members",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        _reference("patron_group_members", "group_id", "patron_groups"),
        _reference("patron_group_members", "patron_id", "patrons"),
        _key("patron_group_members", "group_id", "patron_id"),
    )
    op.create_index(
        op.f("ix_patron_group_members_patron_id"), "patron_group_members", ["patron_id"]
    )


def _records_of_work() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        _key("access_log", "id"),
    )
    op.create_index(op.f("ix_access_log_at"), "access_log", ["at"])
    op.create_index(op.f("ix_access_log_patron_id"), "access_log", ["patron_id"])
    op.create_table(
        "loan_statistics",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("material_group", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("age_band", sa.String(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _key(
            "loan_statistics",
            "day",
            "branch_id",
            "kind",
            "material_group",
            "category",
            "age_band",
            "municipality",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ran", Moment(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        _key("job_runs", "job", "day"),
    )
    op.create_table(
        "history_settings",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("days >= 0", name=op.f("ck_history_settings_days")),
        _reference("history_settings", "agency_id", "agencies"),
        _key("history_settings", "agency_id"),
    )
