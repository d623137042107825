"""Circulation: set-up and rules, patrons, loans, transits, events."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", LONG, sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded", Moment(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("loan_id", LONG, nullable=True),
        sa.Column("cause", LONG, nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_item_id"), "events", ["item_id"], unique=False)
    op.create_index(op.f("ix_events_patron_id"), "events", ["patron_id"], unique=False)
    op.create_table(
        "set_up_version",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", LONG, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_set_up_version_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_up_version")),
    )
    op.create_table(
        "agency_settings",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_agency_settings_agency_id")
        ),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_agency_settings")),
    )
    op.create_table(
        "loan_policies",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("patron_category", sa.String(), nullable=True),
        sa.Column("material_group", sa.String(), nullable=True),
        sa.Column("loanable", sa.Boolean(), nullable=True),
        sa.Column("loan_days", sa.Integer(), nullable=True),
        sa.Column("renewals", sa.Integer(), nullable=True),
        sa.Column("renewal_days", sa.Integer(), nullable=True),
        sa.Column("renewal_window_days", sa.Integer(), nullable=True),
        sa.Column("renew_overdue", sa.Boolean(), nullable=True),
        sa.Column("max_loans", sa.Integer(), nullable=True),
        sa.Column("max_loans_in_group", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "agency_id IS NULL OR branch_id IS NULL", name=op.f("ck_loan_policies_one_place")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agencies.id"], name=op.f("fk_loan_policies_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["branches.id"], name=op.f("fk_loan_policies_branch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_policies")),
    )
    op.create_table(
        "patrons",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("home_branch_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("pin_hash", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_patrons_agency_id")),
        sa.ForeignKeyConstraint(
            ["home_branch_id"], ["branches.id"], name=op.f("fk_patrons_home_branch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrons")),
    )
    op.create_index(op.f("ix_patrons_agency_id"), "patrons", ["agency_id"], unique=False)
    op.create_table(
        "loans",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("material_group", sa.String(), nullable=False),
        sa.Column("checked_out", Moment(), nullable=False),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("renewals", sa.SmallInteger(), nullable=False),
        sa.Column("checked_in", Moment(), nullable=True),
        sa.Column("checked_in_branch_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_loans_branch_id")),
        sa.ForeignKeyConstraint(
            ["checked_in_branch_id"], ["branches.id"], name=op.f("fk_loans_checked_in_branch_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_loans_item_id")),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_loans_patron_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
    )
    op.create_index(
        "ix_loans_open_patron",
        "loans",
        ["patron_id", "material_group", "due", "checked_in"],
        unique=False,
        sqlite_where=sa.text("checked_in IS NULL"),
        postgresql_where=sa.text("checked_in IS NULL"),
    )
    op.create_index(
        "uq_loans_open_item",
        "loans",
        ["item_id"],
        unique=True,
        sqlite_where=sa.text("checked_in IS NULL"),
        postgresql_where=sa.text("checked_in IS NULL"),
    )
    op.create_table(
        "patron_blocks",
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patron_id"], ["patrons.id"], name=op.f("fk_patron_blocks_patron_id")
        ),
        sa.PrimaryKeyConstraint("patron_id", "reason", name=op.f("pk_patron_blocks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "patron_identifiers",
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("blocked", sa.String(), nullable=True),
        sa.Column("added", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patron_id"], ["patrons.id"], name=op.f("fk_patron_identifiers_patron_id")
        ),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_patron_identifiers")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_patron_identifiers_patron_id"), "patron_identifiers", ["patron_id"], unique=False
    )
    op.create_table(
        "transits",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("from_branch_id", sa.Integer(), nullable=False),
        sa.Column("to_branch_id", sa.Integer(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_branch_id"], ["branches.id"], name=op.f("fk_transits_from_branch_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_transits_item_id")),
        sa.ForeignKeyConstraint(
            ["to_branch_id"], ["branches.id"], name=op.f("fk_transits_to_branch_id")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_transits")),
    )
    op.execute("INSERT INTO set_up_version (id, version) VALUES (1, 0)")
