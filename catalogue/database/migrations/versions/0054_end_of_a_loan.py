"""Where a loan ended is no foreign key any more.

SQLite keeps a copy of every page that an update changes where that update sets one: for the end of
a loan a half of what the statement takes. The branch comes from the set-up that the transaction has
read, and none that is named there is removed (`circulation.setting_up.stored`).
"""

from catalogue.database.migrations.foreign_keys import drop_foreign_key

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    drop_foreign_key("loans", "checked_in_branch_id", "branches")
