"""SIP2 accounts: profiles, sorters, conflicts without an item."""

from __future__ import annotations

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
