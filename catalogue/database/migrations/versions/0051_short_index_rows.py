"""Index rows of up to four ids are written as they are: older programs cannot read those."""

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """Nothing: the rows that are there are read as before, and older programs are refused."""
