"""Where a loan ended is no foreign key any more.

SQLite keeps a copy of every page that an update changes where that update sets one: for the end of
a loan a half of what the statement takes. The branch comes from the set-up that the transaction has
read, and none that is named there is removed (`circulation.setting_up.stored`).

On SQLite the text of the table is changed and nothing of its rows, as its documentation says for
constraints that are dropped: there may be millions of loans.
"""

import re

from alembic import op

revision = "0054"
down_revision = "0053"

_NAME = "fk_loans_checked_in_branch_id"
_CONSTRAINT = re.compile(
    rf',\s*CONSTRAINT\s+"?{_NAME}"?\s+FOREIGN KEY\s*\("?checked_in_branch_id"?\)'
    r'\s*REFERENCES\s+"?branches"?\s*\("?id"?\)'
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(_NAME, "loans", type_="foreignkey")
        return
    execute = connection.exec_driver_sql
    found = execute("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'loans'")
    text, count = _CONSTRAINT.subn("", found.scalar_one())
    if count != 1:
        raise RuntimeError(f"the table of loans names {_NAME} {count} times")
    version = execute("PRAGMA schema_version").scalar_one()
    execute("PRAGMA writable_schema=ON")
    execute("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'loans'", (text,))
    execute(f"PRAGMA schema_version={version + 1}")
    execute("PRAGMA writable_schema=RESET")
