"""What a column of the schema says of persons and items, declared where it stands.

Export and erasure (`circulation.patrons.personal_export`, `personal_data`) read it from there, so
a feature is known to them by its tables alone; tests find a column that declares nothing.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ColumnElement, and_, or_

#: Where the patron whom the column names is erased, or the item removed, the row is deleted.
DELETED: Final[dict[str, Any]] = {"fate": "deleted"}
#: The row stays, and names nobody then.
CUT: Final[dict[str, Any]] = {"fate": "cut"}
#: Never shown, not even to whom it belongs: it lets somebody in, or would help to find what does.
SECRET: Final[dict[str, Any]] = {"is_secret": True}
#: Of a table: it is made of the others, and tells nothing that they do not.
DERIVED: Final[dict[str, Any]] = {"is_derived": True}
#: A text that holds JSON.
JSON: Final[dict[str, Any]] = {"is_json": True}


def names(column: str) -> dict[str, Any]:
    """Names a row without a foreign key: the one may be purged before the other, or it costs too
    much.

    `column` is written as in a foreign key, such as ``patrons.id``.
    """
    return {"names": column}


def found_by(column: str) -> dict[str, Any]:
    """The rows with a value are found by two indexes: of those where `column` of the same table is
    NULL, and of the others. See `rows_with`."""
    return {"found_by": column}


def rows_with(column: Column[Any], value: object) -> ColumnElement[bool]:
    """The condition for the rows with a value, as the indexes of the table can be used for it."""
    has_it = column == value
    if "found_by" not in column.info:
        return has_it
    halved = column.table.c[column.info["found_by"]]
    return or_(and_(has_it, halved.is_(None)), and_(has_it, halved.is_not(None)))
