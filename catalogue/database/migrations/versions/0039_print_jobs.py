"""What the printers of the desks are to print."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "print_jobs",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column(
            "workstation_id",
            sa.Integer,
            sa.ForeignKey("workstations.id"),
            nullable=False,
            index=True,
        ),
        sa.Column("patron_id", sa.Integer, sa.ForeignKey("patrons.id"), index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("is_fetched", sa.Boolean, nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("made", Moment, nullable=False),
        sa.Column("next_try", Moment, index=True),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("printed", Moment),
        sa.Column("problem", sa.String, nullable=False),
    )
