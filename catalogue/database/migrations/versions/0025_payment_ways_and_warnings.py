"""How an agency is paid; which message warned of a block, and when it reached somebody."""

import sqlalchemy as sa
from alembic import op

from catalogue.database.moments import Moment
from catalogue.database.tables import Long

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "payment_ways",
        sa.Column(
            "agency_id",
            sa.Integer,
            sa.ForeignKey("agencies.id", name=op.f("fk_payment_ways_agency_id_agencies")),
            primary_key=True,
        ),
        sa.Column("self_service", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("fik", sa.String, nullable=False),
    )
    with op.batch_alter_table("debt_warnings") as table:
        table.add_column(sa.Column("notice_id", Long))
        table.add_column(sa.Column("reached", Moment))
    # The message of a warning was asked for at the very moment that was noted.
    op.execute(
        """
        UPDATE debt_warnings SET notice_id = (
            SELECT MIN(notices.id) FROM notices
            WHERE notices.patron_id = debt_warnings.patron_id
            AND notices.created = debt_warnings.warned
            AND (notices.kind = 'block_warning' OR notices.facts LIKE '%"block_warning"%')
        )
        """
    )
    # Of one that nobody was told of the days never ran; it is warned of anew.
    op.execute("DELETE FROM debt_warnings WHERE notice_id IS NULL AND blocked IS NULL")
    with op.batch_alter_table("notice_messages") as table:
        table.add_column(
            sa.Column("confirms", sa.Boolean, server_default=sa.false(), nullable=False)
        )
    op.execute(
        sa.text(
            "UPDATE notice_messages SET confirms = :yes "
            "WHERE channel IN ('digital_post', 'nemsms') AND state <> 'delivered'"
        ).bindparams(sa.bindparam("yes", True, type_=sa.Boolean))
    )
    # Reasons of the engine are words of a list from now on; what stood behind them is told by
    # the loans and steps of the charge.
    late = sa.text(
        "UPDATE charges SET reason = :words WHERE kind = 'late_fee' AND reason LIKE :beginning"
    )
    for words in ("returned late", "renewed late", "not returned"):
        op.execute(late.bindparams(words=words, beginning=f"{words}, due %"))
    op.execute(
        "UPDATE charges SET reason = 'reminder' "
        "WHERE kind = 'administrative' AND once LIKE 'step %' AND reason LIKE 'reminder %'"
    )
